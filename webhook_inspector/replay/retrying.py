"""Retry policies at work: what a provider would send again, when, and with which headers.

Pure: an attempt that ended goes in, the next try comes out. Times are divided by the run's speed, so that days of a
provider's schedule pass in seconds; `Retry-After` counts on the same scale.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from webhook_inspector.core.attempt import Attempt, Failure, Outcome
from webhook_inspector.errors import UsageError
from webhook_inspector.providers.model import Provider, RetryPolicy
from webhook_inspector.replay.answers import answer_text
from webhook_inspector.replay.durations import spoken_ms
from webhook_inspector.replay.retry_after import parse_retry_after
from webhook_inspector.replay.verdict import Check, Verdict

FIRST_S = 60.0
"""Assumed first distance where a provider documents how often or how long, but not when."""
_MAX_TRIES = 200
_PLACE = re.compile(r"\{(?:retry|left|reason)\}")
_LABEL = re.compile(r"retry ([0-9]{1,6}) of ([0-9]{1,9})")


@dataclass(frozen=True, slots=True)
class Again:
    """Another try of a send."""

    number: int
    """Which retry it is, from 1."""
    delay_ms: float
    """After the end of the try before, on the run's scale of time."""
    headers: tuple[tuple[str, str], ...] = ()
    """What the provider adds to say that it is one."""


@dataclass(frozen=True, slots=True)
class Retries:
    """How a provider sends again, on a run's scale of time."""

    title: str
    policy: RetryPolicy
    delays_s: tuple[float, ...]
    """Between the tries, in the provider's time."""
    assumed: bool
    """The distances are ours: the provider documents only how often, or for how long."""
    speed: float | None
    """None: at once."""

    @property
    def total_ms(self) -> float:
        """From the first try to the last one on the run's scale, when none succeeds and all fail at once."""
        return self._scaled_ms(sum(self.delays_s))

    @property
    def sentence(self) -> str:
        """What will be done, for people, before anything is sent."""
        if not self.delays_s:
            return f"{self.title} does not send again by itself: each delivery is sent once."
        times = f"{len(self.delays_s)} times" if len(self.delays_s) > 1 else "once"
        real = spoken_ms(sum(self.delays_s) * 1000)
        here = "" if self.speed == 1.0 else f", here {spoken_ms(self.total_ms)}" if self.speed else ", here at once"
        assumed = "; it does not document the distances, these are assumed" if self.assumed else ""
        return f"What fails is sent again at most {times} within {real}{here}, as {self.title} would{assumed}."

    def after(self, attempt: Attempt, done: int, since_first_ms: float) -> Again | None:
        """The next try of a send that ended, or None when it succeeded or the provider gives up.

        Args:
            attempt: How the last try ended.
            done: How many retries there were before.
            since_first_ms: From the begin of the first try, on the run's scale.
        """
        if attempt.failure is None or done >= len(self.delays_s) or self._final(attempt):
            return None
        asked = parse_retry_after(attempt.response_headers.get("Retry-After"), attempt.started_ns)
        delay_ms = self._scaled_ms(max(self.delays_s[done], asked or 0.0))
        within = self.policy.within
        if within is not None and self.speed and since_first_ms + delay_ms > self._scaled_ms(within) * 1.001:
            return None
        left = len(self.delays_s) - done - 1
        values = {"{retry}": str(done + 1), "{left}": str(left), "{reason}": self._why(attempt)}
        headers = tuple((name, _PLACE.sub(lambda m: values[m[0]], text)) for name, text in self.policy.headers)
        return Again(done + 1, delay_ms, headers)

    def _final(self, attempt: Attempt) -> bool:
        if self.policy.no_retry_header and attempt.response_headers.get(self.policy.no_retry_header) is not None:
            return True
        if "permanent" in self.policy.final and attempt.failure is Failure.PERMANENT:
            return True
        return str(attempt.status) in self.policy.final

    def _why(self, attempt: Attempt) -> str:
        return dict(self.policy.reasons).get(attempt.outcome.value if attempt.outcome else "", "")

    def _scaled_ms(self, seconds: float) -> float:
        return seconds * 1000 / self.speed if self.speed else 0.0


def retries_of(provider: Provider, speed: float | None) -> Retries:
    """How a provider sends again.

    Args:
        provider: Whose documentation is followed.
        speed: Of the run; None: at once.

    Raises:
        UsageError: What it does is not documented.
    """
    policy = provider.retry
    delays = None if policy is None else _delays(policy)
    if policy is None or delays is None:
        raise UsageError(
            f"When {provider.title} sends again is not documented; name another provider, for example svix or slack."
        )
    return Retries(provider.title, policy, delays, assumed=bool(delays) and not policy.delays, speed=speed)


def _delays(policy: RetryPolicy) -> tuple[float, ...] | None:
    """Seconds between the tries; None when nothing is known of them."""
    if not policy.automatic:
        return ()
    if policy.delays:
        return policy.delays if policy.max_retries is None else policy.delays[: policy.max_retries]
    count, within = policy.max_retries, policy.within
    if count is None and within is None:
        return None
    if count is None:
        assert within is not None
        delays: list[float] = []
        while sum(delays) + FIRST_S * 2 ** len(delays) <= within and len(delays) < _MAX_TRIES:
            delays.append(FIRST_S * 2 ** len(delays))
        return tuple(delays)
    if within is None:
        return tuple(FIRST_S * 2**n for n in range(count))
    return _spread(count, within)


def _spread(count: int, within: float) -> tuple[float, ...]:
    """So many distances that grow by one factor from a minute on and fill a time; equal ones where that is too long."""
    if FIRST_S * count >= within:
        return (within / count,) * count
    if count == 1:
        return (FIRST_S,)
    low, high = 1.0, (within / FIRST_S) ** (1 / (count - 1))  # with more, the last distance alone would be too long
    for _ in range(200):
        middle = (low + high) / 2
        total = sum(FIRST_S * middle**n for n in range(count))
        low, high = (middle, high) if total < within else (low, middle)
    return tuple(FIRST_S * low**n for n in range(count))


# Chains of tries, as their labels tell them.


def retry_label(number: int, n: int) -> str:
    """The label of a retry: its number from 1, and the send of the plan that it repeats."""
    return f"retry {number} of {n}"


def retried(attempt: Attempt) -> int | None:
    """Which send of the plan an attempt repeats; None for the first try."""
    found = [match for label in attempt.labels if (match := _LABEL.fullmatch(label))]
    return int(found[0][2]) if found else None


def last_tries(attempts: Sequence[Attempt]) -> tuple[Attempt, ...]:
    """The last try of each send of a plan, under the send's own number, in the plan's order."""
    last: dict[int, Attempt] = {}
    for attempt in sorted(attempts, key=lambda attempt: attempt.n):
        number = retried(attempt) or attempt.n
        last[number] = replace(attempt, n=number)
    return tuple(last[number] for number in sorted(last))


def with_delivered(verdict: Verdict, attempts: Sequence[Attempt], retries: Retries) -> Verdict:
    """A verdict (over the last tries) with the check whether everything arrived in the end.

    Args:
        verdict: Of the last tries.
        attempts: All of them.
        retries: How it was sent again.
    """
    chains: dict[int, int] = {}
    for attempt in attempts:
        number = retried(attempt)
        if number is not None:
            chains[number] = chains.get(number, 0) + 1
    lost = [one for one in last_tries(attempts) if one.failure is not None]
    if lost:
        first = lost[0]
        others = f", and {len(lost) - 1} more" if len(lost) > 1 else ""
        tries = chains.get(first.n, 0) + 1
        place = "at the only try" if tries == 1 else f"at the last of {tries} tries"
        what = f"send {first.n} of delivery {first.delivery_id}: {answer_text(first)} {place}"
        check = Check("delivered", False, f"{what}{others}")
    elif any(one.outcome is Outcome.RESPONDED for one in attempts):
        most = max(chains.values(), default=0)
        again = "at the first try" if not chains else f"{len(chains)} after at most {most} more tries"
        again = again.replace("1 more tries", "1 more try")
        check = Check("delivered", True, f"everything arrived, {again}, as {retries.title} sends")
    else:
        check = Check("delivered", None, "nothing was sent")
    checks = (verdict.checks[0], check, *verdict.checks[1:])
    return replace(verdict, checks=checks, holds=all(one.holds is not False for one in checks))

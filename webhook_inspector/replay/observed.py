"""What a provider really did: the tries of one event as they arrived, beside what it documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from webhook_inspector.core.clock import NS_PER_MS
from webhook_inspector.errors import UsageError
from webhook_inspector.providers.model import Provider
from webhook_inspector.replay.durations import spoken_ms
from webhook_inspector.replay.retrying import retries_of


@dataclass(frozen=True, slots=True)
class Try:
    """One delivery of an event."""

    delivery_id: int
    received_ns: int
    """Nanoseconds since the epoch, UTC."""
    answered: int | None
    """Status that its sender was given; None: none."""
    app_ms: float | None = None
    """How long the app took for it when it was sent on live; None: it was not."""


@dataclass(frozen=True, slots=True)
class Tries:
    """All deliveries of one event, oldest first."""

    tries: tuple[Try, ...]
    documented_s: tuple[float, ...] = ()
    """Seconds between the tries as the provider documents them, or as they are assumed."""
    documentation: str = ""
    """One sentence about what the provider documents; empty when it is not known."""
    answer_within_s: float | None = None

    @property
    def gaps_ms(self) -> tuple[float, ...]:
        """Between each try and the one before."""
        pairs = zip(self.tries, self.tries[1:], strict=False)
        return tuple((later.received_ns - earlier.received_ns) / NS_PER_MS for earlier, later in pairs)

    def lines(self) -> list[str]:
        """For people: one line a try, then what is documented and whether the app is fast enough."""
        lines = []
        if len(self.tries) > 1:
            for place, each in enumerate(self.tries):
                when = "first" if place == 0 else f"+{spoken_ms(self.gaps_ms[place - 1])}"
                beside = self.documented_s[place - 1 : place] if place else ()
                said = f"   documented +{spoken_ms(beside[0] * 1000)}" if beside else ""
                lines.append(f"#{each.delivery_id:<7} {when:<10} answered {each.answered or 'nothing'}{said}")
        if self.documentation and (lines or any(_failed(each.answered) for each in self.tries)):
            lines.append(self.documentation)
        limit = self.answer_within_s
        slow = [each for each in self.tries if limit is not None and (each.app_ms or 0) > limit * 1000]
        if limit is not None and slow:
            took = spoken_ms(slow[-1].app_ms or 0)
            lines.append(
                f"Your app took {took}, and this provider waits {spoken_ms(limit * 1000)}: it would send again; "
                "answer first, work afterwards."
            )
        return lines


def observed(tries: Sequence[Try], provider: Provider | None) -> Tries:
    """The tries of an event beside what its provider documents."""
    if provider is None or provider.retry is None:
        return Tries(tuple(tries))
    try:
        retries = retries_of(provider, 1.0)
    except UsageError:
        return Tries(tuple(tries), answer_within_s=provider.retry.answer_within)
    return Tries(tuple(tries), retries.delays_s, retries.sentence, provider.retry.answer_within)


def _failed(status: int | None) -> bool:
    return status is None or not 200 <= status < 300

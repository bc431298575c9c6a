"""What is worth a look in a span of deliveries: few sentences, and none on data that is merely small or quiet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from webhook_inspector.core.clock import NS_PER_MS
from webhook_inspector.core.display import show
from webhook_inspector.core.units import count, duration, plural
from webhook_inspector.core.verification import VerificationStatus
from webhook_inspector.events.counted import Answers, Shaped, Span
from webhook_inspector.events.series import Kind, Series, step_words
from webhook_inspector.events.statistics import JUDGED_BAD, nearest_rank, rank_in_runs

SIGNATURES, SLOW, NEW_SHAPE, FAILING, WAITING = "signatures", "slow", "new_shape", "failing", "waiting"

LEAST_SIGNATURES = 3
"""So many of a source must fail, all for one reason."""
LEAST_ANSWERS = 30
"""Of one kind, before a usual answer time is known."""
LEAST_SLOW = 5
SLOW_FACTOR = 3
SLOW_MS = 50.0
"""An answer time that is slow for a person to notice is at least so much over the usual one."""
LEAST_FAILED = 3
FAILED_SHARE = 0.1
WAITED_NS = 60_000 * NS_PER_MS
"""What waits for less is on its way."""
_NAMED = 60


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing."""

    kind: str
    source: str | None
    event_type: str | None
    about: int
    """How many deliveries it is about."""
    of: int
    """Of how many."""
    from_ns: int | None = None
    to_ns: int | None = None
    reason: str = ""
    """Of signatures: why; of what waits: the target."""
    times: float = 0.0
    """How many times slower."""
    first_id: int = 0
    last_id: int = 0


def signatures(series: Series, reasons: Callable[[str], Sequence[tuple[str, str]]]) -> list[Finding]:
    """Sources none of whose signatures holds, all for one reason.

    Args:
        series: What was counted.
        reasons: Gives some of the newest of a source as (status, reason); asked only of sources where none holds.
    """
    found = []
    statuses: dict[str, Counter[str]] = {}
    for kind in series.kinds:
        if kind.source is None and kind.signatures[VerificationStatus.VALID.value]:
            return []  # whose they are is not known
        if kind.source is not None:
            statuses.setdefault(kind.source, Counter()).update(kind.signatures)
    for source, counted in statuses.items():
        bad = {status: number for status, number in counted.items() if status in _NOT_HELD and number}
        total = sum(bad.values())
        if total < LEAST_SIGNATURES or len(bad) != 1 or counted[VerificationStatus.VALID.value]:
            continue
        (status,) = bad
        known = {reason for found_status, reason in reasons(source) if found_status == status}
        if len(known) == 1:
            found.append(Finding(SIGNATURES, source, None, total, total, reason=known.pop()))
    return found


_NOT_HELD = (*JUDGED_BAD, VerificationStatus.NO_SECRET.value)


def slow(span: Span, answers: Iterable[Answers]) -> list[Finding]:
    """Kinds whose live answers were several times slower than usual for some steps on end, and not all the time."""
    kinds: dict[tuple[str, str | None], dict[int, list[float]]] = {}
    for one in answers:
        if one.live and 0 <= one.bucket < span.buckets:
            kinds.setdefault((one.source, one.event_type), {})[one.bucket] = sorted(one.times)
    found = []
    for (source, event_type), buckets in kinds.items():
        answered = sum(map(len, buckets.values()))
        if answered < LEAST_ANSWERS:
            continue
        usual = rank_in_runs([*buckets.values()], 50)
        medians = {bucket: nearest_rank(times, 50) for bucket, times in buckets.items()}
        runs = _runs(
            sorted(
                bucket
                for bucket, median in medians.items()
                if median >= SLOW_FACTOR * usual and median >= usual + SLOW_MS
            )
        )
        sized = [(sum(len(buckets[bucket]) for bucket in run), run) for run in runs]
        about, run = max(sized, default=(0, []))
        if about < LEAST_SLOW:
            continue
        median = rank_in_runs([buckets[bucket] for bucket in run], 50)
        start, end = span.start_of(run[0]), span.start_of(run[-1] + 1)
        times_slower = median / usual if usual > 0 else float("inf")
        found.append(
            Finding(
                SLOW, source, event_type, about, answered, from_ns=start, to_ns=end, times=times_slower,
                reason=duration(median),
            )
        )  # fmt: skip
    return sorted(found, key=lambda one: -one.about)


def _runs(numbers: Sequence[int]) -> list[list[int]]:
    """Ascending numbers in runs without a gap."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return runs


def new_shapes(shaped: Iterable[Shaped], since_ns: int, had_before: Callable[[Shaped], bool]) -> list[Finding]:
    """Event types that got a structure which they never had, the newest first.

    Args:
        shaped: What was counted.
        since_ns: What came before is no news.
        had_before: Whether an event type had the structure before; asked only of those that may be new.
    """
    found: dict[tuple[str, str], Finding] = {}
    for one in sorted(shaped, key=lambda shape: -shape.first_id):
        key = one.source, one.event_type
        if key not in found and one.differs and one.first_ns >= since_ns and not had_before(one):
            found[key] = Finding(
                NEW_SHAPE, *key, one.deliveries, one.deliveries, from_ns=one.first_ns, first_id=one.first_id
            )
    return list(found.values())


def failing(kinds: Iterable[Kind]) -> list[Finding]:
    """Kinds of which a notable share was not answered 2xx."""
    return [
        Finding(FAILING, kind.source, kind.event_type, kind.failed, kind.sent)
        for kind in kinds
        if kind.source is not None and kind.failed >= LEAST_FAILED and kind.failed >= FAILED_SHARE * kind.sent
    ]


def waiting(targets: Iterable[tuple[str, int, int, int, int]], now_ns: int) -> list[Finding]:
    """Targets for which something waits to be sent on, for longer than a moment.

    Args:
        targets: (target, deliveries, first number, last number, when the oldest came).
        now_ns: The time, in ns since the epoch.
    """
    return [
        Finding(
            WAITING, None, None, number, number, from_ns=since, reason=target, first_id=first, last_id=last,
        )
        for target, number, first, last, since in targets
        if now_ns - since >= WAITED_NS
    ]  # fmt: skip


_MARKS: Mapping[str, str] = {SIGNATURES: "✗", SLOW: "!", NEW_SHAPE: "Δ", FAILING: "✗", WAITING: "!"}


def mark(finding: Finding) -> str:
    """One glyph: `✗` fails, `!` look, `Δ` changed."""
    return _MARKS[finding.kind]


def subject(finding: Finding) -> str:
    """What it is about, safe to show: `stripe invoice.paid`."""
    if finding.kind == WAITING:
        return show(finding.reason, _NAMED)
    names = [show(name, _NAMED) for name in (finding.source, finding.event_type) if name]
    return " ".join(names)


def words(finding: Finding, moment: Callable[[int], str]) -> str:
    """What is the matter, safe to show.

    Args:
        finding: What was found.
        moment: A time in ns since the epoch as people here write it.
    """
    about, of = count(finding.about), count(finding.of)
    if finding.kind == SIGNATURES:
        reason = show(finding.reason.replace("_", " "), _NAMED)
        if finding.reason == "no_secret":
            return f"{about} of {of} signatures could not be checked: no secret is set"
        return f"{about} of {of} signatures fail for one reason: {reason}"
    if finding.kind == SLOW:
        lasted = step_words((finding.to_ns or 0) - (finding.from_ns or 0))
        factor = f"{finding.times:.0f} times slower" if finding.times < 1000 else "far slower"
        return f"answers were {factor} ({finding.reason}) for {lasted} from {moment(finding.from_ns or 0)}"
    if finding.kind == NEW_SHAPE:
        return f"new shape since {moment(finding.from_ns or 0)}"
    if finding.kind == FAILING:
        return f"{about} of {of} were not answered 2xx"
    verb = "waits" if finding.about == 1 else "wait"
    return (
        f"{plural(finding.about, 'delivery', 'deliveries')} {verb} to be sent on, "
        f"the oldest since {moment(finding.from_ns or 0)}"
    )

"""The plan of a run: which delivery leaves when, how often, and why then. Pure data; nothing is sent here.

Deliveries are planned in the order in which they are given (the captured order), with their real gaps divided by
the speed. Faults are applied in the order of their stages: duplicate, delay, jitter, reorder; the rate limit last.
The same deliveries, settings and seed give the same plan.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from webhook_inspector.core.clock import NS_PER_MS
from webhook_inspector.errors import UsageError
from webhook_inspector.replay import preview
from webhook_inspector.replay.acts import MUST_BE_REFUSED
from webhook_inspector.replay.durations import MAX_MS, spoken_ms
from webhook_inspector.replay.faults.api import Draft, Fault, Send, Stream

MAX_ATTEMPTS = 1_000_000
"""More sends than this are refused: a plan is held in memory and looked at."""
MAX_SEED = 2**63 - 1
"""Seeds are stored in 64 bits."""
LONG_PLAN_MS = 600_000
"""Plans that take longer say so."""


@dataclass(frozen=True, slots=True)
class PlanItem:
    """One delivery to be planned."""

    delivery_id: int
    received_ns: int
    """Nanoseconds since the epoch, UTC."""
    label: str
    """For people, for example `#9861 invoice.created`. Not yet safe to show."""
    event_type: str | None = None
    signed: bool = False
    """Whether it carries a signature that a handler may check."""


@dataclass(frozen=True, slots=True)
class PlannedAttempt:
    """One send of a plan."""

    n: int
    """Place in the order of sending, from 1."""
    delivery_id: int
    at_ms: float
    """Milliseconds after the start of the run."""
    captured_ms: float
    """Where its delivery stood in the captured order, on the plan's scale of time."""
    copy: int
    """1 for the first copy of its delivery to be sent."""
    labels: tuple[str, ...]
    """`original` or `duplicate`, then what was done to it: `delayed`, `jittered`, `reordered`, `concurrent`."""
    act: str = "send"
    """One of `ACTS`: a whole send, or one that ends on purpose before its answer."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Ordered sends, and what made them."""

    seed: int
    attempts: tuple[PlannedAttempt, ...]
    """In the order of sending; `n` is 1 to their number, `at_ms` never falls."""
    faults: tuple[str, ...] = ()
    """For example `duplicate 0.3`, in the order in which they were applied."""
    speed: str = "1"
    """Factor by which the captured gaps are shortened, or `asap`."""
    concurrency: int = 1
    """How many sends may be in flight at once."""
    notes: tuple[str, ...] = ()
    """What a user should know before sending, one sentence each."""
    items: tuple[PlanItem, ...] = ()
    """The deliveries in captured order."""

    @property
    def duration_ms(self) -> float:
        """Milliseconds from the start of the run to the last send."""
        return preview.duration_ms(self)

    def describe(self) -> str:
        """The plan in words, a few lines; labels in it are not yet safe to show."""
        return preview.describe(self)


def build_plan(
    items: Sequence[PlanItem],
    faults: Sequence[Fault] = (),
    *,
    seed: int,
    speed: float | None = 1.0,
    times: int = 1,
    concurrency: int = 1,
    rate: float | None = None,
) -> Plan:
    """Plan the sends of some deliveries.

    Args:
        items: The deliveries in captured order. A gap that would be negative counts as 0.
        faults: What to do to them; their order does not matter.
        seed: Of all random choices.
        speed: 2 halves the gaps; None sends as soon as possible: all offsets 0, in order.
        times: Copies of every delivery, one right after the other.
        concurrency: How many may be in flight at once. With 1 the order at the target is the plan's order.
        rate: At most this many sends a second; None: no limit.

    Raises:
        UsageError: A number is out of range, nothing is to be sent, or far too much.
    """
    if abs(seed) > MAX_SEED:
        raise UsageError(f"The seed must be a whole number from {-MAX_SEED} to {MAX_SEED}.")
    _check(items, speed=speed, times=times, concurrency=concurrency, rate=rate)
    sends, notes = _captured(items, speed, times)
    draft = Draft(sends=tuple(sends), concurrency=concurrency, notes=tuple(notes))
    ordered = sorted(faults, key=lambda fault: (fault.stage, fault.name))
    seen: dict[str, int] = {}
    for fault in ordered:
        seen[fault.name] = seen.get(fault.name, 0) + 1
        name = fault.name if seen[fault.name] == 1 else f"{fault.name}#{seen[fault.name]}"
        draft = fault.apply(draft, Stream(seed=seed, name=name))
        if len(draft.sends) > MAX_ATTEMPTS:
            raise UsageError(f"The plan has more than {MAX_ATTEMPTS} sends; choose fewer deliveries or copies.")
    if rate is not None:
        draft = _limited(draft, rate)
    last_ms = draft.sends[-1].at_ms if draft.sends else 0.0
    if last_ms > LONG_PLAN_MS:
        long_note = f"The run takes {spoken_ms(last_ms)}; a higher speed, or asap, shortens it."
        draft = replace(draft, notes=(*draft.notes, long_note))
    return Plan(
        seed=seed,
        attempts=_numbered(draft.sends),
        faults=tuple(f"{fault.name} {fault.spec}" for fault in ordered) + ((f"rate {rate:g}/s",) if rate else ()),
        speed="asap" if speed is None else f"{speed:g}",
        concurrency=draft.concurrency,
        notes=draft.notes,
        items=tuple(items),
    )


def _check(items: Sequence[PlanItem], *, speed: float | None, times: int, concurrency: int, rate: float | None) -> None:
    if not items:
        raise UsageError("There is nothing to replay; choose at least one delivery.")
    if len({item.delivery_id for item in items}) != len(items):
        raise UsageError("A delivery is named twice; name it once and use times for more copies.")
    if speed is not None and not 1e-6 <= speed <= 1e9:
        raise UsageError("The speed must be above 0 (2 is twice as fast), or asap.")
    if times < 1:
        raise UsageError("Every delivery is sent at least once; times must be 1 or more.")
    if len(items) * times > MAX_ATTEMPTS:
        raise UsageError(f"The plan has more than {MAX_ATTEMPTS} sends; choose fewer deliveries or copies.")
    if concurrency < 1:
        raise UsageError("At least one send must be allowed in flight; concurrency must be 1 or more.")
    if rate is not None and not 1e-6 <= rate <= 1e6:
        raise UsageError("The rate must be above 0 and at most 1000000 sends a second.")


def _captured(items: Sequence[PlanItem], speed: float | None, times: int) -> tuple[list[Send], list[str]]:
    """The sends without any fault, at their captured offsets."""
    sends: list[Send] = []
    negative = 0
    at_ms = 0.0
    previous_ns = items[0].received_ns
    for ordinal, item in enumerate(items):
        gap_ms = (item.received_ns - previous_ns) / NS_PER_MS
        previous_ns = item.received_ns
        if gap_ms < 0:
            negative += 1
        elif speed is not None:
            at_ms = min(at_ms + gap_ms / speed, MAX_MS)
        sends += [
            Send(item.delivery_id, ordinal, twin, at_ms, at_ms, item.event_type, item.signed) for twin in range(times)
        ]
    notes = []
    if negative and speed is not None:
        places = "1 delivery has" if negative == 1 else f"{negative} deliveries have"
        notes.append(f"{places} an earlier time than the one before and is sent right after it.")
    if at_ms >= MAX_MS:
        notes.append("The captured times span more than 30 days at this speed; the last deliveries are sent together.")
    return sends, notes


def _limited(draft: Draft, rate: float) -> Draft:
    gap_ms = 1000 / rate
    sends: list[Send] = []
    for send in draft.sends:
        earliest = sends[-1].at_ms + gap_ms if sends else 0.0
        sends.append(send.moved(earliest, "delayed") if send.at_ms < earliest else send)
    return draft.with_sends(sends)


def _numbered(sends: Sequence[Send]) -> tuple[PlannedAttempt, ...]:
    """Number sends and copies in the order of sending: whichever copy leaves first is the original."""
    copies: dict[int, int] = {}
    attempts: list[PlannedAttempt] = []
    for n, send in enumerate(sends, 1):
        copy = copies[send.delivery_id] = copies.get(send.delivery_id, 0) + 1
        first = () if send.act in MUST_BE_REFUSED else ("original" if copy == 1 else "duplicate",)
        labels = (*first, *send.labels)
        at_ms, captured_ms = round(send.at_ms, 3), round(send.captured_ms, 3)
        attempts.append(PlannedAttempt(n, send.delivery_id, at_ms, captured_ms, copy, labels, send.act))
    return tuple(attempts)

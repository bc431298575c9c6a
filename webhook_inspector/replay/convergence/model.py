"""Trials: ways in which the same deliveries may arrive, and what was observed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

IDEMPOTENT = "idempotent"
ORDER = "order"
CONCURRENT = "concurrent"
RETRY = "retry"
PROPERTIES: Mapping[str, str] = {
    IDEMPOTENT: "extra copies, at once and later, change nothing and are answered 2xx",
    ORDER: "every order ends in the same state",
    CONCURRENT: "copies in flight together change nothing",
    RETRY: "a delivery whose answer is lost, or that is cut, and is sent again ends in the same state",
}
"""What is checked, in this order."""

NORMAL = "send"
LOST_ANSWER = "lost-answer"
CUT_BODY = "cut-body"


@dataclass(frozen=True, slots=True)
class Send:
    """One delivery on its way."""

    delivery: int
    act: str = NORMAL
    """`send`; `lost-answer`: closed after the request; `cut-body`: closed in the middle of the body."""


Group = tuple[Send, ...]
"""Sends that are in flight together."""


@dataclass(frozen=True, slots=True)
class Trial:
    """Groups of sends, one group after the other."""

    kind: str
    """The property that it is a trial of."""
    groups: tuple[Group, ...]

    @property
    def sends(self) -> tuple[Send, ...]:
        """All sends, in order."""
        return tuple(send for group in self.groups for send in group)

    @property
    def deliveries(self) -> tuple[int, ...]:
        """Each delivery once, in ascending order: the order of capture."""
        return tuple(sorted({send.delivery for send in self.sends}))

    def __len__(self) -> int:
        return sum(len(group) for group in self.groups)


@dataclass(frozen=True, slots=True)
class Observation:
    """What one pass showed."""

    state: str | None
    """The probe's output, made comparable; None without a probe."""
    statuses: tuple[int | None, ...]
    """Of each send; None where no answer was waited for or came."""
    accepted: frozenset[int]
    """Deliveries that were answered 2xx in the end, after failures were sent again as a provider would."""


def one_by_one(property_: str, *deliveries: int) -> Trial:
    """Deliveries in this order, one after the other."""
    return Trial(property_, tuple((Send(number),) for number in deliveries))


def reference(deliveries: tuple[int, ...]) -> Trial:
    """One pass in captured order."""
    return one_by_one("reference", *deliveries)


def is_valid(trial: Trial) -> bool:
    """Whether a trial says something about its property; shrinking must not leave it."""
    sends = trial.sends
    if not sends:
        return False
    firsts = list(dict.fromkeys(send.delivery for send in sends))
    in_order = firsts == sorted(firsts)
    if trial.kind == ORDER:
        return not in_order and len(firsts) == len(sends)
    if trial.kind == CONCURRENT:
        alike = all(len({send.delivery for send in group}) == 1 for group in trial.groups)
        return in_order and alike and any(len(group) > 1 for group in trial.groups)
    if trial.kind == RETRY:
        return in_order and _retries(trial)
    return in_order and len(sends) > len(firsts)


def _retries(trial: Trial) -> bool:
    """Whether every broken send is followed by another of its delivery until a whole one, and there is one.

    What comes again only after other deliveries is out of order: that is another property.
    """
    pending: int | None = None
    broken = False
    whole: set[int] = set()
    for send in trial.sends:
        if send.delivery in whole or (pending is not None and pending != send.delivery):
            return False
        pending = send.delivery if send.act != NORMAL else None
        broken = broken or send.act != NORMAL
        if send.act == NORMAL:
            whole.add(send.delivery)
    return broken and pending is None


def wrong(trial: Trial, got: Observation, wanted: Observation) -> str | None:
    """What breaks the property: `state` or `answer`; None when it holds.

    Args:
        trial: What was sent.
        got: What it showed.
        wanted: What one pass of the same deliveries in captured order shows.
    """
    if got.state != wanted.state:
        return "state"
    if wanted.accepted - got.accepted:
        return "answer"
    if trial.kind == IDEMPOTENT:
        seen: set[int] = set()
        for send, status in zip(trial.sends, got.statuses, strict=True):
            copy = send.delivery in seen
            seen.add(send.delivery)
            if copy and send.delivery in wanted.accepted and not (status is not None and 200 <= status < 300):
                return "answer"
    return None

"""How a delivery relates to those that arrived before it: duplicate, retry, late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from webhook_inspector.core.delivery import Event


class EarlierLike(Protocol):
    """What must be known of an earlier delivery of the same source."""

    @property
    def id(self) -> int:
        """Its number."""

    @property
    def event(self) -> Event:
        """The event that it carried."""

    @property
    def response_status(self) -> int | None:
        """What its sender was answered; None when nothing could be answered."""

    @property
    def refused(self) -> object:
        """Whether it was refused (anything true)."""

    @property
    def object_key(self) -> str | None:
        """What its event was about."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier delivery of the same source."""

    id: int
    event: Event = field(default_factory=Event)
    response_status: int | None = 200
    refused: bool = False
    object_key: str | None = None


@dataclass(frozen=True, slots=True)
class Relation:
    """What was found."""

    duplicate_of: int | None = None
    """Number of the first delivery of the same event."""
    retry_of: int | None = None
    """The same number, when this one was sent because an earlier one was not accepted."""
    late: bool = False
    """Whether an event of the same object that happened later arrived before."""


def _accepted(earlier: EarlierLike) -> bool:
    status = earlier.response_status
    # No status and not refused: it was imported, and nobody waits to send it again.
    return not earlier.refused and (status is None or 200 <= status < 300)


def relate(event: Event, earlier: Sequence[EarlierLike], *, key: str | None = None) -> Relation:
    """Compare an event with earlier deliveries of the same source.

    A delivery with an event id that was seen before is a duplicate. It is also a retry when the provider counts it as a
    further try, or when the last of the earlier ones was refused or not answered 2xx. It is late when an event that
    happened later arrived before: an event of the same object, or of the same type where objects are not known. A
    duplicate of an event that was accepted is not called late: the event itself was there in time.

    Args:
        event: The event of the delivery.
        earlier: Deliveries of the same source that arrived before it, newest last. Others do no harm.
        key: What the event is about (`object_key`); None when that is not known.
    """
    same = sorted((each for each in earlier if event.id and each.event.id == event.id), key=lambda each: each.id)
    first = same[0].id if same else None
    retried = first is not None and ((event.attempt or 1) > 1 or not _accepted(same[-1]))
    accepted = any(map(_accepted, same))
    return Relation(
        duplicate_of=first,
        retry_of=first if retried else None,
        late=not accepted and _late(event, earlier, key),
    )


def _late(event: Event, earlier: Sequence[EarlierLike], key: str | None) -> bool:
    if event.time_ns is None:
        return False
    for each in earlier:
        when = each.event.time_ns
        if when is None or when <= event.time_ns or (event.id is not None and each.event.id == event.id):
            continue
        if each.object_key == key if key is not None else (event.type is not None and each.event.type == event.type):
            return True
    return False

"""What the engine tells its subscribers. Announcements carry numbers, never bodies."""

from __future__ import annotations

from dataclasses import dataclass

from webhook_inspector.core.attempt import Attempt
from webhook_inspector.replay.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Captured:
    """A delivery is in the log and its sender is being answered."""

    id: int


@dataclass(frozen=True, slots=True)
class Analysed:
    """The facts of these deliveries are in the log."""

    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AttemptBegun:
    """An attempt's row is in the log and its first byte is about to leave."""

    attempt: Attempt


@dataclass(frozen=True, slots=True)
class AttemptFinished:
    """An attempt ended and its outcome is in the log."""

    attempt: Attempt


@dataclass(frozen=True, slots=True)
class RunFinished:
    """A run ended and its verdict is in the log."""

    run_id: int
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class StoreTrouble:
    """The log cannot keep deliveries at the moment (senders get 503); `message` None: it can again."""

    message: str | None


@dataclass(frozen=True, slots=True)
class ForeignRows:
    """Another process changed the log."""


Announcement = Captured | Analysed | AttemptBegun | AttemptFinished | RunFinished | StoreTrouble | ForeignRows

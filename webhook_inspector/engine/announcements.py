"""What the engine tells its subscribers. Announcements carry numbers, never bodies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from webhook_inspector.core.attempt import Attempt
from webhook_inspector.core.display import show

if TYPE_CHECKING:
    from webhook_inspector.replay.verdict import Verdict

_NAMED = 5


@dataclass(frozen=True, slots=True)
class Captured:
    """These deliveries are in the log and their senders are being answered."""

    ids: tuple[int, ...]


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
class TargetHealth:
    """A target of live forwarding went down, or is up (again)."""

    target: str
    up: bool
    waiting: int
    """Deliveries that are not there yet."""

    @property
    def sentence(self) -> str:
        """For people, safe to show."""
        what = "1 delivery waits" if self.waiting == 1 else f"{self.waiting} deliveries wait"
        place = show(self.target, 80)
        if not self.up:
            return f"{place} is not ready: {what}, and all that come go there in order once it is."
        return (
            f"{place} is up: {what}, and {'is' if self.waiting == 1 else 'are'} sent in order."
            if self.waiting
            else (f"{place} is up.")
        )


@dataclass(frozen=True, slots=True)
class ForwardsInterrupted:
    """These deliveries were being sent on when the process before died: they may have arrived."""

    target: str
    ids: tuple[int, ...]

    @property
    def sentence(self) -> str:
        """For people, safe to show."""
        names = ", ".join(str(number) for number in self.ids[:_NAMED])
        more = f" and {len(self.ids) - _NAMED} more" if len(self.ids) > _NAMED else ""
        return (
            f"{names}{more}: being sent to {show(self.target, 80)} when the last process died, so it is not known "
            f"whether they arrived; `replay {self.ids[0]}` sends one again."
        )


@dataclass(frozen=True, slots=True)
class Alerted:
    """An alert rule says that something begins, or is over."""

    at_ns: int
    """Nanoseconds since the epoch."""
    rule: str
    """As it is configured."""
    begins: bool
    words: str
    """For people, safe to show."""
    delivery: int | None
    """The delivery that showed it."""
    query: str
    """A filter for the deliveries that it is about; empty: none."""

    @property
    def sentence(self) -> str:
        """For people, safe to show."""
        return self.words if self.begins else f"over: {self.words}"


@dataclass(frozen=True, slots=True)
class ShapesLearned:
    """Shapes were learned from new deliveries."""


@dataclass(frozen=True, slots=True)
class TunnelChanged:
    """A tunnel has its public address now, or has ended."""

    sentence: str
    """For people, safe to show."""


@dataclass(frozen=True, slots=True)
class ForeignRows:
    """Another process changed the log."""


Announcement = (
    Captured
    | Analysed
    | AttemptBegun
    | AttemptFinished
    | RunFinished
    | StoreTrouble
    | TargetHealth
    | ForwardsInterrupted
    | Alerted
    | ShapesLearned
    | TunnelChanged
    | ForeignRows
)

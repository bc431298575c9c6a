"""Announcements of the engine, from its threads, as few messages on the screen's thread.

Whatever the rate of arrivals, the screen hears of them at most `PER_SECOND` times a second: nothing an eye can follow
is lost, and the listener never waits for a repaint.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from textual.app import App
from textual.message import Message
from textual.timer import Timer

from webhook_inspector.core.attempt import Attempt
from webhook_inspector.engine.announcements import (
    Alerted,
    Analysed,
    Announcement,
    AttemptFinished,
    Captured,
    ForeignRows,
    ForwardsInterrupted,
    RunFinished,
    StoreTrouble,
    TargetHealth,
    TunnelChanged,
)

if TYPE_CHECKING:
    from webhook_inspector.replay.verdict import Verdict

PER_SECOND = 15


@dataclass(slots=True)
class News:
    """What happened since the last time."""

    captured: list[int] = field(default_factory=list)
    """New deliveries, in order of arrival."""
    analysed: set[int] = field(default_factory=set)
    """Deliveries whose facts are new."""
    attempts: list[Attempt] = field(default_factory=list)
    """Attempts that ended."""
    runs: list[tuple[int, Verdict]] = field(default_factory=list)
    """Runs that ended."""
    trouble: list[str | None] = field(default_factory=list)
    """The log cannot keep deliveries (a sentence), or can again (None)."""
    alerts: list[Alerted] = field(default_factory=list)
    """What alert rules say."""
    sentences: list[str] = field(default_factory=list)
    """What to tell in the status line, safe to show."""
    foreign: bool = False
    """Another process changed the log."""


class Bridge:
    """Subscribes to the engine and hands out `News`.

    Args:
        subscribe: The engine's subscription.
        app: Whose thread hears the news.
        tell: Called there with all that happened since the last call.
    """

    class Poke(Message, bubble=False):
        """There is news."""

        def __init__(self, bridge: Bridge) -> None:
            super().__init__()
            self.bridge = bridge

        def can_replace(self, message: Message) -> bool:
            """One poke is as good as two."""
            return isinstance(message, Bridge.Poke)

    def __init__(
        self,
        subscribe: Callable[[Callable[[Announcement], None]], Callable[[], None]],
        app: App[int],
        tell: Callable[[News], None],
    ) -> None:
        self._subscribe = subscribe
        self._app = app
        self._tell = tell
        self._lock = threading.Lock()
        self._news: News | None = None
        self._timer: Timer | None = None
        self._waiting = False
        self._stop: Callable[[], None] | None = None

    def start(self) -> None:
        """Begin to listen to the engine."""
        self._stop = self._subscribe(self._heard)

    def stop(self) -> None:
        """Hear no more."""
        if self._stop is not None:
            self._stop()
            self._stop = None

    def _heard(self, announcement: Announcement) -> None:
        """In a thread of the engine: note it, and poke the screen when nothing is noted yet."""
        with self._lock:
            first = self._news is None
            news = self._news = self._news or News()
            _note(news, announcement)
        if first:
            self._app.post_message(self.Poke(self))

    def poked(self) -> None:
        """On the screen's thread: hand out the news now, or when the last time is long enough ago."""
        if self._waiting:
            return
        self._waiting = True
        self._flush()
        self._timer = self._app.set_timer(1 / PER_SECOND, self._rested)

    def _rested(self) -> None:
        self._waiting = False
        with self._lock:
            more = self._news is not None
        if more:
            self.poked()

    def _flush(self) -> None:
        with self._lock:
            news, self._news = self._news, None
        if news is not None:
            self._tell(news)


def _note(news: News, announcement: Announcement) -> None:
    match announcement:
        case Captured(ids=numbers):
            news.captured.extend(numbers)
        case Analysed(ids=numbers):
            news.analysed.update(numbers)
        case AttemptFinished(attempt=attempt):
            news.attempts.append(attempt)
        case RunFinished(run_id=run_id, verdict=verdict):
            news.runs.append((run_id, verdict))
        case StoreTrouble(message=message):
            news.trouble.append(message)
        case TargetHealth() | ForwardsInterrupted() | TunnelChanged():
            news.sentences.append(announcement.sentence)
        case Alerted():
            news.alerts.append(announcement)
        case ForeignRows():
            news.foreign = True
        case _:
            pass

"""What stands between Textual and the terminal: fewer bytes, and an end when the terminal goes away.

What is written to a terminal that is gone is dropped, and the app ends.

Textual writes from a thread of its own through a short queue. When the terminal is gone (a closed window, a broken
SSH connection) the first write fails, the thread dies, the queue fills, and the app would wait for it for ever, with
the port still taken.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, Any

from textual.driver import Driver
from textual.events import Key
from textual.message import Message

from webhook_inspector.core.clock import NS_PER_S, SystemClock
from webhook_inspector.tui.late_answer import LateAnswer
from webhook_inspector.tui.lean import Lean


class Unbreakable:
    """A terminal: says each colour once, drops what cannot be written and says so once.

    Args:
        file: The terminal.
        gone: Called at the first failure, in the writing thread.
    """

    def __init__(self, file: IO[str], gone: Callable[[], None]) -> None:
        self._target = file
        self._lean = Lean()
        self._gone = gone
        self._broken = False

    def write(self, text: str) -> int:
        """Write, or drop."""
        if not self._broken:
            try:
                self._target.write(self._lean(text))
            except (OSError, ValueError):
                self._fail()
        return len(text)

    def flush(self) -> None:
        """Flush, or do nothing."""
        if not self._broken:
            try:
                self._target.flush()
            except (OSError, ValueError):
                self._fail()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._target, name)

    def _fail(self) -> None:
        self._broken = True
        self._gone()


SHOW_CURSOR = "\x1b[?25h"
"""DECTCEM: Textual hides the terminal's cursor but keeps it where the app says."""


def steadfast(base: type[Driver], *, cursor: bool = False, late: bool = False) -> type[Driver]:
    """A driver like `base` that survives its terminal; drivers without a file (headless) stay as they are.

    Args:
        base: The platform's.
        cursor: Whether the terminal's cursor is shown.
        late: Whether the terminal may still answer a question that was put before the app began.
    """
    answers = LateAnswer(lambda: SystemClock().monotonic_ns() / NS_PER_S) if late else None

    class Steadfast(base):  # type: ignore[valid-type,misc]  # the platform chooses the base
        _away = False

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            if getattr(self, "_file", None) is not None:
                self._file: Any = Unbreakable(self._file, self._terminal_gone)

        def suspend_application_mode(self) -> None:
            super().suspend_application_mode()
            self._away = True

        def resume_application_mode(self) -> None:
            self._away = False
            super().resume_application_mode()

        def write(self, data: str) -> None:
            # While another program has the terminal nobody takes from Textual's queue: it would fill up and block.
            if not self._away:
                super().write(data)

        def process_message(self, message: Message) -> None:
            if answers is None or not isinstance(message, Key):
                super().process_message(message)
                return
            for key in answers.pass_on(message):
                super().process_message(key)

        def start_application_mode(self) -> None:
            super().start_application_mode()
            if cursor and not self.is_headless:
                self.write(SHOW_CURSOR)
                self.flush()

        def _terminal_gone(self) -> None:
            self._loop.call_soon_threadsafe(self._app.exit, 0)

    return Steadfast

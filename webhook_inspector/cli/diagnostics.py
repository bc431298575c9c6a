"""The only writer to stderr: narration, warnings, and every error as one sentence with its exit code."""

from __future__ import annotations

import contextlib
import sys
from enum import IntEnum

from webhook_inspector.core.clock import Clock
from webhook_inspector.core.display import one_line, show
from webhook_inspector.errors import InspectorError

PROGRAM = "webhook-inspector"


class ExitCode(IntEnum):
    """What the exit status says. Scripts depend on it."""

    DONE = 0
    """Done, and it holds."""
    DOES_NOT_HOLD = 1
    """The thing that was checked does not hold."""
    USAGE = 2
    """Usage, configuration or an input file."""
    UNAVAILABLE = 3
    """Cannot listen, connect or open the log; also an unexpected error."""
    INTERRUPTED = 130
    """Ctrl+C."""


def _write(text: str) -> None:
    stream = sys.stderr
    if stream is None:
        return
    with contextlib.suppress(OSError, ValueError):
        encoding = getattr(stream, "encoding", None) or "utf-8"
        stream.write(text.encode(encoding, "replace").decode(encoding, "replace"))
        stream.flush()


def say(text: str) -> None:
    """One line of narration."""
    _write(one_line(text) + "\n")


def warn(text: str) -> None:
    """One line that something needs attention, though the command goes on."""
    say(f"{PROGRAM}: warning: {text}")


def fail(message: str) -> None:
    """One sentence: what happened, where, what to do next."""
    say(f"{PROGRAM}: {message}")


def progress(text: str) -> None:
    """Replace the line that shows how far a long command is. Only where stderr is a terminal; empty text clears it."""
    if sys.stderr is not None and sys.stderr.isatty():
        _write(f"\r\x1b[K{one_line(text)}")


def report(error: InspectorError) -> int:
    """Print an expected error and give its exit code."""
    fail(error.message)
    return error.exit_code


def report_unexpected(error: BaseException, clock: Clock) -> int:
    """Print a mistake of this program as one sentence, with its details in a file of the user's own."""
    from webhook_inspector.config.problems import place_of, write_details

    place = place_of(error)
    path = write_details(error, clock)
    kept = f"please report it with {show(str(path), 300)}" if path else "please report it with what you did"
    fail(f"unexpected {type(error).__name__} at {place}: {kept}.")
    return ExitCode.UNAVAILABLE

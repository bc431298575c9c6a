"""Copying as a ladder: no single way to a clipboard works everywhere, so each likely one is tried and named.

The rungs, and what was measured with tmux 3.3a in November 2026:

1. In tmux, `tmux load-buffer -w -` reaches tmux's own buffer and the outer terminal with default settings, where a
   plain OSC 52 write is silently lost.
2. The clipboard of the desktop (`wl-copy`, `xclip`, `xsel`, `pbcopy`, `clip.exe`) through pyperclip, when there is a
   display and this is not a session over SSH, whose clipboard would be the wrong machine's.
3. OSC 52, a write to the terminal that is never answered: always, up to `OSC52_LIMIT` bytes.

None of them confirms that a clipboard was set, so a report says what was tried and never "copied".
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from webhook_inspector.core.units import size

OSC52_LIMIT = 100_000
"""Bytes of text that terminals reliably take in one OSC 52 write."""
TIMEOUT_S = 2.0
"""Seconds that one rung may take."""

Run = Callable[[Sequence[str], bytes], int]
"""Runs a program with bytes on its standard input; returns its exit code. Raises OSError or TimeoutError."""


@dataclass(frozen=True, slots=True)
class CopyReport:
    """What became of a copy, as far as it can be known."""

    tried: tuple[str, ...]
    """The clipboards that took the text without an error: `tmux`, `desktop`, `terminal`."""
    sentence: str
    """One plain sentence for the status line."""
    failed: tuple[str, ...] = ()
    """The clipboards that were there and refused."""


def run_program(command: Sequence[str], data: bytes, *, timeout_s: float = TIMEOUT_S) -> int:
    """Run a program without a shell, `data` on its standard input, for at most `timeout_s` seconds.

    Raises:
        OSError: It is not installed or cannot start.
        TimeoutError: It did not end.
    """
    try:
        done = subprocess.run(  # noqa: S603 (a fixed command, no shell; the text goes to standard input)
            command,
            input=data,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise TimeoutError(f"{command[0]} did not end") from None
    return done.returncode


def desktop_copy(text: str) -> None:
    """Put text on the desktop's clipboard.

    Raises:
        OSError: No clipboard program, or it failed.
        TimeoutError: It did not end within `TIMEOUT_S` seconds.
    """
    import pyperclip  # noqa: PLC0415 (20 ms that only a copy needs)

    failures: list[Exception] = []

    def work() -> None:
        try:
            set_clipboard, _ = pyperclip.determine_clipboard()
            set_clipboard(text)
        except Exception as error:  # noqa: BLE001 (any failure of a foreign program means: this rung did not hold)
            failures.append(error)

    # pyperclip waits for its program without a limit, so a program that hangs may only cost this thread.
    thread = threading.Thread(target=work, name="clipboard", daemon=True)
    thread.start()
    thread.join(TIMEOUT_S)
    if thread.is_alive():
        raise TimeoutError("the clipboard program did not end")
    if failures:
        raise OSError("the clipboard program failed")


def has_desktop(env: Mapping[str, str], platform: str) -> bool:
    """Whether this machine's clipboard is the one in front of the user."""
    if any(env.get(name) for name in ("SSH_TTY", "SSH_CONNECTION", "SSH_CLIENT")):
        return False
    if platform in {"win32", "cygwin", "darwin"}:
        return True
    return any(env.get(name) for name in ("WAYLAND_DISPLAY", "DISPLAY", "WSL_DISTRO_NAME"))


def _to_tmux(data: bytes, run: Run) -> bool:
    # -w (tmux 3.2) hands the buffer on to the outer terminal; without it at least tmux has it.
    return run(("tmux", "load-buffer", "-w", "-"), data) == 0 or run(("tmux", "load-buffer", "-"), data) == 0


def copy(
    text: str,
    env: Mapping[str, str],
    *,
    what: str = "text",
    run: Run = run_program,
    desktop: Callable[[str], None] = desktop_copy,
    osc52: Callable[[str], None] | None = None,
    platform: str = sys.platform,
) -> CopyReport:
    """Send text up every likely rung of the ladder. Never raises; may block for some seconds: call it in a worker.

    Args:
        text: The original text, not its display form.
        env: The environment, for `TMUX`, `SSH_TTY`, `DISPLAY` and their like.
        what: What it is, for the sentence, for example `curl command`.
        run: Runs a program; a test passes its own.
        desktop: Sets the desktop's clipboard; a test passes its own.
        osc52: Writes text to the terminal as OSC 52; None when there is no terminal.
        platform: `sys.platform` of the machine.
    """
    data = text.encode("utf-8", "surrogateescape" if _escaped_bytes(text) else "replace")
    tried: list[str] = []
    failed: list[str] = []

    def attempt(name: str, action: Callable[[], object]) -> None:
        try:
            held = action() is not False
        except (OSError, TimeoutError, ValueError):
            held = False
        (tried if held else failed).append(name)

    if env.get("TMUX"):
        attempt("tmux", lambda: _to_tmux(data, run))
    if has_desktop(env, platform):
        attempt("desktop", lambda: desktop(text))
    too_large = len(data) > OSC52_LIMIT
    if osc52 is not None and not too_large:
        attempt("terminal", lambda: osc52(text))
    return CopyReport(tuple(tried), _sentence(what, len(data), tried, too_large=too_large), tuple(failed))


def _escaped_bytes(text: str) -> bool:
    try:
        text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False
    return True


def _sentence(what: str, length: int, tried: Sequence[str], *, too_large: bool) -> str:
    if not tried:
        reason = f"over the {OSC52_LIMIT // 1000} KB a terminal takes" if too_large else "no clipboard took it"
        return f"Not sent: the {what} is {size(length)}, {reason} · y f writes it to a file"
    names = tried[0] if len(tried) == 1 else ", ".join(tried[:-1]) + " and " + tried[-1]
    noun = "clipboard" if len(tried) == 1 else "clipboards"
    return f"Sent the {what}, {size(length)}, to the {names} {noun} · y y shows it as text"

"""What a terminal can draw, and whether its ground is light: asked before the app starts."""

from __future__ import annotations

import contextlib
import os
import re
import select
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from textual.scrollbar import ScrollBar, ScrollBarRender

from webhook_inspector.core.clock import NS_PER_S, SystemClock

LIMIT_S = 0.1
"""Seconds in which a terminal answers, or is taken for one that does not say."""
_QUESTION = b"\x1b]11;?\x1b\\\x1b[c"
"""OSC 11 asks for the ground; DA1, which every terminal answers, says that no other answer comes (xterm's control
sequences, patch 380)."""
_GROUND = re.compile(rb"\x1b\]11;rgba?:([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})")
_END = re.compile(rb"\x1b\[\?[\d;]*c")
_MOST_BYTES = 4096
_REMOTE = ("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY")


def is_light(answer: bytes) -> bool | None:
    """Whether a terminal's answer to OSC 11 names a light ground; None when it names none."""
    found = _GROUND.search(answer)
    if found is None:
        return None
    red, green, blue = (int(part, 16) / (16.0 ** len(part) - 1) for part in found.groups())
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.5


@dataclass(frozen=True, slots=True)
class Ground:
    """What a terminal said of its ground."""

    light: bool | None = None
    """None: nothing."""
    pending: bool = False
    """Whether it was asked and may still answer."""


SILENT = Ground()
"""Nothing, for good."""


def ask_ground(env: Mapping[str, str]) -> Ground:
    """Ask the terminal whether its ground is light, and wait for `LIMIT_S` at most. A slow line is not asked."""
    if any(name in env for name in _REMOTE) or sys.platform == "win32":
        return SILENT
    try:
        source, target = sys.__stdin__, sys.__stderr__
        if source is None or target is None or not (source.isatty() and target.isatty()):
            return SILENT
        answer = ask(source.fileno(), target.fileno())
    except (OSError, ValueError):
        return SILENT
    return Ground(is_light(answer), pending=_END.search(answer) is None)


def ask(source: int, target: int, limit_s: float = LIMIT_S) -> bytes:
    """Put the question and take in what comes back until the terminal is done; its modes are as before afterwards.

    Args:
        source: Descriptor that its answer is read from.
        target: Descriptor that the question is written to.
        limit_s: Seconds.

    Raises:
        OSError: It is no terminal, or went away.
    """
    import termios  # noqa: PLC0415 (not on Windows)
    import tty  # noqa: PLC0415

    clock = SystemClock()
    try:
        before = termios.tcgetattr(source)
    except termios.error as error:
        raise OSError(*error.args) from None
    answer = b""
    try:
        tty.setcbreak(source, termios.TCSANOW)
        os.write(target, _QUESTION)
        end = clock.monotonic_ns() + int(limit_s * NS_PER_S)
        while not _END.search(answer) and len(answer) < _MOST_BYTES:
            left = (end - clock.monotonic_ns()) / NS_PER_S
            if left <= 0 or not select.select([source], [], [], left)[0]:
                break
            data = os.read(source, 1024)
            if not data:
                break
            answer += data
    finally:
        with contextlib.suppress(termios.error):
            termios.tcsetattr(source, termios.TCSANOW, before)
    return answer


def draws_ascii(wanted: bool | None, env: Mapping[str, str], encoding: str | None = None) -> bool:
    """Whether to draw with ASCII only.

    Args:
        wanted: What was configured; None: from the locale.
        env: The environment; an explicit C locale asks for ASCII even where Python writes UTF-8.
        encoding: What is written to the terminal; None: as this process does.
    """
    if wanted is not None:
        return wanted
    locale = env.get("LC_ALL") or env.get("LC_CTYPE") or env.get("LANG") or ""
    if locale in {"C", "POSIX"}:
        return True
    if encoding is None:
        encoding = getattr(sys.__stderr__, "encoding", None)
    return bool(encoding) and str(encoding).lower().replace("-", "").replace("_", "") != "utf8"


class PlainBars(ScrollBarRender):
    """A scrollbar of grounds only, without the eighths of blocks at its ends."""

    VERTICAL_BARS = [" "] * 8
    HORIZONTAL_BARS = [" "] * 8


def use_scrollbars(*, ascii_only: bool) -> None:
    """Draw scrollbars with block signs or without."""
    kind: type[Any] = PlainBars if ascii_only else ScrollBarRender
    ScrollBar.renderer = kind

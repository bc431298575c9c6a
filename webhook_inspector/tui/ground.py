"""Whether a terminal's ground is light: asked before the app is loaded, heard when it has been.

A terminal answers within milliseconds, and one that never does is waited for no longer than loading takes anyway.
Nothing here is Textual's: the question is put before that is imported.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

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


def deep_colours(env: Mapping[str, str]) -> bool:
    """Whether a terminal has more than 16 colours and may use them; where it has not, its ground does not matter.

    Args:
        env: The environment: `NO_COLOR`, `COLORTERM`, `TERM`, `TEXTUAL_COLOR_SYSTEM`, `WT_SESSION` or `WINDIR`.
    """
    if "NO_COLOR" in env:
        return False
    asked = env.get("TEXTUAL_COLOR_SYSTEM", "auto")
    if asked != "auto":
        return asked != "standard"
    if env.get("COLORTERM", "").strip().lower() in {"truecolor", "24bit"} or {"WT_SESSION", "WINDIR"} & env.keys():
        return True
    term = env.get("TERM", "").strip().lower()
    return term.endswith(("256color", "-direct")) or term in {"xterm-kitty", "xterm-ghostty", "alacritty"}


@dataclass(frozen=True, slots=True)
class Ground:
    """What a terminal said of its ground."""

    light: bool | None = None
    """None: nothing."""
    pending: bool = False
    """Whether it was asked and may still answer."""


SILENT = Ground()
"""Nothing, for good."""


class Question:
    """The question, put to a terminal whose input is kept from being shown until it is heard.

    Args:
        source: Descriptor that the answer is read from.
        target: Descriptor that the question is written to.
        limit_s: Seconds from now until no answer is waited for any more.

    Raises:
        OSError: It is no terminal, or went away.
    """

    def __init__(self, source: int, target: int, limit_s: float = LIMIT_S) -> None:
        import termios  # noqa: PLC0415 (not on Windows)
        import tty  # noqa: PLC0415

        self._source = source
        self._clock = SystemClock()
        self._end = self._clock.monotonic_ns() + int(limit_s * NS_PER_S)
        self._answer = b""
        try:
            self._before = termios.tcgetattr(source)
        except termios.error as error:
            raise OSError(*error.args) from None
        self._open = True
        try:
            tty.setcbreak(source, termios.TCSANOW)
            os.write(target, _QUESTION)
        except OSError:
            self._give_back()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.hear()  # else a shell would read what is still to come

    def _give_back(self) -> None:
        import termios  # noqa: PLC0415

        self._open = False
        with contextlib.suppress(termios.error):
            termios.tcsetattr(self._source, termios.TCSANOW, self._before)

    def hear(self) -> bytes:
        """What the terminal said, once it is done or the time is over; the terminal is as it was afterwards."""
        if not self._open:
            return self._answer
        try:
            while not _END.search(self._answer) and len(self._answer) < _MOST_BYTES:
                # What came while nobody waited is taken in even when the time is over.
                left = max(0.0, (self._end - self._clock.monotonic_ns()) / NS_PER_S)
                if not select.select([self._source], [], [], left)[0]:
                    break
                data = os.read(self._source, 1024)
                if not data:
                    break
                self._answer += data
        except OSError:
            pass  # it went away: there is no answer
        finally:
            self._give_back()
        return self._answer

    def ground(self) -> Ground:
        """What that says of the ground."""
        answer = self.hear()
        return Ground(is_light(answer), pending=_END.search(answer) is None)


@contextlib.contextmanager
def asked(env: Mapping[str, str]) -> Iterator[Question | None]:
    """The question, while the app is loaded; None where there is nobody to ask or the line is slow."""
    question = None
    source, target = sys.__stdin__, sys.__stderr__
    if not any(name in env for name in _REMOTE) and sys.platform != "win32" and source and target:
        with contextlib.suppress(OSError, ValueError):
            if source.isatty() and target.isatty():
                question = Question(source.fileno(), target.fileno())
    with question if question is not None else contextlib.nullcontext() as put:
        yield put

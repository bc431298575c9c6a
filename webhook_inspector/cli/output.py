"""The only writer to stdout: safe text or JSON lines, each flushed as it is written.

Every piece of text passes `core.display`, JSON is escaped by character class, and colour is added after that:
nothing that came from outside can reach a terminal as a control sequence.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, BinaryIO

from webhook_inspector.core.display import one_line
from webhook_inspector.errors import InspectorError, UsageError

_STYLES = {"ok": "32", "bad": "31", "warn": "33", "dim": "2", "strong": "1", "accent": "36"}
_PLAIN = {
    ord(glyph): word
    for glyph, word in zip("✓✗●○Δ×→·…−", ("ok", "NO", "*", "o", "~", "x", "->", "-", "...", "-"), strict=True)
} | dict(zip(map(ord, "▁▂▃▄▅▆▇"), "_.-=+*#", strict=True))
_NOT_ASCII = re.compile(r"[^\x20-\x7e]")
_UNSAFE_BYTES = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")


class OutputFailedError(InspectorError):
    """Stdout takes no more, for example because the disk is full."""

    exit_code = 3


class OutputClosedError(Exception):
    """Whoever read stdout has gone. Not an error of the user: the command ends quietly."""


@dataclass(frozen=True, slots=True)
class Styled:
    """A piece of a line with a style: `good`, `bad`, `warn`, `dim`, `strong` or `accent`."""

    text: str
    style: str


@lru_cache(maxsize=4096)
def _escaped(char: str) -> str:
    """A character of JSON as it is, or as an escape when a terminal obeys or hides it."""
    category = unicodedata.category(char)
    if category[0] != "C" and category not in {"Zl", "Zp"}:
        return char
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def json_line(document: Mapping[str, Any]) -> str:
    """A document as one line of JSON. Characters that a terminal obeys or hides are escapes."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), default=str)
    return _NOT_ASCII.sub(lambda match: _escaped(match[0]), text)


class Output:
    """Stdout.

    Args:
        env: Environment variables; `NO_COLOR` and `TERM` decide on colour.
        json: Whether records are JSON lines.
    """

    def __init__(self, env: Mapping[str, str], *, json: bool = False) -> None:
        self.json = json
        stream = sys.stdout
        self._stream: BinaryIO | None = getattr(stream, "buffer", None)
        self._encoding = (getattr(stream, "encoding", None) or "utf-8").lower()
        self.terminal = bool(stream is not None and stream.isatty())
        """Whether a person's terminal shows it."""
        self.color = self.terminal and not env.get("NO_COLOR") and env.get("TERM") != "dumb" and _knows_colour(env)

    def record(self, document: Mapping[str, Any]) -> None:
        """Write one JSON object as one line, UTF-8."""
        self._write(json_line(document).encode("utf-8") + b"\n")

    def line(self, *pieces: str | Styled) -> None:
        """Write one line of text; every piece is made safe here."""
        self._write(
            "".join(self._piece(piece) for piece in pieces).rstrip(" ").encode(self._encoding, "replace") + b"\n"
        )

    def raw(self, data: bytes, *, what: str) -> None:
        """Write bytes exactly.

        Raises:
            UsageError: Stdout is a terminal and the bytes hold control characters that it would obey.
        """
        if self.terminal and not _harmless(data):
            raise UsageError(
                f"The {what} holds control characters that a terminal would obey: send it to a file with > FILE."
            )
        self._write(data)

    def _piece(self, piece: str | Styled) -> str:
        style = "" if isinstance(piece, str) else piece.style
        text = one_line(piece if isinstance(piece, str) else piece.text)
        if not self._encoding.startswith("utf"):
            text = text.translate(_PLAIN)
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if style and self.color and text.strip() else text

    def _write(self, data: bytes) -> None:
        if self._stream is None:
            return
        try:
            self._stream.write(data)
            self._stream.flush()
        except (BrokenPipeError, ValueError):
            self._abandon()
            raise OutputClosedError from None
        except OSError as error:
            self._abandon()
            raise OutputFailedError(f"stdout cannot be written ({error.strerror or 'unknown reason'}).") from None

    def _abandon(self) -> None:
        """Let the interpreter's last flush go nowhere instead of failing."""
        self._stream = None
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _knows_colour(env: Mapping[str, str]) -> bool:
    return os.name != "nt" or any(env.get(name) for name in ("WT_SESSION", "ANSICON", "TERM"))


def _harmless(data: bytes) -> bool:
    if _UNSAFE_BYTES.search(data):
        return False
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return all(one_line(line) == line for line in text.replace("\t", " ").split("\n"))

"""Bytes to what a view can show: content encoding undone within a cap, and characters found for text.

The kept body is never touched: this is for looking.
"""

from __future__ import annotations

import codecs
import json
import re

from webhook_inspector.core.display import show
from webhook_inspector.core.encoding import Decoded, undo_encoding

__all__ = ["Decoded", "declared_charset", "decode_text", "looks_binary", "undo_encoding"]

_CHARSET = re.compile(r";\s*charset\s*=\s*(?:\"([^\"]*)\"|([^\s;]+))", re.IGNORECASE)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


def declared_charset(content_type: str) -> str:
    """The charset parameter of a Content-Type value, in lower case; empty when there is none."""
    match = _CHARSET.search(content_type)
    return (match[1] or match[2] or "").strip().lower() if match else ""


def _codec(charset: str) -> str | None:
    """The Python codec of a charset, when it is a text encoding that Python knows."""
    try:
        info = codecs.lookup(charset)
        b"a".decode(charset)
    except UnicodeDecodeError:
        return info.name
    except (LookupError, ValueError, TypeError):
        return None
    return info.name


_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def decode_text(data: bytes, charset: str = "", *, cut: bool = False) -> tuple[str, str]:
    """Bytes as text, always: by byte order mark, declared charset, UTF-8, UTF-16 by its looks, then Latin-1.

    Args:
        data: The bytes.
        charset: As declared; empty when nothing was declared.
        cut: Whether the data was cut, perhaps inside a character.

    Returns:
        The text, and a note when the reader should know how it was read.
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            text = data[len(mark) :].decode(name, "replace")
            return text, f"Text begins with a byte order mark ({name.upper()})."
    codec = _codec(charset) if charset else "utf-8"
    if codec is None:
        return decode_text(data, cut=cut)[0], f"Charset {show(charset, 40)} is not known."
    if cut and codec == "utf-8":
        data = _whole_characters(data)
    if not charset and (wide := _wide(data)):
        return data.decode(wide, "replace"), f"Looks like {wide.upper()}: no charset was declared."
    try:
        return data.decode(codec), "" if codec in {"utf-8", "ascii"} else f"Text read as {codec}."
    except UnicodeDecodeError as error:
        at = error.start
    except (ValueError, LookupError):
        at = 0
    if codec == "ascii" or (charset and codec != "utf-8"):
        text, _ = decode_text(data, cut=cut)
        return text, f"Not valid {show(charset, 40)} at byte {at:,}, although declared."
    lenient = data.decode("utf-8", "replace")
    bad = lenient.count("\ufffd")
    # Each U+FFFD takes two bytes more than its one character; all above that are good characters beyond ASCII.
    if len(lenient.encode("utf-8")) - len(lenient) - 2 * bad > bad:
        return lenient, f"Not valid UTF-8 at byte {at:,}: such bytes are shown as \ufffd."
    return data.decode("latin-1"), f"Not valid UTF-8 at byte {at:,}: read as Latin-1."


def _whole_characters(data: bytes) -> bytes:
    """Drop an unfinished UTF-8 character at the end."""
    for back in range(1, min(4, len(data)) + 1):
        byte = data[-back]
        if byte & 0xC0 != 0x80:
            length = (
                1 if byte < 0x80 else 2 if byte >> 5 == 6 else 3 if byte >> 4 == 14 else 4 if byte >> 3 == 30 else 1
            )
            return data[:-back] if length > back else data
    return data


def _wide(data: bytes) -> str:
    """UTF-16 or UTF-32 without a mark, seen by its zeros: their names, or empty."""
    head = data[:64]
    if len(head) < 4 or b"\x00" not in head or len(data) % 2:
        return ""
    guess = json.detect_encoding(head)
    if guess.startswith(("utf-16", "utf-32")):
        zeros = head[1::2].count(0) if guess.endswith("le") else head[::2].count(0)
        return guess if zeros * 4 >= len(head) else ""
    return ""


def looks_binary(data: bytes) -> bool:
    """Whether the first bytes are not text: control characters that text does not use."""
    head = data[:4096]
    if not head or head.startswith(tuple(mark for mark, _ in _MARKS)) or _wide(data):
        return False
    controls = len(_CONTROL.findall(head))
    return b"\x00" in head or controls * 10 > len(head)

"""The bytes of a file as text: UTF-8, with or without BOM, or UTF-16 and UTF-32 by their BOM. Nothing is lost."""

from __future__ import annotations

import codecs

from webhook_inspector.core.display import show
from webhook_inspector.errors import InputError

_HEAD = 65_536
_WIDE = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def text_of(data: bytes, where: str) -> str:
    """The whole text. Bytes that are not UTF-8 become surrogates; `bytes_of` gives them back.

    Raises:
        InputError: It claims to be UTF-16 or UTF-32 and is not.
    """
    coding = _coding(data)
    if coding is None:
        return data.removeprefix(codecs.BOM_UTF8).decode("utf-8", "surrogateescape")
    try:
        return data.decode(coding)
    except UnicodeDecodeError:
        raise InputError(f"{show(where, 120)} is not readable as text; save it as UTF-8.") from None


def bytes_of(text: str) -> bytes:
    """Text of `text_of` as the bytes that it stands for."""
    return text.encode("utf-8", "surrogateescape")


def head_of(data: bytes) -> str:
    """The beginning of a text, for recognising it. Never raises."""
    coding = _coding(data)
    if coding is None:
        return data[:_HEAD].removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace")
    return data[: _HEAD * 2].decode(coding, "replace")


def _coding(data: bytes) -> str | None:
    return next((coding for mark, coding in _WIDE if data.startswith(mark)), None)

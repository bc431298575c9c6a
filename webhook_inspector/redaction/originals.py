"""The second look: whether something that was replaced is still in the finished bytes, in whatever form.

Only what can be told from other text is looked for: plain words occur everywhere, and so do short numbers.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Collection, Iterator, Sequence
from urllib.parse import unquote_to_bytes

from webhook_inspector.redaction.keeping import PATH_WORDS

MIN_LENGTH = 6
_LONG_DIGITS = 10
_ESCAPE = re.compile(rb"\\u([0-9a-fA-F]{4})|\\(.)", re.DOTALL)
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{12,}")
_HEX = re.compile(rb"(?:[0-9a-fA-F]{2}){6,}")
_COMMON = re.compile(r"v?\d{1,4}(?:[.:-]\d{1,4}){1,4}")
"""Versions and times of day."""
_WORD = re.compile(rb"[a-z0-9\x80-\xff]+")
_MOST_WORK = 5_000_000_000
"""Bytes that are compared at most, all originals together: about a second."""
_MOST_RUNS = 20_000


def left_over(data: bytes, originals: Collection[str], kept: Collection[str]) -> list[str]:
    """The originals that are still there: as they are, in another case, percent-encoded, escaped, in base64 or hex.

    Args:
        data: The finished file.
        originals: Texts that were replaced.
        kept: Texts that were not, on purpose: what is part of one of them is not looked for.
    """
    excused = "\n".join(kept).lower()
    wanted = [text for text in originals if _is_distinct(text) and text.lower() not in excused]
    if not wanted:
        return []
    views = [view.lower() for view in _views(data)]
    if len(wanted) * sum(map(len, views)) > _MOST_WORK:
        return [text for text in _likely(wanted, views) if any(_bytes(text) in view for view in views)]
    return [text for text in wanted if any(_bytes(text) in view for view in views)]


def _likely(wanted: Sequence[str], views: Sequence[bytes]) -> list[str]:
    """Of very many originals in very much text those whose words are all there.

    One in the middle of a longer word is not found then, but a file of some megabytes is looked through in seconds.
    """
    words: set[bytes] = set()
    for view in views:
        words.update(_WORD.findall(view))
    return [text for text in wanted if words.issuperset(_WORD.findall(_bytes(text)))]


def _bytes(text: str) -> bytes:
    return text.lower().encode("utf-8", "surrogatepass")


def _is_distinct(text: str) -> bool:
    if text.isdigit():
        return len(text) >= _LONG_DIGITS
    if len(text) < MIN_LENGTH:
        return False
    if _COMMON.fullmatch(text) or all(word in PATH_WORDS for word in re.split(r"[/ .:-]", text.lower())):
        return False
    return any(char.isdigit() or char in "@:/ " or ord(char) > 127 for char in text)


def _views(data: bytes) -> Iterator[bytes]:
    yield data
    unquoted = unquote_to_bytes(data)
    if unquoted != data:
        yield unquoted
    if b"\\" in data:
        yield _ESCAPE.sub(_unescaped, data)
    found = []
    for number, match in enumerate(_BASE64.finditer(data)):
        if number >= _MOST_RUNS:
            break
        run = match[0].translate(bytes.maketrans(b"-_", b"+/"))
        for start in range(4):  # a text may begin inside of a longer one
            part = run[start:-1] if len(run[start:]) % 4 == 1 else run[start:]
            try:
                found.append(base64.b64decode(part + b"=" * (-len(part) % 4)))
            except binascii.Error:
                continue
    yield b"\n".join(found)
    yield b"\n".join(binascii.unhexlify(match[0]) for match in _HEX.finditer(data))


def _unescaped(match: re.Match[bytes]) -> bytes:
    if match[1] is not None:
        return chr(int(match[1], 16)).encode("utf-8", "surrogatepass")
    return match[2]

"""What became of the body between the sender and here."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from urllib.parse import parse_qsl, quote, quote_plus, unquote_plus, urlencode

from webhook_inspector.signing import jsontext
from webhook_inspector.signing.case import Case, Match
from webhook_inspector.signing.explaining.api import Variation, with_body
from webhook_inspector.signing.explaining.numbers import other_numbers

_BOM = b"\xef\xbb\xbf"
_FORM = re.compile(rb"[A-Za-z0-9_.\[\]%+*~-]+=[^\s{}\"]*(?:&[^\s{}\"]*)*")
_MAX_UNPACKED = 4 << 20
_MAX_FORM = 1 << 18


def changed_body(case: Case, _result: Match) -> Iterator[Variation]:
    """Line ends, byte order mark, characters, forms, and JSON that was written again."""
    if case.recipe.algorithm == "token":
        return
    body = case.request.body
    seen = {body}
    for reason, what, other in _other_bodies(body):
        if other not in seen:
            seen.add(other)
            yield with_body(case, other, reason, what)


def _other_bodies(body: bytes) -> Iterator[tuple[str, str, bytes]]:
    yield from _line_ends(body)
    if body.startswith(_BOM):
        yield "bom_added", "the body had no byte order mark", body[3:]
    elif body:
        yield "bom_removed", "the body had a byte order mark", _BOM + body
    if body in {b"{}", b"[]", b"null"}:
        yield "body_reserialized", "the body were empty", b""
    if not body:
        yield "body_reserialized", "the body were {}", b"{}"
    for rewriting, text in jsontext.rewritten(body):
        yield rewriting.reason, f"the JSON body were written {rewriting.name}", text
        if not body.endswith(b"\n"):
            what = f"the JSON body were written {rewriting.name} and ended with a newline"
            yield rewriting.reason, what, text + b"\n"
    yield from other_numbers(body)
    if _FORM.fullmatch(body[:_MAX_FORM]) and len(body) <= _MAX_FORM:
        yield from _forms(body.decode("ascii", "replace"))
    elif body[:1] in {b"{", b"["} and len(body) <= _MAX_FORM:
        what = "the JSON body were still the form field payload"
        yield "form_body_unwrapped", what, b"payload=" + quote_plus(body).encode()
    yield from _characters(body)


def _line_ends(body: bytes) -> Iterator[tuple[str, str, bytes]]:
    reason = "trailing_newline_changed"
    if body[-1:] in {b"\n", b"\r"}:
        yield reason, "the body had no trailing newline", body.rstrip(b"\r\n")
        yield reason, "the body had one trailing newline less", body[:-2] if body.endswith(b"\r\n") else body[:-1]
    else:
        yield reason, "the body had a trailing newline", body + b"\n"
        yield reason, "the body had a trailing CR LF", body + b"\r\n"
    if body != body.strip():
        yield reason, "the body had no white space at its ends", body.strip()
    if b"\n" in body or b"\r" in body:
        line_feeds = body.replace(b"\r\n", b"\n")
        reason = "line_endings_changed"
        yield reason, "the body had LF, not CR LF, at its line ends", line_feeds
        yield reason, "the body had CR LF, not LF, at its line ends", line_feeds.replace(b"\n", b"\r\n")
        without = line_feeds.replace(b"\n", b"")
        yield reason, "the body had no line ends", without


def _forms(text: str) -> Iterator[tuple[str, str, bytes]]:
    reason = "body_reserialized"
    yield reason, "spaces of the form were written as %20, not as +", text.replace("+", "%20").encode()
    yield reason, "spaces of the form were written as +, not as %20", text.replace("%20", "+").encode()
    upper = re.sub(r"%[0-9a-fA-F]{2}", lambda match: match.group().upper(), text)
    lower = re.sub(r"%[0-9a-fA-F]{2}", lambda match: match.group().lower(), text)
    yield reason, "the escapes of the form were in capitals", upper.encode()
    yield reason, "the escapes of the form were in small letters", lower.encode()
    yield reason, "the form were not percent-encoded", unquote_plus(text).encode()
    pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=5000) if text.count("&") < 5000 else []
    yield reason, "the form were encoded afresh", urlencode(pairs).encode()
    yield reason, "the form were encoded afresh with %20 for spaces", urlencode(pairs, quote_via=quote).encode()
    yield "body_reserialized_form_order", "the fields of the form were sorted", urlencode(sorted(pairs)).encode()
    for name, value in pairs[:4]:
        if value[:1] in {"{", "["}:
            yield "form_body_unwrapped", f"only the form field {name[:40]} were signed", value.encode()


def _characters(body: bytes) -> Iterator[tuple[str, str, bytes]]:
    """Other encodings of the same text, and compression that was undone or not."""
    if not body.isascii():
        try:
            text = body.decode("utf-8")
            yield "body_transcoded", "the body were in Latin-1, not UTF-8", text.encode("latin-1")
            yield "body_transcoded", "the body were not encoded as UTF-8 twice", text.encode("cp1252").decode().encode()
        except UnicodeError:
            yield "body_transcoded", "the body were in UTF-8, not Latin-1", body.decode("latin-1").encode()
    if body[:2] == b"\x1f\x8b":
        try:
            unpacker = zlib.decompressobj(31)
            plain = unpacker.decompress(body, _MAX_UNPACKED)
        except zlib.error:
            return
        if unpacker.eof:
            yield "body_compressed", "the body were not compressed", plain

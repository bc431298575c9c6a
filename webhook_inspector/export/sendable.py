"""What of a captured request a client program can send, and the names of what it cannot.

The host is always the one of the target that the user chose. A difference is a sentence that begins with `differs:`.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlsplit

from webhook_inspector.core.delivery import Record
from webhook_inspector.core.display import show
from webhook_inspector.core.request import Request
from webhook_inspector.export.api import ExportContext

Pair = tuple[bytes, bytes]

FRAMING = frozenset({b"host", b"content-length"})
"""Headers that follow from the target and the body."""
_NEVER_ZERO = frozenset({"GET", "HEAD"})
"""Methods with which no client sends the length of an empty body; they disagree on the others."""
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_METHOD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_UNSENDABLE = re.compile(rb"[\x00-\x20\x7f]")
_BAD_VALUE = re.compile(rb"[\x00\r\n]")
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_BROKEN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_OUTSIDE_URL = re.compile(rb"[^A-Za-z0-9._~!$&'()*+,;=:@/?%-]")
_RAW = rb"(?:[A-Za-z0-9._~!$&()*+,;=:@-]|%(?!2D|2E|3[0-9]|4[1-9A-F]|5[0-9A]|5F|6[1-9A-F]|7[0-9AE])[0-9A-F]{2})"
_STABLE = re.compile(
    rb"(?!//)(?:/(?!\.{1,2}(?:[/?]|\Z))" + _RAW + rb"*)+(?:\?(?:" + _RAW + rb"|[/?])+)?",
)


def title(record: Record) -> str:
    """`delivery 42: invoice.paid`, safe to show."""
    kind = record.facts.event.type
    return f"delivery {record.delivery.id}" + (f": {show(kind, 100)}" if kind else "")


def masked_note(context: ExportContext, index: int) -> list[str]:
    """What redaction masked in one record, as a note."""
    masked = context.masked_of(index)
    return [f"masked: {', '.join(masked)}"] if masked else []


def method_of(request: Request, notes: list[str], *, known: re.Pattern[str] = _METHOD, upper: bool = False) -> str:
    """The method that can be sent.

    Args:
        request: As captured.
        notes: Gets the differences.
        known: The methods that can be said; by default every token.
        upper: Whether it goes out in capitals.
    """
    method = request.method
    if not known.fullmatch(method):
        notes.append(f"differs: method {show(method, 40)!r} cannot be sent; POST is sent")
        return "POST"
    if upper and method != method.upper():
        notes.append(f"differs: method {show(method, 40)!r} is sent in capitals")
        return method.upper()
    return method


def authority_of(target: str) -> str:
    """Host and port of a target, without a user and a password."""
    return urlsplit(target).netloc.rpartition("@")[2]


def wanted_target(request: Request, target: str, notes: list[str]) -> tuple[str, bytes]:
    """Scheme and authority to send to, and the request target that should go out: printable, whole, not yet a URL."""
    base = urlsplit(target)
    origin = f"{base.scheme}://{authority_of(target)}"
    if "@" in base.netloc:
        notes.append("differs: user and password of the target are not written; add them where you send it")
    wanted = _UNSENDABLE.sub(lambda match: b"%%%02X" % match[0][0], request.target) or b"/"
    if base.path not in {"", "/"}:
        query = base.query.encode("utf-8") or wanted.partition(b"?")[2]
        sent = base.path.encode("utf-8") + (b"?" + query if query else b"")
        if sent != request.target:
            notes.append("differs: the path is the target's, not the captured one")
        return origin, sent
    if wanted != request.target:
        notes.append("differs: characters of the target that cannot be sent are percent-encoded")
    return origin, wanted


def url_of(
    request: Request, target: str, notes: list[str], *, client: str, kept: re.Pattern[bytes] = _STABLE
) -> tuple[str, str]:
    """Origin and request target for a client that takes a URL and may write it in another form.

    Args:
        request: As captured.
        target: Where it is sent to.
        notes: Gets the differences.
        client: The program's name.
        kept: The targets that it is known to send as they are written; by default those that every client keeps.

    Returns:
        `http://host:port` and a target of URL characters that begins with a slash.
    """
    origin, wanted = wanted_target(request, target, notes)
    if kept.fullmatch(wanted):
        return origin, wanted.decode("ascii")
    quoted = _OUTSIDE_URL.sub(lambda match: b"%%%02X" % match[0][0], _BROKEN_ESCAPE.sub(b"%25", wanted))
    if not quoted.startswith(b"/"):
        quoted = b"/" + quoted
    if quoted != wanted:
        notes.append(f"differs: the target is written as {show(quoted, 200)}")
    if not kept.fullmatch(quoted):
        notes.append(f"differs: {client} may send the target in another form")
    return origin, quoted.decode("ascii")


def headers_of(
    request: Request,
    notes: list[str],
    refuses: Callable[[bytes, bytes], str | None] = lambda _name, _value: None,
    framing: Mapping[bytes, bytes] | None = None,
) -> list[Pair]:
    """The headers that can be sent, in order.

    Args:
        request: As captured.
        notes: Gets the differences.
        refuses: Says of a name and a value why the client cannot send them; None when it can.
        framing: Values of `host` and `content-length` to put where these were captured, `Host` first and the length
            last where they were not; None leaves both out.
    """
    kept: list[Pair] = []
    true = dict(framing or {})
    for name, value in request.headers:
        shown = show(name, 60)
        text = value.strip(b" \t")
        if name.lower() in FRAMING:
            if name.lower() in true:
                kept.append((name, true.pop(name.lower())))
        elif name.lower() == b"transfer-encoding":
            notes.append(f"differs: header {shown}: {show(value, 40)} is left out; the body goes out in one piece")
        elif not _TOKEN.fullmatch(name):
            notes.append(f"differs: header {shown!r} is left out; its name cannot be sent")
        elif _BAD_VALUE.search(text):
            notes.append(f"differs: header {shown} is left out; its value cannot be sent")
        elif (reason := refuses(name, text)) is not None:
            notes.append(f"differs: header {shown} is left out; {reason}")
        else:
            kept.append((name, text))
            if text != value:
                notes.append(f"differs: space around the value of header {shown} is not sent")
    if b"host" in true:
        kept.insert(0, (b"Host", true[b"host"]))
    if b"content-length" in true:
        kept.append((b"Content-Length", true[b"content-length"]))
    return kept


def refuses_not_utf8(_name: bytes, value: bytes) -> str | None:
    """Of a client that takes header values as UTF-8 text."""
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        return f"its value is not UTF-8; in base64 it is {_coded(value)}"
    if text != text.strip():
        return f"its value begins or ends with white space; in base64 it is {_coded(value)}"
    return None


def refuses_controls(name: bytes, value: bytes) -> str | None:
    """Of a client that takes header values as UTF-8 text without control characters."""
    if _CONTROL.search(value):
        return f"its value holds control characters; in base64 it is {_coded(value)}"
    return refuses_not_utf8(name, value)


def refuses_not_ascii(name: bytes, value: bytes) -> str | None:
    """Of a client whose programs disagree on the bytes of other characters."""
    if value.isascii():
        return refuses_controls(name, value)
    return f"its value is not ASCII; in base64 it is {_coded(value)}"


def _coded(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


def note_host(request: Request, target: str, notes: list[str], *, first: bool = True) -> None:
    """Name how `Host` differs: it is the target's, and `first` says that it goes out before the others."""
    captured = request.headers.get_all("host")
    sent = authority_of(target)
    if captured != [sent]:
        was = f"captured was {show(captured[0], 80)}" if captured else "none was captured"
        notes.append(f"differs: header Host is the target's, {show(sent, 80)}; {was}")
    if first and captured and request.headers.pairs[0][0].lower() != b"host":
        notes.append("differs: header Host is sent before the others")


def note_length(
    request: Request, notes: list[str], *, place: str = "after the others", adds_zero: bool = False
) -> bytes | None:
    """Name how `Content-Length` differs for a client that counts the body itself.

    Args:
        request: As captured.
        notes: Gets the differences.
        place: Where the client writes it; empty where it goes out in its captured place.
        adds_zero: Whether the client sends the length of an empty body with some methods.

    Returns:
        The length to send; None when there is none, also none captured that is true.
    """
    captured = [value for name, value in request.headers if name.lower() == b"content-length"]
    length = str(len(request.body)).encode()
    if not request.body:
        if captured and captured != [b"0"]:
            notes.append(f"differs: header Content-Length is left out; captured was {show(captured[0], 40)}")
        if captured == [b"0"]:
            return b"0"
        if adds_zero and request.method not in _NEVER_ZERO:
            notes.append("differs: header Content-Length: 0 may be added")
        return None
    if captured == [length]:
        if place and request.headers.pairs[-1][0].lower() != b"content-length":
            notes.append(f"differs: header Content-Length is sent {place}")
    elif captured:
        notes.append(f"differs: header Content-Length is {length.decode()}; captured was {show(captured[0], 40)}")
    else:
        notes.append(f"differs: header Content-Length is added: {length.decode()}")
    return length


def note_added(headers: Sequence[Pair], names: Sequence[str], notes: list[str], *, client: str) -> None:
    """Name the headers that a client may add because they were not captured."""
    present = {name.lower() for name, _ in headers}
    absent = [name for name in names if name.lower().encode() not in present]
    if absent:
        notes.append(f"differs: {client} may add headers: {', '.join(absent)}")


def grouped(headers: Sequence[Pair]) -> list[Pair]:
    """Repeated headers moved to the first of their name, as clients do that keep headers by name."""
    order: dict[bytes, list[Pair]] = {}
    for pair in headers:
        order.setdefault(pair[0].lower(), []).append(pair)
    return [pair for pairs in order.values() for pair in pairs]

"""What a sender is answered, as bytes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus

from webhook_inspector.core.delivery import Delivery
from webhook_inspector.core.headers import Headers

SERVER = b"webhook-inspector"
_TEXT = Headers(((b"Content-Type", b"text/plain; charset=utf-8"),))
_FRAMING = frozenset({b"content-length", b"transfer-encoding", b"connection", b"server"})
_HOP_BY_HOP = _FRAMING | {b"keep-alive", b"te", b"trailer", b"upgrade", b"proxy-authenticate", b"proxy-connection"}
_PHRASES = {status.value: status.phrase.encode("ascii") for status in HTTPStatus}


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to a sender. Framing, `Server` and `Connection` are added when it is written."""

    status: int | None = 200
    """None: nothing is answered, see `ending`."""
    body: bytes = b"ok\n"
    headers: Headers = field(default_factory=lambda: _TEXT)
    delay_s: float = 0.0
    """How long it is held back once the delivery is kept, seconds."""
    drip_s: float = 0.0
    """Seconds over which it is spread, a few bytes at a time."""
    ending: str = ""
    """`hang`: nothing is said until the sender leaves; `reset`: the connection is reset; empty: it is an answer."""


@dataclass(frozen=True, slots=True)
class Later:
    """An answer that is made once the delivery is kept."""

    make: Callable[[Delivery], Awaitable[Answer]]
    """Given the delivery with its number."""
    status: None = None


OK = Answer()
"""The constant default."""
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


def refusal(status: int, more: tuple[tuple[bytes, bytes], ...] = ()) -> Answer:
    """A constant answer for a refused delivery: nothing that was sent is echoed.

    Args:
        status: Its status.
        more: Further headers.
    """
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        more = (*more, (b"Retry-After", b"1"))
    headers = Headers((*_TEXT.pairs, *more)) if more else _TEXT
    phrase = _PHRASES.get(status, b"Refused").lower()
    return Answer(status, b"webhook-inspector: " + phrase + b"\n", headers)


def passed_on(status: int | None, headers: Headers, body: bytes) -> Answer | None:
    """An app's answer for a sender, without what belongs to the connection; None when it is none that can be given."""
    if status is None or not 200 <= status < 600:
        return None
    kept = tuple((name, value) for name, value in headers if name.lower() not in _HOP_BY_HOP)
    return Answer(status, body, Headers(kept))


def render(answer: Answer, *, method: str, keep_alive: bool, old_client: bool = False) -> bytes:
    """An answer as bytes.

    Args:
        answer: What to say.
        method: Of the request: HEAD gets no body.
        keep_alive: Whether another request may follow.
        old_client: The request was HTTP/1.0, where keeping a connection must be said.
    """
    if answer is OK and keep_alive and not old_client and method != "HEAD":
        return _OK_AS_BYTES
    return _rendered(answer, method=method, keep_alive=keep_alive, old_client=old_client)


def _rendered(answer: Answer, *, method: str, keep_alive: bool, old_client: bool) -> bytes:
    status = answer.status or 0
    lines = [b"HTTP/1.1 %d %b" % (status, _PHRASES.get(status, b"Answer")), b"Server: " + SERVER]
    lines += [
        name + b": " + value
        for name, value in answer.headers
        if name.lower() not in _FRAMING and not _breaks(name) and not _breaks(value)
    ]
    bodyless = status in {204, 304} or status < 200
    if not bodyless:
        lines.append(b"Content-Length: %d" % len(answer.body))
    if not keep_alive:
        lines.append(b"Connection: close")
    elif old_client:
        lines.append(b"Connection: keep-alive")
    body = b"" if bodyless or method == "HEAD" else answer.body
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def _breaks(text: bytes) -> bool:
    """Whether a header part would end its line."""
    return b"\r" in text or b"\n" in text or b"\0" in text


_OK_AS_BYTES = _rendered(OK, method="POST", keep_alive=True, old_client=False)

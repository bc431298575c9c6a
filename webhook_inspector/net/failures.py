"""Why a send did not bring a whole answer, in one plain sentence."""

from __future__ import annotations

import errno
import ssl
from dataclasses import dataclass, field

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError

from webhook_inspector.core.attempt import Outcome
from webhook_inspector.core.display import show
from webhook_inspector.core.headers import Headers
from webhook_inspector.net.connecting import UnknownNameError
from webhook_inspector.net.exact_request import WireRequest

_REFUSED = {errno.ECONNREFUSED, 10061}
_UNREACHABLE = {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EADDRNOTAVAIL, 10049, 10051, 10065}


@dataclass(slots=True)
class PartialAnswer:
    """What has come back so far."""

    status: int | None = None
    headers: Headers = field(default_factory=Headers)
    pieces: list[bytes] = field(default_factory=list)
    size: int = 0
    expected: str | None = None
    """The Content-Length that the answer announced."""
    first_byte_ms: float | None = None


def timed_out(wire: WireRequest, answer: PartialAnswer, timeout_s: float) -> str:
    """About a send that took longer than its limit."""
    limit = f"{timeout_s:g} s"
    if not wire.begun:
        return f"No connection within {limit}."
    if answer.status is None:
        return f"No answer within {limit}; the target may have got the request."
    return f"The answer was not complete within {limit}: {_so_far(answer)}."


def failed(error: Exception, wire: WireRequest, answer: PartialAnswer, authority: str) -> tuple[Outcome, str]:
    """Outcome and sentence for what was raised while sending."""
    where = show(authority, 80)
    if not wire.begun:
        return Outcome.REFUSED, _no_connection(error, where)
    if answer.status is not None:
        return Outcome.RESET, f"The answer broke off: {_so_far(answer)}."
    if isinstance(error, HttpProcessingError):
        return Outcome.RESET, _not_understood(error.message)
    if not wire.finished:
        return Outcome.RESET, f"{where} closed the connection before the whole request was sent."
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return Outcome.RESET, f"{where} closed the connection without an answer."
    return Outcome.RESET, f"{where} reset the connection without an answer."


def _so_far(answer: PartialAnswer) -> str:
    of = f" of {answer.expected}" if answer.expected and answer.expected.isdigit() else ""
    return f"status {answer.status}, {answer.size:,}{of} bytes of its body came"


def _no_connection(error: Exception, where: str) -> str:
    number = getattr(error, "errno", None)
    if isinstance(error, UnknownNameError):
        return f"The name in {where} could not be resolved."
    if isinstance(error, ssl.CertificateError | aiohttp.ServerFingerprintMismatch):
        return f"The certificate of {where} is not trusted here."
    if isinstance(error, ssl.SSLError):
        return f"{where} does not speak TLS as https needs: is it http?"
    if number in _REFUSED:
        return f"Nothing listens on {where}."
    if number in _UNREACHABLE:
        return f"{where} cannot be reached from here."
    return f"No connection to {where} could be made."


def _not_understood(message: str) -> str:
    text = message.lower()
    if "more than" in text or "too many headers" in text:
        return "The answer's headers are larger than the limit."
    if "content-length" in text or "transfer-encoding" in text:
        return "The answer's Content-Length and Transfer-Encoding contradict each other or are not understood."
    return "What came back is not an HTTP/1.1 answer."

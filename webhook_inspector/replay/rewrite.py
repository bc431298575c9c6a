"""From a captured request to what can be sent to a target, with every difference named.

The host and port always come from the target that the user set: the captured request target is appended as text
after a path separator, never joined as a reference. Method, request target, headers (order, case, repeats, bytes) and
body go out as captured where HTTP/1.1 allows it; where it does not, `Outgoing.differences` says so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from webhook_inspector.core.display import show
from webhook_inspector.core.headers import Headers
from webhook_inspector.core.request import Request
from webhook_inspector.errors import UsageError

HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        b"expect",  # the sender would have to wait for an interim answer that many handlers never give
    }
)
"""Headers that concern one connection only (RFC 9110 section 7.6.1), and `Expect`."""

_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}")
_BREAKING = re.compile(rb"[\x00\r\n]")
_UNSENDABLE = re.compile(rb"[\x00-\x20\x7f]")
_ABSOLUTE = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
_BODY_EXPECTED = frozenset({"POST", "PUT", "PATCH"})


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One request, ready to be sent as it stands: nothing may be added, folded or quoted again."""

    method: str
    url: str
    """Scheme, host and port of the target, then the request target exactly as it goes out."""
    headers: Headers
    """All headers in order, `Host` and (where there is one) `Content-Length` among them."""
    body: bytes
    differences: tuple[str, ...]
    """What does not go out exactly as captured, one short sentence each, safe to show."""


def outgoing(
    request: Request,
    target_url: str,
    *,
    as_captured: bool = True,
    set_headers: Sequence[tuple[str, str]] = (),
    original: Request | None = None,
) -> Outgoing:
    """What is sent to a target for a captured request.

    Args:
        request: The captured request, or what was made of it (signed again, edited).
        target_url: A target that `check_target` has let through. Where it has a path other than `/`, that path
            replaces the captured one; the captured query stays unless the target has one.
        as_captured: False when the request was changed on purpose: the changes are named too.
        set_headers: Headers to set (name, value) after that; an empty value is sent as an empty header.
        original: The request as captured, to name what was changed on purpose.

    Raises:
        UsageError: A header of `set_headers` cannot be sent or is not the user's to set.
    """
    differences: list[str] = []
    if not as_captured:
        differences += _changes(request, original)
    method = _method(request.method, differences)
    url = _url(request.target, target_url, differences)
    pairs = _kept(request.headers, differences)
    pairs = _set(pairs, set_headers, differences)
    pairs = _host(pairs, _authority(target_url), differences, chosen=_names(set_headers, b"host"))
    pairs = _length(pairs, request, method, differences)
    return Outgoing(method, url, Headers(tuple(pairs)), request.body, tuple(differences))


def outgoing_url(request: Request, target_url: str) -> str:
    """Where `outgoing` sends a request."""
    return _url(request.target, target_url, [])


def _changes(request: Request, original: Request | None) -> list[str]:
    if original is None:
        return ["the request was changed before sending"]
    found = []
    if request.body != original.body:
        found.append("the body was changed before sending")
    if request.target != original.target:
        found.append("the request target was changed before sending")
    names = sorted(request.headers.names() | original.headers.names())
    changed = [name for name in names if request.headers.get_all(name) != original.headers.get_all(name)]
    return found + [f"header {show(name, 60)} was changed before sending" for name in changed]


def _method(method: str, differences: list[str]) -> str:
    if _TOKEN.fullmatch(method.encode("utf-8", "replace")) and method != "CONNECT":
        return method
    differences.append(f"method {show(method, 40)!r} cannot be sent; POST is sent")
    return "POST"


def _authority(target_url: str) -> str:
    parts = urlsplit(target_url)
    default = {"http": 80, "https": 443}.get(parts.scheme)
    host = parts.netloc.rpartition("@")[2]
    return host.removesuffix(f":{default}")


def _url(target: bytes, target_url: str, differences: list[str]) -> str:
    base = urlsplit(target_url)
    origin = f"{base.scheme}://{base.netloc}"
    sent = _origin_form(target, differences)
    if base.path not in {"", "/"}:
        query = base.query or sent.partition("?")[2]
        url = f"{origin}{base.path}" + (f"?{query}" if query else "")
        if url != origin + sent:
            differences.append("the path is the target's, not the captured one")
        return url
    if base.query:
        differences.append("the query is the target's, not the captured one")
        sent = f"{sent.partition('?')[0]}?{base.query}"
    return origin + sent


def _origin_form(target: bytes, differences: list[str]) -> str:
    """The request target as path and query that begins with `/`, quoted where it could not be sent."""
    absolute = _ABSOLUTE.match(target)
    path = target[absolute.end() :] if absolute else target
    if absolute:
        differences.append("the captured target named a host; only its path and query are sent")
    elif path == b"*":
        path = b"/"
        differences.append("target * cannot be sent; / is sent")
    if not path.startswith(b"/"):
        if not absolute:
            differences.append("a / is put before the captured target")
        path = b"/" + path
    quoted = _UNSENDABLE.sub(lambda match: b"%%%02X" % match[0][0], path)
    try:
        text = quoted.decode("utf-8")
    except UnicodeDecodeError:
        quoted = re.sub(rb"[\x80-\xff]", lambda match: b"%%%02X" % match[0][0], quoted)
        text = quoted.decode("ascii")
    if quoted != path:
        differences.append("characters of the target that cannot be sent are percent-encoded")
    return text


def _kept(headers: Headers, differences: list[str]) -> list[tuple[bytes, bytes]]:
    """The headers that can go out."""
    named = {
        token.strip().lower()
        for name, value in headers
        if name.lower() == b"connection"
        for token in value.split(b",")
        if token.strip().lower() not in {b"host", b"content-length", b"content-type"}
    }
    kept: list[tuple[bytes, bytes]] = []
    for name, value in headers:
        shown = show(name, 60)
        lower = name.lower()
        if lower in HOP_BY_HOP or lower in named:
            differences.append(f"header {shown} concerns the captured connection only and is left out")
        elif not _TOKEN.fullmatch(name):
            differences.append(f"header {shown!r} is left out: its name cannot be sent")
        elif _BREAKING.search(value):
            differences.append(f"header {shown} is left out: its value holds a line break or NUL")
        else:
            kept.append((name, value))
    return kept


def _names(set_headers: Sequence[tuple[str, str]], wanted: bytes) -> bool:
    return any(name.encode("utf-8", "replace").lower() == wanted for name, _ in set_headers)


def _set(
    pairs: list[tuple[bytes, bytes]], set_headers: Sequence[tuple[str, str]], differences: list[str]
) -> list[tuple[bytes, bytes]]:
    headers = Headers(tuple(pairs))
    for name, value in set_headers:
        raw_name, raw_value = name.encode("utf-8", "replace"), value.encode("utf-8", "replace")
        if not _TOKEN.fullmatch(raw_name) or _BREAKING.search(raw_value):
            raise UsageError(f"Header {show(name, 60)!r} cannot be set: a name or value like this cannot be sent.")
        if raw_name.lower() in HOP_BY_HOP or raw_name.lower() == b"content-length":
            raise UsageError(f"Header {show(name, 60)} is computed for each send and cannot be set; leave it out.")
        headers = headers.replaced(name, value)
        differences.append(f"header {show(name, 60)} is set as asked")
    return list(headers.pairs)


def _host(
    pairs: list[tuple[bytes, bytes]], authority: str, differences: list[str], *, chosen: bool
) -> list[tuple[bytes, bytes]]:
    """Exactly one Host, in its place: the target's, unless the user set another."""
    captured = [value for name, value in pairs if name.lower() == b"host"]
    wanted = captured[0] if captured and chosen else authority.encode("ascii", "replace")
    if not captured:
        differences.append(f"header Host is added: {show(wanted, 80)}")
        return [(b"Host", wanted), *pairs]
    if not chosen and captured != [wanted]:
        differences.append(f"header Host is the target's: {show(wanted, 80)}, captured was {show(captured[0], 80)}")
    return _once(pairs, b"host", wanted)


def _once(pairs: list[tuple[bytes, bytes]], lower: bytes, value: bytes) -> list[tuple[bytes, bytes]]:
    """The first header of a name with a new value, the others of the name gone."""
    first = next(index for index, (name, _) in enumerate(pairs) if name.lower() == lower)
    return [
        (name, value if index == first else old)
        for index, (name, old) in enumerate(pairs)
        if index == first or name.lower() != lower
    ]


def _length(
    pairs: list[tuple[bytes, bytes]], request: Request, method: str, differences: list[str]
) -> list[tuple[bytes, bytes]]:
    """One Content-Length that is true, where one is needed."""
    captured = [value for name, value in pairs if name.lower() == b"content-length"]
    wanted = str(len(request.body)).encode()
    if not captured:
        if not request.body and method not in _BODY_EXPECTED:
            return pairs
        differences.append(f"header Content-Length is added: {wanted.decode()}")
        return [*pairs, (b"Content-Length", wanted)]
    if captured != [wanted]:
        differences.append(f"header Content-Length is {wanted.decode()}, captured was {show(captured[0], 40)}")
    return _once(pairs, b"content-length", wanted)

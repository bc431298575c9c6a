"""Another URL than the sender's: what tunnels, proxies and frameworks change in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from webhook_inspector.core.display import show
from webhook_inspector.signing.case import Case, Match
from webhook_inspector.signing.content import public_url
from webhook_inspector.signing.explaining.api import Variation

_PORTS = (443, 80, 8080, 8443, 3000)


def changed_url(case: Case, _result: Match) -> Iterator[Variation]:
    """Scheme, port, trailing slash, query, host and escapes."""
    if not case.recipe.needs_url:
        return
    url = public_url(case.request, case.url)
    seen = {url}
    for reason, other in _other_urls(case, url):
        if other not in seen:
            seen.add(other)
            yield Variation(reason, f"the URL were {show(other, 200)}", replace(case, url=other))


def is_local(url: str) -> bool:
    """Whether no provider can have called this address: this machine's own, or one of a private network."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_private or address.is_unspecified


def _other_urls(case: Case, url: str) -> Iterator[tuple[str, str]]:
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme, parts.hostname or "", parts.port
    except ValueError:
        return
    at = url.index("://") + 3 if "://" in url else 0
    rest = url[at + len(parts.netloc) :]
    bare = f"[{host}]" if ":" in host else host
    address = bare if port is None else f"{bare}:{port}"
    yield from _same_host(url, scheme, bare, address, rest)
    for reason, other_rest in _other_rests(case, rest):
        yield reason, f"{scheme}://{address}{other_rest}"
    for other in _other_hosts(case, host):
        for with_scheme in dict.fromkeys(("https", scheme)):
            yield "url_mismatch_host", f"{with_scheme}://{other}{rest}"


def _same_host(url: str, scheme: str, bare: str, address: str, rest: str) -> Iterator[tuple[str, str]]:
    other_scheme = "http" if scheme == "https" else "https"
    yield "url_mismatch_scheme", f"{other_scheme}://{address}{rest}"
    yield "url_mismatch_scheme", f"{other_scheme}://{bare}{rest}"
    yield "url_mismatch_port", f"{scheme}://{bare}{rest}"
    for port in _PORTS:
        yield "url_mismatch_port", f"{scheme}://{bare}:{port}{rest}"
    if "@" in urlsplit(url).netloc:
        yield "url_mismatch_host", f"{scheme}://{address}{rest}"


def _other_rests(case: Case, rest: str) -> Iterator[tuple[str, str]]:
    path, mark, query = rest.partition("?")
    tail = mark + query
    yield "url_mismatch_path", (path[:-1] if path.endswith("/") else f"{path}/") + tail
    if query:
        yield "url_mismatch_query", path
    captured = case.request.target_text.partition("?")
    if captured[2] and captured[2] != query:
        yield "url_mismatch_query", f"{path}?{captured[2]}"
    if captured[0] != path:
        yield "url_mismatch_path", captured[0] + tail
    yield "url_mismatch_path", unquote(path) + tail
    yield "url_mismatch_query", f"{path}{mark}{unquote(query)}"


def _other_hosts(case: Case, host: str) -> Iterator[str]:
    headers = case.request.headers
    for name in ("host", "x-forwarded-host", "x-original-host", "forwarded"):
        value = (headers.get(name) or "").split(",")[0].strip()
        if name == "forwarded":
            value = next((part[5:].strip('"') for part in value.split(";") if part.strip().startswith("host=")), "")
        if value and value != host:
            yield value

"""Building the bytes that are signed."""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Mapping
from urllib.parse import urlsplit

from webhook_inspector.core.request import Request
from webhook_inspector.providers.fields import Fields, to_bytes
from webhook_inspector.providers.template import Field, Template

_DEFAULT_PORTS = {"https": 443, "http": 80}


class MissingFieldError(Exception):
    """A field of the template is not in the request. Stays inside this room.

    Args:
        field: The field.
    """

    def __init__(self, field: Field) -> None:
        super().__init__(str(field))
        self.field = field


def build(
    template: Template, fields: Fields, parts: Mapping[bytes, bytes], *, url: str, secret: bytes, timestamp: str | None
) -> bytes:
    """The signed content of a request.

    Args:
        template: What is signed.
        fields: The request.
        parts: Parts of the signature header, for `{sig:KEY}`.
        url: For `{url}`.
        secret: For `{secret}`.
        timestamp: For `{timestamp}`.

    Raises:
        MissingFieldError: A field is not there.
    """
    pieces: list[bytes] = []
    for part in template.parts:
        if isinstance(part, str):
            pieces.append(part.encode())
        elif part.kind == "body":
            pieces.append(fields.request.body)
        elif part.kind == "url":
            pieces.append(to_bytes(url))
        elif part.kind == "secret":
            pieces.append(secret)
        elif part.kind == "timestamp":
            if timestamp is None:
                raise MissingFieldError(part)
            pieces.append(timestamp.encode())
        else:
            pieces.append(_piece(part, fields, parts))
    return b"".join(pieces)


def _piece(part: Field, fields: Fields, parts: Mapping[bytes, bytes]) -> bytes:
    body = fields.request.body
    if part.kind == "sig":
        key = part.name.encode()
        if key not in parts and not part.optional:
            raise MissingFieldError(part)
        return parts.get(key, b"")
    if part.kind == "body_crc32":
        return str(zlib.crc32(body)).encode()
    if part.kind == "body_sha256":
        return hashlib.sha256(body).hexdigest().encode()
    if part.kind == "body_sha256_base64":
        return base64.b64encode(hashlib.sha256(body).digest())
    if part.kind == "form_sorted":
        names: dict[str, set[str]] = {}
        for name, value in fields.form():
            names.setdefault(name, set()).add(value)
        return b"".join(to_bytes(name + value) for name in sorted(names) for value in sorted(names[name]))
    if part.kind == "form_field_or_body":
        values = fields.raw(Field("form", part.name))
        return values[0] if values else body
    values = fields.raw(part)
    if not values and not part.optional:
        raise MissingFieldError(part)
    return values[0] if values else b""


def public_url(request: Request, url: str | None) -> str:
    """The URL that the provider called, as far as it is known.

    Args:
        request: The request as it arrived here.
        url: What the user configured: the whole URL, or only scheme and host, to which the target is added.
    """
    target = request.target_text
    if url:
        after_scheme = url.partition("://")[2]
        if "/" not in after_scheme and "?" not in after_scheme and target != "/" and target.startswith("/"):
            return url + target
        return url
    if "://" in target.split("?", 1)[0]:
        return target
    scheme = (request.headers.get("x-forwarded-proto") or "https").split(",")[0].strip()
    host = (request.headers.get("x-forwarded-host") or request.headers.get("host") or "localhost").split(",")[0]
    return f"{scheme}://{host.strip()}{target}"


def path_and_query(url: str) -> str:
    """What follows the host in a URL, `/` when nothing does."""
    rest = url.partition("://")[2]
    place = min((at for at in (rest.find("/"), rest.find("?")) if at >= 0), default=len(rest))
    path = rest[place:].partition("#")[0]
    return path if path.startswith("/") else f"/{path}"


def url_forms(url: str, variants: tuple[str, ...]) -> tuple[str, ...]:
    """The forms of a URL of which any may be the one that was signed, without repeats, `as-is` first."""
    forms: dict[str, None] = {}
    for variant in variants:
        forms[url if variant == "as-is" else _with_port(url, default=variant == "default-port")] = None
    return tuple(forms)


def _with_port(url: str, *, default: bool) -> str:
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError:
        return url
    known = _DEFAULT_PORTS.get(parts.scheme)
    if host is None or known is None or not url.startswith(f"{parts.scheme}://{parts.netloc}"):
        return url
    rest = url[len(parts.scheme) + 3 + len(parts.netloc) :]
    user, at, address = parts.netloc.rpartition("@")
    bare = address if port is None else address.rpartition(":")[0]
    if default:
        bare = f"{bare}:{known if port is None else port}"
    return f"{parts.scheme}://{user}{at}{bare}{rest}"

"""Plivo v3: the URL with its query sorted, the sorted form, a nonce. Read in plivo for Python (2026-11-20)."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from webhook_inspector.providers.fields import Fields, to_bytes
from webhook_inspector.providers.model import Recipe
from webhook_inspector.providers.template import Field
from webhook_inspector.signing.content import MissingFieldError
from webhook_inspector.signing.found import Found
from webhook_inspector.signing.schemes.api import ContentScheme

_NONCE = Field("header", "X-Plivo-Signature-V3-Nonce")


class PlivoV3(ContentScheme):
    """`URL?sorted=query.sortedformfields.nonce`."""

    def content(self, recipe: Recipe, fields: Fields, found: Found, *, url: str, secret: bytes) -> bytes:  # noqa: ARG002 (the protocol's)
        """The canonical URL, a full stop and the nonce."""
        nonce = fields.text(_NONCE)
        if nonce is None:
            raise MissingFieldError(_NONCE)
        names: dict[str, list[str]] = {}
        for name, value in fields.form():
            names.setdefault(name, []).append(value)
        form = "".join(name + value for name in sorted(names) for value in sorted(names[name]))
        return to_bytes(f"{_with_sorted_query(url, form)}.{nonce}")


def _with_sorted_query(url: str, form: str) -> str:
    try:
        parts = urlsplit(url)
        query = parse_qs(parts.query, keep_blank_values=True, max_num_fields=1000)
    except ValueError:
        return url
    base = f"{parts.scheme}://{parts.netloc}{parts.path}"
    pairs = "&".join(f"{name}={value}" for name in sorted(query) for value in sorted(query[name]))
    mark = f"?{pairs}" if pairs or form else ""
    stop = "." if pairs and form else ""
    return base + mark + stop + form


SCHEME = PlivoV3()

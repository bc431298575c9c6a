"""Contentful request verification: method, path, the listed headers and the body, one a line.

Read in @contentful/node-apps-toolkit (2026-11-20).
"""

from __future__ import annotations

from webhook_inspector.core.headers import decode_header
from webhook_inspector.providers.fields import Fields, to_bytes
from webhook_inspector.providers.model import Recipe
from webhook_inspector.providers.template import Field
from webhook_inspector.signing.content import MissingFieldError, path_and_query
from webhook_inspector.signing.found import Found
from webhook_inspector.signing.schemes.api import ContentScheme

_LIST = Field("header", "x-contentful-signed-headers")
_MAX_HEADERS = 100


class Contentful(ContentScheme):
    """The headers named in `x-contentful-signed-headers`, in that order, as `name:value` joined by `;`."""

    def content(self, recipe: Recipe, fields: Fields, found: Found, *, url: str, secret: bytes) -> bytes:  # noqa: ARG002 (the protocol's)
        """The canonical request."""
        listed = fields.text(_LIST)
        if listed is None:
            raise MissingFieldError(_LIST)
        lines = []
        for name in listed.lower().split(",")[:_MAX_HEADERS]:
            values = fields.raw(Field("header", name.strip()))
            if not values:
                raise MissingFieldError(Field("header", name.strip()))
            lines.append(f"{name.strip()}:{decode_header(values[0]).strip()}")
        request = fields.request
        head = "\n".join([request.method, path_and_query(url), ";".join(lines)])
        return to_bytes(head) + b"\n" + request.body


SCHEME = Contentful()

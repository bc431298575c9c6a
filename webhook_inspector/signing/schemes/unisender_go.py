"""Unisender Go: MD5 of the body with the API key in the place of the signature. Read in django-anymail (2026-11-20)."""

from __future__ import annotations

from webhook_inspector.providers.fields import Fields
from webhook_inspector.providers.model import Recipe
from webhook_inspector.signing.found import Found
from webhook_inspector.signing.schemes.api import ContentScheme


class UnisenderGo(ContentScheme):
    """The value of `auth` replaced by the key; every other byte stays."""

    def content(self, recipe: Recipe, fields: Fields, found: Found, *, url: str, secret: bytes) -> bytes:  # noqa: ARG002 (the protocol's)
        """The body with the key in it."""
        body = fields.request.body
        for signature in found.signatures:
            place = b'"' + signature + b'"'
            if body.count(place) == 1:
                return body.replace(place, b'"' + secret + b'"')
        return body


SCHEME = UnisenderGo()

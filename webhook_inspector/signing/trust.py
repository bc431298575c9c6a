"""Addresses in a request from which a receiver would fetch a key: checked by name, never fetched."""

from __future__ import annotations

import fnmatch
from urllib.parse import urlsplit

from webhook_inspector.core.display import show
from webhook_inspector.core.headers import decode_header
from webhook_inspector.core.verification import VerificationStatus
from webhook_inspector.providers.fields import Fields
from webhook_inspector.providers.model import Recipe
from webhook_inspector.signing.found import Problem, place_name


def foreign_address(recipe: Recipe, fields: Fields) -> Problem | None:
    """A problem when the request names an address for its key that is not the provider's."""
    trusted = recipe.trusted_url
    if trusted is None or not fields.raw(trusted.source):
        return None
    address = decode_header(fields.raw(trusted.source)[0])
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").lower()
        good = parts.scheme == "https" and any(fnmatch.fnmatchcase(host, one) for one in trusted.hosts)
        good = good and parts.username is None and parts.port in {None, 443}
    except ValueError:
        good = False
    if good:
        return None
    what = (
        f"{place_name(trusted.source)} names {show(address, 80)} for the key, which is not one of"
        f" {', '.join(trusted.hosts)} over https: whoever sent this is not trusted to choose the key."
    )
    return Problem(VerificationStatus.INVALID, "cert_url_not_trusted", what[:1].upper() + what[1:])

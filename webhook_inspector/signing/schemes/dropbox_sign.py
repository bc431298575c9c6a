"""Dropbox Sign: time and type of the event, in JSON inside a form field. Read in its SDK for Python (2026-11-20)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from webhook_inspector.core.jsondoc import JsonInvalidError, load_json
from webhook_inspector.core.request import Request
from webhook_inspector.core.verification import VerificationStatus
from webhook_inspector.errors import UsageError
from webhook_inspector.providers.fields import Fields, to_bytes
from webhook_inspector.providers.model import Recipe
from webhook_inspector.providers.template import Field
from webhook_inspector.signing.content import MissingFieldError
from webhook_inspector.signing.found import Found, Problem
from webhook_inspector.signing.schemes.api import ContentScheme

_JSON = Field("form", "json")
_PART = re.compile(rb'name="json"[^\r\n]*\r?\n(?:[^\r\n]+\r?\n)*\r?\n(.*?)\r?\n--', re.DOTALL)
_SPACE = rb"(?:\s|\+|%20)*"
_HASH = re.compile(
    rb'event_hash(?:"|%22)' + _SPACE + rb"(?::|%3A)" + _SPACE + rb'(?:"|%22)([0-9A-Za-z]*)(?:"|%22)', re.IGNORECASE
)
_MAX_BODY = 4 << 20


class DropboxSign(ContentScheme):
    """HMAC of `event_time` and `event_type`; the signature is `event_hash` beside them."""

    def find(self, recipe: Recipe, fields: Fields) -> Found:  # noqa: ARG002 (the protocol's)
        """The event's hash."""
        event = _event(fields)
        signature = event.get("event_hash")
        if isinstance(signature, str) and signature:
            return Found(signatures=(to_bytes(signature),), texts=(to_bytes(signature),))
        what = "The form field json holds no event.event_hash, so there is no signature to check."
        return Found(problem=Problem(VerificationStatus.MISSING, "header_missing", what))

    def content(self, recipe: Recipe, fields: Fields, found: Found, *, url: str, secret: bytes) -> bytes:  # noqa: ARG002 (the protocol's)
        """Time and type, nothing between them."""
        event = _event(fields)
        time, kind = event.get("event_time"), event.get("event_type")
        if not isinstance(time, str | int) or not isinstance(kind, str):
            raise MissingFieldError(_JSON)
        return to_bytes(f"{time}{kind}")

    def rewritten(self, request: Request, found: Found, text: bytes) -> Request | None:  # noqa: ARG002 (the protocol's)
        """The old hash replaced where it stands; hex digits are written alike in JSON and in forms."""
        old = _HASH.search(request.body)
        if old is None:
            raise UsageError("The request cannot be signed by dropbox-sign-event-hash: event_hash is not to be found.")
        return replace(request, body=request.body[: old.start(1)] + text + request.body[old.end(1) :])


def _event(fields: Fields) -> dict[str, Any]:
    try:
        document = load_json(_json_field(fields, fields.request))
    except JsonInvalidError:
        return {}
    event = document.get("event") if isinstance(document, dict) else None
    return event if isinstance(event, dict) else {}


def _json_field(fields: Fields, request: Request) -> bytes:
    if request.content_type == "multipart/form-data":
        part = _PART.search(request.body[:_MAX_BODY])
        return part.group(1) if part else b""
    values = fields.raw(_JSON)
    return values[0] if values else b""


SCHEME = DropboxSign()

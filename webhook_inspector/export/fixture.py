"""The fixture: a versioned JSON file of deliveries for tests, readable where the bytes are text, exact everywhere.

{"format": "webhook-inspector-fixture", "version": 1, "redacted": true, "deliveries": [{
  "id": 42, "received_at": "...Z", "source": "stripe", "provider": "stripe",
  "event": {"type": "invoice.paid", "id": "evt_1", "time": null, "attempt": null},
  "method": "POST", "target": "/stripe", "http_version": "1.1",
  "headers": [["Content-Type", "application/json"], ["X-Latin", {"base64": "..."}]],
  "body": "text" (or "body_base64"), "masked": ["header Authorization"], "test_secret": "whsec_..."}]}

`test_secret` is published: the delivery is signed with it, so that a handler that has it verifies it at `received_at`.
"""

from __future__ import annotations

import base64
import json
import re
import unicodedata
from typing import Any

from webhook_inspector.core.clock import iso_utc
from webhook_inspector.core.delivery import Record

FORMAT_NAME = "webhook-inspector-fixture"
VERSION = 1

_SUSPECT = re.compile(r"[^\x00-\x7e\u00a1-\u00ac\u00ae-\u05ff]")


def dump(records: list[tuple[Record, tuple[str, ...], str | None]], *, redacted: bool) -> bytes:
    """The file of some records, each with what was replaced in it, and the published secret it is signed with."""
    document = {
        "format": FORMAT_NAME,
        "version": VERSION,
        "redacted": redacted,
        "deliveries": [_delivery(*entry) for entry in records],
    }
    text = json.dumps(document, indent=2, ensure_ascii=False)
    # What a terminal would act on, or an editor would hide, is spelled out: it can only stand in strings here.
    return (_SUSPECT.sub(lambda match: _spelled(match[0]), text) + "\n").encode("utf-8")


def _spelled(char: str) -> str:
    category = unicodedata.category(char)
    if category[0] == "C" or category in {"Zl", "Zp"}:
        return json.dumps(char)[1:-1]
    return char


def _delivery(record: Record, masked: tuple[str, ...], test_secret: str | None) -> dict[str, Any]:
    delivery, facts = record.delivery, record.facts
    request = delivery.request
    event = facts.event
    result: dict[str, Any] = {
        "id": delivery.id,
        "received_at": iso_utc(delivery.received_ns),
        "source": delivery.source,
        "provider": facts.provider or delivery.provider_hint,
        "event": {
            "type": event.type,
            "id": event.id,
            "time": None if event.time_ns is None else iso_utc(event.time_ns),
            "attempt": event.attempt,
        },
        "method": request.method,
    }
    result |= _named("target", request.target)
    result["http_version"] = request.http_version
    result["headers"] = [[_text(name), _text(value)] for name, value in request.headers]
    result |= _named("body", request.body)
    if delivery.refused is not None:
        result["refused"] = delivery.refused
    result["masked"] = list(masked)
    if test_secret is not None:
        result["test_secret"] = test_secret
    return result


def _named(key: str, data: bytes) -> dict[str, str]:
    """`{"body": text}`, or `{"body_base64": ...}` for bytes that are not UTF-8."""
    try:
        return {key: data.decode("utf-8")}
    except UnicodeDecodeError:
        return {f"{key}_base64": base64.b64encode(data).decode("ascii")}


def _text(data: bytes) -> str | dict[str, str]:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode("ascii")}

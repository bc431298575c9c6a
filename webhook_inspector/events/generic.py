"""Where events usually say what they are, for senders that no provider entry describes.

Header names are patterns; body names are JSON pointers, which also name fields of a form. First come, first served.
"""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from typing import Any

from webhook_inspector.core.formats import classify
from webhook_inspector.core.headers import decode_header
from webhook_inspector.core.jsondoc import pointer
from webhook_inspector.core.payload import Payload
from webhook_inspector.core.request import Request

TYPE_HEADERS = (
    "ce-type",
    "x-*-event",
    "x-event-type",
    "x-event-name",
    "x-event-key",
    "x-*-event-type",
    "x-*-topic",
    "x-event",
    "*-event-type",
)
TYPE_PATHS = (
    "/event/type", "/event/event_type", "/type", "/event_type", "/eventType", "/event", "/event_name", "/eventName",
    "/topic", "/object_kind", "/webhook_type", "/meta/event_name", "/kind", "/trigger", "/RecordType", "/action/type",
    "/scope",
)  # fmt: skip
ID_HEADERS = (
    "webhook-id",
    "ce-id",
    "x-*-delivery",
    "*-delivery-id",
    "*-event-id",
    "*-event-uuid",
    "x-delivery",
    "*-message-id",
    "idempotency-key",
)
ID_PATHS = (
    "/event_id",
    "/eventId",
    "/event/id",
    "/notification_id",
    "/webhook_id",
    "/MessageId",
    "/MessageID",
    "/message_id",
    "/update_id",
)
TIME_HEADERS = ("ce-time", "*-triggered-at", "*-event-time")
TIME_PATHS = (
    "/occurred_at", "/occurredAt", "/event_time", "/eventTime", "/event_ts", "/event/occurred_at", "/event/created_at",
    "/happened_at", "/timestamp", "/Timestamp", "/webhookTimestamp", "/generatedDateTime",
)  # fmt: skip
"""Times of events, wherever they stand."""
ENVELOPE_TIME_PATHS = ("/created", "/created_at", "/createdAt", "/createdOn", "/create_time", "/time", "/date")
"""Times of events in an envelope; in a bare object these are times of the object."""
OBJECT_TIME_PATHS = ("/updated_at", "/updatedAt", "/modified_at", "/date_modified")
"""The last change of an object, which is what the event tells of."""
ATTEMPT_HEADERS = (
    ("x-*-retry-num", 1),
    ("*-retry-number", 1),
    ("*-retry-count", 1),
    ("retry-count", 1),
    ("*-message-retry", 1),
    ("x-attempt-number", 0),
    ("*-attempt-number", 0),
    ("*-attempt", 0),
    ("x-delivery-attempt", 0),
)
"""With what is added so that the first try is 1."""
ATTEMPT_PATHS = (
    ("/attempt", 0),
    ("/attempt_number", 0),
    ("/attemptNumber", 0),
    ("/delivery_attempt", 0),
    ("/delivery_attempts", 0),
    ("/retryCount", 1),
    ("/retry_count", 1),
)


_INNER = ("data", "payload", "object", "resource", "event", "body", "detail", "details", "entity", "content", "record")
"""Members of an envelope that hold what the event is about."""


@dataclass(frozen=True, slots=True)
class Found:
    """A text and where it stood."""

    text: str
    place: str = ""
    """JSON pointer in the body; empty for headers."""

    @property
    def from_body(self) -> bool:
        """Whether the body says it."""
        return bool(self.place)


class Looker:
    """Looks for the usual names in one request.

    Args:
        request: The request.
        payload: Its body, looked into.
    """

    def __init__(self, request: Request, payload: Payload) -> None:
        pairs = ((decode_header(name).lower(), value) for name, value in request.headers)
        self._headers = [(name, decode_header(value).strip()) for name, value in pairs]
        document = payload.document
        if isinstance(document, list) and document:  # a batch: its first event speaks for it
            document = document[0]
        self._document: Any = document if isinstance(document, dict) else {}

    def header(self, patterns: tuple[str, ...]) -> Found | None:
        """The first header, in order of the patterns, that has a value."""
        for pattern in patterns:
            for name, value in self._headers:
                if value and fnmatch.fnmatchcase(name, pattern):
                    return Found(value)
        return None

    def body(self, paths: tuple[str, ...]) -> Found | None:
        """The first of several places in the body that holds a text or a number."""
        for path in paths:
            value = pointer(self._document, path)
            if isinstance(value, str) and value:
                return Found(value, path)
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                return Found(_digits(value), path)
        return None

    def type(self) -> Found | None:
        """What kind of event this is."""
        return self.header(TYPE_HEADERS) or self.body(TYPE_PATHS)

    def id(self, kind: Found | None) -> Found | None:
        """The identity of the event.

        A bare `/id` counts only in an envelope, or when nothing names the type and it looks like an identifier:
        elsewhere it is the identity of an object, which comes again with each of its events.
        """
        found = self.header(ID_HEADERS) or self.body(ID_PATHS)
        if found is not None:
            return found
        bare = self.body(("/id", "/uuid", "/_id"))
        if bare is None or self.is_envelope(kind):
            return bare
        return bare if kind is None and classify(bare.text).name in {"uuid", "prefixed-id"} else None

    def is_envelope(self, kind: Found | None) -> bool:
        """Whether the body tells of an event and is not the object itself: `{"type": "customer", ...}` is an object."""
        if kind is None or not kind.from_body:
            return False
        if kind.place not in {"/type", "/kind"} or any(char in kind.text for char in "._:/- "):
            return True
        return any(isinstance(self._document.get(name), (dict, list)) for name in _INNER)

    def time(self, kind: Found | None) -> Found | None:
        """When it happened."""
        rest = (*ENVELOPE_TIME_PATHS, *OBJECT_TIME_PATHS) if self.is_envelope(kind) else OBJECT_TIME_PATHS
        return self.header(TIME_HEADERS) or self.body(TIME_PATHS) or self.body(rest)

    def attempt(self) -> int | None:
        """Which try this is, from 1."""
        for pattern, add in ATTEMPT_HEADERS:
            found = self.header((pattern,))
            if found is not None and (number := small_number(found.text)) is not None:
                return max(1, number + add)
        for path, add in ATTEMPT_PATHS:
            found = self.body((path,))
            if found is not None and (number := small_number(found.text)) is not None:
                return max(1, number + add)
        return None


def small_number(text: str) -> int | None:
    """A number of tries: up to six ASCII digits."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else None


def _digits(value: float) -> str:
    try:
        return str(value)
    except ValueError:  # more digits than Python converts
        return ""

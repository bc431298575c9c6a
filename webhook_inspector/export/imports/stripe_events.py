"""Events from Stripe's API: for catching up on what was missed, up to 30 days back.

`GET /v1/events` and `stripe events list` give a list, newest first; `stripe events retrieve ID` gives one.
https://docs.stripe.com/api/events. What Stripe sends to an endpoint is the same object, over several
lines with two blanks a level.
"""

from __future__ import annotations

import re
from typing import Any

from webhook_inspector.core.delivery import Delivery
from webhook_inspector.core.display import show
from webhook_inspector.export.file_text import head_of
from webhook_inspector.export.gathering import Gathering, Note, made_request
from webhook_inspector.export.importing import Importer, ImportFile, ImportResult, SkipError, seconds_of
from webhook_inspector.export.json_entries import gather_entries
from webhook_inspector.export.json_text import TooLargeError, elements, member, parsed, pretty

_SNIFF = re.compile(r"\s*(?:\[\s*)?\{")
_MARK = re.compile(r'"object"\s*:\s*"event"')


class StripeEventsImporter(Importer):
    """One delivery an event, oldest first."""

    name = "stripe-events"
    help = "events from Stripe's API"
    origin = "`stripe events list`, `GET /v1/events`"
    provider = "stripe"

    def sniff(self, data: bytes) -> bool:
        """Whether it is JSON with an object that says that it is an event."""
        head = head_of(data)
        return _SNIFF.match(head) is not None and _MARK.search(head) is not None

    def parse(self, file: ImportFile) -> ImportResult:
        """Read a list of events, one event, or several of either one after another.

        Raises:
            InputError: It is not JSON, or holds no event.
        """
        gathering = Gathering(file, self.provider)
        gather_entries(file, gathering, "event", _parts, _delivery)
        gathering.oldest_first()
        return gathering.result()


def _parts(document: str) -> list[tuple[str, Any]]:
    """Text and values of each event of a document."""
    values = parsed(document)
    if isinstance(values, dict) and values.get("object") == "list" and isinstance(values.get("data"), list):
        return list(zip(elements(member(document, "data") or "[]"), values["data"], strict=True))
    if isinstance(values, list):
        return list(zip(elements(document), values, strict=True))
    return [(document, values)]


def _delivery(text: str, entry: Any, gathering: Gathering, note: Note) -> Delivery:
    kind = entry.get("object") if isinstance(entry, dict) else None
    if kind != "event":
        raise SkipError(f"it is {show(str(kind), 40)!r}, not an event" if kind is not None else "it is not an event")
    try:
        body = pretty(text)
    except TooLargeError:
        raise SkipError("it is too large") from None
    note(
        "the body was put together from what Stripe's API gives, two blanks a level; "
        "the API does not give the signature that it was sent with"
    )
    received_ns = seconds_of(entry.get("created"))
    if received_ns is None:
        note("its time cannot be read; the time of the import is used")
    headers = [(b"Content-Type", b"application/json; charset=utf-8")]
    return gathering.delivery(made_request("POST", b"/stripe", headers, body), received_ns)


IMPORTER = StripeEventsImporter()

"""What kind of payload a delivery holds, beside its event type: its variant, and the version of its form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from webhook_inspector.core.paths import values_at
from webhook_inspector.core.payload import payload_of
from webhook_inspector.core.request import Request
from webhook_inspector.providers.fields import Fields
from webhook_inspector.providers.model import Provider

MAX_NAME = 100
MAX_BATCH = 10_000
_ELEMENT_TYPES = ("event", "type", "eventType", "event_type", "subscriptionType")


@dataclass(frozen=True, slots=True)
class Kind:
    """What deliveries are compared with each other."""

    event_type: str
    variant: str = ""
    version: str = ""


def kinds_of(
    request: Request, provider: Provider | None, event_type: str | None, variants: Mapping[str, str] | None = None
) -> Iterator[tuple[Kind, Any]]:
    """The payloads of a delivery with their kinds: one, or each element of a batch. Nothing when there is no structure.

    Args:
        request: The request as captured.
        provider: Who sent it.
        event_type: As it was extracted; None stands for method and path.
        variants: The user's own: event type to the path whose value is the variant, in place of the provider's.
    """
    payload = payload_of(request)
    if not payload.structured:
        return
    rules = provider.events if provider is not None else None
    fields = Fields(request)
    variant = (fields.first(rules.variant) or "")[:MAX_NAME] if rules is not None else ""
    version = (fields.first(rules.version) or "")[:MAX_NAME] if rules is not None else ""
    name = event_type or f"{request.method} {request.path}"[:MAX_NAME]
    document = payload.document
    if isinstance(document, list) and document and all(isinstance(element, dict) for element in document):
        for element in document[:MAX_BATCH]:
            found = next((element[key] for key in _ELEMENT_TYPES if isinstance(element.get(key), str)), None)
            kind = Kind(found[:MAX_NAME] if found else name, variant, version)
            yield _own(kind, element, variants), element
        return
    yield _own(Kind(name, variant, version), document, variants), document


def _own(kind: Kind, document: Any, variants: Mapping[str, str] | None) -> Kind:
    path = (variants or {}).get(kind.event_type)
    if path is None:
        return kind
    value = next((value for there, value in values_at(document, path) if there and isinstance(value, (str, bool))), "")
    return replace(kind, variant=str(value)[:MAX_NAME])

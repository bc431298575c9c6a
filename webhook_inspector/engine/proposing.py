"""A provider of the user's own, proposed from a captured delivery."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from webhook_inspector.core.clock import iso_utc
from webhook_inspector.core.delivery import Record
from webhook_inspector.core.display import show
from webhook_inspector.core.secret import Secret
from webhook_inspector.engine.sources import DEFAULT_SOURCE, Sources
from webhook_inspector.errors import UsageError
from webhook_inspector.providers.model import Provider
from webhook_inspector.signing.proposing import Proposal, propose

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_VENDOR = re.compile(r"(?:x-)?([a-z0-9]+)-")
_GENERIC = frozenset({"x", "webhook", "hook", "http", "signature", "hub", "api", "content", "request"})


@dataclass(frozen=True, slots=True)
class Proposed:
    """A proposal with what surrounds it."""

    name: str
    proposal: Proposal
    path: str
    """The path of its source."""
    source: str | None
    """The configured source that the delivery came through."""
    whence: str
    """What it was made from, safe to show."""
    remarks: tuple[str, ...]
    """Sentences for the user."""


def propose_provider(
    record: Record,
    sources: Sources,
    providers: Mapping[str, Provider],
    *,
    name: str | None,
    secrets: Sequence[Secret],
    url: str | None,
) -> Proposed:
    """See `Reading.propose`."""
    delivery = record.delivery
    own = sources.secrets_for(delivery, providers.get(record.facts.provider or ""))
    address = url or sources.url_for(delivery)
    check_name(name)
    found = propose(name or "acme", delivery.request, [*secrets, *own], at_ns=delivery.received_ns, url=address)
    chosen = name or _named(record, found, providers)
    remarks = []
    known = providers.get(record.facts.provider or "")
    if known is not None and known.name not in {"hmac", "shared-token"}:
        remarks.append(
            f'Delivery {delivery.id} is recognised as {known.title}: `provider = "{known.name}"` may be enough.'
        )
    if found.proved:
        remarks.append(f"Proved: recipe {found.tries} of those tried gives the signature of delivery {delivery.id}.")
    elif found.tries:
        remarks.append(f"None of {found.tries} usual recipes gives its signature with the secret: this is a guess.")
    else:
        remarks.append("This is a guess by the look of the delivery: give --secret to have recipes tried.")
    whence = f"delivery {delivery.id}, {show(delivery.request.method, 20)} {show(delivery.request.path, 80)}"
    whence += f", {iso_utc(delivery.received_ns)[:10]}"
    source = delivery.source if sources.get(delivery.source) is not None else None
    return Proposed(chosen, found, delivery.request.path or "/", source, whence, tuple(remarks))


def check_name(name: str | None) -> None:
    """Refuse what cannot be a provider's name.

    Raises:
        UsageError: It cannot.
    """
    if name is not None and not _NAME.fullmatch(name):
        raise UsageError(f"{show(name, 60)} is not a provider's name: use small letters, digits and dashes.")


def _named(record: Record, found: Proposal, providers: Mapping[str, Provider]) -> str:
    """After the source, else after the vendor in the signature's header."""
    source = record.delivery.source.lower()
    header = str(found.table.get("signature", {}).get("from", "")).removeprefix("header:").lower()
    vendor = _VENDOR.match(header)
    names = [source if source != DEFAULT_SOURCE else "", vendor[1] if vendor else "", "acme"]
    fitting = [name for name in names if _NAME.fullmatch(name) and name not in _GENERIC]
    return next((name for name in fitting if name not in providers), "acme")

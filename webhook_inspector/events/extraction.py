"""Which event a delivery carries: type, id, time and try."""

from __future__ import annotations

import hashlib

from webhook_inspector.core.delivery import Event
from webhook_inspector.core.payload import payload_of
from webhook_inspector.core.request import Request
from webhook_inspector.events.generic import Looker, small_number
from webhook_inspector.events.times import guess_time
from webhook_inspector.providers.fields import Fields
from webhook_inspector.providers.model import EventRules, Provider
from webhook_inspector.providers.units import parse_time

MAX_TYPE = 200
"""Characters of an event type that are kept."""
MAX_ID = 400
"""Characters of an id that are kept; of longer ones the beginning and a SHA-256."""
_NO_RULES = EventRules()
_LATEST_NS = 253_402_300_800 * 1_000_000_000
"""The year 10000: later times are no times."""


def _short(text: str) -> str:
    if len(text) <= MAX_ID:
        return text
    return f"{text[:60]}…sha256:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"


def _time(rules: EventRules, fields: Fields) -> int | None:
    for rule in rules.time:
        text = fields.render(rule.value)
        if text:
            found = parse_time(text, rule.unit)
            if found is None:
                found = guess_time(text)
            if found is not None:
                return found
    return None


def _attempt(rules: EventRules, fields: Fields) -> int | None:
    for rule in rules.attempt:
        text = fields.render(rule.value)
        number = None if text is None else small_number(text)
        if number is not None:
            return max(1, number + rule.add)
    return None


def extract(request: Request, provider: Provider | None) -> Event:
    """The event of a request, by the provider's rules; for unknown providers it is looked for at the usual places.

    A known provider without rules for type or id is helped out there too, but not with times and tries.

    Never raises, whatever the bytes. Times are nanoseconds since the epoch, UTC; the first try is 1.

    Args:
        request: The request as captured.
        provider: Who sent it; None when nobody knows.
    """
    rules = _NO_RULES if provider is None else provider.events
    fields = Fields(request)
    kind, identity = fields.first(rules.type), fields.first(rules.id)
    time_ns, attempt = _time(rules, fields), _attempt(rules, fields)
    if provider is None or not (rules.type and rules.id):
        looker = Looker(request, payload_of(request))
        found = looker.type()
        if not rules.type:
            kind = found.text if found else None
        if not rules.id:
            seen = looker.id(found)
            identity = seen.text if seen else None
        if provider is None:
            when = looker.time(found)
            time_ns = guess_time(when.text) if when else None
            attempt = looker.attempt()
    if time_ns is not None and not 0 < time_ns < _LATEST_NS:
        time_ns = None
    return Event(
        type=kind[:MAX_TYPE] if kind else None,
        id=_short(identity) if identity else None,
        time_ns=time_ns,
        attempt=attempt,
    )


def object_key(request: Request, provider: Provider | None) -> str | None:
    """What the event is about (for example the id of an invoice), where the provider's rules say; else None."""
    if provider is None or not provider.events.object:
        return None
    found = Fields(request).first(provider.events.object)
    return _short(found) if found else None

"""Why a delivery does not match a filter, in a few words, and which comes nearest. All text is safe to show."""

from __future__ import annotations

from collections.abc import Sequence

from webhook_inspector.core.delivery import Record
from webhook_inspector.core.display import show
from webhook_inspector.core.filters import Query, matches, nodes
from webhook_inspector.core.units import size

_WIDTH = 60
_KEYS = {"event_type": "type", "event_id": "id", "received_ns": "time of arrival", "body_size": "size"}
_FLAGS = {
    "dup": "a duplicate",
    "retry": "a retry",
    "late": "late",
    "drift": "of a new structure",
    "refused": "refused",
}


def title(record: Record) -> str:
    """One line about a delivery: `#3 POST /stripe customer.created (signature valid)`."""
    delivery, facts = record.delivery, record.facts
    words = [f"#{delivery.id}", show(delivery.request.method, 20) or "(no method)"]
    words.append(show(delivery.request.target_text, _WIDTH))
    words.append(show(facts.event.type, _WIDTH) if facts.event.type else "(no event type)")
    if delivery.refused is not None:
        return f"{' '.join(words)} (refused: {show(delivery.refused, 100).rstrip('.')})"
    return f"{' '.join(words)} (signature {facts.verification.status.value.replace('_', ' ')})"


def table(query: Query, records: Sequence[Record]) -> list[str]:
    """A line for each delivery with what keeps it from matching; the nearest one says so."""
    reasons = [misses(query, record) for record in records]
    fewest = min((len(each) for each in reasons), default=0)
    alone = sum(len(each) == fewest for each in reasons) == 1 and len(records) > 1
    return [
        f"  {title(record)}: {', '.join(each) or 'matches'}{'  <- nearest' if alone and len(each) == fewest else ''}"
        for record, each in zip(records, reasons, strict=True)
    ]


def misses(query: Query, record: Record) -> list[str]:
    """What would have to be otherwise."""
    return [] if query.root is None else _misses(query.root, record)


def _misses(node: nodes.Node, record: Record) -> list[str]:
    if matches(Query(root=node), record):
        return []
    match node:
        case nodes.And(parts):
            return list(dict.fromkeys(miss for part in parts for miss in _misses(part, record)))
        case nodes.Or(parts):
            # What is nearest of the alternatives says most.
            return min((_misses(part, record) for part in parts), key=len)
        case nodes.Not(part):
            return [f"it is {_what(part)}, which is excluded"]
        case _:
            return [_is(node, record)]


def _is(node: nodes.Node, record: Record) -> str:
    """What it is instead."""
    request, facts = record.delivery.request, record.facts
    texts = {
        "provider": facts.provider,
        "source": record.delivery.source,
        "event_type": facts.event.type,
        "event_id": facts.event.id,
        "method": request.method,
        "path": request.path,
        "shape": facts.shape,
        "note": facts.note,
    }
    match node:
        case nodes.Text(field):
            value = texts.get(field)
            name = _KEYS.get(field, field)
            return f"{name} is {show(value, _WIDTH)}" if value is not None else f"it has no {name}"
        case nodes.Choice(field):
            value = facts.state if field == "state" else facts.verification.status
            return f"{field} is {value.value}"
        case nodes.Number(field):
            known = {"body_size": size(len(request.body)), "attempts": str(facts.attempts)}
            return f"{_KEYS.get(field, field)} is {known.get(field, 'another')}"
        case nodes.Header(name):
            shown = show(name, 40)
            value = request.headers.get(name.decode("utf-8", "replace"))
            return f"header {shown} is {show(value, _WIDTH)}" if value is not None else f"there is no header {shown}"
        case nodes.Body(path):
            keys = ".".join("*" if key is None else key for key in path)
            return f"body.{show(keys, _WIDTH)} does not fit"
        case _:
            return f"it is not {_what(node)}"


def _what(node: nodes.Node) -> str:
    match node:
        case nodes.Flag(field):
            return _FLAGS.get(field, field)
        case nodes.Ids():
            return "of that number"
        case nodes.Word(pieces):
            return f"something with {show(b'*'.join(pieces), 40)!r}"
        case nodes.Text(field, pattern):
            return f"of {_KEYS.get(field, field)} {show(b'*'.join(pattern.pieces), _WIDTH)}"
        case nodes.Choice(field, values):
            return f"{field} {' or '.join(values)}"
        case _:
            return "what the filter says"

"""Whether a record matches a filter: for deliveries that are at hand, as in `tail`."""

from __future__ import annotations

from webhook_inspector.core.delivery import Record
from webhook_inspector.core.filters import nodes
from webhook_inspector.core.filters.body_values import body_fits, pieces_fit, pieces_follow
from webhook_inspector.core.filters.query import Query
from webhook_inspector.core.filters.values import fold
from webhook_inspector.core.headers import Headers


def matches(query: Query, record: Record) -> bool:
    """Whether a record matches; `last` is not looked at. Never raises."""
    return query.root is None or _holds(query.root, record)


def header_lines(headers: Headers) -> bytes:
    """Headers as the bytes that words are searched in."""
    return b"".join([b"%b: %b\r\n" % pair for pair in headers.pairs])


def header_fits(headers: Headers, wanted: nodes.Header) -> bool:
    """Whether one of the headers of that name has a value that fits."""
    return any(
        name.lower() == wanted.name and pieces_fit(wanted.pattern.pieces, value.lower()) for name, value in headers
    )


def _holds(node: nodes.Node, record: Record) -> bool:
    match node:
        case nodes.And(parts):
            return all(_holds(part, record) for part in parts)
        case nodes.Or(parts):
            return any(_holds(part, record) for part in parts)
        case nodes.Not(part):
            return not _holds(part, record)
        case nodes.Ids(ranges):
            return any(first <= record.delivery.id <= last for first, last in ranges)
        case nodes.Word(pieces):
            return _mentions(pieces, record)
        case nodes.Header():
            return header_fits(record.delivery.request.headers, node)
        case nodes.Body():
            return body_fits(record.delivery.request.body, node)
        case _:
            return _fact_holds(node, record)


def _fact_holds(node: nodes.Text | nodes.Number | nodes.Choice | nodes.Flag, record: Record) -> bool:
    match node:
        case nodes.Text(field, pattern):
            text = _text(field, record)
            return text is not None and pieces_fit(pattern.pieces, fold(text))
        case nodes.Number(field, low, high):
            number = _number(field, record)
            return number is not None and (low is None or number >= low) and (high is None or number <= high)
        case nodes.Choice(field, values):
            found = record.facts.state if field == "state" else record.facts.verification.status
            return found.value in values
        case nodes.Flag(field):
            return _flag(field, record)


def _mentions(pieces: tuple[bytes, ...], record: Record) -> bool:
    request = record.delivery.request
    method = request.method.encode("utf-8", "surrogatepass")
    places = (method, request.target, header_lines(request.headers), request.body)
    return any(pieces_follow(pieces, place.lower()) for place in places)


def _text(field: str, record: Record) -> str | None:
    facts, delivery = record.facts, record.delivery
    return {
        "provider": facts.provider,
        "source": delivery.source,
        "event_type": facts.event.type,
        "event_id": facts.event.id,
        "method": delivery.request.method,
        "path": delivery.request.path,
        "shape": facts.shape,
        "note": facts.note,
    }[field]


def _number(field: str, record: Record) -> int | None:
    return {
        "received_ns": record.delivery.received_ns,
        "body_size": len(record.delivery.request.body),
        "last_status": record.facts.last_status,
        "attempts": record.facts.attempts,
    }[field]


def _flag(field: str, record: Record) -> bool:
    facts = record.facts
    return {
        "dup": facts.duplicate_of is not None,
        "retry": facts.retry_of is not None,
        "late": facts.late,
        "drift": facts.drift,
        "refused": record.delivery.refused is not None,
        "pinned": facts.pinned,
    }[field]

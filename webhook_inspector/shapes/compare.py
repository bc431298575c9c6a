"""The semantic diff of two requests."""

from __future__ import annotations

from collections.abc import Sequence

from webhook_inspector.core.payload import Payload, payload_of
from webhook_inspector.core.request import Request
from webhook_inspector.shapes.body import MAX_CHANGES, diff_documents
from webhook_inspector.shapes.envelope import diff_headers, diff_target
from webhook_inspector.shapes.model import Change, PayloadDiff

MAX_TEXT = 65_536
"""Bytes of an unstructured body up to which its text stands in the change."""


def diff_requests(a: Request, b: Request, *, volatile: Sequence[str] = ()) -> PayloadDiff:
    """Compare two requests: target, headers, and bodies by meaning (JSON, XML and forms) or as bytes.

    Array elements are matched by an id-like key, else by content. Values that differ from delivery to delivery (ids,
    times, hashes, signatures, and what `volatile` lists) are `hidden`. Never raises.

    Args:
        a: The first, usually older request.
        b: The second.
        volatile: Paths such as `$.data.object.created`, `$.items[].id` or `header:X-Request-Id`.
    """
    target, hidden_target = diff_target(a, b)
    headers, hidden_headers = diff_headers(a, b, volatile)
    first, second = payload_of(a), payload_of(b)
    shown, hidden = [*target, *headers], [*hidden_target, *hidden_headers]
    notes: list[str] = []
    equal = 0
    documents = None
    if first.structured and second.structured:
        try:
            body = diff_documents(first.document, second.document, volatile)
        except RecursionError:
            body = None
        if body is not None:
            documents = (first.document, second.document)
            shown += body.changes
            hidden += body.hidden
            equal = body.equal
            notes += [
                f"{path} repeats the same elements too often to match them: compared by position."
                for path in body.capped[:3]
            ]
            if body.more:
                notes.append(f"Only the first {MAX_CHANGES:,} differences were looked for.")
            if not body.changes and not body.hidden and a.body != b.body:
                notes.append("The bodies differ only in how they are written (white space, key order, compression).")
            if first.kind != second.kind:
                notes.append(f"The first body is {_named(first)}, the second {_named(second)}.")
            return PayloadDiff(tuple(shown), equal, tuple(hidden), " ".join(notes), documents)
        notes.append("The bodies are nested too deep to be compared by meaning.")
    if first.data != second.data:
        shown.append(_text_change(first, second))
        notes.append(_text_note(first, second))
    return PayloadDiff(tuple(shown), equal, tuple(hidden), " ".join(notes))


def _named(payload: Payload) -> str:
    names = {"json": "JSON", "form": "a form", "multipart": "a multipart form", "xml": "XML", "text": "not structured"}
    return names.get(payload.kind, payload.kind)


def _text_of(payload: Payload) -> str:
    size = f"{len(payload.data):,} B"
    if payload.kind == "empty":
        return ""
    if len(payload.data) > MAX_TEXT:
        return f"({size})"
    try:
        return payload.data.decode("utf-8")
    except UnicodeDecodeError:
        return f"({size} that are not UTF-8 text)"


def _text_change(first: Payload, second: Payload) -> Change:
    kind = "changed" if first.kind == second.kind else "type_changed"
    kind = "added" if first.kind == "empty" else "removed" if second.kind == "empty" else kind
    before = None if kind == "added" else _text_of(first)
    after = None if kind == "removed" else _text_of(second)
    return Change(kind, "$", before, after, "body", "$")


def _text_note(first: Payload, second: Payload) -> str:
    sizes = f"{len(first.data):,} B and {len(second.data):,} B"
    pairs = zip(first.data, second.data, strict=False)
    at = next((index for index, (one, other) in enumerate(pairs) if one != other), None)
    at = min(len(first.data), len(second.data)) if at is None else at
    return f"Compared as bytes: {sizes}; the first difference is at byte {at:,}."

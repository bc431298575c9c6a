"""The differences between two requests outside the body: method, path, query parameters and headers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from webhook_inspector.core.headers import Headers, decode_header
from webhook_inspector.core.payload import form_document, form_fields
from webhook_inspector.core.request import Request
from webhook_inspector.shapes.leaves import volatile_reason
from webhook_inspector.shapes.model import Change

_SIGNATURE = re.compile(r"signature|hmac|digest|-sign$|authorization|token")
_ID = re.compile(
    r"(?:^|-)(?:id|guid|uuid|delivery|nonce|idempotency-key|trace|traceparent|tracestate|ray|hash)$|delivery-id|-id-|request-id"
)
_TIME = re.compile(r"(?:^|-)(?:date|time|timestamp|ts|at)$|request-timestamp|request-start")
_TRANSPORT = re.compile(
    r"^(?:content-length|connection|keep-alive|via|forwarded|x-forwarded-\w+|x-real-ip|cf-[\w-]+|x-amz[n]?-[\w-]*trace[\w-]*|x-amzn-[\w-]+|"
    r"x-b3-\w+|baggage|sentry-trace|x-envoy-[\w-]+|x-cloud-trace-context|true-client-ip|host|cdn-loop|accept-encoding|ngrok-[\w-]+)$"
)


def _why_hidden(name: str, before: Any, after: Any) -> str:
    if _TRANSPORT.search(name):
        return "transport"
    if before is None or after is None:
        return ""
    for reason, pattern in (("signature", _SIGNATURE), ("id", _ID), ("time", _TIME)):
        if pattern.search(name):
            return reason
    if isinstance(before, str) and isinstance(after, str):
        return volatile_reason(name.replace("-", "_"), before, after)
    return ""


def _grouped(headers: Headers) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for name, value in headers:
        groups.setdefault(decode_header(name).lower(), []).append(decode_header(value))
    return groups


def _compare(
    before: dict[str, Any], after: dict[str, Any], where: str, prefix: str = ""
) -> list[tuple[Change, Any, Any]]:
    changes: list[tuple[Change, Any, Any]] = []
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        kind = "added" if name not in before else "removed" if name not in after else "changed"
        changes.append((Change(kind, prefix + name, old, new, where, prefix + name), old, new))
    return changes


def diff_headers(before: Request, after: Request, volatile: Sequence[str] = ()) -> tuple[list[Change], list[Change]]:
    """Compare headers by name, whatever their case and order: what to show, and what to hide.

    Args:
        before: First request.
        after: Second request.
        volatile: Entries such as `header:X-Request-Id`; others are ignored.
    """
    listed = {entry[7:].strip().lower() for entry in volatile if entry.lower().startswith("header:")}
    first, second = (
        {name: _single(values) for name, values in _grouped(each.headers).items()} for each in (before, after)
    )
    shown: list[Change] = []
    hidden: list[Change] = []
    for change, old, new in _compare(first, second, "header"):
        reason = "listed" if change.path in listed else _why_hidden(change.path, old, new)
        if reason:
            hidden.append(_because(change, reason))
        else:
            shown.append(change)
    return shown, hidden


def _single(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else values


def _because(change: Change, reason: str) -> Change:
    return Change(change.kind, change.path, change.before, change.after, change.where, change.pattern, None, reason)


def diff_target(before: Request, after: Request) -> tuple[list[Change], list[Change]]:
    """Compare method, path and query parameters: what to show, and what to hide."""
    changes = _compare(
        {"method": before.method, "path": before.path}, {"method": after.method, "path": after.path}, "target"
    )
    first, second = (
        form_document(form_fields(each.query.encode("utf-8", "surrogateescape"))) for each in (before, after)
    )
    changes += _compare(first, second, "target", "query.")
    shown: list[Change] = []
    hidden: list[Change] = []
    for change, old, new in changes:
        name = change.path.removeprefix("query.").lower().replace("_", "-")
        reason = _why_hidden(name, old, new) if change.path.startswith("query.") else ""
        if reason:
            hidden.append(_because(change, reason))
        else:
            shown.append(change)
    return shown, hidden

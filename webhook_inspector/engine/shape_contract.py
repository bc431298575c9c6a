"""The JSON of shapes and drift, as the command line prints it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from webhook_inspector.engine.shape_pins import Broken, PinReport
from webhook_inspector.engine.shape_views import Change, DriftReport, Learned
from webhook_inspector.shapes.drift import Rolling, worst
from webhook_inspector.shapes.summary import Place


def learned_json(row: Learned) -> dict[str, Any]:
    """One event type."""
    return {
        "type": "shape",
        "source": row.source,
        "event_type": row.event_type,
        "payloads": row.payloads,
        "variants": list(row.variants),
        "versions": list(row.versions),
        "paths": row.positions,
        "first_seen": {"delivery": row.first_id},
        "last_seen": {"delivery": row.last_id},
        "days": row.days,
    }


def place_json(path: str, place: Place, presence: float) -> dict[str, Any]:
    """One path of a shape. `presence` is the share of its parents that have it."""
    return {
        "type": "path",
        "path": path,
        "presence": round(presence, 4),
        "types": place.types(),
        "formats": dict(sorted(place.formats.items())),
        "values": None
        if place.mixed
        else {value.removeprefix('"'): count for value, count in sorted(place.values.items())},
        "distinct": place.distinct(),
        "volatile": place.is_volatile(),
        "low": place.low,
        "high": place.high,
        "first_seen": {"delivery": place.first},
        "last_seen": {"delivery": place.last},
    }


def change_row(change: Change) -> dict[str, Any]:
    """One change of a shape."""
    one = change.drift
    return {
        "type": "change",
        "event_type": change.event_type,
        "variant": change.variant,
        "version": change.version or None,
        "path": one.path,
        "kind": one.kind,
        "severity": one.severity,
        "before": one.before,
        "after": one.after,
        "last_before": {"delivery": one.last_before},
        "first_seen": {"delivery": one.first_after},
        "confidence": one.confidence,
        "needs": one.needs,
        "other": one.other or None,
        "why": one.why,
    }


def drift_json(report: DriftReport) -> dict[str, Any]:
    """The last line of a drift."""
    return {
        "type": "verdict",
        "severity": worst((change.drift for change in report.changes), confirmed=True),
        "changes": len(report.changes),
        "payloads": {"before": report.before, "after": report.after},
        "versions": {"before": report.versions[0], "after": report.versions[1]},
        "groups": list(report.groups),
        "new_event_types": list(report.new_types),
        "rolling": [_rolling(one) for one in report.rolling],
    }


def _rolling(one: Rolling) -> dict[str, Any]:
    return {
        "paths": list(one.paths),
        "first_new": {"delivery": one.first_new},
        "last_old": {"delivery": one.last_old},
        "shares": [round(share, 3) for share in one.shares],
        "by": one.by or None,
        "new_values": list(one.new_values),
        "old_values": list(one.old_values),
    }


def rolling_sentence(one: Rolling) -> str:
    """A change that rolls out, in words; not yet safe to show."""
    shares = ", ".join(f"{100 * share:.0f} %" for share in one.shares)
    words = (
        f"{', '.join(one.paths[:4])}{' ...' if len(one.paths) > 4 else ''} rolls out since #{one.first_new}: {shares}"
    )
    if one.by:
        words += f"; new where {one.by} is {_some(one.new_values)}, old where it is {_some(one.old_values)}"
    return words


def _some(values: Sequence[str]) -> str:
    return ", ".join(values[:3]) + (f" and {len(values) - 3} more" if len(values) > 3 else "")


def broken_json(row: Broken) -> dict[str, Any]:
    """One way in which deliveries break a pin."""
    return {
        "type": "violation",
        "event_type": row.event_type,
        "keyword": row.keyword,
        "path": row.path,
        "message": row.message,
        "severity": "breaking" if row.breaking else "tag",
        "deliveries": row.deliveries,
        "example": row.example,
    }


def check_verdict(report: PinReport) -> dict[str, Any]:
    """The last line of a check of pins."""
    return {
        "type": "verdict",
        "holds": report.holds,
        "checked": report.checked,
        "unpinned": report.unpinned,
        "violations": len(report.broken),
    }

"""The JSON of shapes and drift, as the command line prints it."""

from __future__ import annotations

from typing import Any

from webhook_inspector.engine.shape_pins import Broken, PinReport
from webhook_inspector.engine.shape_views import Change, DriftReport, Learned
from webhook_inspector.shapes.drift import worst
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
    }


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

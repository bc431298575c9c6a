"""Drift against the changes that were found by other means between versions of real payloads.

`python -m tests.shapes.test_reference_drift` compares all pairs.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from tests.support.shared import shared_jsonl, shared_path
from webhook_inspector.shapes.drift import CONFIRMED, compare
from webhook_inspector.shapes.summary import Summary, add

COPIES = 25
"""Each payload stands for so many, so that there is evidence."""
SAME = {
    "field_added": {"appeared"},
    "field_removed": {"vanished", "optional_vanished", "renamed", "moved"},
    "null_now_has_value": {"null_now_has_value"},
    "became_null": {"became_null", "nullable"},
    "format_changed": {"format_changed"},
    "type_changed": {"type_changed"},
    "type_narrowed": {"type_narrowed"},
    "type_widened": {"type_widened"},
    "became_optional": {"became_optional"},
    "became_required": {"became_required"},
    "no_longer_null": {"not_null"},
}
_VARIANT = re.compile(r"\[[a-z_]+=[^\]]*\]")


def _rows() -> dict[tuple[str, str], list[dict[str, Any]]]:
    rows: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for file in sorted(shared_path("data").glob("*.jsonl")):
        for row in shared_jsonl(f"data/{file.name}"):
            rows.setdefault((file.stem, row["event_type"]), []).append(row)
    return rows


def _window(rows: list[dict[str, Any]], version: str, start: int) -> Summary:
    made = Summary()
    for row in rows:
        if row["version"] == version or version in (row.get("same_in") or []):
            for _ in range(COPIES):
                add(made, row["body"], start)
                start += 1
    return made


def _found(before: Summary, after: Summary) -> set[tuple[str, str]]:
    found = set()
    for one in compare(before, after):
        # Values that this test repeats are no enumeration of the provider's.
        if one.confidence == CONFIRMED and not one.kind.startswith("enum"):
            found.add((one.kind, _VARIANT.sub("[]", one.path)))
            if one.other:
                found.add(("appeared", _VARIANT.sub("[]", one.other)))
    return found


def measure(every: int) -> tuple[int, float, float]:
    """Pairs that were compared (every n-th), recall and precision."""
    rows = _rows()
    hits, misses, extra = Counter[str](), Counter[str](), Counter[str]()
    compared = 0
    for pair in shared_jsonl("data/drift/pairs.jsonl")[::every]:
        variant = pair["variant"] or ""
        mine = [
            row
            for row in rows.get((pair["source"], pair["event_type"]), [])
            if (row.get("variant") or "") == variant or row["src"].endswith("/" + variant)
        ]
        before, after = _window(mine, pair["from"], 1), _window(mine, pair["to"], 100_000)
        if not before.root.n or not after.root.n:
            continue
        compared += 1
        found = _found(before, after)
        known = {(one["kind"], _VARIANT.sub("[]", one["path"])) for one in pair["changes"]}
        for kind, path in known:
            (hits if any((same, path) in found for same in SAME[kind]) else misses)[kind] += 1
        for kind, path in found:
            if not any(kind in SAME[other] and path == place for other, place in known):
                extra[kind] += 1
    recall = hits.total() / (hits.total() + misses.total())
    precision = hits.total() / (hits.total() + extra.total())
    print(f"{compared} pairs, recall {recall:.3f}, precision {precision:.3f}, missed {misses}, extra {extra}")
    return compared, recall, precision


def test_the_changes_of_real_payloads_are_found_and_few_others() -> None:
    compared, recall, precision = measure(every=6)
    assert compared > 140
    assert recall > 0.93
    assert precision > 0.95


if __name__ == "__main__":
    measure(every=1)

"""Plans as files: versioned JSON that a person can read, and that is refused as a whole when a part is wrong.

A file holds `format`, `version`, `seed`, `speed`, `concurrency`, `faults`, `notes`, `deliveries` (in captured order)
and `attempts` (in the order of sending). A plan of a later version is refused, never half understood.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from webhook_inspector.core.display import show
from webhook_inspector.core.ownfile import load_own
from webhook_inspector.errors import InputError
from webhook_inspector.replay.acts import ACTS
from webhook_inspector.replay.durations import MAX_MS
from webhook_inspector.replay.plan import MAX_ATTEMPTS, Plan, PlanItem, PlannedAttempt

FORMAT = "webhook-inspector-plan"
VERSION = 1
MAX_BYTES = 256 * 1024 * 1024
"""Larger files are refused unread."""
MAX_CONCURRENCY = 10_000
_MAX_INT = 2**63 - 1


def dump(plan: Plan) -> bytes:
    """The plan as a file: UTF-8 JSON, the same bytes for the same plan."""
    document = {
        "format": FORMAT,
        "version": VERSION,
        "seed": plan.seed,
        "speed": plan.speed,
        "concurrency": plan.concurrency,
        "faults": list(plan.faults),
        "notes": list(plan.notes),
        "deliveries": [
            {
                "id": item.delivery_id,
                "received_ns": item.received_ns,
                "label": item.label,
                "event_type": item.event_type,
                **({"signed": True} if item.signed else {}),
            }
            for item in plan.items
        ],
        "attempts": [
            {
                "n": attempt.n,
                "delivery": attempt.delivery_id,
                "at_ms": attempt.at_ms,
                "captured_ms": attempt.captured_ms,
                "copy": attempt.copy,
                "labels": list(attempt.labels),
                **({"act": attempt.act} if attempt.act != "send" else {}),
            }
            for attempt in plan.attempts
        ],
    }
    # ASCII, so that labels with lone surrogates survive and no byte of them reaches a terminal.
    return json.dumps(document, indent=1, ensure_ascii=True).encode("ascii") + b"\n"


def load(data: bytes, where: str) -> Plan:
    """Read a plan.

    Args:
        data: The file's bytes.
        where: The file's name, for the message.

    Raises:
        InputError: It is not a plan of a version that is known, or a part of it is wrong; names file and place.
    """
    reader = _Reader(show(where, 120))
    if len(data) > MAX_BYTES:
        raise InputError(f"{reader.where} is larger than {MAX_BYTES // 2**20} MiB and is not read as a plan.")
    document = load_own(data, where, what="plan", form=FORMAT, version=VERSION, again="save one with --save-plan")
    reader.only(document, "", {"format", "version", *_TOP})
    items = tuple(reader.item(entry, index) for index, entry in enumerate(reader.array(document, "deliveries", "")))
    attempts = tuple(reader.attempt(entry, index) for index, entry in enumerate(reader.array(document, "attempts", "")))
    plan = Plan(
        seed=reader.integer(document, "seed", "", low=-_MAX_INT),
        attempts=attempts,
        faults=reader.texts(document, "faults", ""),
        speed=reader.text(document, "speed", ""),
        concurrency=reader.integer(document, "concurrency", "", low=1, high=MAX_CONCURRENCY),
        notes=reader.texts(document, "notes", ""),
        items=items,
    )
    reader.consistent(plan)
    return plan


_TOP = {"seed", "speed", "concurrency", "faults", "notes", "deliveries", "attempts"}
_ITEM = {"id", "received_ns", "label", "event_type", "signed"}
_ATTEMPT = {"n", "delivery", "at_ms", "captured_ms", "copy", "labels", "act"}


class _Reader:
    """Reads parts of a plan; every complaint names the file and the place."""

    def __init__(self, where: str) -> None:
        self.where = where

    def fail(self, place: str, expected: str) -> InputError:
        return InputError(f"{self.where}: {place or 'the top'} {expected}; correct it or save the plan again.")

    def only(self, table: Mapping[str, Any], place: str, known: set[str]) -> None:
        for key in table:
            if key not in known:
                raise self.fail(f"{place}{show(key, 40)}", "is not part of a plan")

    def get(self, table: Mapping[str, Any], key: str, place: str) -> Any:
        if key not in table:
            raise self.fail(f"{place}{key}", "is missing")
        return table[key]

    def array(self, table: Mapping[str, Any], key: str, place: str) -> list[Any]:
        value = self.get(table, key, place)
        if not isinstance(value, list) or len(value) > MAX_ATTEMPTS:
            raise self.fail(f"{place}{key}", f"must be a list of at most {MAX_ATTEMPTS} entries")
        return value

    def text(self, table: Mapping[str, Any], key: str, place: str) -> str:
        value = self.get(table, key, place)
        if not isinstance(value, str):
            raise self.fail(f"{place}{key}", "must be text")
        return value

    def texts(self, table: Mapping[str, Any], key: str, place: str) -> tuple[str, ...]:
        values = self.array(table, key, place)
        for index, value in enumerate(values):
            if not isinstance(value, str):
                raise self.fail(f"{place}{key}[{index}]", "must be text")
        return tuple(values)

    def integer(self, table: Mapping[str, Any], key: str, place: str, *, low: int = 0, high: int = _MAX_INT) -> int:
        value = self.get(table, key, place)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise self.fail(f"{place}{key}", f"must be a whole number from {low} to {high}")
        return value

    def milliseconds(self, table: Mapping[str, Any], key: str, place: str) -> float:
        value = self.get(table, key, place)
        if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
            raise self.fail(f"{place}{key}", "must be a number of milliseconds")
        if not 0 <= value <= 2 * MAX_MS * MAX_ATTEMPTS:
            raise self.fail(f"{place}{key}", "must be a number of milliseconds, 0 or more and not years ahead")
        return float(value)

    def item(self, entry: Any, index: int) -> PlanItem:
        place = f"deliveries[{index}]."
        if not isinstance(entry, dict):
            raise self.fail(place.removesuffix("."), "must be an object")
        self.only(entry, place, _ITEM)
        event_type = entry.get("event_type")
        if event_type is not None and not isinstance(event_type, str):
            raise self.fail(f"{place}event_type", "must be text or null")
        return PlanItem(
            delivery_id=self.integer(entry, "id", place, low=1),
            received_ns=self.integer(entry, "received_ns", place, low=-_MAX_INT),
            label=self.text(entry, "label", place),
            event_type=event_type,
            signed=self.flag(entry, "signed", place),
        )

    def flag(self, entry: Mapping[str, Any], key: str, place: str) -> bool:
        value = entry.get(key, False)
        if not isinstance(value, bool):
            raise self.fail(f"{place}{key}", "must be true or false")
        return value

    def attempt(self, entry: Any, index: int) -> PlannedAttempt:
        place = f"attempts[{index}]."
        if not isinstance(entry, dict):
            raise self.fail(place.removesuffix("."), "must be an object")
        self.only(entry, place, _ATTEMPT)
        return PlannedAttempt(
            n=self.integer(entry, "n", place, low=1),
            delivery_id=self.integer(entry, "delivery", place, low=1),
            at_ms=self.milliseconds(entry, "at_ms", place),
            captured_ms=self.milliseconds(entry, "captured_ms", place),
            copy=self.integer(entry, "copy", place, low=1),
            labels=self.texts(entry, "labels", place),
            act=self.act(entry, place),
        )

    def act(self, entry: Mapping[str, Any], place: str) -> str:
        act = entry.get("act", ACTS[0])
        if act not in ACTS:
            raise self.fail(f"{place}act", f"must be one of {', '.join(ACTS)}")
        return str(act)

    def consistent(self, plan: Plan) -> None:
        """What a plan promises to those who run it: numbered sends, times that never fall, known deliveries."""
        if not plan.attempts:
            raise self.fail("attempts", "must name at least one send")
        known = {item.delivery_id for item in plan.items}
        if len(known) != len(plan.items):
            raise self.fail("deliveries", "must name each delivery once")
        copies: dict[int, int] = {}
        previous_ms = 0.0
        for index, attempt in enumerate(plan.attempts):
            place = f"attempts[{index}]"
            copies[attempt.delivery_id] = copies.get(attempt.delivery_id, 0) + 1
            if attempt.n != index + 1:
                raise self.fail(f"{place}.n", f"must be {index + 1}, the place in the order of sending")
            if attempt.at_ms < previous_ms:
                raise self.fail(f"{place}.at_ms", "must not be before the send above it")
            if attempt.delivery_id not in known:
                raise self.fail(f"{place}.delivery", f"names {attempt.delivery_id}, which is not among the deliveries")
            if attempt.copy != copies[attempt.delivery_id]:
                raise self.fail(f"{place}.copy", f"must be {copies[attempt.delivery_id]}, counted in order of sending")
            previous_ms = attempt.at_ms

"""Scenarios: deliveries and the plan of a replay in one file, which needs no log to be replayed.

{"format": "webhook-inspector-scenario", "version": 1, "plan": {...}, "fixture": {...}}

The deliveries are a fixture, with pseudonyms and a published test secret unless told otherwise; the plan is as
`replay.planfile` writes it, its deliveries numbered as those of the fixture. Opening a scenario puts its deliveries
into the log, once: the same ones are found again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from webhook_inspector.core.delivery import Delivery
from webhook_inspector.core.display import show
from webhook_inspector.core.ownfile import load_own
from webhook_inspector.errors import InputError
from webhook_inspector.export.importing import import_bytes
from webhook_inspector.replay import planfile
from webhook_inspector.replay.plan import Plan, PlanItem
from webhook_inspector.store.log import Log

FORMAT = "webhook-inspector-scenario"
VERSION = 1
MAX_BYTES = 256 * 1024 * 1024
"""Larger files are refused unread."""


def is_scenario(data: bytes) -> bool:
    """Whether a file says that it is one."""
    return FORMAT.encode() in data[:4096]


def read_plan_file(path: Path) -> bytes:
    """The bytes of a saved plan or scenario.

    Raises:
        InputError: It cannot be read, or is far too large.
    """
    name = show(str(path), 300)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"{name} is larger than {MAX_BYTES // 2**20} MiB and is not read as a plan.")
        return path.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its name is not valid"
        raise InputError(f"{name} cannot be read ({reason}): check the path.") from None


def dump(plan: Plan, fixture: bytes) -> bytes:
    """A scenario.

    Args:
        plan: Names deliveries of the log.
        fixture: Those deliveries, in the order of the plan's items, as the fixture format writes them.
    """
    document = json.loads(fixture)
    deliveries = import_bytes(fixture, "the fixture", 0).deliveries
    # What the plan says of a delivery is said by the fixture: the log's own words may be what was replaced.
    items = tuple(
        replace(item, received_ns=delivery.received_ns, label=_label(item))
        for item, delivery in zip(plan.items, deliveries, strict=True)
    )
    made = json.loads(planfile.dump(replace(plan, items=items)))
    whole = {"format": FORMAT, "version": VERSION, "plan": made, "fixture": document}
    return json.dumps(whole, indent=1, ensure_ascii=True).encode("ascii") + b"\n"


def _label(item: PlanItem) -> str:
    return f"#{item.delivery_id} {item.event_type or ''}".rstrip()


def load(data: bytes, where: str) -> tuple[Plan, tuple[Delivery, ...]]:
    """The plan of a scenario, and the deliveries of its items in their order.

    Raises:
        InputError: It is no scenario of a version that is known, or a part of it is wrong.
    """
    name = show(where, 120)
    again = "save one with --save-scenario"
    document = load_own(data, where, what="scenario", form=FORMAT, version=VERSION, again=again)
    plan = planfile.load(_part(document, "plan", name), where)
    found = import_bytes(_part(document, "fixture", name), where, 0, kind="fixture")
    if found.skipped or len(found.deliveries) != len(plan.items):
        reason = found.skipped[0] if found.skipped else "its plan names other deliveries than it holds"
        raise InputError(f"{name} is damaged: {reason.removesuffix('.')}; save it again.")
    return plan, found.deliveries


def _part(document: dict[str, Any], key: str, name: str) -> bytes:
    if not isinstance(document.get(key), dict):
        raise InputError(f"{name} is not a scenario: it has no {key}; save one with --save-scenario.")
    return json.dumps(document[key], ensure_ascii=True).encode("ascii")


def opened(log: Log, plan: Plan, deliveries: Sequence[Delivery], analyse: Callable[[Sequence[int]], None]) -> Plan:
    """The plan with its deliveries as the log numbers them; those that it does not have are put into it.

    Raises:
        StoreError: The log cannot be read or written.
    """
    numbers: dict[int, int] = {}
    for item, delivery in zip(plan.items, deliveries, strict=True):
        known = next((number for number in log.arrived_at(delivery.received_ns) if _same(log, number, delivery)), None)
        if known is None:
            (known,) = log.append([delivery])
            analyse([known])
        numbers[item.delivery_id] = known
    items = tuple(replace(item, delivery_id=numbers[item.delivery_id]) for item in plan.items)
    attempts = tuple(replace(one, delivery_id=numbers[one.delivery_id]) for one in plan.attempts)
    return replace(plan, items=items, attempts=attempts)


def _same(log: Log, number: int, delivery: Delivery) -> bool:
    (record,) = log.records([number])
    return record.delivery.request == delivery.request and record.delivery.source == delivery.source

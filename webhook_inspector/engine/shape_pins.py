"""Deliveries held against pins: what breaks which pin, counted by path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from webhook_inspector.events.kinds import kinds_of
from webhook_inspector.providers.model import Provider
from webhook_inspector.shapes.schema import Checker, Pin
from webhook_inspector.store.log import Log

_READ_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Broken:
    """One way in which deliveries break a pin."""

    event_type: str
    keyword: str
    path: str
    message: str
    breaking: bool
    deliveries: int
    example: int
    """Number of the first of them."""


@dataclass(frozen=True, slots=True)
class PinReport:
    """What came of holding deliveries against pins."""

    checked: int
    """Payloads that have a pin."""
    unpinned: int
    """Payloads without one."""
    broken: tuple[Broken, ...]

    @property
    def holds(self) -> bool:
        """Nothing breaks a consumer."""
        return not any(one.breaking for one in self.broken)


def check(
    log: Log, providers: Mapping[str, Provider], ids: Sequence[int], pins: Sequence[Pin], every: Pin | None = None
) -> PinReport:
    """Hold deliveries against the pins of their event types.

    Args:
        log: Where the deliveries are.
        providers: All known providers.
        ids: Which deliveries.
        pins: Of any event types.
        every: Holds for all payloads, whatever their event type: an imported schema.

    Raises:
        InputError: A pin's schema is not valid.
    """
    checkers = {pin.event_type: Checker(pin.schema, f"the pin of {pin.event_type}") for pin in pins}
    general = None if every is None else Checker(every.schema, "the schema")
    found: dict[tuple[str, str, str], tuple[str, bool, set[int]]] = {}
    checked = unpinned = 0
    for start in range(0, len(ids), _READ_AT_ONCE):
        for record in log.records(list(ids[start : start + _READ_AT_ONCE])):
            provider = providers.get(record.facts.provider or "")
            for kind, document in kinds_of(record.delivery.request, provider, record.facts.event.type):
                checker = general or checkers.get(kind.event_type)
                if checker is None:
                    unpinned += 1
                    continue
                checked += 1
                for one in checker.violations(document):
                    key = kind.event_type, one.keyword, one.path
                    entry = found.setdefault(key, (one.message, one.breaking, set()))
                    entry[2].add(record.delivery.id)
    rows = [
        Broken(event_type, keyword, path, message, breaking, len(numbers), min(numbers))
        for (event_type, keyword, path), (message, breaking, numbers) in found.items()
    ]
    rows.sort(key=lambda one: (not one.breaking, one.event_type, one.path, one.keyword))
    return PinReport(checked, unpinned, tuple(rows))

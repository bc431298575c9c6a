"""Pins in tests: which are meant, and how a delivery breaks them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from webhook_inspector.core.delivery import Record
from webhook_inspector.core.display import show
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.engine.quarantine import FOLDER
from webhook_inspector.errors import InputError
from webhook_inspector.shapes.schema import Pin, load_pin

__all__ = ["FOLDER", "Named", "pins_of", "problems"]

Named = Pin | str | Path


def pins_of(named: Named, find: Callable[[str | Path], Path]) -> list[Pin]:
    """The pins of a file or folder.

    Raises:
        InputError: There is none, or it cannot be read.
    """
    if isinstance(named, Pin):
        return [named]
    path = find(named)
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    if not files:
        raise InputError(f"There is no pin in {show(str(path), 200)}: write one with `webhook-inspector shapes pin`.")
    try:
        return [load_pin(file.read_bytes(), file.name) for file in files]
    except OSError as error:
        raise InputError(f"A pin in {show(str(path), 200)} cannot be read ({error.strerror}).") from None


def problems(inspector: Inspector, record: Record, pins: list[Pin]) -> list[str]:
    """How a delivery breaks its pin, one line each; a delivery without a pin has one line too."""
    report = inspector.shapes.check([record.delivery.id], pins)
    if not report.checked:
        known = ", ".join(show(pin.event_type, 60) for pin in pins[:5])
        return [f"  there is no pin of {show(record.facts.event.type or 'a delivery without type', 80)}, only {known}"]
    return [
        f"  {show(one.path, 120)}  {show(one.keyword, 40)}: {show(one.message, 200)}"
        for one in report.broken
        if one.breaking
    ]

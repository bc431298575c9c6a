"""Events behind deliveries: who sent them, which event they carry, and how they relate to each other.

A list of deliveries needs `events.series` at most, so what reads payloads is loaded by its first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from webhook_inspector.events.detection import detect, scores
    from webhook_inspector.events.extraction import extract, object_key
    from webhook_inspector.events.relation import Earlier, EarlierLike, Relation, relate

__all__ = ["Earlier", "EarlierLike", "Relation", "detect", "extract", "object_key", "relate", "scores"]

_MODULES = {
    "detection": ("detect", "scores"),
    "extraction": ("extract", "object_key"),
    "relation": ("Earlier", "EarlierLike", "Relation", "relate"),
}


def __getattr__(name: str) -> object:
    """A name of `__all__`, from its module."""
    for module, names in _MODULES.items():
        if name in names:
            return getattr(importlib.import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""Folder discovery: a feature is one file, and the folder is the registry."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType
from typing import Any


def discover(package: ModuleType, attribute: str) -> dict[str, Any]:
    """Import every module of a package and collect its `attribute`.

    Args:
        package: One of our own packages, for example `webhook_inspector.replay.faults`.
        attribute: Name that each module must define, for example `FAULT`. Modules named `api` and
            modules that start with an underscore define none.

    Returns:
        Module name to the object, sorted by module name.

    Raises:
        AttributeError: A module of the folder does not define the attribute.
    """
    names = sorted(info.name for info in pkgutil.iter_modules(package.__path__))
    return {
        name: getattr(importlib.import_module(f"{package.__name__}.{name}"), attribute)
        for name in names
        if name != "api" and not name.startswith("_")
    }

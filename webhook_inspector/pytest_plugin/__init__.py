"""The pytest plugin: a listener, replays and checks as fixtures. Importing it loads nothing heavy.

`hooks` is what pytest registers; the names here are for type annotations and are loaded when they are first asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from webhook_inspector.pytest_plugin.answered import Answered
    from webhook_inspector.pytest_plugin.cases import WebhookCase
    from webhook_inspector.pytest_plugin.checked import Checked
    from webhook_inspector.pytest_plugin.delivery import WebhookDelivery
    from webhook_inspector.pytest_plugin.replayed import Replayed
    from webhook_inspector.pytest_plugin.tester import WebhookInspector

__all__ = ["Answered", "Checked", "Replayed", "WebhookCase", "WebhookDelivery", "WebhookInspector"]

_PLACES = {
    "Answered": "answered",
    "Checked": "checked",
    "Replayed": "replayed",
    "WebhookCase": "cases",
    "WebhookDelivery": "delivery",
    "WebhookInspector": "tester",
}


def __getattr__(name: str) -> Any:
    """One of the public classes."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_PLACES[name]}"), name)

"""What pytest registers as `webhook_inspector`: ini options and the marker; the fixtures come when they are wanted.

`-p no:webhook_inspector` leaves the plugin out; `webhook_inspector = false` in the ini file keeps it from adding
fixtures and cases.
"""

from __future__ import annotations

import importlib

import pytest

MARKER = "webhook_fixtures"
_MARKER_HELP = (
    f"{MARKER}(folder, orders=('captured',), duplicates=(0,), seed=1): run the test once for each fixture file of the "
    "folder, in each order and with so many extra copies; the test takes `webhook_case`"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of the ini file."""
    parser.addini("webhook_inspector", "whether the fixtures of Webhook Inspector are there", type="bool", default=True)
    parser.addini(
        "webhook_inspector_config",
        "a webhook-inspector.toml, from the root folder, whose sources and providers tests use",
        default="",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and the fixtures unless the ini file says no."""
    config.addinivalue_line("markers", _MARKER_HELP)
    if config.getini("webhook_inspector"):
        fixtures = importlib.import_module("webhook_inspector.pytest_plugin.fixtures")
        config.pluginmanager.register(fixtures, "webhook_inspector_fixtures")

"""The fixtures. Nothing of the program is loaded before a test asks for one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from webhook_inspector.pytest_plugin import matrix
from webhook_inspector.pytest_plugin.hooks import MARKER

if TYPE_CHECKING:
    from webhook_inspector.config.model import Config
    from webhook_inspector.pytest_plugin.cases import WebhookCase
    from webhook_inspector.pytest_plugin.tester import WebhookInspector


@pytest.fixture(scope="session")
def webhook_inspector_config(pytestconfig: pytest.Config) -> Config:
    """The configuration that tests use; override it to add sources, secrets or providers of your own.

    The file that the ini option `webhook_inspector_config` names; without one there is only what tests ask for. Its
    log and its port are never used.
    """
    from webhook_inspector.pytest_plugin.setup import configured  # noqa: PLC0415 (see the module)

    return configured(pytestconfig.getini("webhook_inspector_config"), pytestconfig.rootpath)


@pytest.fixture
def webhook_inspector(
    request: pytest.FixtureRequest, tmp_path: Path, webhook_inspector_config: Config
) -> Iterator[WebhookInspector]:
    """A listener on a free port of this machine with a log of its own, and what tests do with webhooks."""
    from webhook_inspector.pytest_plugin.tester import WebhookInspector  # noqa: PLC0415 (see the module)

    places = [request.path.parent, request.config.rootpath]
    with WebhookInspector(webhook_inspector_config, tmp_path / "webhook-inspector", places) as tester:
        yield tester


@pytest.fixture(scope="session")
def webhook_inspector_session(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config, webhook_inspector_config: Config
) -> Iterator[WebhookInspector]:
    """One listener for all tests: `forget()` looks away from what came before."""
    from webhook_inspector.pytest_plugin.tester import WebhookInspector  # noqa: PLC0415 (see the module)

    folder = tmp_path_factory.mktemp("webhook-inspector")
    with WebhookInspector(webhook_inspector_config, folder, [pytestconfig.rootpath]) as tester:
        yield tester


@pytest.fixture
def webhook_case(request: pytest.FixtureRequest, webhook_inspector: WebhookInspector) -> WebhookCase:
    """One fixture file in one order: see the marker `webhook_fixtures`."""
    from webhook_inspector.pytest_plugin.cases import WebhookCase  # noqa: PLC0415 (see the module)

    chosen = getattr(request, "param", None)
    if not isinstance(chosen, matrix.Cell):
        pytest.fail(f"webhook_case needs the marker: @pytest.mark.{MARKER}('folder of fixtures').", pytrace=False)
    return WebhookCase(webhook_inspector, chosen)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a marked test once for each file, order and number of copies."""
    mark = metafunc.definition.get_closest_marker(MARKER)
    if mark is None:
        return
    if "webhook_case" not in metafunc.fixturenames:
        if mark in metafunc.definition.own_markers:
            pytest.fail(f"A test marked {MARKER} takes the argument webhook_case.", pytrace=False)
        return  # the mark is of a class or module, and this test has no use for it
    places = [metafunc.definition.path.parent, metafunc.config.rootpath]
    try:
        cells = matrix.cells(places, *mark.args, **mark.kwargs)
    except (TypeError, ValueError) as error:
        pytest.fail(f"{MARKER}: {error}", pytrace=False)
    metafunc.parametrize("webhook_case", cells, ids=[cell.label for cell in cells], indirect=True)

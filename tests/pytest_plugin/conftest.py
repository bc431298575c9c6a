"""The plugin as users meet it: registered by its entry point, in a pytest of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.user_pytest import ROOT, write_metadata
from webhook_inspector.config.model import Config
from webhook_inspector.pytest_plugin.tester import WebhookInspector

SAMPLE = Path(__file__).parent / "sample_project"
collect_ignore = ["sample_project"]  # it is run by a pytest of its own


@pytest.fixture
def wi(tmp_path: Path) -> Iterator[WebhookInspector]:
    """What the fixture `webhook_inspector` gives, without a pytest around it."""
    with WebhookInspector(Config(path=None, log=tmp_path / "unused"), tmp_path / "wi", [tmp_path]) as tester:
        yield tester
    assert not (tmp_path / "unused").exists()


@pytest.fixture
def user_pytest(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., pytest.RunResult]:
    """Runs pytest in a process of its own, in the pytester's folder, with the plugin installed."""
    installed = tmp_path_factory.mktemp("installed")
    write_metadata(installed)
    monkeypatch.setenv("PYTHONPATH", f"{installed}:{ROOT}")

    def run(*arguments: str) -> pytest.RunResult:
        # Another plugin's warning about its own options is not what is looked at here.
        usual = ("-p", "no:cacheprovider", "-o", "asyncio_default_fixture_loop_scope=function", "--strict-markers")
        return pytester.runpytest_subprocess(*usual, *arguments)

    return run


@pytest.fixture
def sample_project(pytester: pytest.Pytester) -> Path:
    """The sample project, copied into the pytester's folder."""
    shutil.copytree(SAMPLE, pytester.path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    return pytester.path

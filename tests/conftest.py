"""Every test starts from a clean environment: no user's configuration, log or colours."""

from __future__ import annotations

import gc
import importlib
import sys
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain, count, groupby
from pathlib import Path

import pytest
from hypothesis import settings

# Speed has its own tests: on a busy machine one slow example says nothing.
settings.register_profile("house", deadline=None)
settings.load_profile("house")

# Rewriting the asserts of all files takes longer than importing them: done once for all workers, and kept.
sys.dont_write_bytecode = False


def pytest_collectstart(collector: pytest.Collector) -> None:
    """Each worker begins with files of its own, and finds those of the others compiled when it comes to them."""
    given: dict[str, object] = getattr(collector.config, "workerinput", {})
    if not isinstance(collector, pytest.Session) or not given or collector.config.args != ["tests"]:
        return
    mine, workers = int(str(given["workerid"]).removeprefix("gw")), int(str(given["workercount"]))
    root = collector.config.rootpath
    for file in sorted(root.glob("tests/**/test_*.py"))[mine::workers]:
        if (file.parent / "__init__.py").exists():
            with suppress(Exception, pytest.skip.Exception):  # collecting the file tells of it
                importlib.import_module(".".join(file.relative_to(root).with_suffix("").parts))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spread the app's files over the run: their tests wait more than they compute, and let the others do so."""
    files = [list(tests) for _, tests in groupby(items, lambda item: item.path)]
    of_app = [tests for tests in files if tests[0].path.parent.name == "tui"]
    others = [tests for tests in files if tests[0].path.parent.name != "tui"]
    size, given, placed = sum(map(len, others)), 0, 0
    items.clear()
    for tests in others:
        items += tests
        given += len(tests)
        share = len(of_app) * given // size
        items += chain.from_iterable(of_app[placed:share])
        placed = share
    items += chain.from_iterable(of_app[placed:])


def pytest_collection_finish() -> None:
    """Thousands of tests are in memory for good: rounds of the collector through them take a third of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(scope="session")
def _homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("homes")
    return (folder / str(number) for number in count())


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, _homes: Iterator[Path]) -> None:
    home = next(_homes)
    home.mkdir()
    for name in (
        "WEBHOOK_INSPECTOR_LOG",
        "NO_COLOR",
        "TMUX",
        "SSH_TTY",
        "DISPLAY",
        "WAYLAND_DISPLAY",
        "FORCE_COLOR",
        "PYTHONDONTWRITEBYTECODE",
    ):
        monkeypatch.delenv(name, raising=False)
    # Nobody's own keyring: tests that need one bring one in memory.
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "state"))
    monkeypatch.chdir(home)


@pytest.fixture
def log_path(tmp_path: Path) -> Path:
    return tmp_path / "log.db"

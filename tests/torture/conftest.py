"""With `-m torture` everything in this folder runs; else only what is quick. Failures go beside the figures."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.torture.results import FILE_VARIABLE, write

HERE = Path(__file__).resolve().parent
if FILE_VARIABLE in os.environ:  # tests run in folders of their own
    os.environ[FILE_VARIABLE] = str(Path(os.environ[FILE_VARIABLE]).resolve())


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What is quick runs with every suite, and its figures belong into the table too."""
    if config.option.markexpr != "torture":
        return
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("torture")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A table must not be made of a run that failed, and says what was skipped."""
    report = yield
    if report.failed:
        write({"failed": item.nodeid})
    elif report.skipped:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
        write({"skipped": item.nodeid, "reason": reason.removeprefix("Skipped: ")})
    return report

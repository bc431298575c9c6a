"""The convergence check over real sockets: right handlers pass, wrong ones are named with the smallest sequence."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tests.support.zoo import RIGHT, STORY, WRONG, Machine
from tests.support.zoo_server import serving
from webhook_inspector.config.model import Config
from webhook_inspector.engine.checking import CheckOptions, CheckReport
from webhook_inspector.engine.inspector import Inspector

BUDGET = 48
SLOWEST_S = 20


def checked(folder: Path, make: type[Machine], **options: object) -> CheckReport:
    file = folder / "in.jsonl"
    lines = [
        json.dumps({"method": "POST", "target": "/hooks", "headers": [], "body": json.dumps(event)}) for event in STORY
    ]
    file.write_text("\n".join(lines), encoding="utf-8")
    with Inspector.open(Config(path=None, log=folder / "log.db"), env={}) as inspector, serving(make) as url:
        ids = inspector.import_file(file).ids
        chosen = CheckOptions(probe=f"{url}/state", reset=f"{url}/reset", budget=BUDGET, settle_s=0.04, **options)  # type: ignore[arg-type]  # the test's own
        return inspector.check(ids, f"{url}/hooks", chosen)


@pytest.mark.parametrize("make", RIGHT, ids=lambda make: make.__name__)
def test_right_handlers_pass(tmp_path: Path, make: type[Machine]) -> None:
    started = time.monotonic()
    report = checked(tmp_path, make)
    assert report.holds, report
    assert all(result.holds is True and result.trials >= 3 for result in report.results)
    assert time.monotonic() - started < SLOWEST_S


@pytest.mark.parametrize("make", WRONG, ids=lambda make: make.__name__)
def test_wrong_handlers_are_named(tmp_path: Path, make: type[Machine]) -> None:
    started = time.monotonic()
    named, length = WRONG[make]
    report = checked(tmp_path, make, properties=tuple(sorted(named)))
    broken = {result.property: result.counterexample for result in report.results if result.holds is False}
    assert named <= set(broken), report
    for kind in named:
        found = broken[kind]
        assert found is not None
        assert len(found.trial) == length, found
    assert time.monotonic() - started < SLOWEST_S

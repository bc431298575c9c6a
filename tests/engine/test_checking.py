"""The convergence check over real sockets: right handlers pass, wrong ones are named with the smallest sequence."""

from __future__ import annotations

import json
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.patience import PATIENCE_S
from tests.support.zoo import RIGHT, STORY, WRONG, Ledger, Machine, NoDedupe
from tests.support.zoo_server import serving
from webhook_inspector.config.model import Config
from webhook_inspector.engine.checking import CheckOptions, CheckReport
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.engine.probing import described

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


def asked(url: str, path: str = "state") -> object:
    with urllib.request.urlopen(f"{url}/{path}", data=b"" if path == "reset" else None, timeout=PATIENCE_S) as answer:
        return answer.read().decode()


def test_functions_as_probe_and_reset_run_in_the_callers_thread(tmp_path: Path) -> None:
    threads: set[str] = set()
    with serving(NoDedupe) as url, inspecting(tmp_path) as (inspector, ids):

        def probe() -> object:
            threads.add(threading.current_thread().name)
            return {"said": asked(url), "kinds": {"b", "a"}, 1: (None, 1.5)}

        options = CheckOptions(probe=probe, reset=lambda: asked(url, "reset"), properties=("idempotent",), budget=9)
        report = inspector.check(ids[:1], f"{url}/hooks", options)
        (found,) = [result.counterexample for result in report.results]
        assert found is not None
        assert found.got.state is not None
        assert json.loads(found.got.state) == {"1": [None, 1.5], "kinds": ["a", "b"], "said": '{"total": 2}'}
        assert threads == {threading.current_thread().name}
        # What was found can be tried again alone, and by the same eyes.
        again = replace(options, trial=found.trial, budget=1)
        report = inspector.check(ids, f"{url}/hooks", again)
        assert (report.holds, report.trials, report.results[0].property) == (False, 1, "idempotent")
    with serving(Ledger) as url, inspecting(tmp_path / "right") as (inspector, ids):
        right = replace(again, probe=f"{url}/state", reset=f"{url}/reset")
        report = inspector.check(ids, f"{url}/hooks", right)
        assert (report.holds, report.trials) == (True, 1)


def test_states_of_python_are_alike_when_they_are_equal() -> None:
    assert described({"b": {3, 1}, "a": Path("x")}) == described({"a": Path("x"), "b": {1, 3}})
    assert described({1: {2}}) != described({1: {3}})
    assert described(CheckOptions(seed=1)) == described(CheckOptions(seed=1)) != described(CheckOptions(seed=2))


def test_what_a_probe_raises_is_what_the_caller_sees(tmp_path: Path) -> None:
    def broken() -> object:
        raise LookupError("no table")

    with serving(Ledger) as url, inspecting(tmp_path) as (inspector, ids), pytest.raises(LookupError, match="no table"):
        inspector.check(ids, f"{url}/hooks", CheckOptions(probe=broken, reset=lambda: None))


@contextmanager
def inspecting(folder: Path) -> Iterator[tuple[Inspector, tuple[int, ...]]]:
    folder.mkdir(exist_ok=True)
    file = folder / "in.jsonl"
    bodies = [json.dumps(event) for event in STORY]
    lines = [json.dumps({"method": "POST", "target": "/hooks", "headers": [], "body": body}) for body in bodies]
    file.write_text("\n".join(lines), encoding="utf-8")
    with Inspector.open(Config(path=None, log=folder / "log.db"), env={}) as inspector:
        yield inspector, inspector.import_file(file).ids

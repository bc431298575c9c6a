"""`check`: what is printed, what is saved, and every way it cannot be done."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.support import Cli
from tests.support.user_pytest import run_pytest
from tests.support.zoo import STORY, Ledger, NoDedupe, ResurrectsDeleted
from tests.support.zoo_server import serving
from webhook_inspector.replay import planfile

CLOCK = f"{sys.executable} -c 'import time; print(time.time())'"


@pytest.fixture
def log(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "webhook-inspector.toml").write_text('log = "log.db"\n', encoding="utf-8")
    lines = [
        json.dumps({"method": "POST", "target": "/hooks", "headers": [], "body": json.dumps(event)}) for event in STORY
    ]
    (tmp_path / "in.jsonl").write_text("\n".join(lines), encoding="utf-8")
    assert cli("import", "in.jsonl").code == 0
    return tmp_path


@pytest.fixture
def wrong() -> Iterator[str]:
    with serving(NoDedupe) as url:
        yield url


def around(url: str) -> list[str]:
    return ["--to", f"{url}/hooks", "--reset", f"{url}/reset", "--probe", f"{url}/state", "--budget", "40"]


def test_a_handler_that_counts_twice(cli: Cli, log: Path, wrong: str) -> None:
    ran = cli("check", "1", "2", *around(wrong), "--properties", "idempotent,order", "--save-plan", "bad.json")
    assert ran.code == 1
    text = ran.out.decode()
    assert "✗ does not hold  idempotent" in text
    assert "1. #1" in text
    assert "2. #1" in text
    assert '{"total": 1}' in text
    assert '{"total": 2}' in text
    assert "✓ holds  order" in text
    assert "the handler does not converge." in text
    plan = planfile.load((log / "bad.json").read_bytes(), "bad.json")
    assert [(planned.delivery_id, planned.labels) for planned in plan.attempts] == [
        (1, ("original",)),
        (1, ("duplicate",)),
    ]
    # What was saved is an ordinary plan.
    assert cli("replay", "--plan", "bad.json", "--to", f"{wrong}/hooks", "--json").records[-1]["type"] == "verdict"


def test_a_counterexample_is_kept_as_a_test(cli: Cli, log: Path, wrong: str) -> None:
    assert "test_order.py" in cli("check", "1", *around(wrong), "--save-test", "order.txt").sentence()
    ran = cli("check", "1", "2", *around(wrong), "--properties", "idempotent", "--save-test", "test_copies.py")
    assert ran.code == 1
    assert "with test_copies.fixture.json and test_copies.plan.json" in ran.err
    code = (log / "test_copies.py").read_text(encoding="ascii")
    assert re.search(r"^# 1\. #1 .*: original\n# 2\. #1 .*: duplicate$", code, re.MULTILINE)
    again = cli("check", "1", *around(wrong), "--properties", "idempotent", "--save-test", "test_copies.py")
    assert "is there already" in again.err
    assert (log / "test_copies.py").read_text(encoding="ascii") == code
    # It fails on the wrong handler, and passes on one that is right.
    assert 'expected  {"total": 1}' in run_saved(log, wrong, returns=1)
    with serving(Ledger) as right:
        text = code.replace(wrong, right)
        (log / "test_copies.py").write_text(text, encoding="ascii")
        assert "1 passed" in run_saved(log, right, returns=0)


def run_saved(folder: Path, url: str, *, returns: int) -> str:
    ran = run_pytest(folder, "-p", "no:cacheprovider", "test_copies.py", environment={"WEBHOOK_TARGET": f"{url}/hooks"})
    assert ran.returncode == returns, ran.stdout
    return ran.stdout


def test_nothing_broke_and_no_test_is_written(cli: Cli, log: Path) -> None:
    with serving(Ledger) as url:
        ran = cli("check", "1", *around(url), "--properties", "idempotent", "--save-test", "test_copies.py")
    assert ran.code == 0
    assert "no test was written" in ran.err
    assert not (log / "test_copies.py").exists()


def test_as_json(cli: Cli, log: Path) -> None:
    with serving(ResurrectsDeleted) as url:
        ran = cli("check", "2", "4", *around(url), "--properties", "order", "--json")
    assert ran.code == 1
    trials, found, verdict = ran.records[:-2], ran.records[-2], ran.records[-1]
    assert trials[0] == {"type": "trial", "n": 1, "property": "order", "holds": False}
    first, second = found["counterexample"]
    assert first == {"delivery": 4, "labels": ["original"]}
    assert second == {"delivery": 2, "labels": ["original", "reordered"]}
    assert (found["holds"], found["stable"], found["broken_by"]) == (False, True, "state")
    assert found["expected_state"] == "{}"
    assert found["statuses"] == [200, 200]
    assert (verdict["type"], verdict["holds"], verdict["seed"]) == ("verdict", False, 1)


def test_a_right_handler_and_commands_as_probe(cli: Cli, log: Path) -> None:
    with serving(Ledger) as url:
        script = log / "state.py"
        script.write_text(
            f"import urllib.request as r\nprint(r.urlopen('{url}/state').read().decode())\n", encoding="utf-8"
        )
        reset = log / "reset.py"
        reset.write_text(f"import urllib.request as r\nr.urlopen('{url}/reset', data=b'')\n", encoding="utf-8")
        ran = cli(
            *("check", "1", "2", "--to", f"{url}/hooks", "--budget", "8", "--properties", "idempotent"),
            *("--probe", f"{sys.executable} {script}", "--reset", f"{sys.executable} {reset}"),
        )
    assert ran.code == 0, ran.err
    assert "the handler converges." in ran.out.decode()


def test_without_a_probe_it_says_what_it_cannot_see(cli: Cli, log: Path, wrong: str) -> None:
    ran = cli("check", "1", "--to", f"{wrong}/hooks", "--properties", "idempotent", "--budget", "10")
    assert ran.code == 0
    assert "Only answers were judged" in ran.out.decode()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--probe", "cat state"], ["--reset too"]),
        (["--properties", "ordr"], ["unknown property ordr", "did you mean order?"]),
        (["--properties", ","], ["choose of idempotent"]),
        (["--reset", "/no/such/program"], ["The reset `/no/such/program` cannot be started"]),
        (["--reset", "'open"], ["a quote that is not closed"]),
        (["--reset", ""], ["The reset is empty"]),
        (["--reset", f"{sys.executable} -c 'import sys; sys.exit(\"no database\")'"], ["code 1: no database"]),
        (["--reset", "http://192.0.2.1/x"], ["--allow-remote"]),
        (["--reset", "{url}/reset", "--probe", CLOCK], ["different states"]),
    ],
)
def test_what_cannot_be_checked_is_one_sentence(
    cli: Cli, log: Path, wrong: str, arguments: list[str], words: list[str]
) -> None:
    ran = cli("check", "1", "--to", f"{wrong}/hooks", *[one.replace("{url}", wrong) for one in arguments])
    assert ran.code == 2
    for word in words:
        assert word in ran.sentence()


def test_nothing_listens_or_nothing_is_accepted(cli: Cli, log: Path) -> None:
    assert "Nothing listens at" in cli("check", "1", "--to", "http://127.0.0.1:9/x").sentence()
    assert "allow-remote" in cli("check", "1", "--to", "http://192.0.2.1/x").sentence()
    with serving(Ledger) as url:
        ran = cli("check", "1", "--to", f"{url}/reset/no")
        assert ran.code in {0, 2}

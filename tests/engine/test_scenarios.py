"""A scenario is one file: its deliveries go into any log once, and its plan is sent as it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.recording import recording, split_request
from webhook_inspector.config.model import Config
from webhook_inspector.engine import scenarios
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.engine.replay_options import ReplayOptions
from webhook_inspector.errors import InputError
from webhook_inspector.replay.plan import Plan


def opened(folder: Path) -> Inspector:
    folder.mkdir(exist_ok=True)
    return Inspector.open(Config(path=None, log=folder / "log.db"), env={})


def fill(inspector: Inspector, folder: Path, count: int = 3) -> tuple[int, ...]:
    lines = [
        {
            "method": "POST", "target": "/in", "headers": [["Content-Type", "application/json"]],
            "body": json.dumps({"type": "order.paid", "id": f"evt_{n:012d}Ab", "name": "Ada Lovelace"}),
            "received_at": f"2026-11-20T10:00:{10 * n:02d}Z",
        }
        for n in range(count)
    ]  # fmt: skip
    file = folder / "in.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return inspector.import_file(file).ids


def saved(folder: Path, *, redact: bool = True) -> tuple[Path, Plan]:
    with opened(folder / "first") as inspector:
        ids = fill(inspector, folder)
        plan = inspector.plan(ids, ReplayOptions(duplicate="1.0", reorder="shuffle", seed=7))
        path = folder / "scenario.json"
        path.write_bytes(inspector.scenario(plan, redact=redact))
    return path, plan


def test_it_is_replayed_from_an_empty_log_as_it_was_planned(tmp_path: Path) -> None:
    path, plan = saved(tmp_path)
    assert b"Ada" not in path.read_bytes()
    with opened(tmp_path / "second") as inspector, recording() as recorder:
        made = inspector.open_plan(path)
        assert [(one.n, one.at_ms, one.copy, one.labels) for one in made.attempts] == [
            (one.n, one.at_ms, one.copy, one.labels) for one in plan.attempts
        ]
        assert [one.delivery_id for one in made.attempts] == [one.delivery_id for one in plan.attempts]
        again = inspector.open_plan(path)
        assert again == made
        assert len(inspector.ids("")) == 3
        gaps = [b.received_ns - a.received_ns for a, b in zip(made.items, made.items[1:], strict=False)]
        assert gaps == [10 * 10**9] * 2
        fast = inspector.plan([item.delivery_id for item in made.items], ReplayOptions(speed=None, seed=1))
        inspector.start_run(fast, recorder.url).wait()
        bodies = [json.loads(split_request(request)[3]) for request in recorder.requests]
    assert [body["type"] for body in bodies] == ["order.paid"] * 3
    assert len({body["id"] for body in bodies}) == 3


def test_numbers_of_another_log_are_mapped(tmp_path: Path) -> None:
    path, plan = saved(tmp_path)
    with opened(tmp_path / "second") as inspector:
        fill(inspector, tmp_path, count=2)
        made = inspector.open_plan(path)
    assert [item.delivery_id for item in made.items] == [3, 4, 5]
    assert [one.delivery_id for one in made.attempts] == [one.delivery_id + 2 for one in plan.attempts]


def test_originals_when_asked_for(tmp_path: Path) -> None:
    path, _ = saved(tmp_path, redact=False)
    assert path.read_bytes().count(b"Ada Lovelace") == 3


def broken(document: dict[str, Any], how: str) -> dict[str, Any]:
    if how == "version":
        document["version"] = 2
    elif how == "plan":
        del document["plan"]
    elif how == "fewer":
        document["fixture"]["deliveries"].pop()
    elif how == "bad delivery":
        document["fixture"]["deliveries"][0]["method"] = "\x1b[2J"
    elif how == "bad plan":
        document["plan"]["attempts"][0]["delivery"] = 99
    else:
        document["format"] = how
    return document


@pytest.mark.parametrize(
    "how", ["version", "plan", "fewer", "bad delivery", "bad plan", "webhook-inspector-scenario-2"]
)
def test_a_wrong_file_is_refused_whole(tmp_path: Path, how: str) -> None:
    path, _ = saved(tmp_path)
    path.write_text(json.dumps(broken(json.loads(path.read_text()), how)), encoding="utf-8")
    with opened(tmp_path / "second") as inspector:
        with pytest.raises(InputError) as caught:
            inspector.open_plan(path)
        assert caught.value.message.isprintable()
        assert not len(inspector.ids(""))
        with pytest.raises(InputError, match="cannot be read"):
            inspector.open_plan(tmp_path / "none.json")
    assert scenarios.FORMAT not in str(caught.value) or how.startswith("webhook")

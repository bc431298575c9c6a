"""Alerts of a live engine: said behind the acknowledgement, kept, and never about what was imported."""

from __future__ import annotations

import json
import queue
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.fault_target import unused_port
from tests.support.handler import handler
from tests.support.patience import PATIENCE_S
from tests.support.posting import post
from webhook_inspector.config.model import Config, SourceConfig
from webhook_inspector.engine import alerts as module
from webhook_inspector.engine.announcements import Alerted
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.engine.replay_options import ReplayOptions
from webhook_inspector.events.alerting.api import Arrived, Change

JSON = {"Content-Type": "application/json"}


@contextmanager
def alerting(folder: Path, *rules: str, **more: Any) -> Iterator[tuple[Inspector, queue.SimpleQueue[Alerted]]]:
    said: queue.SimpleQueue[Alerted] = queue.SimpleQueue()
    config = Config(path=None, log=folder / "log.db", alerts=rules, **more)
    with Inspector.open(config, env={}) as inspector:
        inspector.subscribe(lambda event: said.put(event) if isinstance(event, Alerted) else None)
        yield inspector, said


def send(inspector: Inspector, path: str = "/in", **body: Any) -> None:
    assert inspector.listening is not None
    post(f"{inspector.listening.url}{path}", json.dumps(body).encode(), JSON)


def test_failing_answers_are_said_once_and_kept(tmp_path: Path) -> None:
    with (
        handler(lambda _number, _body: (500, b"")) as app,
        alerting(tmp_path, "failures 50% in 5m") as (inspector, said),
    ):
        inspector.listen(port=0, forward=app.url)
        for n in range(8):
            send(inspector, id=f"evt_{n}", type="m")
        one = said.get(timeout=PATIENCE_S)
        assert (one.rule, one.words, one.query) == (
            "failures 50% in 5m",
            "5 of 5 in 5 min were not answered 2xx",
            "state:failed",
        )
        assert inspector.alerts.history() == [one]
        assert inspector.count(one.query) >= 5


def test_signatures_in_a_row_are_said_of_their_source(tmp_path: Path) -> None:
    stripe = SourceConfig("pay", "/pay", "stripe", secrets=("whsec_c2VjcmV0",))
    with alerting(tmp_path, "signatures 2 in a row", sources=(stripe,)) as (inspector, said):
        inspector.listen(port=0)
        for n in range(3):
            send(inspector, "/pay", id=f"evt_{n}", type="invoice.paid")
        assert inspector.wait_analysed(PATIENCE_S)
        one = said.get(timeout=PATIENCE_S)
        assert (one.words, one.delivery) == ("pay: 2 signatures in a row did not hold, the last missing", 2)
        assert said.empty()
        assert list(inspector.ids(one.query)) == [1, 2, 3]


def test_silence_and_what_waits_are_seen_as_time_goes_by(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TICK_S", 0.05)
    down = f"http://127.0.0.1:{unused_port()}"
    with alerting(tmp_path, "silence 1s", "undelivered 1s") as (inspector, said):
        inspector.listen(port=0, forward=down)
        first = said.get(timeout=PATIENCE_S)
        assert (first.begins, first.sentence) == (True, "nothing came for 1 s")
        send(inspector, id="evt_1", type="m")
        found: dict[tuple[str, bool], Alerted] = {}
        while len(found) < 3:
            one = said.get(timeout=PATIENCE_S)
            found[one.rule, one.begins] = one
        assert found["silence 1s", False].sentence.startswith("over: a delivery came again, after ")
        assert found["undelivered 1s", True].words == f"{down}: 1 delivery waits, the oldest for 1 s or more"
        assert found["undelivered 1s", True].delivery == 1
        assert inspector.alerts.history()[-1] == first


def test_a_full_disk_is_said_without_being_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(total=10**11, free=3 * 10**8))
    with alerting(tmp_path) as (inspector, said):
        inspector.alerts.tick()
        inspector.alerts.tick()
        assert [one.words for one in inspector.alerts.history()] == [
            "the disk of the log is nearly full: 300.0 MB free; `prune` makes room"
        ]
        assert said.get(timeout=PATIENCE_S).rule == "disk 500MB or 5%"


def test_a_disk_that_cannot_be_asked_is_not_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise OSError(5, "no")

    monkeypatch.setattr(shutil, "disk_usage", fail)
    with alerting(tmp_path) as (inspector, _):
        inspector.alerts.tick()
        assert inspector.alerts.history() == []


def test_what_is_imported_and_replayed_is_no_news(tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    lines = [{"method": "POST", "target": "/x", "headers": [], "body": "{}", "source": "pay"} for _ in range(6)]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    stripe = SourceConfig("pay", "/pay", "stripe", secrets=("whsec_c2VjcmV0",))
    rules = ("signatures 2 in a row", "failures 10% in 5m")
    with handler(lambda _number, _body: (500, b"")) as app, alerting(tmp_path, *rules, sources=(stripe,)) as (one, _):
        one.import_file(file)
        one.start_run(one.plan([1, 2, 3, 4, 5, 6], ReplayOptions(speed=None, seed=1)), app.url).wait(PATIENCE_S)
        assert one.alerts.history() == []


def test_a_rule_that_fails_stops_neither_the_others_nor_the_analysis(tmp_path: Path) -> None:
    class Broken:
        def see(self, _fact: object) -> list[Change]:
            raise ZeroDivisionError

    with alerting(tmp_path, "signatures 1 in a row") as (inspector, said):
        inspector.alerts._rules.insert(0, ("broken", Broken()))
        inspector.alerts.tell(Arrived(0, 1, "pay", None, "invalid", new_shape=False))
        assert said.get(timeout=PATIENCE_S).rule == "signatures 1 in a row"


def test_only_the_newest_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with alerting(tmp_path, "signatures 1 in a row") as (inspector, _):
        for n in range(module.KEPT):
            for sig in ("invalid", "valid"):
                inspector.alerts.tell(Arrived(n, n, "pay", None, sig, new_shape=False))
        kept = inspector.alerts.history()
        assert len(kept) == module.KEPT
        assert (kept[0].begins, kept[0].delivery) == (False, module.KEPT - 1)


def test_a_rule_about_a_source_that_there_is_not_is_told(tmp_path: Path) -> None:
    with alerting(tmp_path, "silence 5m strip", "new_shape default") as (inspector, _):
        assert inspector.alerts.problems == ['alerts: there is no source strip for "silence 5m strip"; known: default.']

"""Learning from the log: each delivery once, whoever learns, and the same as one pass over all."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from tests.engine.test_forwarding import own
from tests.support.factories import make_delivery
from tests.support.patience import PATIENCE_S
from tests.support.posting import post
from webhook_inspector.config.model import ALERTS, Config
from webhook_inspector.core.clock import ManualClock
from webhook_inspector.engine import shaping
from webhook_inspector.engine.announcements import Alerted, Announcement, ShapesLearned
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.engine.shape_contract import rolling_sentence
from webhook_inspector.engine.shaping import Learner
from webhook_inspector.errors import UsageError
from webhook_inspector.shapes.drift import CONFIRMED
from webhook_inspector.shapes.summary import CODEC, dump
from webhook_inspector.store.log import Log


def opened(folder: Path) -> Inspector:
    return Inspector.open(Config(path=None, log=folder / "log.db"), env={})


def put(inspector: Inspector, folder: Path, *bodies: object, day: int = 20, **more: object) -> tuple[int, ...]:
    file = folder / "in.jsonl"
    lines = [
        {
            "method": "POST", "target": "/in", "headers": [["Content-Type", "application/json"]],
            "body": json.dumps(body), "received_at": f"2026-11-{day:02d}T10:{n % 60:02d}:00Z", **more,
        }
        for n, body in enumerate(bodies)
    ]  # fmt: skip
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return inspector.import_file(file).ids


def paid(n: int, **more: object) -> dict[str, object]:
    return {"id": f"evt_{n:012d}Ab", "type": "invoice.paid", "data": {"n": n, **more}}


def test_learning_in_steps_is_learning_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    bodies = [paid(n, **({"extra": n} if n % 3 else {})) for n in range(50)]
    with opened(tmp_path / "a") as one, opened(tmp_path / "b") as two:
        put(one, tmp_path, *bodies)
        assert one.shapes.learn() == 50
        monkeypatch.setattr(shaping, "STEP", 7)
        for start in range(0, 50, 10):
            put(two, tmp_path, *bodies[start : start + 10], day=20)
            two.shapes.learn()
        assert two.shapes.learn() == 0
        assert dump(one.shapes.summary("invoice.paid")) == dump(two.shapes.summary("invoice.paid"))
        (learned,) = one.shapes.all()
        assert (learned.event_type, learned.payloads, learned.first_id, learned.last_id) == ("invoice.paid", 50, 1, 50)


def test_two_processes_that_learn_count_each_delivery_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shaping, "STEP", 5)
    with opened(tmp_path) as one, opened(tmp_path) as two:
        put(one, tmp_path, *[paid(n) for n in range(60)])
        threads = [threading.Thread(target=each.shapes.learn) for each in (one, two, one, two)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE_S)
        assert one.shapes.summary("invoice.paid").root.n == 60


def test_a_form_of_another_version_is_learned_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(tmp_path) as inspector:
        put(inspector, tmp_path, paid(1), paid(2))
        inspector.shapes.learn()
        monkeypatch.setattr(shaping, "CODEC", CODEC + 1)
        assert inspector.shapes.learn() == 2
        assert inspector.shapes.learn() == 0


def test_batches_are_payloads_of_their_own(tmp_path: Path) -> None:
    with opened(tmp_path) as inspector:
        put(
            inspector,
            tmp_path,
            [{"event": "open", "ip": "1"}, {"event": "click", "url": "u"}, {"event": "open", "ip": "2"}],
        )
        inspector.shapes.learn()
        assert {row.event_type: row.payloads for row in inspector.shapes.all()} == {"open": 2, "click": 1}
        assert inspector.shapes.summary("open").root.d == 1


def test_variants_and_versions_follow_the_providers_data(tmp_path: Path) -> None:
    with opened(tmp_path) as inspector:
        old = [paid(n) | {"api_version": "2022-08-01"} for n in range(30)]
        new = [paid(n) | {"api_version": "2022-11-15", "more": 1} for n in range(30)]
        put(inspector, tmp_path, *old, *new, provider="stripe")
        inspector.shapes.learn()
        (learned,) = inspector.shapes.all()
        assert learned.versions == ("2022-08-01", "2022-11-15")
        report = inspector.shapes.drift("invoice.paid")
        assert report.versions == ("2022-08-01", "2022-11-15")
        assert [(change.drift.kind, change.drift.path) for change in report.changes] == [("appeared", "$.more")]
        assert (report.changes[0].drift.last_before, report.changes[0].drift.first_after) == (30, 31)


def test_versions_are_epochs_however_they_are_mixed(tmp_path: Path) -> None:
    with opened(tmp_path) as inspector:
        old = [paid(n) | {"api_version": "2022-08-01"} for n in range(60)]
        new = [paid(n, more=1, **({"late": 1} if n >= 30 else {})) | {"api_version": "2022-11-15"} for n in range(60)]
        put(inspector, tmp_path, *[body for pair in zip(old, new, strict=True) for body in pair], provider="stripe")
        report = inspector.shapes.drift("invoice.paid")
        found = {(one.version, one.drift.kind, one.drift.path) for one in report.changes}
        assert ("2022-08-01 → 2022-11-15", "appeared", "$.data.more") in found
        assert ("2022-11-15", "appeared", "$.data.late") in found
        assert {path for _, _, path in found} == {"$.data.more", "$.data.late"}
        assert (report.before, report.after) == (60, 60)


def test_a_roll_out_is_named_with_what_tells_its_forms_apart(tmp_path: Path) -> None:
    def event(n: int) -> dict[str, object]:
        team = f"T{n % 4}"
        new = n >= 40 and team in {"T1", "T2"}
        return {"type": "m", "id": f"evt_{n:012d}Ab", "team": team, **({"user": {"id": 1}} if new else {"user": "U1"})}

    with opened(tmp_path) as inspector:
        put(inspector, tmp_path, *[event(n) for n in range(160)])
        (one,) = inspector.shapes.drift("m").rolling
        assert (one.paths, one.by) == (("$.user",), "$.team")
        assert (one.new_values, one.old_values) == (("T1", "T2"), ("T0", "T3"))
        assert (one.first_new, one.last_old) == (42, 160)
        assert rolling_sentence(one) == (
            "$.user rolls out since #42: 52 %, 50 %, 50 %, 50 %; new where $.team is T1, T2, old where it is T0, T3"
        )
    (tmp_path / "log.db").unlink()
    with opened(tmp_path) as inspector:  # by chance, more and more often
        bodies = [
            {"type": "m", "id": f"evt_{n:012d}Ab", **({"new": 1} if n * n % 97 < n - 40 else {})} for n in range(160)
        ]
        put(inspector, tmp_path, *bodies)
        (one,) = inspector.shapes.drift("m").rolling
        assert one.shares[0] < 0.4 < 0.6 < one.shares[-1]
        assert one.by == ""


def test_an_optional_member_is_no_roll_out(tmp_path: Path) -> None:
    with opened(tmp_path) as inspector:
        bodies = [
            {"type": "m", "id": f"evt_{n:012d}Ab", **({"new": 1} if n > 80 and n * n % 7 < 3 else {})}
            for n in range(160)
        ]
        put(inspector, tmp_path, *bodies)
        report = inspector.shapes.drift("m")
        assert [one.drift.kind for one in report.changes] == ["appeared"]
        assert report.rolling == ()


def test_several_changes_of_one_cause_are_one_group(tmp_path: Path) -> None:
    def event(kind: str, n: int, **repository: object) -> dict[str, object]:
        return {"id": f"evt_{n:012d}Ab", "type": kind, "repository": {"name": "x", **repository}}

    kinds = ("push.a", "issues.b", "star.c")
    with opened(tmp_path) as inspector:
        before = put(inspector, tmp_path, *[event(kind, n) for n in range(30) for kind in kinds])
        more = {"topics": [], "visibility": "public"}
        after = put(inspector, tmp_path, *[event(kind, n, **more) for n in range(30) for kind in kinds])
        report = inspector.shapes.between(before, after)
        assert len(report.changes) == 6
        assert report.groups == ("repository gained topics, visibility in 3 event types",)


def test_what_is_acknowledged_is_not_reported_again(tmp_path: Path) -> None:
    with opened(tmp_path) as inspector:
        put(inspector, tmp_path, *[paid(n) for n in range(30)], *[paid(n, more=1) for n in range(30)])
        report = inspector.shapes.drift("invoice.paid")
        assert [change.drift.confidence for change in report.changes] == [CONFIRMED]
        assert inspector.shapes.acknowledge(report.changes) == 1
        assert inspector.shapes.drift("invoice.paid").changes == ()


@pytest.mark.parametrize("alerts", [ALERTS, ()])
def test_a_shape_that_never_was_is_said_aloud(tmp_path: Path, alerts: tuple[str, ...]) -> None:
    with Inspector.open(Config(path=None, log=tmp_path / "log.db", alerts=alerts), env={}) as inspector:
        put(inspector, tmp_path, {"type": "m", "old": 1}, {"type": "m", "a": 1})
        said: list[Alerted] = []
        inspector.subscribe(lambda event: said.append(event) if isinstance(event, Alerted) else None)
        inspector.listen(port=0)
        for body in ({"type": "m", "a": 2}, {"type": "m", "b": 1}, {"type": "m", "a": 3}, {"type": "m", "b": 2}):
            post(own(inspector), json.dumps(body).encode(), {"Content-Type": "application/json"})
        assert inspector.wait_analysed(PATIENCE_S)
    assert [(one.delivery, one.query) for one in said] == ([(4, "type:m")] if alerts else [])
    assert all(one.sentence == "#4 is the first m of a new shape" for one in said)


def test_what_cannot_be_compared_is_said(tmp_path: Path) -> None:
    with opened(tmp_path) as inspector:
        put(inspector, tmp_path, paid(1))
        inspector.shapes.learn()
        with pytest.raises(UsageError, match=r"known: invoice\.paid"):
            inspector.shapes.summary("invoice.payed")
        with pytest.raises(UsageError, match="needs two deliveries"):
            inspector.shapes.drift("invoice.paid")
        with pytest.raises(UsageError, match="Both windows"):
            inspector.shapes.between([1], [])


def test_the_listener_learns_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shaping, "REST_S", 0.05)
    with opened(tmp_path) as inspector:
        learned = threading.Event()

        def hear(announcement: Announcement) -> None:
            if isinstance(announcement, ShapesLearned):
                learned.set()

        inspector.subscribe(hear)
        inspector.listen(port=0)
        post(own(inspector), json.dumps(paid(1)).encode(), {"Content-Type": "application/json"})
        assert learned.wait(PATIENCE_S)
        assert inspector.shapes.summary("invoice.paid").root.n == 1


def test_a_backlog_of_shapes_makes_way_while_deliveries_keep_coming(tmp_path: Path) -> None:
    rests: list[float] = []

    class Watched(Learner):
        def go_on(self, rest_s: float = 0.0) -> None:
            rests.append(rest_s)

    clock = ManualClock()
    log = Log.open(tmp_path / "log.db", clock=clock)
    try:
        learner = Watched(log, {}, clock, lambda: None)
        learner._pace.begin(0)
        for came in (0, 1, 0):
            log.append([make_delivery()] * came)
            clock.advance(0.1)
            learner._breathe()
    finally:
        log.close()
    assert rests == [shaping.BREATH_S, pytest.approx(shaping.SHARE * 0.1), shaping.BREATH_S]

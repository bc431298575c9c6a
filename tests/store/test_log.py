"""The log: what goes in comes out."""

from __future__ import annotations

import stat
from array import array
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.factories import T0_NS, make_delivery
from webhook_inspector.core.attempt import Attempt, Outcome
from webhook_inspector.core.clock import ManualClock
from webhook_inspector.core.delivery import Event, Facts, State
from webhook_inspector.core.headers import Headers
from webhook_inspector.core.verification import Verification, VerificationStatus
from webhook_inspector.errors import StoreError
from webhook_inspector.store.log import Log


def open_log(path: Path, *, readonly: bool = False) -> Log:
    return Log.open(path, clock=ManualClock(), readonly=readonly)


def test_deliveries_come_back_as_they_were(log_path: Path) -> None:
    log = open_log(log_path)
    first, second = make_delivery(), make_delivery(b"\x00\xff", target=b"/\xff", source="a\ud800b")
    assert log.append([first, second]) == [1, 2]
    assert [record.delivery for record in log.records([2, 1, 9])] == [replace(second, id=2), replace(first, id=1)]
    assert log.ids() == array("q", [1, 2])
    assert (log.count(), log.newest_id()) == (2, 2)
    assert [one.id for one in log.summaries([2, 7, 1])] == [2, 1]
    log.close()
    again = open_log(log_path, readonly=True)
    assert again.record(1) is not None
    assert again.record(3) is None
    again.close()


def test_numbers_are_not_used_again_and_go_on_after_a_restart(log_path: Path) -> None:
    for expected in (1, 2, 3):
        log = open_log(log_path)
        assert log.append([make_delivery()]) == [expected]
        log.close()


def test_facts_are_saved_and_the_delivery_is_then_analysed(log_path: Path) -> None:
    log = open_log(log_path)
    log.append([make_delivery(), make_delivery()])
    assert [one.id for one in log.unanalysed()] == [1, 2]
    facts = Facts(
        provider="stripe",
        event=Event("invoice.paid", "evt_\ud800", T0_NS, 2),
        verification=Verification(
            VerificationStatus.INVALID, provider="stripe", reason="wrong_secret", matches_if=("a",), received=("v1",)
        ),
        duplicate_of=1,
        late=True,
        shape="abc",
    )
    log.save_facts([(2, facts, "customer:1")])
    assert [one.id for one in log.unanalysed()] == [1]
    assert log.unanalysed_ids() == [(1, T0_NS)]
    record = log.record(2)
    assert record is not None
    assert record.facts == facts
    assert log.shape_of(2) == "abc"
    log.close()


def test_the_expected_signature_is_not_kept(log_path: Path) -> None:
    log = open_log(log_path)
    log.append([make_delivery()])
    verification = Verification(
        VerificationStatus.INVALID, expected="canary-expected", signed_content=b"canary-content"
    )
    log.save_facts([(1, Facts(verification=verification), None)])
    log.close()
    assert b"canary" not in log_path.read_bytes()


def test_attempts_move_the_state_of_their_delivery(log_path: Path) -> None:
    log = open_log(log_path)
    log.append([make_delivery()])
    run = log.begin_run('{"seed":1}', 2**70, "http://127.0.0.1:1", T0_NS)
    begun = [
        Attempt(n=n, delivery_id=1, run_id=run, labels=("original",), url="http://127.0.0.1:1/", planned_at_ms=0.5)
        for n in (1, 2)
    ]
    first, second = (replace(one, id=log.begin_attempt(one)) for one in begun)
    assert [one.outcome for one in log.attempts(1)] == [None, None]
    ended = replace(
        second, outcome=Outcome.RESPONDED, status=204, duration_ms=1.5, response_headers=Headers(((b"a", b"\xff"),))
    )
    log.finish_attempt(ended)
    assert log.attempts(1)[1] == ended
    record = log.record(1)
    assert record is not None
    assert (record.facts.state, record.facts.attempts, record.facts.last_status) == (State.PROCESSED, 2, 204)
    log.finish_attempt(replace(first, outcome=Outcome.REFUSED))  # begun earlier: it is not the latest
    assert log.summaries([1])[0].state is State.PROCESSED
    log.finish_run(run, '{"holds":true}', T0_NS + 1)
    row = log.run(run)
    assert row is not None
    assert (row.seed, row.finished_ns, row.verdict_json) == (2**70, T0_NS + 1, '{"holds":true}')
    assert [one.n for one in log.run_attempts(run)] == [1, 2]
    assert log.runs() == [row]
    log.close()


def test_a_log_opened_to_be_read_writes_nothing(log_path: Path) -> None:
    with pytest.raises(StoreError, match="no log"):
        open_log(log_path, readonly=True)
    assert not log_path.exists()
    open_log(log_path).close()
    log = open_log(log_path, readonly=True)
    with pytest.raises(StoreError, match="only to be read"):
        log.append([make_delivery()])
    log.close()


def test_files_are_private(tmp_path: Path) -> None:
    log = open_log(tmp_path / "a" / "b" / "log.db")
    log.append([make_delivery()])
    files = sorted((tmp_path / "a" / "b").iterdir())
    assert len(files) == 4
    assert {stat.S_IMODE(one.stat().st_mode) for one in files} == {0o600}
    assert {stat.S_IMODE(one.stat().st_mode) for one in (tmp_path / "a", tmp_path / "a" / "b")} == {0o700}
    log.close()


def test_what_came_before_is_found(log_path: Path) -> None:
    log = open_log(log_path)
    log.append([make_delivery(source="a") for _ in range(6)])
    for number, event_id, time_ns, key in (
        (1, "e1", 50, "o1"),
        (2, "e1", 50, "o1"),
        (3, "e2", 90, "o1"),
        (4, "e1", 50, "o2"),
    ):
        log.save_facts([(number, Facts(event=Event("t", event_id, time_ns)), key)])
    assert [one.id for one in log.earlier_of_event("a", "e1", 4)] == [1, 2]
    assert [one.id for one in log.earlier_of_event("a", "e1", 9)] == [1, 2, 4]
    assert [one.id for one in log.earlier_of_event("a", "e1", 9, limit=2)] == [1, 4]
    assert log.earlier_of_event("b", "e1", 9) == []
    latest = log.latest_of_object("a", "o1", 9)
    assert latest is not None
    assert (latest.id, latest.event.time_ns, latest.object_key) == (3, 90, "o1")
    assert log.latest_of_object("a", "o9", 9) is None
    assert log.latest_of_type("a", "t", 4) == 3
    assert log.latest_of_type("a", "u", 4) is None
    log.close()

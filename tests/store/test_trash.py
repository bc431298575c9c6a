"""Notes, pins and saved filters; deleting, and bringing back exactly what was there."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tests
from tests.support.factories import T0_NS, make_delivery
from webhook_inspector.core.attempt import Attempt, Outcome
from webhook_inspector.core.clock import ManualClock
from webhook_inspector.core.delivery import Event, Facts, State
from webhook_inspector.core.filters import parse
from webhook_inspector.store import prune
from webhook_inspector.store.annotations import Annotations
from webhook_inspector.store.log import Log
from webhook_inspector.store.trash import OLD_NS, Trash

ROOT = Path(tests.__file__).resolve().parents[1]
EVERYTHING = list(range(1, 8))


@pytest.fixture
def log(log_path: Path) -> Log:
    log = Log.open(log_path, clock=ManualClock())
    log.append([make_delivery(b"%d" % n) for n in EVERYTHING])
    log.save_facts([(n, Facts(provider="stripe", event=Event(f"t.{n % 2}", f"e{n}")), None) for n in EVERYTHING])
    return log


def ids(log: Log, text: str = "") -> list[int]:
    return list(log.ids(parse(text, now_ns=T0_NS)))


def tables(path: Path) -> dict[str, set[int]]:
    with closing(sqlite3.connect(path)) as connection:
        return {
            table: {row[0] for row in connection.execute(f"SELECT id FROM {table}")}
            for table in ("deliveries", "facts", "trash", "annotations", "verifications")
        }


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.text(st.characters(), max_size=50), st.booleans())
def test_a_note_is_kept_as_it_was_written(log_path: Path, note: str, pinned: bool) -> None:
    log = Log.open(log_path, clock=ManualClock())
    (number,) = log.append([make_delivery(b"x")])
    annotations = Annotations(log)
    assert annotations.set_note(number, note)
    assert annotations.set_pinned([number], pinned=pinned) == pinned
    for found in (log.records([number])[0].facts, log.summaries([number])[0]):
        assert (found.note, found.pinned) == (note, pinned)
    log.close()


def test_notes_and_pins_are_set_found_and_taken_away(log: Log, log_path: Path) -> None:
    annotations = Annotations(log)
    assert annotations.set_note(3, "Ask JAN why")
    assert not annotations.set_note(99, "nobody")
    assert annotations.set_pinned([2, 3, 99], pinned=True) == 2
    assert annotations.set_pinned([3], pinned=True) == 0
    assert ids(log, "pinned:yes") == [2, 3]
    assert ids(log, "pinned:no") == [1, 4, 5, 6, 7]
    assert ids(log, "note:jan") == ids(log, "note:ask*why") == ids(log, "note:*") == [3]
    assert ids(log, "note:why*ask") == ids(log, "note:ask type:t.0") == []
    assert log.pinned_ids() == {2, 3}
    assert annotations.set_pinned([1, 2, 3], pinned=False) == 2
    assert annotations.set_note(3, None)
    assert tables(log_path)["annotations"] == set()
    log.close()


def test_filters_are_saved_by_name(log: Log) -> None:
    annotations = Annotations(log)
    annotations.save_filter("bad", "sig:bad")
    annotations.save_filter("all-bad", 'sig:bad or "\ud800\0"')
    annotations.save_filter("bad", "sig:bad -refused:yes")
    assert annotations.filters() == {"all-bad": 'sig:bad or "\ud800\0"', "bad": "sig:bad -refused:yes"}
    assert annotations.remove_filter("bad")
    assert not annotations.remove_filter("bad")
    log.close()


def test_what_is_deleted_is_nowhere_and_comes_back_as_it_was(log: Log) -> None:
    Annotations(log).set_note(3, "mine")
    before = log.records(EVERYTHING)
    trash = Trash(log, "me")
    assert trash.delete([3, 5, 5, 99], T0_NS) == (3, 5)
    assert ids(log) == [1, 2, 4, 6, 7]
    assert log.count() == 5
    assert ids(log, "note:mine") == ids(log, "id:e3") == ids(log, "3") == []
    assert log.record(3) is None
    assert log.summaries([3, 4])[0].id == 4
    assert log.values("id", "e3") == []
    assert log.check().whole
    last = trash.last()
    assert last is not None
    assert (last.count, last.session) == (2, "me")
    assert trash.bring_back(last.id) == (3, 5)
    assert log.records(EVERYTHING) == before
    assert trash.last() is None
    assert trash.bring_back(last.id) == ()
    log.close()


def test_several_levels_the_newest_first(log: Log) -> None:
    trash = Trash(log, "me")
    for part in ([1, 2], [7], [3]):
        trash.delete(part, T0_NS)
    seen = []
    while (last := trash.last()) is not None:
        seen.append(trash.bring_back(last.id))
    assert seen == [(3,), (7,), (1, 2)]
    assert ids(log) == EVERYTHING
    log.close()


def test_attempts_that_end_meanwhile_are_seen_when_it_is_back(log: Log) -> None:
    trash = Trash(log, "me")
    attempt = Attempt(n=1, delivery_id=2, run_id=None, labels=(), url="http://127.0.0.1", planned_at_ms=0)
    begun = replace(attempt, id=log.begin_attempt(attempt))
    trash.delete([2, 3], T0_NS)
    log.finish_attempt(replace(begun, outcome=Outcome.RESPONDED, status=503))
    again = replace(attempt, id=log.begin_attempt(attempt))
    log.finish_attempt(replace(again, outcome=Outcome.RESPONDED, status=204))
    log.begin_attempt(attempt)
    last = trash.last()
    assert last is not None
    trash.bring_back(last.id)
    facts = log.records([2])[0].facts
    assert (facts.state, facts.last_status, facts.attempts) == (State.PROCESSED, 204, 3)
    assert log.records([3])[0].facts.state is State.RECEIVED
    log.close()


def test_what_waits_to_be_sent_on_stays(log: Log) -> None:
    (waiting,) = log.append([make_delivery(forward_to="http://127.0.0.1:9")])
    assert Trash(log, "me").delete([1, waiting], T0_NS) == (1,)
    assert ids(log)[-1] == waiting
    log.close()


def test_finishing_deletes_what_this_process_deleted_and_what_is_old(
    log: Log, log_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prune, "STEP", 2)
    mine, theirs, dead = Trash(log, "me"), Trash(log, "they"), Trash(log, "dead")
    Annotations(log).set_note(1, "gone with it")
    mine.delete([1, 2, 3], T0_NS)
    theirs.delete([4], T0_NS)
    dead.delete([5], T0_NS - OLD_NS - 1)
    assert mine.finish(T0_NS, go_on=lambda: False) == 0
    assert mine.last() == theirs.last()  # what this one deleted is over; what another left can be brought back
    assert mine.finish(T0_NS) == 4
    assert mine.ids() == {4}
    log.close()
    found = tables(log_path)
    assert found == {
        "deliveries": {4, 6, 7}, "facts": {6, 7}, "trash": {4}, "annotations": set(), "verifications": {4, 6, 7},
    }  # fmt: skip
    assert Log.open(log_path, clock=ManualClock()).check().whole


def delete_and_die(path: Path) -> None:
    """Delete without an end, until somebody kills the process. Runs in a process of its own."""
    log = Log.open(path, clock=ManualClock())
    trash = Trash(log, "killed")
    print("ready", flush=True)
    while True:
        trash.delete(list(range(1, 2001)), T0_NS)
        while (last := trash.last()) is not None:
            trash.bring_back(last.id)


@pytest.mark.parametrize("wait_s", [0.0, 0.03, 0.11])
def test_a_killed_process_loses_nothing(log_path: Path, wait_s: float) -> None:
    log = Log.open(log_path, clock=ManualClock())
    log.append([make_delivery(b"x")] * 2000)
    log.close()
    code = (
        "import sys; from pathlib import Path; from tests.store.test_trash import delete_and_die;"
        "delete_and_die(Path(sys.argv[1]))"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(log_path)], cwd=ROOT, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    try:
        process.wait(wait_s)
    except subprocess.TimeoutExpired:
        process.kill()
    process.wait()
    process.stdout.close()
    log = Log.open(log_path, clock=ManualClock())
    found = tables(log_path)
    assert found["facts"] | found["trash"] == found["deliveries"] == set(range(1, 2001))
    assert not found["facts"] & found["trash"]
    trash = Trash(log, "next")
    while (last := trash.last()) is not None:
        trash.bring_back(last.id)
    assert len(log.ids()) == 2000
    assert log.check().whole
    log.close()

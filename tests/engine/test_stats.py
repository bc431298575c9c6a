"""Statistics over what was really received, sent on and replayed."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.factories import make_delivery
from tests.support.handler import handler
from tests.support.patience import PATIENCE_S
from tests.support.posting import post
from tests.support.recording import recording
from webhook_inspector.config import load
from webhook_inspector.core.clock import SystemClock
from webhook_inspector.core.delivery import Event, Facts
from webhook_inspector.engine import stats
from webhook_inspector.engine.announcements import Announcement, AttemptFinished
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.engine.replay_options import ReplayOptions
from webhook_inspector.engine.stats import StatsRow, row_json
from webhook_inspector.errors import QueryError, UsageError
from webhook_inspector.store import statistics
from webhook_inspector.store.log import Log

ASAP = ReplayOptions(speed=None, seed=1)


def opened(folder: Path) -> Inspector:
    path = folder / "webhook-inspector.toml"
    path.write_text("[listen]\nport = 0\n", encoding="utf-8")
    return Inspector.open(load(path, {"WEBHOOK_INSPECTOR_LOG": str(folder / "log.db")}, folder), env={})


def by_key(rows: tuple[StatsRow, ...]) -> dict[object, StatsRow]:
    return {row.key: row for row in rows}


def fill(path: Path, types: Sequence[str | None]) -> None:
    log = Log.open(path, clock=SystemClock())
    try:
        numbers = log.append([make_delivery() for _ in types])
        facts = [Facts(event=Event(one, None, None, None)) for one in types]
        log.save_facts([(number, fact, None) for number, fact in zip(numbers, facts, strict=True)])
    finally:
        log.close()


def test_forwards_and_replays_count_as_they_were_answered(tmp_path: Path) -> None:
    finished = threading.Semaphore(0)

    def note(announcement: Announcement) -> None:
        if isinstance(announcement, AttemptFinished):
            finished.release()

    def answer(_number: int, body: bytes) -> tuple[int, bytes]:
        return (500 if b"bad" in body else 200), b""

    with opened(tmp_path) as inspector, handler(answer) as app:
        inspector.subscribe(note)
        inspector.listen(forward=app.url)
        assert inspector.listening is not None
        for kind in ("good", "good", "good", "bad"):
            post(
                f"{inspector.listening.url}/in", b'{"type": "%s"}' % kind.encode(), {"Content-Type": "application/json"}
            )
            assert finished.acquire(timeout=PATIENCE_S)
        inspector.set_forward(None)
        assert inspector.wait_analysed(PATIENCE_S)
        rows = by_key(inspector.stats(by="status").rows)
        assert {key: row.statistics.deliveries for key, row in rows.items()} == {(200,): 3, (500,): 1}

        total = inspector.stats("").total
        assert total is not None
        assert (total.deliveries, total.sent, total.failed_share) == (4, 4, 0.25)
        assert total.latency_ms is not None
        assert total.latency_ms.count == 4
        taken = sorted(one.duration_ms or -1 for number in range(1, 5) for one in inspector.attempts(number))
        assert taken[0] > 0
        assert (total.latency_ms.p50, total.latency_ms.max) == (taken[1], taken[3])

    with opened(tmp_path) as inspector, recording(status=200) as target:
        # The latest answer decides what failed; every answer has a latency.
        inspector.start_run(inspector.plan([4], ASAP), target.url).wait(PATIENCE_S)
        assert len(target.requests) == 1
        total = inspector.stats("").total
        assert total is not None
        assert total.failed_share == 0
        assert total.latency_ms is not None
        assert total.latency_ms.count == 5


def test_what_was_not_answered_failed_and_has_no_latency(tmp_path: Path, unanswered: str) -> None:
    fill(tmp_path / "log.db", ["a", "a"])
    with opened(tmp_path) as inspector:
        inspector.start_run(inspector.plan([1], ASAP), unanswered).wait(PATIENCE_S)
        (row,) = inspector.stats("").rows
        assert (row.statistics.sent, row.statistics.failed_share, row.statistics.latency_ms) == (1, 1, None)
        assert set(by_key(inspector.stats(by="status").rows)) == {("refused",), (None,)}


@pytest.fixture
def unanswered() -> str:
    from tests.support.fault_target import unused_port

    return f"http://127.0.0.1:{unused_port()}"


@pytest.mark.parametrize("query", ["", "last:30", "-type:b", "type:a or type:c", "3..17", "absent"])
@pytest.mark.parametrize("step", [1, 7, 5000])
def test_steps_do_not_show_and_the_filter_holds(
    tmp_path: Path, query: str, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statistics, "_STEP", step)
    types = ["a", "b", "a", None, "c"] * 8
    fill(tmp_path / "log.db", types)
    with opened(tmp_path) as inspector:
        report = inspector.stats(query)
        ids = inspector.ids(query)
        assert (0 if report.total is None else report.total.deliveries) == len(ids)
        expected = [types[number - 1] for number in ids]
        counted = {row.key and row.key[1]: row.statistics.deliveries for row in report.rows}
        assert counted == {kind: expected.count(kind) for kind in set(expected)}
        sizes = [row.statistics.deliveries for row in report.rows]
        assert sizes == sorted(sizes, reverse=True)


def test_more_groups_than_the_most_are_one_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stats, "MAX_ROWS", 3)
    fill(tmp_path / "log.db", [f"t{number}" for number in range(10)] + ["t0"])
    with opened(tmp_path) as inspector:
        report = inspector.stats("", by="type")
    assert [row.key for row in report.rows] == [("t0",), ("t1",), ("t2",), None]
    assert [row.statistics.deliveries for row in report.rows] == [2, 1, 1, 7]
    others = row_json(report.rows[-1], "type")
    assert (others["event_type"], others["others"]) == (None, True)
    assert "others" not in row_json(report.rows[0], "type")


def test_an_empty_log_and_a_filter_that_cannot_be_read(tmp_path: Path) -> None:
    with opened(tmp_path) as inspector:
        report = inspector.stats("")
        assert (report.rows, report.total) == ((), None)
        with pytest.raises(QueryError):
            inspector.stats("after:whenever")
        with pytest.raises(UsageError, match="known: event, source"):
            inspector.stats("", by="weather")

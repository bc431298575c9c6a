"""Deleting with undo until the end of the process, pins against retention, and the index behind the acknowledgement."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engine.test_forwarding import own
from tests.engine.test_retention import fill
from tests.support.patience import PATIENCE_S
from tests.support.posting import post
from webhook_inspector.config.model import Config, RetentionConfig, SearchConfig, SourceConfig
from webhook_inspector.core.clock import SystemClock
from webhook_inspector.engine import deleting, indexing
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.engine.retention import Retention
from webhook_inspector.errors import UsageError
from webhook_inspector.store import search
from webhook_inspector.store.log import Log


def open_log(path: Path, **settings: object) -> Inspector:
    return Inspector.open(Config(path=None, log=path, **settings), env={})  # type: ignore[arg-type]


def eventually(holds: Callable[[], bool]) -> bool:
    end = time.monotonic() + PATIENCE_S
    pause = threading.Event()
    while time.monotonic() < end:
        if holds():
            return True
        pause.wait(0.02)
    return False


def test_what_is_deleted_comes_back_until_the_end(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    with open_log(path) as inspector:
        fill(inspector, tmp_path, [1] * 6)
        inspector.annotating.note(2, "kept with it")
        assert inspector.deleting.delete([2, 3, 3, 77]).ids == (2, 3)
        assert inspector.deleting.delete([5]).ids == (5,)
        assert list(inspector.ids()) == [1, 4, 6]
        with pytest.raises(UsageError):
            inspector.record(2)
        assert inspector.deleting.undo() == (5,)
        assert inspector.deleting.undo() == (2, 3)
        assert inspector.deleting.undo() == ()
        assert inspector.record(2).facts.note == "kept with it"
        inspector.deleting.delete([6])
    with open_log(path) as inspector:
        assert inspector.deleting.undo() == ()
        assert list(inspector.ids()) == [1, 2, 3, 4, 5]
        assert inspector.health().deliveries == 5


def test_what_a_killed_process_deleted_can_be_brought_back_by_the_next(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    killed = open_log(path)
    fill(killed, tmp_path, [1] * 4)
    killed.deleting.delete([1, 2])
    killed._log.close()  # no orderly end: nothing is really deleted
    with open_log(path) as inspector:
        assert inspector.deleting.left_behind() == 2
    with open_log(path) as inspector:
        assert inspector.deleting.undo() == (1, 2)
        assert len(inspector.ids()) == 4


def test_what_the_end_had_no_time_for_is_deleted_by_the_next_listener(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "log.db"
    with monkeypatch.context() as hurried, open_log(path) as inspector:
        hurried.setattr(deleting, "PATIENCE_S", -1)
        fill(inspector, tmp_path, [1] * 500)
        inspector.deleting.delete(range(1, 451))
    with open_log(path) as inspector:
        assert inspector.deleting.undo() == ()
        assert len(inspector._log.all_numbers()) == 500
        inspector.listen(port=0)
        assert eventually(lambda: len(inspector._log.all_numbers()) == 50)
        assert inspector.health().whole


def test_what_was_deleted_before_it_was_analysed_is_analysed_when_it_is_back(tmp_path: Path) -> None:
    with open_log(tmp_path / "log.db") as inspector:
        fill(inspector, tmp_path, [1])
        log = inspector._log
        log.write(lambda connection: connection.execute("UPDATE facts SET analysed = 0, shape = 'none yet'"))
        inspector.deleting.delete([1])
        inspector.deleting.undo()
        assert inspector.wait_analysed(PATIENCE_S)
        assert inspector.record(1).facts.shape != "none yet"


def test_retention_keeps_what_is_pinned_and_sources_have_limits_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    with open_log(path) as inspector:
        fill(inspector, tmp_path, [50, 40, 30, 3, 2, 1])
        inspector.annotating.pin([1])
        inspector._log.write(
            lambda connection: connection.execute("UPDATE facts SET source = 'pay' WHERE id IN (2, 5)")
        )
        inspector.deleting.delete([6])
        log = inspector._log
        pay = SourceConfig("pay", "/pay", retention=RetentionConfig(days=100))
        brief = SourceConfig("pay", "/pay", retention=RetentionConfig(max_deliveries=1))

        def due(limits: RetentionConfig, *sources: SourceConfig) -> tuple[int, ...]:
            return Retention(log, limits, SystemClock(), sources).due().ids

        assert due(RetentionConfig(days=10)) == (2, 3)
        assert due(RetentionConfig(days=10), pay) == (3,)
        assert due(RetentionConfig(), brief) == (2,)
        assert due(RetentionConfig(max_deliveries=1), brief) == (2, 3)
        assert inspector.deleting.undo() == (6,)


def test_the_index_follows_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "REST_S", 0.01)
    monkeypatch.setattr(search, "ROWS", 4)
    path = tmp_path / "log.db"
    with open_log(path) as inspector:
        inspector.listen(port=0)
        for n in range(9):
            assert post(own(inspector), b"needle %d" % n)[0] == 200
        assert eventually(lambda: search.state(inspector._log.readers) == 8)
        assert list(inspector.ids("needle")) == list(range(1, 10))
        assert list(inspector.ids('"needle 3" or "needle 8"')) == [4, 9]
    with open_log(path, search=SearchConfig(index=False)) as inspector:
        inspector.listen(port=0)
        assert eventually(lambda: search.state(inspector._log.readers) is None)
        assert list(inspector.ids('"needle 3"')) == [4]


def test_an_index_that_cannot_be_written_keeps_nothing_from_being_captured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "REST_S", 0.01)
    monkeypatch.setattr(search, "ROWS", 1)
    monkeypatch.setattr(search, "_CREATE", "CREATE VIRTUAL TABLE search USING nothing_like_it(text)")
    monkeypatch.setattr(search, "is_supported", lambda: True)
    with open_log(tmp_path / "log.db") as inspector:
        inspector.listen(port=0)
        assert {post(own(inspector), b"%d" % n)[0] for n in range(20)} == {200}
        assert inspector.count() == 20
        assert inspector.wait_analysed(PATIENCE_S)


def test_nothing_is_indexed_twice_and_an_outdated_index_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    with open_log(path) as inspector:
        fill(inspector, tmp_path, [1] * 1200)
        log = inspector._log
        indexer = indexing.Indexer(log, SystemClock(), wanted=True)
        assert indexer.catch_up() == 37
        assert indexer.catch_up() == 0
        for start in range(1, 1101, 200):
            log.delete(list(range(start, min(start + 200, 1151))))
        assert indexer.catch_up() == 1
        assert search.state(log.readers) == 1182
        indexing.Indexer(log, SystemClock(), wanted=False).catch_up()
        assert search.state(log.readers) is None


def test_readonly_ends_quietly(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    with open_log(path) as inspector:
        fill(inspector, tmp_path, [1])
    with Inspector.open(Config(path=None, log=path), env={}, readonly=True) as inspector:
        assert inspector.deleting.left_behind() == 0
    log = Log.open(path, clock=SystemClock())
    assert log.count() == 1
    log.close()


def test_while_a_flood_comes_nothing_is_indexed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "REST_S", 0.01)
    monkeypatch.setattr(indexing, "LOOK_S", 0.01)
    monkeypatch.setattr(indexing, "FLOOD", -1)  # any rate is one
    with open_log(tmp_path / "log.db") as inspector:
        fill(inspector, tmp_path, [1] * 320)
        log = inspector._log
        indexer = indexing.Indexer(log, SystemClock(), wanted=True)
        indexer.start()
        assert eventually(lambda: search.state(log.readers) is not None)
        threading.Event().wait(0.1)
        assert search.state(log.readers) == 32
        monkeypatch.setattr(indexing, "FLOOD", 1000)
        assert eventually(lambda: search.state(log.readers) == 320)
        indexer.stop()

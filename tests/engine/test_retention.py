"""Retention: the oldest go, in small steps, and capture loses nothing meanwhile."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from tests.engine.test_forwarding import own
from tests.support.patience import PATIENCE_S
from tests.support.posting import post
from webhook_inspector.config.model import Config, RetentionConfig
from webhook_inspector.core.clock import NS_PER_S, SystemClock
from webhook_inspector.engine import retention
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.engine.retention import Retention
from webhook_inspector.store import prune
from webhook_inspector.store.log import Log

DAY_NS = 86_400 * NS_PER_S


def fill(inspector: Inspector, folder: Path, ages: list[int]) -> None:
    now = inspector.clock.wall_ns()
    lines = []
    for age in ages:
        moment = (now - age * DAY_NS) // NS_PER_S
        lines.append({"method": "POST", "target": "/", "headers": [], "body": "x", "received_at": moment_text(moment)})
    (folder / "in.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    inspector.import_file(folder / "in.jsonl")


def moment_text(seconds: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize(
    ("limits", "stay"),
    [
        (RetentionConfig(), [1, 2, 3, 4, 5, 6]),
        (RetentionConfig(days=10), [4, 5, 6]),
        (RetentionConfig(max_deliveries=2), [5, 6]),
        (RetentionConfig(days=10, max_deliveries=2), [5, 6]),
        (RetentionConfig(max_bytes=1), []),
    ],
)
def test_what_is_due(tmp_path: Path, limits: RetentionConfig, stay: list[int]) -> None:
    path = tmp_path / "log.db"
    with Inspector.open(Config(path=None, log=path), env={}) as inspector:
        fill(inspector, tmp_path, [50, 30, 11, 9, 2, 1])
    log = Log.open(path, clock=SystemClock())
    try:
        due = Retention(log, limits, SystemClock()).due()
        assert [number for number in range(1, 7) if number not in due.ids] == stay
    finally:
        log.close()


def test_capture_goes_on_while_the_old_ones_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "FIRST_S", 0.05)
    monkeypatch.setattr(retention, "EVERY_S", 0.05)
    monkeypatch.setattr(prune, "STEP", 20)
    config = Config(path=None, log=tmp_path / "log.db", retention=RetentionConfig(days=10))
    with Inspector.open(config, env={}) as inspector:
        fill(inspector, tmp_path, [40] * 600 + [1] * 5)
        inspector.listen(port=0)
        url = own(inspector)
        statuses: list[int] = []

        def send() -> None:
            for n in range(50):
                statuses.append(post(url, b"%d" % n)[0])

        threads = [threading.Thread(target=send) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE_S)
        assert statuses == [200] * 200
        gone = threading.Event()
        for _ in range(400):
            if inspector.count() == 205:
                gone.set()
                break
            gone.wait(0.05)
        assert gone.is_set()
        assert len(inspector.ids("after:2d")) == 205


def test_without_limits_nothing_runs(tmp_path: Path) -> None:
    with Inspector.open(Config(path=None, log=tmp_path / "log.db"), env={}) as inspector:
        inspector.listen(port=0)
        assert not [thread for thread in threading.enumerate() if thread.name == "whi-retention"]

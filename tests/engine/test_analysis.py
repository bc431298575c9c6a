"""The thread that derives facts behind the acknowledgement."""

from __future__ import annotations

from pathlib import Path

from tests.support.factories import make_delivery
from webhook_inspector.config.model import Config
from webhook_inspector.core.clock import SystemClock
from webhook_inspector.engine.analysis import Analyst
from webhook_inspector.engine.quarantine import Quarantine
from webhook_inspector.engine.sources import Sources
from webhook_inspector.store.log import Log


def test_what_waits_is_finished_before_it_stops(tmp_path: Path) -> None:
    clock, config = SystemClock(), Config(path=None, log=tmp_path / "log.db")
    log = Log.open(config.log, clock=clock)
    try:
        ids = log.append([make_delivery(b"{}") for _ in range(200)])
        announced: list[int] = []
        none = Quarantine(config)
        analyst = Analyst(
            log, Sources(config, {}), config.providers, clock, announced.extend,
            quarantine=none, look=lambda _delivery, _facts: None,
        )  # fmt: skip
        for number in ids:
            analyst.add(number)
        analyst.stop()
        assert announced == ids
        assert not log.unanalysed_ids(0, 10)
    finally:
        log.close()

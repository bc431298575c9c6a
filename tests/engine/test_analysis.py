"""The thread that derives facts behind the acknowledgement."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.factories import make_delivery
from tests.support.patience import PATIENCE_S
from webhook_inspector.config.model import Config
from webhook_inspector.core.clock import ManualClock, SystemClock
from webhook_inspector.engine import analysis
from webhook_inspector.engine.analysis import ASIDE_S, BEHIND, FLOOD, LOOK_S, SHARE, Analyst, _Pace
from webhook_inspector.engine.quarantine import Quarantine
from webhook_inspector.engine.sources import Sources
from webhook_inspector.store.log import Log


def test_what_waits_is_finished_before_it_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analysis, "_DRAIN_S", PATIENCE_S)
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
        analyst.add(ids)
        analyst.stop()
        assert announced == ids
        assert not log.unanalysed_ids(0, 10)
    finally:
        log.close()


def test_analysis_rests_only_when_something_came_meanwhile() -> None:
    clock = ManualClock()
    pace = _Pace(clock)
    pace.begin(asked=10)
    clock.advance(0.001)
    assert pace.rest_s(asked=10, waiting=1) == 0
    pace.begin(asked=10)
    clock.advance(0.001)
    assert pace.rest_s(asked=11, waiting=1) == SHARE * 0.001
    pace.begin(asked=11)
    clock.advance(1)
    assert pace.rest_s(asked=12, waiting=BEHIND) == ASIDE_S
    pace.begin(asked=12)
    clock.advance(1)
    assert pace.rest_s(asked=13, waiting=BEHIND + 1) == 0, "it would fall behind for as long as they come"


def test_in_a_flood_analysis_makes_way_and_goes_on_when_it_is_over() -> None:
    clock = ManualClock()
    pace = _Pace(clock)
    clock.advance(LOOK_S)
    pace.begin(asked=0)
    assert pace.rest_s(asked=0, waiting=1) == 0
    clock.advance(1)
    pace.begin(asked=FLOOD + 2)
    assert pace.rest_s(asked=FLOOD + 2, waiting=BEHIND + 1) == ASIDE_S
    clock.advance(LOOK_S)
    pace.begin(asked=FLOOD + 2)
    assert pace.rest_s(asked=FLOOD + 2, waiting=1) == 0

"""Hostile text in the names of sources, notes, alerts and runs: in every view it is only words on the screen."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.patience import PATIENCE_S
from tests.support.running_app import COLOURS, Running, bring_in
from tests.support.screen import screen_block
from tests.tui.test_hostile import OWN, in_every_field, judge
from tests.tui.test_hostile_views import rude_target
from webhook_inspector.config.model import Config, SourceConfig
from webhook_inspector.engine.app_options import AppOptions
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.engine.replay_options import ReplayOptions, SendOptions
from webhook_inspector.events.alerting.api import Arrived
from webhook_inspector.tui.app import InspectorApp

LOOKS = (
    ("S", "tab", "j"), ("R", "enter", "j"), ("T", "j", "tab", "j"), ("O", "enter", "j"), ("A", "j"),
    ("colon", "r", "e"), ("question_mark",), ("e", "j"), ("c",), ("r", "o"), ("m",), ("f", *"source:", "down"),
    ("slash", "a"), ("y",),
)  # fmt: skip
"""Keys from the log into each view."""


@pytest.mark.parametrize("size", [(80, 24), pytest.param((120, 36), marks=pytest.mark.torture)])
async def test_every_view_shows_words_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    monkeypatch.chdir(tmp_path)
    text = "".join(OWN[::2]) if size[0] == 80 else "".join(OWN[1::2])
    source = SourceConfig(name=text, path="/x", provider=text, public_url=text)
    config = Config(path=None, log=tmp_path / "log.db", sources=(source,), alerts=("new_shape",))
    with rude_target(text) as target, Inspector.open(config, env={}) as inspector:
        ids = bring_in(inspector, tmp_path, in_every_field(text))
        inspector.annotating.note(ids[-1], text)
        plan = inspector.plan(ids[:2], ReplayOptions(speed=None, seed=1))
        inspector.start_run(plan, target, send=SendOptions(sign="captured")).wait(PATIENCE_S)
        app = InspectorApp(inspector, AppOptions(config=config, listen=False), COLOURS)
        async with app.run_test(size=size, notifications=True, tooltips=True) as pilot:
            shown = Running(app, inspector, pilot, tmp_path)
            await shown.quiet()
            inspector.alerts.tell(Arrived(0, 1, text, text, "valid", new_shape=True))
            for keys in LOOKS:
                await shown.press(*keys)
                judge(shown)
                for _ in range(4):
                    if len(app.screen_stack) == 2 and not shown.log.filter_line.editing and not shown.log.prompt.asking:
                        break
                    await pilot.press("escape")
                await shown.quiet()
                judge(shown)
            assert app.crash is None
            assert " TIME " in screen_block(app) or "AGE" in screen_block(app)

"""Samples and stories, sent from the app to its own listener."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from tests.support.patience import PATIENCE_S
from tests.support.running_app import event, running
from webhook_inspector.core.verification import VerificationStatus
from webhook_inspector.engine.story import SentStep
from webhook_inspector.samples import describe, describe_stories
from webhook_inspector.tui.safe import cells
from webhook_inspector.tui.screens import samples
from webhook_inspector.tui.screens.samples import SamplesScreen, offers


@pytest.mark.parametrize("size", [(60, 18), (80, 24), (120, 36)])
async def test_a_sample_is_found_by_typing_and_sent(tmp_path: Path, size: tuple[int, int]) -> None:
    async with running(tmp_path, size=size, listen=True) as app:
        await app.press("ctrl+p", *"send a sample", "enter")
        await app.shows("Samples and stories")
        await app.press(*"github pull_req")
        assert "pull_request" in app.rows[3]
        await app.press("enter")
        await app.shows("Sent github pull_request  ✓ 200")
        assert all(cells(row) <= size[0] for row in app.rows)
        await app.press("escape")
        await app.until(lambda: app.log.total == 1)
        summary = app.log.list.summary(1)
        assert summary is not None
        assert summary.sig is VerificationStatus.VALID
        assert app.inspector.record(1).delivery.origin == "sample"


async def test_a_story_is_told_in_its_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "GAP", "0ms")
    async with running(tmp_path, listen=True) as app:
        await app.press("ctrl+p", *"tell a story", "enter")
        assert "story" in app.rows[1]
        assert all("story" in row for row in app.rows[3:8])
        await app.press("space", *"stripe dispute", "enter")
        await app.shows("Told the story dispute of stripe")
        story = next(one for one in describe_stories() if (one.provider, one.name) == ("stripe", "dispute"))
        assert f"{len(story.events)} events  ✓ all answered 2xx" in app.text
        await app.press("escape")
        await app.until(lambda: app.log.total == len(story.events))
        assert app.inspector.wait_analysed(PATIENCE_S)
        types = [summary.event_type for summary in app.inspector.summaries(range(1, len(story.events) + 1))]
        assert types == list(story.events)


async def test_escape_stops_a_story_between_two_events(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "GAP", "0ms")
    async with running(tmp_path, listen=True) as app:
        go_on, begun = threading.Event(), threading.Event()
        tell = app.inspector.tell_story

        def slowly(*args: Any, **kwargs: Any) -> Any:
            def steps() -> Any:
                sent: SentStep
                for sent in tell(*args, **kwargs):
                    yield sent
                    begun.set()
                    go_on.wait(PATIENCE_S)

            return steps()

        monkeypatch.setattr(app.inspector, "tell_story", slowly)
        app.app.open_screen("samples", "stripe dispute story")
        await app.pilot.pause()
        await app.pilot.press("enter")
        await app.pilot.pause(0.05)
        assert "esc stop" in app.rows[-1]
        await app.pilot.press("enter")  # one at a time
        await app.pilot.press("escape")
        await app.pilot.pause(0.05)
        assert "Stopping" in app.text
        assert isinstance(app.app.screen, SamplesScreen)
        go_on.set()
        await app.shows("! stopped: ")
        assert begun.is_set() or "1 event of" in app.text
        assert app.inspector.count() < 7
        await app.press("escape")
        assert app.app.screen.TITLE_WORDS == "Log"


async def test_without_a_listener_it_is_said(tmp_path: Path) -> None:
    async with running(tmp_path, [event(1)]) as app:
        app.app.open_screen("samples")
        await app.quiet()
        assert "nothing listens" in app.rows[0]
        await app.press("enter")
        await app.shows("✗ Nothing listens for this log")
        await app.press(*"zzzzqqqq")
        assert "Nothing of that name" in app.text or "✗" in app.text
        await app.press("enter", "escape")
        assert app.app.screen is app.log


def test_everything_there_is_can_be_sent() -> None:
    found = {(one.provider, one.name, bool(one.events)) for one in offers()}
    assert found == {(info.provider, info.event, False) for info in describe()} | {
        (info.provider, info.name, True) for info in describe_stories()
    }

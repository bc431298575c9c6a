"""The first minutes: the boxes, the coach, the choices of the first screen, and files brought in."""

from __future__ import annotations

import gc
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.handler import handler
from tests.support.running_app import event, imported, running
from tests.support.screen import screen_text
from webhook_inspector.core.clock import NS_PER_S
from webhook_inspector.core.delivery import Summary
from webhook_inspector.engine.importing import ImportReport
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.errors import StoreError
from webhook_inspector.tui.bridge import News
from webhook_inspector.tui.log.bringing_in import path_of, report_line
from webhook_inspector.tui.log.first_steps import FEW, FirstSteps

SIZES = [(60, 18), (80, 24), (120, 36)]
BOXES = {
    60: "[ ] event  [ ] signature  [ ] app  [ ] replay",
    80: "[ ] first event  [ ] signature checked  [ ] delivered  [ ] replayed",
    120: "[ ] first event    [ ] signature checked    [ ] delivered to your app    [ ] replayed",
}


@pytest.mark.parametrize("size", SIZES)
async def test_the_first_screen_shows_all_choices_and_boxes_at_every_size(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with running(tmp_path, size=size, listen=True) as app:
        for number, title in enumerate(("Send me a", "Copy a", "Reach it", "Point it", "Add a", "Open a capture"), 1):
            assert f"{number}  {title}" in app.text
        assert BOXES[size[0]] in app.text
        assert "on 127.0.0.1 only · nothing leaves this machine" in app.text
        assert "…" not in app.text
        assert "1-6 choose" in app.rows[-1]
        await app.press("escape")
        assert "[ ]" not in app.text
        assert "Open a capture" in app.text


async def test_what_listens_where_is_cut_to_a_terminal_that_gets_narrow(tmp_path: Path) -> None:
    async with running(tmp_path, size=(120, 36), listen=True) as app:
        assert app.log._waiting is not None
        app.log._waiting.stop()  # it would be put right within a second
        await app.pilot.resize_terminal(60, 18)
        await app.quiet()
        assert "● on 127.0.0.1 only · nothing leaves this machine" in app.text


@pytest.mark.parametrize("size", SIZES)
async def test_boxes_tick_themselves_until_all_is_done(tmp_path: Path, size: tuple[int, int]) -> None:
    with handler() as target:
        async with running(tmp_path, size=size, listen=True) as app:
            await app.press("1")
            await app.shows("Try: r replay")
            assert "3 why the signature passed" in app.text
            assert "y c copy as curl" in app.text
            app.log.query_one("StatusLine").hush()  # type: ignore[attr-defined]  # the status line's own
            await app.until(lambda: "[x] signature" in app.rows[-2])
            assert "[x] event" in app.rows[-2] or "[x] first event" in app.rows[-2]
            assert app.rows[-2].count("[ ]") == 2
            app.inspector.set_forward(target.url)
            await app.post(b"{}")
            await app.until(lambda: app.log.steps.delivered)
            app.log.query_one("StatusLine").hush()  # type: ignore[attr-defined]
            app.app.notices.clear()
            await app.until(lambda: app.rows[-2].count("[x]") == 3)
            await app.press("r", "enter")
            await app.until(lambda: not app.log.steps.open)
            await app.press("escape", "escape")
            assert "[x]" not in app.text


async def test_the_boxes_never_come_to_a_log_that_held_something(tmp_path: Path) -> None:
    async with running(tmp_path, [event(1)], listen=True) as app:
        await app.post(b"{}")
        await app.until(lambda: app.log.total == 2)
        assert "[ ]" not in app.text
        assert not app.log.steps.open


async def test_escape_takes_the_boxes_away_and_first_what_is_nearer(tmp_path: Path) -> None:
    async with running(tmp_path, listen=True) as app:
        await app.post(b"{}")
        await app.until(lambda: app.log.total == 1)
        await app.press("space", "escape")
        assert app.log.steps.open
        await app.press("escape")
        assert not app.log.steps.line(100).width
        await app.press("x")
        await app.shows("Waiting for the first webhook")
        assert "[ ]" not in app.text


async def test_advice_gives_way_to_a_notice(tmp_path: Path) -> None:
    async with running(tmp_path, listen=True) as app:
        await app.post(b"{}")
        await app.shows("Try: r replay")
        app.app._news(News(sentences=["The target is away"]))
        await app.shows("The target is away")


async def test_the_wait_is_counted_only_after_some_seconds(tmp_path: Path) -> None:
    async with running(tmp_path, listen=True) as app:
        log = app.log
        log._waiting_since -= 65 * NS_PER_S
        log._wait_on()
        await app.quiet()
        assert "only  1:0" in app.text
        await app.post(b"{}")
        await app.until(lambda: log.total == 1)
        assert log._waiting is None


# Files


@pytest.mark.parametrize("key", ["6", "palette"])
async def test_a_capture_is_brought_in_and_told(tmp_path: Path, key: str) -> None:
    file = tmp_path / "a capture.jsonl"
    rows = [event(1), imported(b"\xff\x00", method="GET")]
    lines = [json.dumps(row) for row in rows] + ['{"method": 4}']
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    async with running(tmp_path, listen=True) as app:
        if key == "6":
            await app.press("6")
        else:
            await app.press("ctrl+p", *"import", "enter")
        await app.shows(" file ")
        await app.press(*f"'{file}'", "enter")
        await app.until(lambda: app.log.total == 2)
        await app.shows("✓ 2 deliveries from a capture.jsonl   1 left out: ")


async def test_a_file_that_cannot_be_brought_in_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty.har").write_bytes(b"")
    (tmp_path / "evil.har").write_bytes(b"[" * 200_000)
    async with running(tmp_path) as app:
        assert "1  Open a capture" in app.text  # nothing listens: there is nothing to send to
        assert "Send me a sample" not in app.text
        for name in ("absent\x1b[31m.har", "empty.har", "evil.har", "~nobody-of-that-name/x", "\0"):
            app.log._import_file(name if name[0] in "~\0" else str(tmp_path / name))
            await app.until(lambda: "✗" in app.rows[-2])
            assert app.log.total == 0
            assert "\x1b" not in app.text
            app.log.query_one("StatusLine").hush()  # type: ignore[attr-defined]
        await app.press("1", "escape")
        assert "Open a capture" in app.text


@given(st.text(max_size=40))
def test_any_typed_text_is_a_path_or_is_refused(text: str) -> None:
    try:
        path = path_of(text)
    except RuntimeError:
        assert text.strip(" '\"\t\n").startswith("~") or "~" in text
    else:
        assert isinstance(path, Path)


@pytest.mark.parametrize(
    ("report", "words"),
    [
        (ImportReport((1,), ()), "✓ 1 delivery from x.har"),
        (ImportReport((), ()), "! x.har holds no request that can be imported"),
        (ImportReport((), ("Known.",), known=1), "✓ 0 deliveries from x.har   1 left out: Known."),
        (ImportReport((1, 2), ("No\x1b.", "b")), "✓ 2 deliveries from x.har   2 left out: No␛. (1 of 2)"),
        (ImportReport((1, 2), (), ("As it was.",)), "✓ 2 deliveries from x.har   As it was."),
    ],
)
def test_what_was_brought_in_is_one_line(report: ImportReport, words: str) -> None:
    assert report_line(report, "x.har").text == words


# The boxes alone


def none_of(_ids: Sequence[int]) -> list[Summary]:
    return []


def test_many_deliveries_end_the_first_session() -> None:
    steps = FirstSteps()
    steps.begin()
    steps.hear(News(captured=[1]), FEW, none_of)
    assert steps.open
    steps.hear(News(captured=[2]), FEW + 1, none_of)
    assert not steps.open


def test_boxes_that_were_left_do_not_come_back() -> None:
    steps = FirstSteps()
    assert not steps.close()
    steps.begin()
    assert steps.close()
    steps.begin()
    assert not steps.open
    assert not steps.line(200).width


@given(st.lists(st.booleans(), min_size=4, max_size=4), st.integers(48, 300))
def test_the_boxes_fit_and_tell_what_was_done(ticks: list[bool], width: int) -> None:
    steps = FirstSteps(True, *ticks)
    line = steps.line(width)
    assert line.width <= width
    assert [box == "[x]" for box in line.text.split() if box == "[x]"] == [True] * sum(ticks)
    assert line.text.replace("[ ]", "[x]").count("[x]") == 4
    assert replace(steps, open=False).line(width).width == 0


async def test_short_tab_titles_keep_their_distance_where_there_is_room(tmp_path: Path) -> None:
    with handler() as target:
        async with running(tmp_path, listen=True) as app:
            app.inspector.set_forward(target.url)
            await app.press("1")
            await app.shows("5 Runs 1")
            rows: list[Any] = [row for row in screen_text(app.app) if "1 Body" in row]
            assert "3 Sig ✓" in rows[0] or "3 Signature ✓" in rows[0]


async def test_garbage_is_collected_again_once_there_is_a_picture(tmp_path: Path) -> None:
    before = gc.get_threshold()
    gc.disable()  # as the entry point does
    try:
        async with running(tmp_path, listen=True) as app:
            await app.until(gc.isenabled)
    finally:
        gc.enable()  # what is frozen stays so: all tests that were collected are
        gc.set_threshold(*before)


async def test_a_server_that_cannot_be_started_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def serve(inspector: Inspector) -> None:
        inspector.listening = None
        raise StoreError("The log cannot be read: it is locked.")

    monkeypatch.setattr(Inspector, "serve", serve)
    async with running(tmp_path) as app:
        await app.shows("✗ The log cannot be read")
        assert "○ not listening" in app.rows[0]

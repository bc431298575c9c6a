"""The log's screen, as a reader sees it and as keys drive it."""

from __future__ import annotations

import asyncio
import threading
from array import array
from pathlib import Path

import pytest

from tests.support.fault_target import unused_port
from tests.support.patience import PATIENCE_S
from tests.support.posting import post
from tests.support.running_app import event, imported, running
from webhook_inspector.core.filters import Query
from webhook_inspector.tui.log import finds

THREE = [event(1), event(2, "charge.failed"), event(3)]


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_the_first_screen_gives_an_address_and_a_sample_in_one_key(tmp_path: Path, size: tuple[int, int]) -> None:
    async with running(tmp_path, size=size, listen=True) as app:
        assert app.inspector.listening is not None
        assert app.inspector.listening.url + "/" in app.text
        assert "▌ 1  Send me a sample event" in app.text.replace("  1", " 1").replace("▌1", "▌ 1")
        await app.press("enter")
        await app.shows("invoice.paid")
        await app.shows("✓")
        assert "why the signature passed" in app.text
        assert "Waiting for the first webhook" not in app.text


async def test_choices_open_below_themselves(tmp_path: Path) -> None:
    async with running(tmp_path, listen=True) as app:
        await app.press("2")
        assert "curl -sS http://127.0.0.1:" in app.text
        await app.press("5")
        assert "who sends" in app.text
        await app.press("escape", "escape", "4", *"localhost:3999", "enter")
        assert "→ localhost:3999" in app.rows[0]


async def test_one_key_fails_the_next_requests(tmp_path: Path) -> None:
    async with running(tmp_path, THREE, listen=True) as app:
        await app.press("i", "i")
        assert "503 ×2" in app.rows[0]
        assert "The next 2 requests are answered 503" in app.text
        assert app.inspector.failing == 2
        assert app.inspector.listening is not None
        url = app.inspector.listening.url
        assert (await asyncio.to_thread(post, url))[0] == 503
        await app.press("I")
        assert app.inspector.failing == 0
        assert "503 ×" not in app.rows[0]
    async with running(tmp_path / "other", THREE) as app:
        await app.press("i")
        assert "Only the process that listens" in app.text


async def test_what_waits_for_an_app_that_is_down_is_in_the_header(tmp_path: Path) -> None:
    async with running(tmp_path, THREE, listen=True) as app:
        app.inspector.set_forward(f"http://127.0.0.1:{unused_port()}")
        assert app.inspector.listening is not None
        await asyncio.to_thread(post, app.inspector.listening.url)
        await app.shows("✗ 1 wait")
        await app.shows("is not ready")


async def test_a_remote_target_is_refused_in_words(tmp_path: Path) -> None:
    async with running(tmp_path, listen=True) as app:
        await app.press("4", *"example.com", "enter")
        assert "✗" in app.rows[-2]
        assert app.inspector.forward_target is None


async def test_list_and_detail_stand_side_by_side(tmp_path: Path) -> None:
    async with running(tmp_path, THREE) as app:
        assert "3 deliveries" in app.rows[0]
        assert app.rows[2].startswith("   TIME")
        assert app.rows[5].startswith("▌")
        assert "invoice.paid" in app.rows[2].split("│")[1]
        assert '"id": "evt_3"' in app.text
        await app.press("k")
        assert '"id": "evt_2"' in app.text
        assert "charge.failed" in app.rows[2].split("│")[1]


async def test_a_narrow_screen_has_one_pane(tmp_path: Path) -> None:
    async with running(tmp_path, THREE, size=(80, 24)) as app:
        assert "│" not in app.text
        assert '"id"' not in app.text
        await app.press("enter")
        assert '"id": "evt_3"' in app.text
        assert "1 Body  2 Headers  3 Signature" in app.text
        await app.press("K")
        assert '"id": "evt_2"' in app.text
        await app.press("escape")
        assert '"id"' not in app.text
        assert "charge.failed" in app.text


async def test_every_row_fits_its_screen(tmp_path: Path) -> None:
    for width, height in ((60, 16), (80, 24), (99, 30), (100, 30), (120, 36), (200, 50)):
        folder = tmp_path / f"{width}"
        folder.mkdir()
        async with running(folder, THREE, size=(width, height)) as app:
            assert len(app.rows) == height
            assert "evt_3" in app.text or width < 100
            assert "? keys" in app.rows[-1]


async def test_a_tiny_screen_says_what_it_needs(tmp_path: Path) -> None:
    async with running(tmp_path, THREE, size=(50, 12)) as app:
        assert app.rows[0] == "60×16 needed, now 50×12; capture goes on"
        await app.pilot.resize_terminal(100, 30)
        await app.quiet()
        assert "invoice.paid" in app.text


async def test_arrivals_do_not_move_what_is_under_the_cursor(tmp_path: Path) -> None:
    async with running(tmp_path, THREE, listen=True) as app:
        await app.press("k")
        before = app.log.list.current
        await asyncio.to_thread(app.inspector.send_sample, "github")
        await app.shows("1 new F follow")
        assert app.log.list.current == before
        await app.press("F")
        assert app.log.list.current == 4
        assert "following" in app.rows[1]
        await asyncio.to_thread(app.inspector.send_sample, "github")
        await app.until(lambda: app.log.list.current == 5)


async def test_marks_are_kept_and_counted(tmp_path: Path) -> None:
    async with running(tmp_path, [event(n) for n in range(1, 8)]) as app:
        await app.press("g", "space", "j", "j", "v")
        assert app.log.list.marked == [1, 2, 3, 4]
        assert "4 marked" in app.rows[-2]
        await app.press("escape")
        assert app.log.list.marked == []


async def test_a_filter_shows_while_it_is_typed_and_is_kept(tmp_path: Path) -> None:
    async with running(tmp_path, THREE) as app:
        await app.press("f", *"type:ch")
        await app.shows("charge.failed                             1")
        await app.press("tab")
        await app.shows("1 of 3")
        await app.press("enter")
        assert app.log.filter_line.text == "type:charge.failed"
        assert list(app.log.list.ids) == [2]
        await app.press("f", "home", *"zz ", "escape")
        await app.until(lambda: list(app.log.list.ids) == [2])
        await app.press("escape")
        await app.until(lambda: len(app.log.list.ids) == 3)


async def test_a_wrong_filter_marks_its_place_and_keeps_the_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finds, "TYPING_S", 1.0)  # what is half typed is not looked for, however slow the typing
    async with running(tmp_path, THREE) as app:
        await app.press("f", *"tipe:x")
        await app.shows("▲")
        assert "type" in app.text
        assert len(app.log.list.ids) == 3
        await app.press("enter")
        assert "✗" in app.rows[-2]
        assert len(app.log.list.ids) == 3


async def test_nothing_found_says_how_to_go_back(tmp_path: Path) -> None:
    async with running(tmp_path, THREE) as app:
        await app.press("f", *"type:nothing", "enter")
        await app.shows("0 of 3 match")


async def test_arrivals_join_the_filter_they_match(tmp_path: Path) -> None:
    async with running(tmp_path, [event(1)], listen=True) as app:
        await app.press("f", *"provider:github", "enter")
        await app.until(lambda: len(app.log.list.ids) == 0)
        await asyncio.to_thread(app.inspector.send_sample, "github")
        await asyncio.to_thread(app.inspector.send_sample, "stripe")
        await app.until(lambda: list(app.log.list.ids) == [2])
        assert "1 of 3" in app.rows[1]


async def test_filter_to_a_value_and_away_from_it(tmp_path: Path) -> None:
    async with running(tmp_path, THREE) as app:
        await app.press("k", "plus")
        await app.until(lambda: list(app.log.list.ids) == [2])
        await app.press("escape")
        await app.until(lambda: len(app.log.list.ids) == 3)
        await app.press("minus")
        await app.until(lambda: 2 not in app.log.list.ids or 3 not in app.log.list.ids)


async def test_a_body_value_becomes_a_filter(tmp_path: Path) -> None:
    async with running(tmp_path, [event(n, customer=f"cus {n % 2}") for n in range(1, 5)]) as app:
        await app.press("enter", "/", *"customer", "enter")
        assert "customer · string" in app.rows[-2]
        await app.press("plus")
        await app.until(lambda: list(app.log.list.ids) == [2, 4])
        assert app.log.filter_line.text == 'body.customer:"cus 0"'


async def test_a_problem_is_one_key_away_and_explains_itself(tmp_path: Path) -> None:
    async with running(tmp_path, listen=True) as app:
        for name in ("stripe", "github", "shopify"):
            await asyncio.to_thread(app.inspector.send_sample, name)
        stripe = app.inspector.record(1).delivery.request
        kept = {name: stripe.headers.get(name) or "" for name in ("Stripe-Signature", "Webhook-Inspector-Sample")}
        await app.post(stripe.body + b" ", {**kept, "Content-Type": "application/json"})
        await asyncio.to_thread(app.inspector.send_sample, "slack")
        await app.until(lambda: len(app.log.list.ids) == 5 and app.inspector.wait_analysed(0))
        await app.press("exclamation_mark")
        assert app.log.list.current == 4
        assert app.log.detail.tab == 3
        assert "The signature does not match" in app.text
        assert "✗ signature" in app.text
        await app.press("exclamation_mark")
        assert "No problem before this one" in app.rows[-2]


async def test_tabs_and_their_other_sides(tmp_path: Path) -> None:
    headers = (("Authorization", "Bearer very-secret-token"), ("X-Note", "plain"), ("Content-Type", "application/json"))
    rows = [event(1), imported(b'{"id":"evt_2","type":"invoice.paid","extra":true}', headers=headers)]
    async with running(tmp_path, rows) as app:
        await app.press("2")
        assert "X-Note" in app.text
        assert "very-secret" not in app.text
        await app.press("tab", "enter")
        assert "Bearer very-secret-token" in app.text
        await app.press("6")
        assert "POST /hooks HTTP/1.1" in app.text
        await app.press("enter")
        assert "7b 22 69 64" in app.text
        await app.press("5")
        assert "Not sent on: no app is set" in app.text
        await app.press("3")
        assert "Nothing to check" in app.text or "no secret" in app.text
        await app.press("4")
        assert "since #1" in app.text
        await app.press("left_square_bracket")
        assert app.log.detail.tab == 3


async def test_searching_the_list_goes_from_match_to_match(tmp_path: Path) -> None:
    async with running(tmp_path, [event(n, word="needle" if n in {2, 5} else "hay") for n in range(1, 8)]) as app:
        await app.press("/", *"needle", "enter")
        await app.until(lambda: app.log.list.current == 5)
        assert "2 matches" in app.rows[-2]
        await app.press("N")
        assert app.log.list.current == 2
        await app.press("N")
        assert "No older match" in app.rows[-2]
        await app.press("n")
        assert app.log.list.current == 5


async def test_zoom_gives_a_pane_all_the_room(tmp_path: Path) -> None:
    async with running(tmp_path, THREE) as app:
        await app.press("z")
        assert "│" not in "".join(app.rows[2:20])
        await app.press("z", "enter", "z")
        assert "charge.failed" not in app.text
        await app.press("escape", "escape")
        assert "│" in app.rows[10]


async def test_ages_instead_of_times(tmp_path: Path) -> None:
    async with running(tmp_path, THREE) as app:
        await app.press("a")
        assert app.rows[2].startswith("   AGE")


async def test_leaving_takes_q_or_two_interrupts(tmp_path: Path) -> None:
    async with running(tmp_path, THREE) as app:
        await app.press("ctrl+c")
        assert "again to quit" in app.rows[-2]
        await app.pilot.press("ctrl+c")
        await app.pilot.pause()
        assert app.app.return_value == 0


async def test_without_colour_a_problem_still_stands_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with running(tmp_path, THREE, env={"NO_COLOR": "1"}) as app:
        assert app.app.no_color
        strips = app.app.screen._compositor.render_strips()
        for strip in strips:
            for segment in strip:
                style = segment.style
                assert style is None or style.color is None or style.color.is_default
                assert style is None or style.bgcolor is None or style.bgcolor.is_default


async def test_the_mouse_selects_and_ctrl_c_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TMUX", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    async with running(tmp_path, THREE) as app:
        view = app.log.detail.view
        await app.pilot.mouse_down(view, offset=(7, 1))
        await app.pilot.hover(view, offset=(20, 2))
        await app.pilot.mouse_up(view, offset=(20, 2))
        selected = app.log.get_selected_text() or ""
        assert selected.startswith('d": "evt_3"')
        assert "type" in selected
        await app.press("ctrl+c")
        await app.until(lambda: app.app.clipboard == selected)
        assert "again to quit" not in app.text
        assert app.log.get_selected_text() is None


async def test_dragging_over_the_rest_does_nothing(tmp_path: Path) -> None:
    async with running(tmp_path, THREE) as app:
        await app.pilot.mouse_down("#views", offset=(1, 0))
        await app.pilot.hover("#views", offset=(20, 0))
        await app.pilot.mouse_up("#views", offset=(20, 0))
        await app.press("ctrl+c")
        assert "again to quit" in app.text


async def test_the_first_page_of_a_long_search_comes_before_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finds, "FIRST_PAGE", 2)
    async with running(tmp_path, [event(n) for n in range(1, 8)]) as app:
        go_on, find = threading.Event(), app.log.finder.find

        def slow(query: Query) -> array[int]:
            if query.last is None:
                go_on.wait(PATIENCE_S)
            return find(query)

        monkeypatch.setattr(app.log.finder, "find", slow)
        app.log.filter_with("invoice")
        for _ in range(600):
            if list(app.log.list.ids) == [6, 7]:
                break
            await app.pilot.pause(0.02)
        assert list(app.log.list.ids) == [6, 7]
        assert app.log.looking
        go_on.set()
        await app.quiet()
        assert list(app.log.list.ids) == [1, 2, 3, 4, 5, 6, 7]
        assert not app.log.looking

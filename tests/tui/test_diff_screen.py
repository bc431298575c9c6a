from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonpatch
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.pilot import Pilot

from tests.support.factories import make_request
from tests.support.replaying import app_over, inspecting, line
from tests.support.running_app import running
from tests.support.screen import screen_block, screen_text, settle
from webhook_inspector.shapes import diff_requests
from webhook_inspector.tui.screens.diff import DiffScreen
from webhook_inspector.tui.widgets.change_table import ChangeTable, report
from webhook_inspector.tui.widgets.side_by_side import SideBySide, aligned

OLD = {"amount_due": 1900, "attempt_count": 1, "discount": {"a": 1, "b": 2}, "currency": "eur"}
NEW = {"amount_due": 4200, "attempt_count": 2, "discount": None, "currency": "eur", "mandate": "mandate_1Pq"}
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
LINES = [line(1, data=OLD), line(2), line(3), line(4, type="invoice.created", data=NEW)]


async def opened(pilot: Pilot[Any], a: int, b: int) -> DiffScreen:
    await settle(pilot)
    screen = DiffScreen(a, b)
    pilot.app.push_screen(screen)
    await settle(pilot)
    return screen


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_changes_stand_in_a_table(tmp_path: Path, size: tuple[int, int]) -> None:
    with inspecting(tmp_path, LINES) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=size) as pilot:
            await opened(pilot, 1, 4)
            rows = screen_text(app)
            assert rows[0].startswith(" Diff   invoice.created #4  against  invoice.created #1")
            assert rows[0].endswith("4 changes")
            assert [row.split()[:2] for row in rows[3:7]] == [
                ["▌", "~"], ["~", "data.attempt_count"], ["~", "data.discount"], ["+", "data.mandate"],
            ]  # fmt: skip
            assert rows[3].split()[2:] == ["data.amount_due", "1900", "4200"]
            text = screen_block(app)
            assert "=  2 equal paths" in text
            assert "hidden   i show   ids" in text
            assert "another value of the same type" in text
            await pilot.press("i")
            await settle(pilot)
            assert "~ id" in screen_block(app)
            await pilot.press("n", "n", "n", "N")
            await settle(pilot)
            assert "▌  ~ data.discount" in screen_block(app)


async def test_one_key_from_the_log(tmp_path: Path) -> None:
    with inspecting(tmp_path, LINES) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(120, 36)) as pilot:
            await settle(pilot)
            await pilot.press("G", "d")
            await settle(pilot)
            assert isinstance(app.screen, DiffScreen)
            assert (app.screen.a, app.screen.b) == (1, 4)


async def test_swap_other_side_and_back(tmp_path: Path) -> None:
    with inspecting(tmp_path, LINES) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(120, 36)) as pilot:
            screen = await opened(pilot, 1, 4)
            await pilot.press("X")
            await settle(pilot)
            assert (screen.a, screen.b) == (4, 1)
            assert "− data.mandate" in screen_block(app)
            await pilot.press("D")
            await settle(pilot)
            assert "compare #1 with  1" in screen_block(app)
            await pilot.press("ctrl+u", "3", "enter")
            await settle(pilot)
            assert (screen.a, screen.b) == (3, 1)
            await pilot.press("D", "ctrl+u", *"99", "enter")
            await settle(pilot)
            assert "✗ There is no delivery 99" in screen_block(app)
            await pilot.press("D", "ctrl+u", *"x[/]", "enter")
            await settle(pilot)
            assert "✗ x[/] is not the number of a delivery" in screen_block(app)
            await pilot.press("D", "escape")
            await settle(pilot)
            assert app.screen is screen


async def test_the_log_asks_for_the_other_side(tmp_path: Path) -> None:
    with inspecting(tmp_path, LINES) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(120, 36)) as pilot:
            await settle(pilot)
            home = app.screen
            for typed, said in ((["9", "9"], "✗ There is no delivery 99"), (["x", "[", "/", "]"], "✗ x[/] is not the")):
                await pilot.press("D", *typed, "enter")
                await settle(pilot)
                assert said in screen_block(app)
            await pilot.press("D", "enter", "D", "1", "escape")
            await settle(pilot)
            assert app.screen is home
            await pilot.press("D", "#", "3")
            await settle(pilot)
            assert "compare #4 with  #3" in screen_block(app)
            await pilot.press("enter")
            await settle(pilot)
            assert isinstance(app.screen, DiffScreen)
            assert (app.screen.a, app.screen.b) == (3, 4)
            assert app.screen_stack[-2] is home


async def test_an_empty_log_has_nothing_to_compare(tmp_path: Path) -> None:
    async with running(tmp_path, size=(80, 24)) as app:
        await app.press("D")
        assert "Nothing to compare yet" in app.text


async def test_side_by_side(tmp_path: Path) -> None:
    with inspecting(tmp_path, LINES) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(120, 36)) as pilot:
            await opened(pilot, 1, 4)
            await pilot.press("vertical_line")
            await settle(pilot)
            text = screen_block(app)
            assert '~     "amount_due": 1900,' in text
            assert '│     "amount_due": 4200,' in text
            await pilot.press("n")
            await settle(pilot)
            assert next(row for row in screen_text(app) if row.startswith("▌")).startswith('▌~   "id": "evt_1"')
            await pilot.press("vertical_line")
            await settle(pilot)
            assert "=  2 equal paths" in screen_block(app)


async def test_report_patch_path_and_value_are_copied(tmp_path: Path) -> None:
    with inspecting(tmp_path, LINES) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(120, 36)) as pilot:
            await opened(pilot, 1, 4)
            await pilot.press("y", "r")
            await settle(pilot)
            assert "data.amount_due" in app.clipboard
            await pilot.press("y", "j")
            await settle(pilot)
            first = json.loads(inspector.record(1).delivery.request.body)
            second = json.loads(inspector.record(4).delivery.request.body)
            assert jsonpatch.apply_patch(first, json.loads(app.clipboard)) == second
            await pilot.press("y", "p")
            await settle(pilot)
            assert app.clipboard == "$.data.amount_due"
            await pilot.press("y", "v")
            await settle(pilot)
            assert app.clipboard == "4200"


async def test_the_same_twice_says_so(tmp_path: Path) -> None:
    with inspecting(tmp_path, LINES) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(80, 24)) as pilot:
            await opened(pilot, 2, 2)
            assert screen_text(app)[0].endswith("no change")
            assert "No difference that says anything" in screen_block(app)
            await pilot.press("n", "N", "i", "enter", "j", "vertical_line", "n")
            await settle(pilot)


async def test_a_missing_delivery_is_one_sentence(tmp_path: Path) -> None:
    with inspecting(tmp_path, LINES) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(80, 24)) as pilot:
            await opened(pilot, 1, 99)
            assert "✗ There is no delivery 99; the log holds 1 to 4." in screen_block(app)
            await pilot.press("n", "y", "i", "vertical_line")
            await settle(pilot)


def test_ten_thousand_changes_are_made_row_by_row() -> None:
    a = make_request(json.dumps({f"k{n}": n for n in range(10_000)}).encode())
    b = make_request(json.dumps({f"k{n}": n + 1 for n in range(10_000)}).encode())
    table = ChangeTable(diff_requests(a, b), ("#1", "#2"), 120, show_hidden=False)
    assert len(table.changes) == 10_000
    assert "k9999" in table[table.first + 9_999].text
    assert len(table[0:5]) == 5


def _documents(leaf: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        st.none() | leaf | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    )


@settings(max_examples=60)
@given(
    a=_documents(st.integers()),
    b=_documents(st.floats(allow_nan=False, allow_infinity=False)),
    width=st.integers(20, 200),
)
def test_any_two_documents_give_safe_rows(a: Any, b: Any, width: int) -> None:
    one, other = make_request(json.dumps(a).encode()), make_request(json.dumps(b).encode())
    diff = diff_requests(one, other)
    for shown in (False, True):
        for row in ChangeTable(diff, ("#1", "#2"), width, show_hidden=shown):
            assert not CONTROLS.search(row.text)
    assert report(diff, ("#1", "#2"), show_hidden=True).endswith("\n")


@settings(max_examples=60)
@given(left=st.lists(st.text(max_size=6), max_size=12), right=st.lists(st.text(max_size=6), max_size=12))
def test_side_by_side_holds_every_line_once(left: list[str], right: list[str]) -> None:
    pairs = aligned(left, right)
    assert [one for one, _, _ in pairs if one >= 0] == list(range(len(left)))
    assert [other for _, other, _ in pairs if other >= 0] == list(range(len(right)))
    assert all((mark == " ") == (one >= 0 and other >= 0 and left[one] == right[other]) for one, other, mark in pairs)
    table = SideBySide(left, right, ("#1", "#2")).table(80)
    assert all(row.width <= 80 and not CONTROLS.search(row.text) for row in table)

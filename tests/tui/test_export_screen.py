"""`e`: a file is chosen, seen and written, with pseudonyms unless told otherwise."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.replaying import app_over, inspecting
from tests.support.screen import screen_block, screen_text, settle, until

BODY = {"type": "invoice.paid", "name": "Ada Lovelace", "status": "open"}
LINES = [{"method": "POST", "target": "/in", "headers": [], "body": json.dumps(BODY | {"n": n})} for n in range(2)]


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_a_fixture_is_two_keys_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    monkeypatch.chdir(tmp_path)
    with inspecting(tmp_path, LINES) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=size) as pilot:
            await settle(pilot)
            await pilot.press("e")
            text = await until(pilot, app, "1 place replaced")
            assert "Save 1 delivery" in text
            assert "invoice.paid.json" in text
            assert "body $.name" in text
            assert "invoice.paid, open" in text
            await pilot.press("enter")
            await until(pilot, app, "Wrote the fixture")
    (delivery,) = json.loads((tmp_path / "invoice.paid.json").read_text())["deliveries"]
    assert json.loads(delivery["body"])["status"] == "open"
    assert "Ada" not in delivery["body"]


async def test_marked_ones_originals_another_format_and_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "out").mkdir()
    with inspecting(tmp_path, LINES) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(120, 36)) as pilot:
            await settle(pilot)
            await pilot.press("g", "space", "space", "e")
            assert "Save 2 deliveries" in await until(pilot, app, "2 places replaced")
            for _ in range(20):
                if "\n▌ raw" in screen_block(app):
                    break
                await pilot.press("j")
            assert "Ada Lovelace" not in await until(pilot, app, "POST /in HTTP/1.1")
            await pilot.press("o")
            assert "originals: secrets" in await until(pilot, app, "Ada Lovelace")
            await pilot.press("p", *"nowhere", "enter")
            await until(pilot, app, "There is no folder")
            await pilot.press("p", *"out", "enter")
            await settle(pilot)
            await pilot.press("enter")
            await until(pilot, app, "Wrote the raw")
            await pilot.press("e")
            await until(pilot, app, "2 places replaced")
            assert "Save 2" in screen_text(app)[0]
    assert (tmp_path / "out" / "invoice.paid.bin").read_bytes().count(b"Ada Lovelace") == 2


async def test_nothing_is_replaced_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "invoice.paid.json").write_text("mine", encoding="utf-8")
    with inspecting(tmp_path, LINES) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(120, 36)) as pilot:
            await settle(pilot)
            await pilot.press("e")
            await until(pilot, app, "1 place replaced")
            await pilot.press("enter")
            await until(pilot, app, "invoice.paid-2.json")
    assert (tmp_path / "invoice.paid.json").read_text() == "mine"

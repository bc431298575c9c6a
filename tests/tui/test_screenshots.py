"""The pictures in `screenshots/` show the app as it is."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from tests.tui import tour
from tests.tui.scenarios import SCENARIOS, essence, staged
from tests.tui.screenshots import FOLDER, offline

_ROW = re.compile(r"<text[^>]*?\by=\"([\d.]+)\"[^>]*>(.*?)</text>", re.DOTALL)


def words_of(svg: str) -> str:
    """The text of a picture, row by row."""
    return " ".join(html.unescape(match[2]).replace("\xa0", " ") for match in _ROW.finditer(svg))


@pytest.mark.parametrize("name", list(SCENARIOS))
async def test_a_picture_is_not_stale(name: str, tmp_path: Path) -> None:
    committed = (FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    assert (FOLDER / f"{name}.png").exists()
    async with staged(name, tmp_path) as stage:
        now = offline(stage.app.export_screenshot(title="webhook-inspector", simplify=True))
    assert essence(words_of(now)) == essence(words_of(committed)), "run `python -m tests.tui.screenshots`"


async def test_the_tour_is_not_stale() -> None:
    committed = tour.FILE.read_text(encoding="utf-8")
    shown = re.split(r"<g class=\"stop\d+\">", committed)[1:]
    assert len(shown) == len(tour.STOPS)
    for was, now in zip(shown, await tour.frames(), strict=True):
        assert essence(words_of(was)) == essence(words_of(now)), "run `python -m tests.tui.tour`"


def test_pictures_and_scenarios_agree() -> None:
    assert {path.stem for path in FOLDER.glob("*.svg")} == {*SCENARIOS, tour.FILE.stem}
    assert {path.stem for path in FOLDER.glob("*.png")} == set(SCENARIOS)


def test_pictures_fetch_nothing() -> None:
    for path in FOLDER.glob("*.svg"):
        assert "url(" not in re.sub(r"url\(#[\w-]+\)", "", path.read_text(encoding="utf-8"))

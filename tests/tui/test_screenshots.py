"""The pictures in `screenshots/` show the app as it is."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from tests.tui import tour
from tests.tui.scenarios import SCENARIOS, essence, staged
from tests.tui.screenshots import FOLDER, offline

_PIECE = re.compile(r'<text class="(?P<css>[^"]+)"[^>]*>(?P<text>.*?)</text>', re.DOTALL)
_STYLE = re.compile(r"\.(?P<css>[\w-]+-r\d+) \{ (?P<style>[^}]*) \}")
_GROUND = re.compile(r'<rect fill="(#\w+)"')
_ROW = re.compile(r"<text[^>]*?\by=\"([\d.]+)\"[^>]*>(.*?)</text>", re.DOTALL)


def words_of(svg: str) -> str:
    """The text of a picture, row by row."""
    return " ".join(html.unescape(match[2]).replace("\xa0", " ") for match in _ROW.finditer(svg))


def looks_of(svg: str) -> dict[str, set[str]]:
    """How each piece of text is drawn, wherever it stands; what differs from run to run is left out."""
    styles = {match["css"]: match["style"].strip() for match in _STYLE.finditer(svg)}
    looks: dict[str, set[str]] = {"the grounds": set(_GROUND.findall(svg))}
    for match in _PIECE.finditer(svg):
        words = essence(html.unescape(match["text"]).replace("\xa0", " "))
        if words:
            looks.setdefault(words, set()).add(styles.get(match["css"], ""))
    return looks


def recoloured(was: str, now: str) -> list[str]:
    """Words that are drawn otherwise than they were."""
    before, after = looks_of(was), looks_of(now)
    return [
        f"{words!r}: {sorted(before[words])} became {sorted(after[words])}"
        for words in sorted(before.keys() & after.keys())
        if before[words] != after[words]
    ]


@pytest.mark.parametrize("name", list(SCENARIOS))
async def test_a_picture_is_not_stale(name: str, tmp_path: Path) -> None:
    committed = (FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    assert (FOLDER / f"{name}.png").exists()
    async with staged(name, tmp_path) as stage:
        now = offline(stage.app.export_screenshot(title="webhook-inspector", simplify=True))
    assert essence(words_of(now)) == essence(words_of(committed)), "run `python -m tests.tui.screenshots`"
    assert not recoloured(committed, now), "run `python -m tests.tui.screenshots`"


async def test_the_tour_is_not_stale() -> None:
    committed = tour.FILE.read_text(encoding="utf-8")
    shown = re.split(r"<g class=\"stop\d+\">", committed)[1:]
    assert len(shown) == len(tour.STOPS)
    for was, now in zip(shown, await tour.frames(), strict=True):
        assert essence(words_of(was)) == essence(words_of(now)), "run `python -m tests.tui.tour`"


def test_pictures_and_scenarios_agree() -> None:
    assert {path.stem for path in FOLDER.glob("*.svg")} == {*SCENARIOS, tour.FILE.stem}
    assert {path.stem for path in FOLDER.glob("*.png")} == set(SCENARIOS)


def test_another_colour_or_weight_is_noticed() -> None:
    svg = (FOLDER / "log-120x36.svg").read_text(encoding="utf-8")
    assert not recoloured(svg, svg)
    (css,) = {match["css"] for match in _PIECE.finditer(svg) if match["text"].strip() == "500"}
    style = next(match["style"] for match in _STYLE.finditer(svg) if match["css"] == css)
    assert "fd7a5c" in style
    assert "bold" in style
    for other in (style.replace("fd7a5c", "d8dce4"), style.replace("font-weight: bold", "")):
        assert recoloured(svg, svg.replace(f".{css} {{ {style} }}", f".{css} {{ {other} }}"))


def test_pictures_fetch_nothing() -> None:
    for path in FOLDER.glob("*.svg"):
        assert "url(" not in re.sub(r"url\(#[\w-]+\)", "", path.read_text(encoding="utf-8"))

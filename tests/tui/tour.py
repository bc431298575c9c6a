"""Writes `screenshots/tour.svg`, a minute with the app as a moving picture: `python -m tests.tui.tour`.

The real app is driven by keys; each stop is one frame, and the frames follow each other by CSS, which browsers run in
pictures too. Nothing is fetched and no script is in it.
"""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.tui.scenarios import Stage, staged
from tests.tui.screenshots import FOLDER, offline

FILE = FOLDER / "tour.svg"
_INNER = re.compile(r"<svg[^>]*?viewBox=\"([^\"]+)\"[^>]*>(.*)</svg>", re.DOTALL)


@dataclass(frozen=True)
class Stop:
    """One frame."""

    keys: tuple[str, ...]
    until: str
    """Words that the screen shows then."""
    words: str
    """What the title says."""
    seconds: float = 3.0


STOPS = (
    Stop((), "deliveries", "every webhook, byte for byte, as it comes in", 2.5),
    Stop(("exclamation_mark",), "would match", "!   the newest problem: why a signature fails"),
    Stop(("escape", "k", "k", "d"), '#18      "42.00"', "d   what differs from the one before of its type"),
    Stop(("escape", "space", "space", "k", "k", "k", "space"), "marked", "space   mark three deliveries", 2.0),
    Stop(("r", "o"), "request", "r o   replay them out of order: the plan, before anything is sent"),
    Stop(("enter",), "Checks", "⏎   sent to your app, judged"),
    Stop(("escape", "escape", "y"), "curl", "y   copy it", 2.0),
    Stop(("escape", "question_mark"), "Move", "?   every key", 2.0),
)


async def _play(stage: Stage) -> list[str]:
    frames = []
    for stop in STOPS:
        await stage.press(*stop.keys)
        await stage.until(stop.until)
        frames.append(offline(stage.app.export_screenshot(title=stop.words, simplify=True)))
    return frames


async def frames() -> list[str]:
    """The picture of each stop."""
    with tempfile.TemporaryDirectory() as folder:
        async with staged("log-120x36", Path(folder)) as stage:
            return await _play(stage)


def _timing(total: float) -> Iterator[str]:
    at = 0.0
    for number, stop in enumerate(STOPS):
        start, end = 100 * at / total, 100 * (at + stop.seconds) / total
        hidden = "0%{visibility:hidden}" if start else ""
        yield (
            f"@keyframes stop{number}{{{hidden}{start:.3f}%{{visibility:visible}}{end:.3f}%{{visibility:hidden}}}}"
            f".stop{number}{{visibility:hidden;animation:stop{number} {total:g}s step-end infinite}}"
        )
        at += stop.seconds


def moving(pictures: list[str]) -> str:
    """One picture that shows them one after another, over and over; where nothing may move, the first."""
    box, parts = "", []
    for number, picture in enumerate(pictures):
        found = _INNER.search(picture)
        assert found is not None
        box = found[1]
        parts.append(f'<g class="stop{number}">{found[2]}</g>')
    total = sum(stop.seconds for stop in STOPS)
    still = (
        "@media (prefers-reduced-motion: reduce){"
        ".stop0{visibility:visible!important}"
        + "".join(f".stop{number}{{animation:none!important}}" for number in range(len(pictures)))
        + "}"
    )
    style = f"<style>{''.join(_timing(total))}{still}</style>"
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}">{style}{"".join(parts)}</svg>\n'


def main() -> None:
    """Write it."""
    FILE.write_text(moving(asyncio.run(frames())), encoding="utf-8")
    print(FILE)


if __name__ == "__main__":
    main()

"""Writes `screenshots/` from the real app: `python -m tests.tui.screenshots [NAME ...]`.

SVG files come from the app; PNG files are drawn from them by Chromium, the one program that draws them right.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.patience import PATIENCE_S
from tests.tui.scenarios import SCENARIOS, staged

FOLDER = Path(__file__).resolve().parents[2] / "screenshots"
_FONTS = "'Fira Code','DejaVu Sans Mono',Menlo,Consolas,monospace"
_FONT_FACE = re.compile(r"@font-face\s*\{.*?\}", re.DOTALL)


def offline(svg: str) -> str:
    """A picture that fetches no font from anywhere."""
    return _FONT_FACE.sub("", svg).replace(
        "Fira Code, monospace", "'Fira Code','DejaVu Sans Mono',Menlo,Consolas,monospace"
    )


async def draw(name: str) -> str:
    """The picture of a scenario as SVG."""
    with tempfile.TemporaryDirectory() as folder:
        async with staged(name, Path(folder)) as stage:
            return offline(stage.app.export_screenshot(title="webhook-inspector", simplify=True))


def to_png(svg: Path) -> None:
    """Draw a PNG beside an SVG, when Chromium is here."""
    browser = next((found for name in ("chromium", "google-chrome", "chrome") if (found := shutil.which(name))), None)
    if browser is None:
        print(f"no Chromium on the PATH: {svg.stem}.png is not drawn", file=sys.stderr)
        return
    size = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg.read_text(encoding="utf-8"))
    assert size is not None
    window = f"{round(float(size[1]))},{round(float(size[2]))}"
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-device-scale-factor=1"]
    command = [browser, *options, f"--window-size={window}", f"--screenshot={svg.with_suffix('.png')}", str(svg)]
    subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE_S)


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name in sys.argv[1:] or SCENARIOS:
        svg = FOLDER / f"{name}.svg"
        svg.write_text(asyncio.run(draw(name)), encoding="utf-8")
        to_png(svg)
        print(svg)


if __name__ == "__main__":
    main()

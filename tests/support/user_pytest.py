"""A pytest in a process of its own, as users start it, with the plugin installed."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from tests.support.patience import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]


def write_metadata(folder: Path) -> None:
    """What installing the package writes about its entry points, from `pyproject.toml`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    info = folder / "webhook_inspector-0.0.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: webhook-inspector\nVersion: 0.0.0\n")
    lines = [f"{name} = {value}" for name, value in project["entry-points"]["pytest11"].items()]
    (info / "entry_points.txt").write_text("\n".join(["[pytest11]", *lines, ""]))


def run_pytest(
    folder: Path, *arguments: str, environment: Mapping[str, str] = MappingProxyType({}), python: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run it in a folder, warnings being errors.

    Args:
        folder: Where it runs, and where its temporary files are: beside those of others it clears old ones away,
            which takes as long as there are many.
        arguments: More than the usual ones.
        python: One that the package is installed for; this one, and the package as it stands here, when not given.
        environment: More variables than a home.
    """
    if python is None:
        installed = folder / "installed"
        if not installed.exists():
            write_metadata(installed)
        environment = {"PYTHONPATH": f"{installed}:{ROOT}", **environment}
    return subprocess.run(
        [str(python or sys.executable), "-m", "pytest", "-W", "error", "-p", "no:asyncio", *arguments],
        cwd=folder, capture_output=True, text=True, timeout=PATIENCE_S, check=False,
        env={"HOME": str(folder), "PYTEST_DEBUG_TEMPROOT": str(folder), **environment},
    )  # fmt: skip

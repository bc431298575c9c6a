"""The floors of the house: who may import whom, statically and at run time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.patience import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]
HEAVY = (
    "textual",
    "rich",
    "aiohttp",
    "sqlite_utils",
    "click",
    "filelock",
    "pygments",
    "pyperclip",
    "cryptography",
    "hypothesis",
)


def _loaded_by(code: str) -> set[str]:
    """Which of the heavy packages a fresh interpreter has loaded after running some code."""
    probe = f"import sys\n{code}\nprint('LOADED', *[name for name in {HEAVY!r} if name in sys.modules])"
    result = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, timeout=PATIENCE_S, cwd=ROOT, check=False
    )
    assert result.returncode == 0, result.stderr
    line = next(line for line in result.stdout.splitlines() if line.startswith("LOADED"))
    return set(line.split()[1:])


def test_import_contracts_hold() -> None:
    result = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c(['--no-cache'])"],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        cwd=ROOT,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("code", "allowed"),
    [
        ("import webhook_inspector", set()),
        ("import webhook_inspector.core.filters", set()),
        ("import webhook_inspector.signing", set()),
        ("import webhook_inspector.shapes, webhook_inspector.bodies, webhook_inspector.events", set()),
        ("import webhook_inspector.replay.plan, webhook_inspector.export", set()),
        ("import webhook_inspector.providers.load as l; l.builtin()", set()),
        ("import webhook_inspector.config", set()),
        ("import webhook_inspector.engine.contract", set()),
        ("import webhook_inspector.__main__", {"click"}),
        (
            "import webhook_inspector.pytest_plugin.hooks, webhook_inspector.pytest_plugin.fixtures",
            {"pygments"},
        ),  # by pytest
    ],
)
def test_rooms_load_nothing_heavy(code: str, allowed: set[str]) -> None:
    assert _loaded_by(code) <= allowed


def test_reading_the_log_loads_neither_screen_nor_server(tmp_path: Path) -> None:
    log = tmp_path / "log.db"
    run = f"from webhook_inspector.__main__ import main\nsys.argv = ['whi', '--log', {str(log)!r}, %s]\n"
    run += "try:\n    main()\nexcept SystemExit as end:\n    assert end.code in (0, None), end.code"
    imported = tmp_path / "in.jsonl"
    imported.write_text('{"method":"POST","target":"/x","headers":[],"body":"{}"}\n', encoding="utf-8")
    _loaded_by(run % f"'import', {str(imported)!r}")
    loaded = _loaded_by(run % "'list'")
    assert not loaded & {"textual", "rich", "aiohttp", "filelock", "pyperclip", "cryptography"}


FIRST_SCREEN = """
import asyncio, sys
from pathlib import Path
import webhook_inspector.__main__, webhook_inspector.cli.main, webhook_inspector.cli.app_command
from webhook_inspector.config.load import load
from webhook_inspector.engine.app_options import AppOptions
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.tui import app as module
folder = Path(sys.argv[1])
config = load(None, {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}, folder).with_log(folder / "log.db")
with Inspector.open(config, env={}) as inspector:
    inspector.listen(port=0, later=True)
    module.InspectorApp.painted = lambda self: self.exit(0)
    app = module.InspectorApp(inspector, AppOptions(config=config))
    async def look():
        async with app.run_test(size=(120, 36)):
            pass
    asyncio.run(look())
    print("LOADED", *sorted(sys.modules))
"""
NOT_ON_THE_FIRST_SCREEN = {
    *("aiohttp", "cryptography", "jsonschema_rs", "jwt", "pygments", "keyring", "click.testing"),
    *("webhook_inspector.signing", "webhook_inspector.shapes.compare", "webhook_inspector.events.detection"),
    *("webhook_inspector.replay.plan", "webhook_inspector.replay.verdict", "webhook_inspector.export"),
    *("webhook_inspector.samples", "webhook_inspector.redaction", "webhook_inspector.net.listener"),
    *("webhook_inspector.engine.analysis", "webhook_inspector.engine.outbound", "webhook_inspector.engine.alerts"),
    *("webhook_inspector.engine.importing", "webhook_inspector.engine.signer", "webhook_inspector.engine.shapes"),
    *("webhook_inspector.events.series", "webhook_inspector.events.statistics", "webhook_inspector.providers.model"),
    *("webhook_inspector.tui.screens.replay", "webhook_inspector.tui.screens.samples"),
}


def test_the_first_picture_loads_no_server_and_nothing_it_does_not_show(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-c", FIRST_SCREEN, str(tmp_path)],
        capture_output=True, text=True, timeout=PATIENCE_S, cwd=ROOT, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    loaded = set(next(line for line in result.stdout.splitlines() if line.startswith("LOADED")).split()[1:])
    assert "webhook_inspector.tui.screens.log" in loaded
    assert not loaded & NOT_ON_THE_FIRST_SCREEN

"""The floors of the house: who may import whom, statically and at run time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("textual", "rich", "aiohttp", "sqlite_utils", "click", "pygments", "pyperclip", "cryptography", "hypothesis")


def _loaded_by(code: str) -> set[str]:
    """Which of the heavy packages a fresh interpreter has loaded after running some code."""
    probe = f"import sys\n{code}\nprint('LOADED', *[name for name in {HEAVY!r} if name in sys.modules])"
    result = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, timeout=60, cwd=ROOT, check=False
    )
    assert result.returncode == 0, result.stderr
    line = next(line for line in result.stdout.splitlines() if line.startswith("LOADED"))
    return set(line.split()[1:])


def test_import_contracts_hold() -> None:
    result = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c(['--no-cache'])"],
        capture_output=True,
        text=True,
        timeout=100,
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
    assert not loaded & {"textual", "rich", "aiohttp", "pyperclip", "cryptography"}

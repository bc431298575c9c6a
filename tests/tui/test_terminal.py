"""The real program on a terminal: what it writes, how it ends, and what it leaves behind."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.support.pty_app import PtyApp, control_functions
from tests.tui.story import morning
from tests.tui.test_hostile import OWN, corpus, in_every_field

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no pseudo terminals there")

PROGRAM = """
import sys
from pathlib import Path
from webhook_inspector.config.model import Config
from webhook_inspector.engine.app_options import AppOptions
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.tui.app import run_app
folder = Path(sys.argv[1])
config = Config(path=None, log=folder / "log.db")
if (folder / "in.jsonl").exists():
    with Inspector.open(config) as inspector:
        inspector.import_file(folder / "in.jsonl")
if len(sys.argv) > 2:
    exec(sys.argv[2])
sys.exit(run_app(AppOptions(config=config, listen=False)))
"""

KEYS = "23456\t\r1h\x1b"


def program(folder: Path, texts: list[str], extra: str = "") -> list[str]:
    rows = [row for text in texts for row in in_every_field(text)]
    (folder / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return ["-c", PROGRAM, str(folder), *([extra] if extra else [])]


def walk(folder: Path, texts: list[str], rows: int, extra: str = "") -> bytes:
    """All that a terminal receives while every tab of some deliveries is looked at."""
    folder.mkdir()
    with PtyApp(program(folder, texts, extra)) as app:
        app.until("deliveries")
        for _ in range(rows):
            for key in KEYS:
                app.press(key, 0.09)
            app.press("\x1b", 0.1)
            app.press("k", 0.15)
        assert app.leave() == 0
        assert app.restored
        assert b"HTTP/1.1" in app.output
        return bytes(app.output)


@pytest.fixture(scope="module")
def benign(tmp_path_factory: pytest.TempPathFactory) -> set[bytes]:
    """What plain deliveries write."""
    return control_functions(walk(tmp_path_factory.mktemp("plain") / "app", ["plain"], 2))


def test_hostile_deliveries_write_no_other_control_function_than_benign_ones(
    tmp_path: Path, benign: set[bytes]
) -> None:
    hostile = control_functions(walk(tmp_path / "hostile", ["".join(OWN[5:11])], 6))
    assert hostile <= benign
    assert not any(kind.startswith((b"C0", b"C1")) for kind in hostile)


def test_the_attack_corpus_writes_no_other_control_function(tmp_path: Path, benign: set[bytes]) -> None:
    texts = corpus()
    hostile = control_functions(walk(tmp_path / "hostile", ["".join(texts)[:4000]], 6))
    assert hostile <= benign


def test_a_screen_that_trusts_its_text_is_caught(tmp_path: Path, benign: set[bytes]) -> None:
    trusting = "from webhook_inspector.core import display\ndisplay.one_line = lambda text: text\n"
    assert not control_functions(walk(tmp_path / "app", ["".join(OWN[5:11])], 2, trusting)) <= benign


def test_the_check_sees_what_it_must_see() -> None:
    for text in ("\x1b]0;x\x07", "\x1b[2J", "\x9b31m", "\x00", "\x1bc", "\x1bP1$r\x1b\\"):
        assert control_functions(text.encode())


def test_a_fault_of_ours_shows_no_locals_and_restores_the_terminal(tmp_path: Path) -> None:
    extra = (
        "from webhook_inspector.tui.screens.log import LogScreen\n"
        "def action_zoom(self):\n"
        "    secret = 'whsec_never_on_screen'\n"
        "    raise ValueError('captured ' + secret[:0] + 'words')\n"
        "LogScreen.action_zoom = action_zoom\n"
    )
    state = tmp_path / "state"
    folder = tmp_path / "app"
    folder.mkdir()
    with PtyApp(program(folder, ["x"], extra), env={"XDG_STATE_HOME": str(state), "HOME": str(tmp_path)}) as app:
        app.until("deliveries")
        app.press("z", 1)
        assert app.wait() == 3
        assert app.restored
        output = bytes(app.output)
    assert b"whsec_never_on_screen" not in output
    assert b"Traceback" not in output
    assert b"stopped at an error of its own: ValueError in" in output
    files = list(state.rglob("*.txt"))
    assert len(files) == 1
    assert files[0].stat().st_mode & 0o777 == 0o600
    details = files[0].read_text(encoding="utf-8")
    assert "action_zoom" in details
    assert "whsec_never_on_screen" not in details


def test_sigterm_ends_it_in_order(tmp_path: Path) -> None:
    import os
    import signal

    folder = tmp_path / "app"
    folder.mkdir()
    with PtyApp(program(folder, ["x"])) as app:
        app.until("deliveries")
        os.kill(app.pid, signal.SIGTERM)
        assert app.wait() == 0
        assert app.restored


PLAIN_DRIVER = (
    "import sys\n"
    "from textual.app import App\n"
    "from webhook_inspector.tui.app import InspectorApp\n"
    "if {plain}: InspectorApp.get_driver_class = App.get_driver_class\n"
    "from webhook_inspector.__main__ import main\n"
    "sys.argv = ['whi', '--log', {log!r}, '--demo']\n"
    "main()\n"
)


@pytest.mark.parametrize("plain", [False, True])
def test_a_terminal_that_goes_away_ends_the_app(tmp_path: Path, plain: bool) -> None:
    # The demo keeps the screen busy. With the platform's own driver (the broken variant) the app waits for ever.
    code = PLAIN_DRIVER.format(plain=plain, log=str(tmp_path / "log.db"))
    with PtyApp(["-c", code], env={"HOME": str(tmp_path)}) as app:
        app.until("stripe")
        app.hang_up()
        assert app.ends(3 if plain else 60) is not plain


def bytes_of_keys(folder: Path, extra: str = "") -> list[int]:
    """What the terminal gets for each of some keys, the detail that follows them included."""
    (folder / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in morning()), encoding="utf-8")
    with PtyApp(["-c", PROGRAM, str(folder), *([extra] if extra else [])]) as app:
        app.until("deliveries")
        app.rest()
        app.press("\x1b")
        app.rest()
        return [app.cost(key) for key in "kkkk1234561jj"]


def test_a_key_costs_at_most_8_kib(tmp_path: Path) -> None:
    assert max(bytes_of_keys(tmp_path)) <= 8192


def test_a_terminal_that_is_told_every_colour_again_is_caught(tmp_path: Path) -> None:
    broken = "import webhook_inspector.tui.driver as driver; driver.Lean = lambda: str"
    assert max(bytes_of_keys(tmp_path, broken)) > 8192

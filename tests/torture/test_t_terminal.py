"""T1 to T7: whatever is captured, the terminal is only ever drawn on, and it is left as it was."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
import unicodedata
from contextlib import closing, suppress
from http.client import HTTPConnection
from pathlib import Path

import pyte
import pytest
from wcwidth import wcwidth

from tests.support.pty_app import PtyApp, control_functions
from tests.support.running_app import imported
from tests.support.shared import shared_json, shared_path
from tests.torture.results import record
from tests.torture.terminals import WALK, Tmux, has_tmux, program, walk
from tests.torture.variants import catches
from tests.tui.test_hostile import OWN
from tests.tui.test_hostile_views import rude_target
from webhook_inspector.tui.safe import cells, clean

pytestmark = [
    pytest.mark.torture,
    pytest.mark.skipif(sys.platform == "win32", reason="no pseudo terminals there"),
    pytest.mark.timeout(300),
]

TRUSTING = "from webhook_inspector.core import display\ndisplay.one_line = lambda text: text\n"
"""What is shown is what was captured."""


def attacks() -> list[str]:
    """Our own strings, and the corpus where it is."""
    with suppress(pytest.skip.Exception):
        items = shared_json("corpora/own/terminal/attacks.json")["items"]
        return [*OWN, *(str(item["text"]) for item in items)]
    return list(OWN)


def all_of(texts: list[str]) -> str:
    """Every text in one."""
    return " ".join(text[:200] for text in texts)


@pytest.fixture(scope="module")
def benign(tmp_path_factory: pytest.TempPathFactory) -> set[bytes]:
    """What plain deliveries write."""
    with rude_target("plain words") as target:
        return control_functions(walk(tmp_path_factory.mktemp("plain") / "app", "plain words", "", target))


def only_drawn(folder: Path, text: str, benign: set[bytes], extra: str = "") -> bytes:
    """Walk, and judge what was written."""
    with rude_target(text) as target:
        output = walk(folder, text, extra, target)
    other = control_functions(output) - benign
    assert not other, f"other control functions: {sorted(other)[:5]}"
    return output


def test_t1_control_functions_in_every_view(tmp_path: Path, benign: set[bytes]) -> None:
    texts = attacks()
    output = only_drawn(tmp_path / "app", all_of(texts), benign)
    assert "␛".encode() in output or b"\\x1b" in output  # readable, not swallowed
    record("T1", texts=len(texts), views=12, bytes_judged=len(output))


def test_t1_a_screen_that_trusts_its_text(tmp_path: Path, benign: set[bytes]) -> None:
    text = "".join(OWN[5:11])
    record("T1", caught=catches(lambda: only_drawn(tmp_path / "app", text, benign, TRUSTING), "other control"))


def in_tmux(folder: Path, text: str, extra: str = "") -> None:
    """Walk in tmux, and judge what tmux has kept of it."""
    command = program(folder, text, extra)
    with Tmux(f"whi-{random.Random(str(folder)).randrange(10**9)}", command, folder) as tmux:
        tmux.until("deliveries")
        for keys in WALK:
            tmux.press(keys, 0.12)
        for _ in range(20):
            if "status" not in tmux.screen:
                tmux.press("\x1b", 0.6)
                tmux.press("q", 0.6)
        tmux.until("status")
        tmux.until("done")
        assert tmux.buffer == "", f"on the clipboard: {tmux.buffer!r}"
        assert tmux.title == "untouched", f"the title is {tmux.title!r}"
        assert tmux.typed.read_bytes().strip(b"\x1bq") == b"", f"typed into the shell: {tmux.typed.read_bytes()!r}"


@pytest.mark.skipif(not has_tmux(), reason="no tmux")
def test_t2_clipboard_and_title_in_tmux(tmp_path: Path) -> None:
    texts = attacks()
    in_tmux(tmp_path / "app", all_of(texts))
    caught = catches(lambda: in_tmux(tmp_path / "broken", "".join(OWN[5:7]), TRUSTING), "clipboard")
    record("T2", caught=caught, texts=len(texts))


MARKUP = (
    "[@click=app.bell]press[/] [@click=app.quit]leave[/] [@click=screen.app.quit()]x[/] [link=http://x]l[/] "
    "[bold] [/] [/oops] [$x] [b @click=app.bell]y[/b]"
)
READS_TAGS = (
    "import re\n"
    "from rich.style import Style\n"
    "from webhook_inspector.tui.theme import Palette\n"
    "drawn = Palette.strip\n"
    "def strip(self, line, width, ground='ground', *, skip=0):\n"
    "    tag = re.search(r'\\[@click=([a-z.]*)\\]', line.text)\n"
    "    made = drawn(self, line, width, ground, skip=skip)\n"
    "    return made.apply_style(Style(meta={'@click': tag[1]})) if tag else made\n"
    "Palette.strip = strip\n"
)
"""Captured tags become actions, as the text widgets of the framework would have it."""


def click_everywhere(folder: Path, extra: str = "", size: tuple[int, int] = (120, 30)) -> int:
    """Click on each cell of the panes, in the log and on each tab; nothing may ring, leave or fail."""
    clicks = 0
    with PtyApp(program(folder, MARKUP, extra), size=size, env={"HOME": str(folder)}) as app:
        app.until("deliveries", 60)
        for tab in "126":
            app.press(tab, 0.5)
            for y in range(8, size[1] - 2):
                app.type("".join(f"\x1b[<0;{x};{y}M\x1b[<0;{x};{y}m" for x in range(61, size[0])))
                clicks += size[0] - 61
                app.read_once(0.05)
            app.rest()
        assert app.poll() is None, "it ended"
        assert b"\x07" not in re.sub(rb"\x1b\][^\x07\x1b]*\x07", b"", bytes(app.output)), "an action ran"
        assert app.leave() == 0
    return clicks


def test_t3_markup_and_clicks_on_every_cell(tmp_path: Path) -> None:
    clicks = click_everywhere(tmp_path / "app")
    caught = catches(lambda: click_everywhere(tmp_path / "broken", READS_TAGS))
    record("T3", caught=caught, clicks=clicks)


POSTING = """
import threading, json
from pathlib import Path
from webhook_inspector.engine.inspector import Inspector
listens = Inspector.listen
def listen(self, *args, **kwargs):
    made = listens(self, *args, **kwargs)
    (folder / "port").write_text(made.url.rpartition(":")[2])
    return made
Inspector.listen = listen
"""


class Posting:
    """Sends deliveries one after the other until it is stopped or refused; counts those that were answered."""

    def __init__(self, port: int) -> None:
        self.answered = 0
        self._port = port
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.wait(0.01):
            with closing(HTTPConnection("127.0.0.1", self._port, timeout=5)) as connection:
                try:
                    connection.request("POST", "/t", b'{"id":"e","type":"tick"}', {"Content-Type": "application/json"})
                    if connection.getresponse().status == 200:
                        self.answered += 1
                except OSError:
                    return

    def stop(self) -> int:
        """How many were answered."""
        self._stop.set()
        self._thread.join(10)
        return self.answered


def port_of(folder: Path) -> int:
    """Where the app listens."""
    end = time.monotonic() + 30
    while not (folder / "port").exists() or not (folder / "port").read_text():
        assert time.monotonic() < end
        time.sleep(0.02)
    return int((folder / "port").read_text())


def resize_much(folder: Path, times: int, extra: str = "") -> tuple[int, float]:
    """Resize while deliveries arrive, then quit.

    Returns:
        Deliveries that were answered meanwhile, and the seconds it took to quit.
    """
    rng = random.Random(4)
    arguments = program(folder, "plain", POSTING + extra, listen=True)
    with PtyApp(arguments, env={"HOME": str(folder)}) as app:
        app.until("deliveries", 60)
        posting = Posting(port_of(folder))
        for number in range(times):
            app.resize(
                *((1, 1), (500, 500))[number % 50] if number % 50 < 2 else (rng.randint(1, 500), rng.randint(1, 500))
            )
            app.read_once(0.02)
            if number % 25 == 0:
                assert app.poll() is None, f"it ended after {number} sizes"
        app.read(5)
        answered = posting.stop()
        first = _drawn_again(app)[0]
        assert first.startswith(" whi    Log"), first
        begun = time.monotonic()
        app.type("q")
        while app.poll() is None and time.monotonic() < begun + 10:
            app.read_once(0.02)
        took = time.monotonic() - begun
        assert app.status == 0
        assert app.restored
        return answered, took


def _drawn_again(app: PtyApp) -> list[str]:
    """The lines of its screen at 120x36, once the keys are in the last one."""
    app.resize(120, 36)
    app.output.clear()
    end = time.monotonic() + 30
    while True:
        app.read(1)
        assert app.poll() is None, "it ended"
        screen = pyte.Screen(120, 36)
        pyte.ByteStream(screen).feed(bytes(app.output))
        if "? keys" in screen.display[-1]:
            return list(screen.display)
        assert time.monotonic() < end, "\n".join(screen.display)


# A busy app sees few of the sizes, so it may not be one of them that breaks it.
FRAGILE = (
    "from webhook_inspector.tui.screens.log import LogScreen\n"
    "sizes = set()\n"
    "def on_resize(self, event):\n"
    "    sizes.add(event.size)\n"
    "    assert len(sizes) < 3\n"
    "LogScreen.on_resize = on_resize\n"
)


def test_t4_a_thousand_sizes_while_deliveries_arrive(tmp_path: Path) -> None:
    answered, took = resize_much(tmp_path / "app", 1000)
    assert answered > 20
    assert took < 3  # 1 s, and what a busy machine adds
    caught = catches(lambda: resize_much(tmp_path / "broken", 60, FRAGILE), "it ended")
    record("T4", caught=caught, resizes=1000, deliveries_meanwhile=answered, quit_s=took)


def contested(text: str) -> bool:
    """Whether terminals measure a text differently: parts of Hangul, vowel signs that stand beside, parts of emoji."""
    parts = any(unicodedata.category(char) == "Mc" or "\u1100" <= char <= "\u11ff" for char in text)
    return parts or cells(text) != sum(max(0, wcwidth(char)) for char in text)


def graphemes() -> tuple[list[str], int]:
    """Texts of odd widths: the Unicode test's where it is here, and our own.

    Returns:
        Those that all terminals measure alike, and how many there are beside them.
    """
    found = [
        "日本語",
        "ＡＢＣ",
        "한국어",
        "e\u0301",
        "❤",
        "क्षि",
        "ﷺ",
        "ก็",
        "x\u200dy",
        "ﾊﾝｶｸ",
        "１２３",
        "Ω≈ç√",
        "a\u0300\u0301\u0302",
    ]
    with suppress(pytest.skip.Exception):
        text = shared_path("corpora/registry/unicode/GraphemeBreakTest.txt").read_text(encoding="utf-8")
        for line in text.splitlines():
            points = re.findall(r"\b[0-9A-F]{4,6}\b", line.partition("#")[0])
            if points:
                found.append("".join(chr(int(point, 16)) for point in points))
    agreed = [text for text in found if not contested(clean(text))]
    return agreed, len(found) - len(agreed)


@pytest.mark.skipif(not has_tmux(), reason="no tmux")
def test_t5_odd_widths_keep_the_columns(tmp_path: Path) -> None:
    texts, others = graphemes()
    wrong = misaligned(tmp_path / "app", texts)
    broken = misaligned(
        tmp_path / "broken", texts[:14], "import webhook_inspector.tui.safe as safe\nsafe.cells = len\n"
    )
    record("T5", caught=bool(broken), texts=len(texts), that_terminals_measure_differently=others)
    assert not wrong, f"{len(wrong)} of {len(texts)}: {wrong[:20]}"
    assert broken


def misaligned(folder: Path, texts: list[str], extra: str = "") -> list[str]:
    """Texts as event types in the list: rows whose last column or divider does not stand where it must.

    Both as tmux has drawn them; the last column must stand where it does beside plain text.
    """
    command = program(folder, "plain", extra)
    rows = [
        imported(json.dumps({"id": f"e{n}", "type": f"<{text}>"}).encode()) for n, text in enumerate(["plain", *texts])
    ]
    (folder / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    wrong = set()
    ends: dict[str, int] = {}
    seen = 0
    with Tmux(f"whi-{random.Random(str(folder)).randrange(10**9)}", command, folder) as tmux:
        tmux.until("deliveries")
        for _ in range(len(texts) // 25 + 2):
            tmux.press("\x1b[5~", 0.3)
            for row in tmux.screen.splitlines()[3:33]:
                before, divider, _ = row.partition("│")
                seen += "<" in before
                if divider and cells(before) != 58:
                    wrong.add(ascii(before[20:40]))
                if "<" in before:
                    ends[before[20:40]] = cells(before[: before.rindex("—")])
    assert seen > len(texts) / 2
    (right,) = {end for words, end in ends.items() if "<plain>" in words}
    return sorted(wrong | {ascii(words) for words, end in ends.items() if end != right})


MODES = (b"\x1b[?1049l", b"\x1b[?1000l", b"\x1b[?1003l", b"\x1b[?1006l", b"\x1b[?2004l", b"\x1b[?25h")
"""Alternate screen, mouse and paste mode off, the cursor to be seen."""

FAILS = {
    "handler": (
        "from webhook_inspector.tui.screens.log import LogScreen\n"
        "def action_zoom(self):\n    raise ValueError('captured words ' + text)\n"
        "LogScreen.action_zoom = action_zoom\n"
    ),
    "worker": (
        "from textual import work\n"
        "from webhook_inspector.tui.screens.log import LogScreen\n"
        "@work(thread=True)\ndef fail(self):\n    raise ValueError('captured words ' + text)\n"
        "LogScreen.action_zoom = lambda self: fail(self)\n"
    ),
    "drawing": (
        "from webhook_inspector.tui.screens.log import LogScreen\n"
        "from webhook_inspector.tui.base import Row\n"
        "def bad(self, y):\n    raise ValueError('captured words ' + text)\n"
        "def action_zoom(self):\n    Row.render_line = bad\n    for row in self.query(Row):\n        row.refresh()\n"
        "LogScreen.action_zoom = action_zoom\n"
    ),
}
"""Errors of ours, each set off by `z`; their words hold captured text."""
FORGETS = (
    "from webhook_inspector.tui import driver\n"
    "made = driver.steadfast\n"
    "def steadfast(kind, **kwargs):\n"
    "    return type('Forgetful', (made(kind, **kwargs),), {'stop_application_mode': lambda self: None})\n"
    "import webhook_inspector.tui.app as app_module\n"
    "app_module.steadfast = steadfast\n"
)
"""A driver that leaves the terminal as the app had it."""


def left_as_it_was(app: PtyApp) -> None:
    """The terminal is that of before."""
    assert app.restored, "the modes of the line differ"
    for mode in MODES:
        on = mode[:-1] + (b"h" if mode.endswith(b"l") else b"l")
        if on in app.output:
            assert app.output.rfind(mode) > app.output.rfind(on), f"{mode!r} was not said"


def crash(folder: Path, extra: str) -> int:
    """The app fails while deliveries come in: what was answered is kept, the terminal is as before."""
    arguments = program(folder, MARKUP, POSTING + extra, listen=True)
    state = folder / "state"
    with PtyApp(arguments, env={"HOME": str(folder), "XDG_STATE_HOME": str(state)}) as app:
        app.until("deliveries", 60)
        posting = Posting(port_of(folder))
        app.read(1)
        app.press("z", 1)
        status = app.wait(20)
        answered = posting.stop()
        left_as_it_was(app)
        output = bytes(app.output).rpartition(b"\x1b[?1049l")[2]
    assert status == 3
    assert b"Traceback" not in output
    assert b"captured words" not in output
    assert b"stopped at an error of its own: ValueError" in output
    files = list(state.rglob("*.txt"))
    assert [file.stat().st_mode & 0o777 for file in files] == [0o600]
    assert answered > 0
    command = [
        sys.executable,
        "-m",
        "webhook_inspector",
        "--log",
        str(folder / "log.db"),
        "list",
        "type:tick",
        "--json",
    ]
    listed = subprocess.run(command, capture_output=True, check=True, env={**os.environ, "HOME": str(folder)})
    assert listed.stdout.count(b"\n") >= min(answered, 50)
    return answered


def test_t6_errors_of_ours_and_signals(tmp_path: Path) -> None:
    answered = sum(crash(tmp_path / name, extra) for name, extra in FAILS.items())
    caught = catches(lambda: crash(tmp_path / "broken", FORGETS + FAILS["handler"]), "")
    for number, status in ((signal.SIGTERM, 0), (signal.SIGHUP, 0), (signal.SIGKILL, -9)):
        folder = tmp_path / f"signal-{number}"
        with PtyApp(program(folder, "plain"), env={"HOME": str(folder)}) as app:
            app.until("deliveries", 60)
            os.kill(app.pid, number)
            assert app.wait() == status
            if number != signal.SIGKILL:
                left_as_it_was(app)
    with PtyApp(program(folder, "plain"), env={"HOME": str(folder)}) as app:  # after the kill it opens as before
        app.until("deliveries", 60)
        assert app.leave() == 0
        left_as_it_was(app)
    record("T6", caught=caught, errors=len(FAILS), signals=3, answered_while_it_failed=answered)


COLOUR = re.compile(rb"\x1b\[(?:\d+;)*(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;\d+)*m")


def start(folder: Path, size: tuple[int, int] = (120, 36), **env: str) -> PtyApp:
    """The program as it is installed."""
    arguments = ["-m", "webhook_inspector", "--log", str(folder / "x.db"), "--no-listen"]
    return PtyApp(arguments, size=size, env={"HOME": str(folder), "XDG_STATE_HOME": str(folder), **env})


def shown(folder: Path, size: tuple[int, int] = (120, 36), words: str = "This log is empty", **env: str) -> bytes:
    """What it writes in a terminal, until it is left."""
    with start(folder, size, **env) as app:
        app.until(words, 60)
        app.press("q", 0.5)
        assert app.wait() == 0
        left_as_it_was(app)
        return bytes(app.output)


def no_colour(output: bytes) -> None:
    """Judge an output under NO_COLOR."""
    found = COLOUR.search(output)
    assert found is None, f"a colour: {found[0]!r}"


def test_t7_terminals_that_can_little(tmp_path: Path) -> None:
    with start(tmp_path, TERM="dumb") as app:
        assert app.wait() == 2
        assert b"\x1b" not in app.output
        assert app.output.count(b"\n") == 1
    ran = subprocess.run(
        [sys.executable, "-m", "webhook_inspector", "--log", str(tmp_path / "x.db")],
        capture_output=True, stdin=subprocess.DEVNULL, check=False, timeout=60,
    )  # fmt: skip
    assert ran.returncode == 2
    assert ran.stderr.count(b"\n") == 1
    assert shown(tmp_path, (20, 5), "needed")
    no_colour(shown(tmp_path, NO_COLOR="1"))
    assert shown(tmp_path, LANG="C", LC_ALL="C").isascii()
    assert shown(tmp_path, TERM="xterm", COLORTERM="")
    record("T7", caught=catches(lambda: no_colour(shown(tmp_path)), "a colour"), kinds=6)

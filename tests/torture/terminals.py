"""The real app over deliveries that hold a text in every place, on a pseudo terminal or in tmux."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.pty_app import ROOT, PtyApp
from tests.tui.test_hostile import in_every_field

PROGRAM = """
import sys
from pathlib import Path
folder = Path(sys.argv[1])
text = (folder / "text").read_bytes().decode("utf-8", "surrogatepass")
exec(sys.argv[2])
from webhook_inspector.config.model import Config, ListenConfig, SourceConfig
from webhook_inspector.engine.app_options import AppOptions
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.engine.replay_options import ReplayOptions, SendOptions
from webhook_inspector.events.alerting.api import Arrived
from webhook_inspector.tui.app import InspectorApp, run_app
sources = (SourceConfig(name=text, path="/x", provider=text, forward=None, respond=None, public_url=text),)
config = Config(path=None, log=folder / "log.db", sources=sources, listen=ListenConfig(port=0), alerts=("new_shape",))
if (folder / "in.jsonl").exists():
    with Inspector.open(config, env={}) as inspector:
        ids = inspector.import_file(folder / "in.jsonl").ids
        inspector.annotating.note(ids[-1], text)
        if len(sys.argv) > 3:
            plan = inspector.plan(ids[-2:], ReplayOptions(speed=None))
            inspector.start_run(plan, sys.argv[3], send=SendOptions()).wait(30)
    (folder / "in.jsonl").unlink()
mounted = InspectorApp.on_mount
def on_mount(self):
    mounted(self)
    self.inspector.alerts.tell(Arrived(0, 1, text, text, "valid", new_shape=True))
InspectorApp.on_mount = on_mount
sys.exit(run_app(AppOptions(config=config, listen=LISTEN)))
"""

WALK = (
    *"123456", "\x1b", "k", "J", "K", "4", "\x1b",
    "S", "\t", "j", "\x1b", "R", "\r", "j", "\r", "\x1b", "\x1b", "T", "j", "\t", "j", "\x1b", "O", "\r", "j", "\x1b",
    "\x1b", "A", "j", "\x1b", ":", "re", "\x1b", "?", "\x1b", "d", "|", "\x1b", "e", "j", "\x1b", "r", "\x1b",
    "c", "\x1b", "ftype:", "\x1b[B", "\x1b", "/a\r", "\x1b", "m", "\x1b", "\x1b",
)  # fmt: skip
"""Keys through every view."""


def program(folder: Path, text: str, extra: str = "", target: str = "", *, listen: bool = False) -> list[str]:
    """Arguments of an interpreter that shows an app with the text in every place."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = in_every_field(text)
    rows += [{**row, "body_base64": rows[0]["body_base64"]} for row in rows[:1]]
    (folder / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (folder / "text").write_bytes(text.encode("utf-8", "surrogatepass"))
    code = PROGRAM.replace("LISTEN", str(listen))
    return ["-c", code, str(folder), extra or "pass", *([target] if target else [])]


def walk(folder: Path, text: str, extra: str = "", target: str = "") -> bytes:
    """All that a terminal receives while every view of an app with the text is looked at."""
    with PtyApp(program(folder, text, extra, target), env={"HOME": str(folder)}) as app:
        app.until("deliveries", 60)
        for keys in WALK:
            app.press(keys, 0.25)
        assert app.leave() == 0, bytes(app.output[-1500:])
        assert app.restored
        return bytes(app.output)


class Tmux:
    """A tmux server of its own, with the clipboard open to whoever writes to it."""

    def __init__(self, name: str, command: Sequence[str], folder: Path, size: tuple[int, int] = (120, 36)) -> None:
        self._base = ["tmux", "-L", name, "-f", "/dev/null"]
        self._folder = folder
        script = folder / "run.sh"
        quoted = " ".join("'" + part.replace("'", "'\\''") + "'" for part in [sys.executable, *command])
        typed = folder / "typed"
        # What nobody typed would be read by the shell afterwards.
        script.write_text(
            f"cd {folder}\nexport PYTHONPATH={ROOT} HOME={folder} LANG=C.UTF-8\n{quoted}\necho status $?\n"
            f"stty -icanon min 0 time 10; cat > {typed}; echo done\nsleep 60\n",
            encoding="utf-8",
        )
        self.typed = typed
        self._run("new-session", "-d", "-x", str(size[0]), "-y", str(size[1]), f"sleep 0.3; sh {script}")
        self._run("set-option", "-s", "set-clipboard", "on")
        self._run("select-pane", "-T", "untouched")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._run("kill-server")

    def _run(self, *arguments: str) -> str:
        ran = subprocess.run([*self._base, *arguments], capture_output=True, check=False, timeout=30)
        return ran.stdout.decode("utf-8", "replace")

    def press(self, keys: str, seconds: float = 0.2) -> None:
        """Type."""
        self._run("send-keys", "-H", *[f"{byte:x}" for byte in keys.encode()])
        time.sleep(seconds)

    @property
    def screen(self) -> str:
        """What the pane shows."""
        return self._run("capture-pane", "-p")

    @property
    def buffer(self) -> str:
        """The paste buffer."""
        return self._run("show-buffer")

    @property
    def title(self) -> str:
        """Of the pane."""
        return self._run("display-message", "-p", "#{pane_title}").strip()

    def until(self, words: str, seconds: float = 40) -> None:
        """Wait until the pane shows words."""
        end = time.monotonic() + seconds
        while words not in self.screen:
            assert time.monotonic() < end, self.screen
            time.sleep(0.05)


def has_tmux() -> bool:
    """Whether tmux is here."""
    return shutil.which("tmux") is not None

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence

import pytest

from webhook_inspector.adapters.clipboard import OSC52_LIMIT, CopyReport, copy, has_desktop, run_program


class Ladder:
    """The outside world of a copy: remembers what reached each rung."""

    def __init__(self, *, tmux_exit: Sequence[int] = (0,), desktop_fails: bool = False) -> None:
        self.commands: list[tuple[str, ...]] = []
        self.inputs: list[bytes] = []
        self.desktop_text: list[str] = []
        self.terminal_text: list[str] = []
        self._exits = list(tmux_exit)
        self._desktop_fails = desktop_fails

    def run(self, command: Sequence[str], data: bytes) -> int:
        self.commands.append(tuple(command))
        self.inputs.append(data)
        return self._exits.pop(0)

    def desktop(self, text: str) -> None:
        if self._desktop_fails:
            raise OSError("no display")
        self.desktop_text.append(text)

    def copy(self, text: str, env: dict[str, str], *, what: str = "text") -> CopyReport:
        return copy(
            text,
            env,
            what=what,
            run=self.run,
            desktop=self.desktop,
            osc52=self.terminal_text.append,
            platform="linux",
        )


def test_plain_terminal_gets_one_write_and_the_sentence_names_it() -> None:
    ladder = Ladder()
    report = ladder.copy("a" * 412, {}, what="curl command")
    assert report.tried == ("terminal",)
    assert report.sentence == "Sent the curl command, 412 B, to the terminal clipboard · y y shows it as text"
    assert ladder.commands == []
    assert ladder.desktop_text == []


def test_in_tmux_the_buffer_is_loaded_and_handed_on() -> None:
    ladder = Ladder()
    report = ladder.copy("text", {"TMUX": "/tmp/tmux-0/default,1,0"})
    assert ladder.commands == [("tmux", "load-buffer", "-w", "-")]
    assert ladder.inputs == [b"text"]
    assert "tmux and terminal clipboards" in report.sentence


def test_an_old_tmux_without_w_still_gets_its_buffer() -> None:
    ladder = Ladder(tmux_exit=(1, 0))
    assert ladder.copy("text", {"TMUX": "x"}).tried == ("tmux", "terminal")
    assert ladder.commands[1] == ("tmux", "load-buffer", "-")


def test_all_three_rungs() -> None:
    ladder = Ladder()
    report = ladder.copy("text", {"TMUX": "x", "DISPLAY": ":0"})
    assert report.tried == ("tmux", "desktop", "terminal")
    assert "to the tmux, desktop and terminal clipboards" in report.sentence


def test_over_ssh_the_desktop_is_the_wrong_machine() -> None:
    ladder = Ladder()
    assert ladder.copy("text", {"SSH_TTY": "/dev/pts/1", "DISPLAY": ":0"}).tried == ("terminal",)
    assert ladder.desktop_text == []


def test_a_failing_program_is_a_rung_that_did_not_hold() -> None:
    report = Ladder(desktop_fails=True).copy("text", {"DISPLAY": ":0"})
    assert report.tried == ("terminal",)
    assert report.failed == ("desktop",)


def test_too_large_for_the_terminal_says_to_write_a_file() -> None:
    ladder = Ladder()
    report = ladder.copy("x" * (OSC52_LIMIT + 1), {}, what="body")
    assert report.tried == ()
    assert ladder.terminal_text == []
    assert "over the 100 KB a terminal takes · y f writes it to a file" in report.sentence


def test_too_large_for_the_terminal_still_goes_to_tmux() -> None:
    ladder = Ladder()
    assert ladder.copy("x" * (OSC52_LIMIT + 1), {"TMUX": "x"}).tried == ("tmux",)


def test_the_limit_counts_bytes() -> None:
    ladder = Ladder()
    assert ladder.copy("é" * (OSC52_LIMIT // 2 + 1), {}).tried == ()
    assert ladder.copy("é" * (OSC52_LIMIT // 2), {}).tried == ("terminal",)


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("", b""),
        ("\x1b]52;c;AAAA\x07", b"\x1b]52;c;AAAA\x07"),
        ("\x00", b"\x00"),
        ("a\u202eb", "a\u202eb".encode()),
        ("a" + chr(0xD800), b"a?"),
        ("b" + chr(0xDCFF), b"b\xff"),
    ],
)
def test_the_original_goes_out_and_nothing_raises(text: str, data: bytes) -> None:
    ladder = Ladder()
    ladder.copy(text, {"TMUX": "x"})
    assert ladder.inputs == [data]


def test_nothing_is_there() -> None:
    report = copy("text", {}, osc52=None, platform="linux")
    assert report.tried == ()
    assert report.sentence == "Not sent: the text is 4 B, no clipboard took it · y f writes it to a file"


@pytest.mark.parametrize(
    ("env", "platform", "expected"),
    [
        ({}, "linux", False),
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({"WSL_DISTRO_NAME": "Debian"}, "linux", True),
        ({}, "darwin", True),
        ({}, "win32", True),
        ({"SSH_CONNECTION": "1"}, "darwin", False),
    ],
)
def test_where_a_desktop_is(env: dict[str, str], platform: str, expected: bool) -> None:
    assert has_desktop(env, platform) is expected


def test_a_program_that_hangs_is_ended() -> None:
    with pytest.raises(TimeoutError):
        run_program((sys.executable, "-c", "import threading; threading.Event().wait()"), b"", timeout_s=0.2)


def test_a_program_that_is_not_there_is_an_os_error() -> None:
    with pytest.raises(OSError, match="no-such-program"):
        run_program(("no-such-program-here",), b"")


@pytest.fixture
def tmux() -> Iterator[tuple[str, dict[str, str]]]:
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed")
    name = f"whi-{secrets.token_hex(4)}"
    base = ["tmux", "-L", name, "-f", os.devnull]
    subprocess.run([*base, "new-session", "-d", "-x", "80", "-y", "24", "cat"], check=True)
    try:
        socket = subprocess.run(
            [*base, "display-message", "-p", "#{socket_path},#{pid},0"], check=True, capture_output=True, text=True
        ).stdout.strip()
        yield name, {"TMUX": socket}
    finally:
        subprocess.run([*base, "kill-server"], check=False)


def test_a_real_tmux_holds_the_exact_bytes(tmux: tuple[str, dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    name, env = tmux
    monkeypatch.setenv("TMUX", env["TMUX"])
    text = "curl 'http://127.0.0.1:4400/' # ünï \x1b[31m\n" * 5000
    report = copy(text, env, platform="linux")
    assert report.tried == ("tmux",)
    held = subprocess.run(["tmux", "-L", name, "show-buffer"], check=True, capture_output=True).stdout
    assert held == text.encode()

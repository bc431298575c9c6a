"""Tunnel programs: commands, addresses in what they print, and their life as children."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import textwrap
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fake_tunnel import SAYS, alive, put_on_path
from tests.support.patience import PATIENCE_S
from webhook_inspector.adapters.child import MOST_BYTES, MOST_LINES, Child
from webhook_inspector.adapters.tunnels import PROGRAMS, TunnelProgram, program
from webhook_inspector.errors import UsageError

posix = pytest.mark.skipif(os.name != "posix" or not Path("/proc").is_dir(), reason="looks at processes in /proc")
URLS = {
    "cloudflared": "https://plain-words-for-tests.trycloudflare.com",
    "ngrok": "https://abc-123.ngrok-free.app",
    "tailscale": "https://box.tail0123.ts.net",
    "localhost.run": "https://abcdef0123.lhr.life",
    "zrok": "https://abcdefghijkl.share.zrok.io",
    "localtunnel": "https://plain-words.loca.lt",
    "bore": "http://bore.pub:34055",
}


@pytest.mark.parametrize("each", PROGRAMS, ids=lambda each: each.name)
def test_the_address_is_read_from_what_the_program_prints(each: TunnelProgram) -> None:
    found = [url for line in SAYS[each.program].split("\n") if (url := each.public_url(line))]
    assert found == [URLS[each.name]]


@pytest.mark.parametrize("each", PROGRAMS, ids=lambda each: each.name)
def test_commands_name_the_port_and_this_machine_only(each: TunnelProgram) -> None:
    words = each.arguments(4411)
    assert words[0] == each.program
    assert any("4411" in word for word in words)
    assert not any("{" in word for word in words)
    assert each.get
    assert each.caution


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("cloudflared", "please see https://developers.cloudflare.com/x"),
        ("cloudflared", "failed to request https://api.trycloudflare.com/tunnel"),
        ("ngrok", "client session established https://dashboard.ngrok.com"),
        ("tailscale", "visit https://login.tailscale.com/f/funnel"),
        ("tailscale", "https://box.ts.net.evil.example/"),
        ("localhost.run", "see https://localhost.run/docs/forever-free/"),
    ],
)
def test_other_addresses_are_not_taken_for_it(name: str, line: str) -> None:
    found = program(name)
    assert found is not None
    assert found.public_url(line) is None


@given(st.sampled_from(PROGRAMS), st.text(max_size=30), st.text(max_size=30))
def test_whatever_a_line_holds_an_address_is_a_plain_one(each: TunnelProgram, before: str, after: str) -> None:
    for line in SAYS[each.program].split("\n"):
        url = each.public_url(before + line + after)
        if url is not None:
            assert urlsplit(url).scheme in {"http", "https"}
            assert url.isascii()
            assert url.isprintable()
            assert not set(url) & set(" \"'<>\\`$;|&")


def _wait_for_pids(file: Path) -> list[int]:
    while not file.exists() or len(file.read_text().split()) < 2:
        os.sched_yield()
    return [int(number) for number in file.read_text().split()]


@posix
def test_the_end_of_a_child_is_the_end_of_what_it_started(tmp_path: Path) -> None:
    pids = put_on_path(tmp_path, "lt")
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    child = Child([str(tmp_path / "lt"), "--port", "1"], lines.put)
    assert lines.get(timeout=PATIENCE_S) == SAYS["lt"]
    numbers = _wait_for_pids(pids)
    assert all(alive(number) for number in numbers)
    child.end()
    assert not any(alive(number) for number in numbers)
    assert not child.running
    assert lines.get(timeout=PATIENCE_S) is None
    child.end()


@posix
def test_a_child_that_ends_by_itself_is_told(tmp_path: Path) -> None:
    put_on_path(tmp_path, "lt", b"no luck\n", stay=False)
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    child = Child([str(tmp_path / "lt")], lines.put)
    assert [lines.get(timeout=PATIENCE_S), lines.get(timeout=PATIENCE_S)] == ["no luck", None]
    assert child.code == 7
    child.end()


@posix
def test_nothing_grows_with_what_a_program_prints(tmp_path: Path) -> None:
    said = b"x" * 3_000_000 + b"\n" + b"line\n" * 1000 + b"\xff\xfe no text\n"
    put_on_path(tmp_path, "lt", said, stay=False)
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    child = Child([str(tmp_path / "lt")], lines.put)
    found = list(iter(lambda: lines.get(timeout=PATIENCE_S), None))
    assert len(found) == 1002
    assert max(len(line) for line in found) <= MOST_BYTES
    assert len(child.lines) == MOST_LINES
    assert found[-1] == "\ufffd\ufffd no text"
    child.end()


def test_a_program_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be started"):
        Child([str(tmp_path / "nope")], lambda _line: None)


@posix
def test_a_child_ends_with_a_process_that_forgets_it(tmp_path: Path) -> None:
    pids = put_on_path(tmp_path, "lt")
    script = textwrap.dedent(f"""
        import queue
        from webhook_inspector.adapters.child import Child
        lines = queue.SimpleQueue()
        Child([{str(tmp_path / "lt")!r}], lines.put)
        lines.get()
        import pathlib, time
        path = pathlib.Path({str(pids)!r})
        while not path.exists() or len(path.read_text().split()) < 2:
            time.sleep(0.01)
    """)
    subprocess.run([sys.executable, "-c", script], check=True, timeout=PATIENCE_S)
    assert not any(alive(int(number)) for number in pids.read_text().split())

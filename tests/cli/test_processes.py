"""What only a process of its own shows: signals, pipes, what was imported."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pytest

import webhook_inspector
from tests.cli.target import target
from tests.support.patience import PATIENCE_S

ROOT = Path(webhook_inspector.__file__).parents[1]
PROGRAM = (sys.executable, "-m", "webhook_inspector")


@contextmanager
def running(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A command that is ended with the block, however the block ends."""
    process = subprocess.Popen([*PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=PATIENCE_S)


def line(stream: IO[bytes] | None) -> dict[str, Any]:
    assert stream is not None
    text = stream.readline()
    assert text, "the command ended without a line"
    result: dict[str, Any] = json.loads(text)
    return result


def post(url: str, path: str = "/hooks", body: bytes = b'{"id":"evt_1","type":"a.b"}') -> int:
    host = url.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=PATIENCE_S)
    try:
        connection.request("POST", path, body, {"Content-Type": "application/json"})
        return connection.getresponse().status
    finally:
        connection.close()


def test_listen_prints_where_and_then_what(tmp_path: Path) -> None:
    log = tmp_path / "log.db"
    with running("listen", "--port", "0", "--json", "--max", "2", "--log", str(log)) as process:
        first = line(process.stdout)
        assert first == {"type": "listening", "url": first["url"], "log": str(log)}
        assert first["url"].startswith("http://127.0.0.1:")
        assert post(first["url"]) == 200
        delivery = line(process.stdout)
        assert (delivery["type"], delivery["id"], delivery["target"]) == ("delivery", 1, "/hooks")
        assert delivery["event"]["type"] == "a.b"
        post(first["url"], "/again")
        assert line(process.stdout)["duplicate_of"] == 1
        assert process.wait(PATIENCE_S) == 0
        assert process.stdout is not None
        assert process.stdout.read() == b""


@pytest.mark.skipif(os.name != "posix", reason="signals of this kind are POSIX")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130), (signal.SIGHUP, 0)])
def test_listen_ends_cleanly(tmp_path: Path, number: int, code: int) -> None:
    log = tmp_path / "log.db"
    with running("listen", "--port", "0", "--json", "--log", str(log)) as process:
        url = line(process.stdout)["url"]
        assert post(url) == 200
        line(process.stdout)
        process.send_signal(number)
        assert process.wait(PATIENCE_S) == code
        assert process.stderr is not None
        assert process.stderr.read() == b""
    listed = subprocess.run([*PROGRAM, "list", "--json", "--log", str(log)], capture_output=True, cwd=ROOT, check=True)
    assert json.loads(listed.stdout)["id"] == 1


@pytest.mark.skipif(os.name != "posix", reason="a closed pipe looks different elsewhere")
def test_listen_ends_when_its_reader_has_gone(tmp_path: Path) -> None:
    with running("listen", "--port", "0", "--json", "--log", str(tmp_path / "log.db")) as process:
        url = line(process.stdout)["url"]
        assert process.stdout is not None
        process.stdout.close()
        process.stdout = None
        assert post(url) == 200
        assert process.wait(PATIENCE_S) == 0
        assert process.stderr is not None
        assert process.stderr.read() == b""


def test_alerts_are_narrated_and_no_line_of_the_data(tmp_path: Path) -> None:
    config = tmp_path / "webhook-inspector.toml"
    config.write_text('alerts = ["new_shape", "silence 1h strip"]\n', encoding="utf-8")
    more = ("--config", str(config), "--log", str(tmp_path / "log.db"))
    with running("listen", "--port", "0", "--json", "--max", "4", *more) as process:
        url = line(process.stdout)["url"]
        for body in (b'{"type":"a.b"}', b'{"type":"a.b","new\\u001b":1}'):
            assert post(url, body=body) == 200
            assert line(process.stdout)["type"] == "delivery"
        assert process.stderr is not None
        said = [process.stderr.readline().decode() for _ in range(2)]
        assert 'there is no source strip for "silence 1h strip"; known: default.' in said[0]
        assert "#2 is the first a.b of a new shape: `shapes drift` with its event type shows what changed." in said[1]


def test_a_taken_port_is_one_sentence_with_a_way_out(tmp_path: Path) -> None:
    with running("listen", "--port", "0", "--json", "--log", str(tmp_path / "a.db")) as process:
        port = line(process.stdout)["url"].rpartition(":")[2]
        second = subprocess.run(
            [*PROGRAM, "listen", "--port", port, "--log", str(tmp_path / "b.db")],
            capture_output=True,
            cwd=ROOT,
            check=False,
            timeout=PATIENCE_S,
        )
    assert second.returncode == 3
    assert second.stdout == b""
    assert port in second.stderr.decode()
    assert second.stderr.count(b"\n") == 1


def test_tail_follows_another_process(tmp_path: Path) -> None:
    log = str(tmp_path / "log.db")
    with running("listen", "--port", "0", "--json", "--log", log) as listener:
        url = line(listener.stdout)["url"]
        post(url, body=b'{"id":"evt_0","type":"a.old"}')
        line(listener.stdout)
        with running("tail", "type:a.b", "--json", "--max", "2", "--lines", "0", "--log", log) as tail:
            deadline = time.monotonic() + PATIENCE_S
            number = 0
            # How soon it follows is not known here, so send until it has seen two that match.
            while tail.poll() is None and time.monotonic() < deadline:
                number += 1
                post(url, body=json.dumps({"id": f"evt_{number}", "type": "a.b" if number % 2 else "a.c"}).encode())
                line(listener.stdout)
                time.sleep(0.05)
            assert tail.wait(PATIENCE_S) == 0
            assert tail.stdout is not None
            seen = [json.loads(text) for text in tail.stdout.read().splitlines()]
    assert len(seen) == 2
    assert {record["event"]["type"] for record in seen} == {"a.b"}
    assert seen[0]["id"] < seen[1]["id"]


def test_send_finds_the_listener_of_its_log(tmp_path: Path) -> None:
    log = str(tmp_path / "log.db")
    with running("listen", "--port", "0", "--json", "--max", "1", "--source", "s=stripe", "--log", log) as process:
        line(process.stdout)
        sent = subprocess.run([*PROGRAM, "send", "stripe", "--log", log], capture_output=True, cwd=ROOT, check=False)
        assert sent.returncode == 0, sent.stderr
        delivery = line(process.stdout)
        assert delivery["provider"] == "stripe"
        assert delivery["verification"]["status"] == "valid"


@pytest.mark.skipif(os.name != "posix", reason="signals of this kind are POSIX")
def test_an_interrupted_replay_stops_sending_and_still_judges(tmp_path: Path) -> None:
    log = str(tmp_path / "log.db")
    entry = {"method": "POST", "target": "/", "headers": [], "body": "x"}
    lines = [entry | {"received_at": f"2026-11-18T11:{minute}:00Z"} for minute in (10, 50)]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(each) + "\n" for each in lines))
    subprocess.run([*PROGRAM, "import", str(tmp_path / "in.jsonl"), "--log", log], cwd=ROOT, check=True)
    with target() as seen, running("replay", "last:2", "--to", seen.url, "--json", "--log", log) as process:
        assert line(process.stdout)["status"] == 200
        process.send_signal(signal.SIGINT)
        stopped, verdict = line(process.stdout), line(process.stdout)
        assert process.wait(PATIENCE_S) == 130
    assert (stopped["outcome"], stopped["sent_at_ms"]) == ("not_sent", None)
    assert (verdict["type"], verdict["holds"]) == ("verdict", False)
    assert len(seen.bodies) == 1


@pytest.mark.skipif(os.name != "posix", reason="a closed pipe looks different elsewhere")
def test_a_replay_goes_on_when_its_reader_has_gone(tmp_path: Path) -> None:
    log = str(tmp_path / "log.db")
    (tmp_path / "in.jsonl").write_text('{"method":"POST","target":"/","headers":[],"body":"x"}\n')
    subprocess.run([*PROGRAM, "import", str(tmp_path / "in.jsonl"), "--log", log], cwd=ROOT, check=True)
    arguments = ("replay", "1", "--times", "6", "--rate", "10/s", "--speed", "asap", "--json", "--log", log)
    with target() as seen, running(*arguments, "--to", seen.url) as process:
        line(process.stdout)
        assert process.stdout is not None
        process.stdout.close()
        process.stdout = None
        assert process.wait(PATIENCE_S) == 0
    assert len(seen.bodies) == 6


def loaded_by(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint('MODULES', *sys.modules)"],
        capture_output=True,
        cwd=ROOT,
        text=True,
        check=True,
        timeout=PATIENCE_S,
    )
    return set(done.stdout.split("MODULES ")[1].split())


def test_commands_load_only_what_they_need(tmp_path: Path) -> None:
    log = tmp_path / "log.db"
    (tmp_path / "in.jsonl").write_text('{"method":"POST","target":"/","headers":[],"body":"x"}\n')
    subprocess.run([*PROGRAM, "import", str(tmp_path / "in.jsonl"), "--log", str(log)], cwd=ROOT, check=True)
    run = "from webhook_inspector.__main__ import main\n"
    for arguments in (["list"], ["show", "1"], ["list", "--json"]):
        loaded = loaded_by(f"{run}assert main({[*arguments, '--log', str(log)]!r}) == 0")
        heavy = {"textual", "rich", "aiohttp", "pygments", "pyperclip", "asyncio"} & loaded
        assert not heavy, (arguments, heavy)
        commands = {name.rpartition(".")[2] for name in loaded if name.startswith("webhook_inspector.cli.commands.")}
        assert commands == {arguments[0]}
    light = loaded_by(f"{run}assert main(['config', 'path']) == 0")
    assert not {"sqlite3", "sqlite_utils", "aiohttp", "textual", "cryptography", "webhook_inspector.engine"} & light

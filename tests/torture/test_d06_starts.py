"""D6 and D10: starts that cannot succeed end with one sentence, and leave everything as it was."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.torture import broken_process
from tests.torture.damaging import bodies, make_log
from tests.torture.listeners import ROOT
from tests.torture.results import record
from tests.torture.test_d04_disk_errors import small_disk

PROGRAM = ("-m", "webhook_inspector", "listen")
LESS = "-dac_override,-dac_read_search,-net_bind_service"
"""What root must not have for permissions to count."""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path


def start(
    *options: str, cwd: Path, home: str | None = None, program: Sequence[str] = PROGRAM, patience_s: float = 60
) -> subprocess.CompletedProcess[bytes]:
    """Start a listener for which permissions count."""
    command = [sys.executable, *program, *(options or ("--port", "0"))]
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("root may do everything, and setpriv is not installed")
        command = ["setpriv", f"--bounding-set={LESS}", *command]
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(cwd) if home is None else home}
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, check=False, timeout=patience_s)


def tree(folder: Path) -> dict[str, bytes | None]:
    found = (path for path in sorted(folder.rglob("*")) if path.suffix != ".lock")
    return {str(path): _content(path) for path in found}


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() and os.access(path, os.R_OK) else None


def refused(done: subprocess.CompletedProcess[bytes]) -> str:
    """The one sentence."""
    assert done.returncode == 3, done.stderr
    assert done.stdout == b""
    assert b"Traceback" not in done.stderr
    lines = [line for line in done.stderr.decode().splitlines() if ": warning: " not in line]
    assert len(lines) == 1, lines
    return lines[0]


def _full_disk(folder: Path, stack: ExitStack) -> Path:
    disk = stack.enter_context(small_disk(folder / "disk", "64k"))
    (disk / "ballast").write_bytes(bytes(48 * 1024))
    return disk / "log.db"


def _read_only_folder(folder: Path, _stack: ExitStack) -> Path:
    (folder / "shut").mkdir(mode=0o555)
    return folder / "shut" / "log.db"


def _read_only_file(folder: Path, _stack: ExitStack) -> Path:
    inner = folder / "open"
    inner.mkdir()
    make_log(inner / "log.db", 3)
    for path in inner.iterdir():
        path.chmod(0o444)
    return inner / "log.db"


def _unreadable_file(folder: Path, _stack: ExitStack) -> Path:
    log = _read_only_file(folder, _stack)
    log.chmod(0)
    return log


def _folder_instead(folder: Path, _stack: ExitStack) -> Path:
    (folder / "log.db").mkdir()
    return folder / "log.db"


def _below_a_file(folder: Path, _stack: ExitStack) -> Path:
    (folder / "file").write_text("mine")
    return folder / "file" / "log.db"


def _device(_folder: Path, _stack: ExitStack) -> Path:
    return Path("/dev/full")


STARTS: dict[str, tuple[Callable[[Path, ExitStack], Path], str]] = {
    "a full disk": (_full_disk, "disk is full"),
    "a folder that may only be read": (_read_only_folder, "may not be written"),
    "a file that may only be read": (_read_only_file, "may only be read"),
    "a file that may not be read": (_unreadable_file, "cannot be opened"),
    "a folder in place of the file": (_folder_instead, "it is a folder"),
    "a file in place of the folder": (_below_a_file, "a file stands where a folder"),
    "a device": (_device, "not a regular file"),
}


@pytest.mark.parametrize("name", STARTS)
def test_a_start_that_cannot_succeed_is_one_sentence(place: Path, name: str) -> None:
    make, says = STARTS[name]
    with ExitStack() as stack:
        log = make(place, stack)
        before = tree(place)
        sentence = refused(start("--port", "0", "--log", str(log), cwd=place))
        assert says in sentence
        assert str(log) in sentence
        assert tree(place) == before
    record("D6", starts_refused=1)


@pytest.mark.torture
def test_a_listener_that_starts_all_the_same_is_caught(place: Path) -> None:
    """The broken variant goes on with a file that may only be read, and refuses every delivery."""
    with ExitStack() as stack:
        log = _read_only_file(place, stack)
        try:
            refused(start(str(log), "trusting", cwd=place, program=broken_process.PROGRAM, patience_s=4))
            caught = False
        except (subprocess.TimeoutExpired, AssertionError):
            caught = True
    record("D6", caught=caught)


def test_a_start_without_a_home_makes_nothing_where_it_stands(place: Path) -> None:
    work = place / "work"
    work.mkdir()
    sentence = refused(start(cwd=work, home="/proc/nowhere"))
    assert "--log" in sentence
    assert tree(work) == {}
    record("D6", starts_refused=1)


def _taken(address: str) -> socket.socket | None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    server = socket.socket(family)
    try:
        server.bind((address, 0))
    except OSError:
        server.close()
        return None
    server.listen()
    return server


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0", "::1"])
def test_a_taken_port_is_one_sentence_with_a_way_out(place: Path, address: str) -> None:
    server = _taken(address)
    if server is None:
        pytest.skip(f"this machine has no {address}")
    log = place / "log.db"
    make_log(log, 3)
    before = bodies(log)
    with server:
        port = str(server.getsockname()[1])
        sentence = refused(start("--port", port, "--host", address, "--log", str(log), cwd=place))
    assert port in sentence
    assert "--port" in sentence
    assert bodies(log) == before
    record("D10", ports_refused=1)


def test_a_port_below_1024_is_one_sentence(place: Path) -> None:
    lowest = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
    if lowest.exists() and int(lowest.read_text()) <= 1:
        pytest.skip("every user may use port 1 here")
    sentence = refused(start("--port", "1", "--log", str(place / "log.db"), cwd=place))
    assert "Port 1 " in sentence
    assert "--port" in sentence
    record("D10", ports_refused=1)


def test_a_port_that_does_not_exist_is_wrong_usage(place: Path) -> None:
    done = start("--port", "70000", "--log", str(place / "log.db"), cwd=place)
    assert done.returncode == 2
    assert b"70000" in done.stderr
    assert done.stderr.count(b"\n") == 1
    assert tree(place) == {}
    record("D10", ports_refused=1)

"""L1, L2, L3, L6: files are the user's alone, secrets stay where they were put, and nobody else is connected to."""

from __future__ import annotations

import base64
import json
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.pty_app import PtyApp
from tests.torture.careless_process import PROGRAM
from tests.torture.listeners import ROOT
from tests.torture.results import record
from tests.torture.variants import catches
from webhook_inspector.export.api import formats

PRODUCT = ("-m", "webhook_inspector")
SIGNING = "whsec_Q2FuYXJ5U2lnbmluZ1NlY3JldDAx"
TOKEN = "canary-path-token-51f3"
PASSWORD = "canary-pass-77d1"
CANARIES = {
    "signing secret": SIGNING.removeprefix("whsec_"),
    "its bytes": base64.b64decode(SIGNING.removeprefix("whsec_")).decode(),
    "token": TOKEN,
    "password": PASSWORD,
}
CONFIG = """
[listen]
path_token = "env:DOOR"
[sources.svix]
path = "/svix"
provider = "svix"
secrets = ["env:SIGNING", "keyring:kept"]
[sources.shop]
path = "/shop"
basic_auth = "env:PAIR"
"""

pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="modes and namespaces are POSIX"),
    pytest.mark.timeout(180),
]


class Session:
    """A user's folder with a configuration, and commands that are run in it.

    Args:
        folder: Empty.
        program: The program, or a broken one.
        before: Commands of the shell that run first, such as `umask 000`.
        around: A program that runs it.
    """

    def __init__(
        self, folder: Path, *, program: Sequence[str] = PRODUCT, before: str = "", around: Sequence[str] = ()
    ) -> None:
        self.home = folder / "home"
        self.work = folder / "work"
        for each in (self.home, self.work):
            each.mkdir(mode=0o700)
        (self.work / "webhook-inspector.toml").write_text(CONFIG, encoding="utf-8")
        self.log = self.home / "data" / "webhook-inspector" / "log.db"
        self._command = [*around, sys.executable, *program]
        self._before = before
        self.said: dict[str, bytes] = {}
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "XDG_DATA_HOME": str(self.home / "data"),
            "XDG_STATE_HOME": str(self.home / "state"),
            "XDG_CONFIG_HOME": str(self.home / "config"),
            "PYTHONPATH": str(ROOT),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
            "DOOR": TOKEN,
            "SIGNING": SIGNING,
            "PAIR": f"shop:{PASSWORD}",
        }

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        command = [*self._command, *arguments]
        if self._before:
            command = ["sh", "-c", f'{self._before}; exec "$@"', "sh", *command]
        return subprocess.Popen(
            command, cwd=self.work, env=self.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    def run(self, *arguments: str, codes: Sequence[int] = (0,), given: bytes = b"") -> bytes:
        """Run a command to its end; what it wrote is remembered."""
        with self.start(*arguments) as process:
            out, err = process.communicate(given, timeout=60)
        assert process.returncode in codes, (arguments, process.returncode, out, err)
        self.said[" ".join(arguments)] = out + err
        return out

    def play(self, names: Sequence[str] = ("curl", "fixture", "har", "pytest"), *, brief: bool = False) -> None:
        """Everything a user does: capture, look, verify, replay, export (in these formats), keep, look after."""
        self.run("secrets", "set", "kept", "--in", "file", given=b"another-kept-secret-0042\n")
        with self.start("listen", "--port", "0", "--json", "--tls", "--max", "4") as process:
            assert process.stdout is not None
            first = process.stdout.readline()
            assert first, process.stderr.read() if process.stderr else b""
            self.arguments = Path(f"/proc/{process.pid}/cmdline").read_bytes()
            url = json.loads(first)["url"]
            self._by_hand(url)
            self.run("send", "svix", "--to", f"{url}/elsewhere", codes=(1, 3))
            self.run("send", "svix")
            self.run("send", "svix", "--json")
            out, err = process.communicate(timeout=30)
            self.said["listen"] = first + out + err
        self.run("list")
        self.run("send", "discord", "--to", "http://127.0.0.1:9/", codes=(1, 3))  # makes a test key
        self.run("export", "1", "--as", "curl", "-o", str(self.work / "export-curl"))
        self.run("backup", str(self.work / "copy.db"))
        if not brief:
            self._more([name for name in names if name != "curl"])

    def _more(self, names: Sequence[str]) -> None:
        self.run("config", "show")
        self.run("show", "3")
        self.run("verify", "", "--explain", codes=(0, 1))
        self.run("replay", "3", "--to", "http://127.0.0.1:9/", "--resign", codes=(0, 1, 3))
        for name in names:
            self.run("export", "1", "--as", name, "-o", str(self.work / f"export-{name}"), codes=(0, 2))
        self.run("export", "1", "3", "--as", "fixture", "-o", str(self.work / "many") + "/", codes=(0, 2))
        self.run(
            "replay", "1", "--to", "http://127.0.0.1:9/", "--dry-run", "--save-scenario", str(self.work / "s.json")
        )
        self.run("providers", "test-key", "discord", codes=(0, 1, 2))
        self.run("doctor", codes=(0, 1))
        self.run("secrets", "list")
        self.run("stats")

    def _by_hand(self, url: str) -> None:
        """A delivery that holds the canaries where senders put secrets."""
        port = urllib.parse.urlsplit(url).port
        code = (
            "import http.client,ssl,sys\n"
            f"c=http.client.HTTPSConnection('127.0.0.1',{port},context=ssl._create_unverified_context(),timeout=20)\n"
            f"h={{'Authorization':'Basic '+{base64.b64encode(f'shop:{PASSWORD}'.encode()).decode()!r},'X-Back':'https://x/{TOKEN}'}}\n"
            f"c.request('POST','/{TOKEN}/shop',b'{{\"url\":\"https://x/{TOKEN}/shop\"}}',h)\n"
            "sys.exit(c.getresponse().status != 200)\n"
        )
        subprocess.run([sys.executable, "-c", code], check=True, timeout=30)

    def files(self) -> Iterator[Path]:
        """All that was made, with the folders."""
        for top in (self.home, self.work):
            yield from (path for path in top.rglob("*") if path.name != "webhook-inspector.toml")


# -- L1


def _modes(folder: Path, umask: str, program: Sequence[str] = PRODUCT) -> int:
    session = Session(folder, program=program, before=f"umask {umask}")
    session.play(brief=umask != "000" or program != PRODUCT)
    wrong = []
    count = 0
    for path in session.files():
        count += 1
        mode = stat.S_IMODE(path.lstat().st_mode)
        if mode & 0o077:
            wrong.append(f"{path.relative_to(folder)} {mode:04o}")
    with closing(sqlite3.connect(session.log)) as connection:
        rows = connection.execute("SELECT source, response_status FROM deliveries ORDER BY id").fetchall()
    assert rows == [("shop", 200), ("default", 404), ("svix", 200), ("svix", 200)], "the session is one"
    assert not wrong, "others may look: " + ", ".join(sorted(wrong))
    assert count > 12
    return count


@pytest.mark.torture
@pytest.mark.parametrize("umask", ["000", "022", "077"])
def test_l1_modes_under_every_umask(tmp_path: Path, umask: str) -> None:
    record("L1", files_and_folders=_modes(tmp_path, umask), open_to_others=0)


@pytest.mark.torture
def test_l1_catches_files_with_the_mode_of_the_umask(tmp_path: Path) -> None:
    caught = catches(lambda: _modes(tmp_path, "000", (*PROGRAM, "open-files")), "others may look")
    record("L1", caught=caught)


# -- L2


def _forms(secret: str) -> list[bytes]:
    plain = secret.encode()
    return [plain, base64.b64encode(plain).rstrip(b"="), plain.hex().encode(), urllib.parse.quote(secret).encode()]


def _leaks(where: str, data: bytes, allowed: Sequence[str] = ()) -> list[str]:
    return [
        f"{name} in {where}"
        for name, secret in CANARIES.items()
        if name not in allowed and any(form in data for form in _forms(secret))
    ]


def _canaries(folder: Path, program: Sequence[str] = PRODUCT) -> int:
    session = Session(folder, program=program)
    session.play(tuple(formats()), brief=program != PRODUCT)
    found = _leaks("the process's arguments", session.arguments)
    for command, said in session.said.items():
        # JSON of `listen` is data: it has the target as it came, and the header with the password.
        found += _leaks(command, said, ("token", "password") if command == "listen" else ())
    with PtyApp(
        ["-m", "webhook_inspector", "--no-listen", "--log", str(session.log), "--config",
         str(session.work / "webhook-inspector.toml")], env={**session.env, "TERM": "xterm-256color"},
    ) as app:  # fmt: skip
        app.until("deliveries")
        for keys in ("j", "k", "3", "4", "5", "1", "A", "\x1b", "O", "\x1b", "T", "\x1b"):
            app.press(keys, 0.4)
        found += _leaks("the screen", bytes(app.output))
    looked = len(session.said) + 2
    for path in session.files():
        if path.is_dir():
            continue
        looked += 1
        # The log keeps what senders sent; a copy of it is one.
        own = ("token", "password") if path.name.startswith(("log.db", "copy.db")) else ()
        found += _leaks(str(path.relative_to(folder)), path.read_bytes(), own)
    assert not found, "; ".join(sorted(set(found)))
    return looked


@pytest.mark.torture
def test_l2_a_secret_is_only_where_it_was_put(tmp_path: Path) -> None:
    record("L2", places=_canaries(tmp_path), leaks=0)


@pytest.mark.torture
def test_l2_catches_a_program_that_masks_nothing(tmp_path: Path) -> None:
    caught = catches(lambda: _canaries(tmp_path, (*PROGRAM, "tells")), " in ")
    record("L2", caught=caught)


# -- L3


def test_l3_without_a_keyring_a_private_file_does(tmp_path: Path) -> None:
    session = Session(tmp_path)
    session.run("secrets", "set", "kept", codes=(2,), given=b"kept-in-a-file-0042\n")
    assert b"--in file" in session.said["secrets set kept"], "it asks first"
    said = session.run("secrets", "set", "kept", "--in", "file", given=b"kept-in-a-file-0042\n")
    kept = list((session.home / "data" / "webhook-inspector" / "secrets").iterdir())
    assert [stat.S_IMODE(path.stat().st_mode) for path in kept] == [0o600] * len(kept)
    assert any(b"kept-in-a-file-0042" in path.read_bytes() for path in kept)
    assert b"kept-in-a-file-0042" not in said + session.run("secrets", "list")
    assert b"0042" in session.run("secrets", "list")
    record("L3", kept_without_a_keyring=1)


# -- L6

needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")


def _connections(folder: Path, program: Sequence[str] = PRODUCT) -> int:
    """Every connect() of a whole session leads to this machine."""
    trace = folder / "trace"
    trace.mkdir()
    around = ("strace", "-f", "-ff", "-e", "trace=connect,sendto", "-o", str(trace / "t"))
    session = Session(folder, program=program, around=around)
    session.play(brief=program != PRODUCT)
    seen = 0
    for file in trace.iterdir():
        for line in file.read_text(errors="replace").splitlines():
            if not line.startswith("connect("):
                assert "sin_addr" not in line, line
                continue
            seen += 1
            local = "AF_UNIX" in line or 'inet_addr("127.0.0.1")' in line or '"::1"' in line
            assert local, f"connects elsewhere: {line}"
    assert seen > 3
    return seen


@needs_strace
@pytest.mark.torture
def test_l6_only_this_machine_is_connected_to(tmp_path: Path) -> None:
    record("L6", connections=_connections(tmp_path), elsewhere=0)


@needs_strace
@pytest.mark.torture
def test_l6_catches_a_program_that_calls_home(tmp_path: Path) -> None:
    caught = catches(lambda: _connections(tmp_path, (*PROGRAM, "calls-home")), "connects elsewhere")
    record("L6", caught=caught)


def _namespaces() -> bool:
    """Whether this user may make a network without routes."""
    try:
        return subprocess.run(["unshare", "-n", "true"], check=False, capture_output=True, timeout=20).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False


@pytest.mark.torture
def test_l6_all_works_without_a_network(tmp_path: Path) -> None:
    if not _namespaces():
        pytest.skip("no network namespace can be made here")
    script = tmp_path / "play.py"
    script.write_text(
        "import pathlib, subprocess, sys\n"
        "subprocess.run(['ip', 'link', 'set', 'lo', 'up'], check=True)\n"
        "from tests.torture.test_l_secrets import Session\n"
        f"session = Session(pathlib.Path({str(tmp_path)!r}))\n"
        "session.play(brief=True)\n"
        "print(len(session.said))\n"
    )
    if shutil.which("ip") is None:
        pytest.skip("ip is not installed")
    done = subprocess.run(
        ["unshare", "-n", sys.executable, str(script)],
        check=False, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    record("L6", commands_without_a_network=int(done.stdout))

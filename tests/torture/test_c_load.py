"""C3, C5, C11 to C13: large bodies, many senders, floods, and the app open meanwhile; on the real program."""

from __future__ import annotations

import hashlib
import http.client
import os
import re
import shutil
import socket
import sqlite3
import statistics
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

import pyte
import pytest

from tests.net.vectors import GOOD
from tests.support.listening import read_answer, statuses
from tests.support.patience import PATIENCE_S
from tests.support.pty_app import PtyApp
from tests.support.stored import stored_bodies
from tests.torture.careless_process import PROGRAM
from tests.torture.listeners import PRODUCT, listener
from tests.torture.results import record, write
from tests.torture.variants import catches

MIB = 1024 * 1024
LISTEN = PRODUCT[2:]

pytestmark = [
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory and sockets are read from /proc"),
    pytest.mark.timeout(180),
]


def careless(mode: str) -> tuple[str, ...]:
    return (*PROGRAM, mode, *LISTEN)


def memory_mib(pid: int, key: str = "VmHWM") -> float:
    """The most memory that a process ever had, in MiB (`VmRSS`: has now)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(key):
            return int(line.split()[1]) / 1024
    raise AssertionError(key)


def p95(values: Sequence[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]


def timed_post(port: int, path: bytes = b"/good", patience_s: float = 20) -> float:
    """Milliseconds until a good request was answered 200."""
    began = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port), timeout=patience_s) as client:
        client.sendall(GOOD.replace(b"/p", path, 1))
        assert read_answer(client).startswith(b"HTTP/1.1 200")
    return (time.perf_counter() - began) * 1000


def kept(log: Path, path: bytes) -> int:
    with closing(sqlite3.connect(log)) as connection:
        sql = "SELECT count(*) FROM deliveries WHERE target = ? AND refused IS NULL"
        return int(connection.execute(sql, (path,)).fetchone()[0])


# -- C3


def _send_body(port: int, size: int, *, chunked: bool) -> tuple[list[int], str]:
    """Statuses, and the SHA-256 of what was sent."""
    block = os.urandom(MIB)
    digest = hashlib.sha256()
    framing = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % size
    with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
        with suppress(OSError):  # who is over the limit is answered and closed on
            client.sendall(b"POST /%d HTTP/1.1\r\nHost: x\r\n%b\r\n\r\n" % (size, framing))
            for start in range(0, size, MIB):
                piece = block[: min(MIB, size - start)]
                digest.update(piece)
                client.sendall(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
            if chunked:
                client.sendall(b"0\r\n\r\n")
        return statuses(read_answer(client)), digest.hexdigest()


def _bodies(folder: Path, largest: int, program: Sequence[str] = PRODUCT) -> float:
    """Bodies up to the limit are kept; how much memory they cost, in MiB."""
    config = folder / "webhook-inspector.toml"
    config.write_text(f"listen.max_body = {largest}\n", encoding="utf-8")
    log = folder / "log.db"
    with listener(log, "--config", str(config), program=program) as process:
        pid = process.process.pid
        start = memory_mib(pid)
        hashes = {}
        for size in sorted({0, MIB - 1, MIB, MIB + 1, largest // 4, largest}):
            for chunked in (False, True):
                status, hashes[size, chunked] = _send_body(process.port, size, chunked=chunked)
                assert status == [200], size
            # A moment later its facts are derived, which reads it once more.
        time.sleep(1)
        peak = memory_mib(pid)
        grown = peak - start
        for chunked in (False, True):
            assert _send_body(process.port, largest + 1, chunked=chunked)[0] == [413]
        more = memory_mib(pid) - peak
        assert more < 100 + 3 * largest / MIB, f"two bodies over the limit: {more:.0f} MiB cost"
        assert process.end() == 0
    with closing(sqlite3.connect(log)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        rows = connection.execute("SELECT body_size, body_sha256, refused FROM deliveries ORDER BY id").fetchall()
        for number, body in stored_bodies(connection).items():
            assert hashlib.sha256(body).digest() == rows[number - 1][1], number
    assert [(size, sha.hex()) for size, sha, refused in rows if not refused] == [
        (size, digest) for (size, _), digest in hashes.items()
    ]
    assert len([row for row in rows if row[2]]) == 2
    # It is in memory while it is kept, and again while its facts are derived; the allocator keeps what two threads had.
    assert grown < 6 * largest / MIB + 150, f"bodies of up to {largest // MIB} MiB: {grown:.0f} MiB cost"
    return grown


@pytest.mark.torture
@pytest.mark.parametrize("largest", [25, 100])
def test_c3_bodies_up_to_and_over_the_limit(tmp_path: Path, largest: int) -> None:
    grown = _bodies(tmp_path, largest * MIB)
    write({"row": "C3", "caught": None, "figures": {f"MiB_of_memory_for_{largest}_MiB": grown}})


@pytest.mark.torture
def test_c3_catches_a_listener_that_holds_on_to_bodies(tmp_path: Path) -> None:
    caught = catches(lambda: _bodies(tmp_path, 25 * MIB, careless("grows")), "MiB cost")
    record("C3", caught=caught)


# -- C5


@contextmanager
def half_sent(port: int, count: int) -> Iterator[list[socket.socket]]:
    """Senders of half a request, every second of half a body; who is dropped does not come again."""
    with ExitStack() as stack:
        clients = []
        for number in range(count):
            try:
                client = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=3))
            except OSError:
                raise AssertionError(f"sender {number} found no place") from None
            with suppress(OSError):
                client.sendall(GOOD[:-1] if number % 2 else GOOD[:30])
            clients.append(client)
        yield clients


def _half_sent(folder: Path, descriptors: int, seconds: float, program: Sequence[str] = PRODUCT) -> dict[str, float]:
    prlimit = shutil.which("prlimit")
    if prlimit is None:
        pytest.skip("prlimit is not installed")
    errors = folder / "errors.txt"
    around = (prlimit, f"--nofile={descriptors}:{descriptors}", "--")
    with (
        errors.open("wb") as file,
        listener(folder / "log.db", program=program, around=around, errors=file) as process,
    ):
        pid = process.process.pid
        for _ in range(5):
            timed_post(process.port)
        start = memory_mib(pid, "VmRSS")
        with half_sent(process.port, 1000):
            times: list[float] = []
            end = time.perf_counter() + seconds
            while time.perf_counter() < end:
                try:
                    times.append(timed_post(process.port, patience_s=5))
                except OSError:
                    raise AssertionError("a good request was not answered") from None
                time.sleep(0.05)
            grown = memory_mib(pid, "VmRSS") - start
            sockets = len(list(Path(f"/proc/{pid}/fd").iterdir()))
            # 10 s are a head's deadline, 30 s the longest pause in a body.
            assert sockets < descriptors
        assert kept(folder / "log.db", b"/good") == len(times) + 5
    lines = errors.read_bytes().count(b"\n")
    assert lines < 100, errors.read_bytes()[-3000:]
    assert grown < 50, f"{grown} MiB"
    assert p95(times) < 1000
    return {"p95_ms": p95(times), "grown_mib": grown, "good": float(len(times))}


@pytest.mark.torture
@pytest.mark.parametrize("descriptors", [4096, 256])
def test_c5_a_thousand_half_sent_requests(tmp_path: Path, descriptors: int) -> None:
    found = _half_sent(tmp_path, descriptors, 15)
    figures: dict[str, float | str] = {f"p95_ms_with_{descriptors}_descriptors": found["p95_ms"]}
    write({"row": "C5", "caught": None, "figures": {"half_sent": 1000, **figures, "MiB_more": found["grown_mib"]}})


@pytest.mark.torture
def test_c5_catches_a_listener_that_keeps_every_connection(tmp_path: Path) -> None:
    caught = catches(lambda: _half_sent(tmp_path, 256, 2, careless("keeps-connections")), "found no place")
    record("C5", caught=caught)


# -- C11

GARBAGE = (
    b"\0\0\0\0\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", b"{}\r\n\r\n",
    b"GET /\x1b]52;c;AAAA\x07 HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\0", b"GET / HTTP/1.1\r\nX\r\n\r\n",
    b"SSH-2.0-x\r\n",
)  # fmt: skip


def _flood(port: int, count: int, first: int) -> None:
    for number in range(count):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=20) as client:
            client.sendall(GARBAGE[(first + number) % len(GARBAGE)])
            client.shutdown(socket.SHUT_WR)
            while client.recv(4096):
                pass


def _malformed(folder: Path, count: int, program: Sequence[str] = PRODUCT) -> dict[str, float]:
    errors = folder / "errors.txt"
    with errors.open("wb") as file, listener(folder / "log.db", program=program, errors=file) as process:
        timed_post(process.port)
        threads = [threading.Thread(target=_flood, args=(process.port, count // 8, n)) for n in range(8)]
        began = time.perf_counter()
        for thread in threads:
            thread.start()
        times = []
        while any(thread.is_alive() for thread in threads):
            times.append(timed_post(process.port))
            time.sleep(0.05)
        took = time.perf_counter() - began
        assert process.end() == 0
    with closing(sqlite3.connect(folder / "log.db")) as connection:
        refused = connection.execute("SELECT count(*) FROM deliveries WHERE refused IS NOT NULL").fetchone()[0]
    assert kept(folder / "log.db", b"/good") == len(times) + 1
    assert refused == count // 8 * 8, "each of them is kept"
    assert errors.stat().st_size < 100 * count, "a line for each would be a log file that fills the disk"
    assert p95(times) < 1000
    return {"good": float(len(times)), "p95_ms": p95(times), "seconds": took}


@pytest.mark.parametrize("count", [400, pytest.param(10_000, marks=pytest.mark.torture)])
def test_c11_malformed_requests_while_good_ones_come(tmp_path: Path, count: int) -> None:
    found = _malformed(tmp_path, count)
    record("C11", malformed=count, good=int(found["good"]), good_p95_ms=found["p95_ms"], lost=0)


def test_c11_catches_a_listener_that_prints_tracebacks(tmp_path: Path) -> None:
    caught = catches(lambda: _malformed(tmp_path, 400, careless("prints-refusals")), "fills the disk")
    record("C11", caught=caught)


# -- C12


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _with_the_app(folder: Path, count: int, rate: float, program: Sequence[str]) -> dict[str, float]:
    """Deliveries at a steady rate into the app on a terminal, where keys are pressed meanwhile."""
    port, log = _free_port(), folder / "log.db"
    told: list[int] = []
    slowest: list[float] = []

    def send() -> None:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
            began = time.perf_counter()
            for number in range(count):
                time.sleep(max(0.0, began + number / rate - time.perf_counter()))
                body = b'{"id":"evt_%d","type":"live.n%d","data":{"n":%d}}' % (number, number % 40, number)
                at = time.perf_counter()
                try:
                    connection.request("POST", "/good", body, {"Content-Type": "application/json"})
                    answer = connection.getresponse()
                    answer.read()
                except (OSError, http.client.HTTPException):
                    return  # the app has gone; the statuses that are missing say so
                slowest.append((time.perf_counter() - at) * 1000)
                told.append(answer.status)

    with PtyApp([*program, "--port", str(port), "--log", str(log)]) as app:
        app.until("Waiting for the first webhook")
        sender = threading.Thread(target=send, daemon=True)
        sender.start()
        seen = Seen(app)
        keys: list[float] = []
        sizes: list[float] = []
        number = 0
        while sender.is_alive():
            app.press("f", 0.3)
            seen.catch_up()  # what came before does not count
            word = f"zz{number}"  # what is typed stands in the filter line
            at = time.perf_counter()
            app.type(word)
            seen.until(word)
            keys.append((time.perf_counter() - at) * 1000)
            app.press("\x1b", 0.3)
            app.press("\x1b", 0.3)
            sizes.append(memory_mib(app.pid, "VmRSS"))
            number += 1
        time.sleep(0.5)
        app.read(1)
    assert told == [200] * count
    assert kept(log, b"/good") == count, "as many as were answered"
    warm = sizes[len(sizes) // 3]
    return {
        "key_p95_ms": p95(keys),
        "key_ms": statistics.median(keys),
        "grown": sizes[-1] - warm,
        "slowest": max(slowest),
    }


class Seen:
    """What a terminal shows of an app's output."""

    def __init__(self, app: PtyApp) -> None:
        self._app = app
        self._screen = pyte.Screen(120, 36)
        self._stream = pyte.ByteStream(self._screen)
        self._done = 0

    def catch_up(self) -> None:
        """Draw what was written until now."""
        self._stream.feed(bytes(self._app.output[self._done :]))
        self._done = len(self._app.output)

    def until(self, word: str) -> None:
        """Until a word is on the screen."""
        end = time.perf_counter() + PATIENCE_S
        while time.perf_counter() < end:
            self._app.read_once(0.02)
            self.catch_up()
            if any(word in line for line in self._screen.display):
                return
        raise AssertionError("\n".join([word, *self._screen.display]))


@pytest.mark.torture
def test_c12_deliveries_with_the_app_open(tmp_path: Path) -> None:
    found = _with_the_app(tmp_path, 3000, 50, ("-m", "webhook_inspector"))
    assert found["grown"] < 10 + 20, "MiB, with what the list itself holds"
    assert found["key_p95_ms"] < 3000, "the emulator that reads the screen is in it, and whatever else runs here"
    record(
        "C12", deliveries=3000, lost=0, ms_for_a_typed_word_median=found["key_ms"],
        ms_for_a_typed_word_p95=found["key_p95_ms"], grown_MiB=max(0.0, found["grown"]),
        slowest_answer_ms=found["slowest"],
    )  # fmt: skip


@pytest.mark.torture
def test_c12_catches_an_app_that_forgets_some(tmp_path: Path) -> None:
    caught = catches(lambda: _with_the_app(tmp_path, 120, 60, (*PROGRAM, "forgets-some")), "as many as were")
    record("C12", caught=caught)


# -- C13


def _listens_on(pid: int) -> set[str]:
    """The addresses on which a process listens, from the system's tables."""
    inodes = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            match = re.fullmatch(r"socket:\[(\d+)\]", str(entry.readlink()))
            if match:
                inodes.add(match[1])
    found = set()
    for table, family in (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6)):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                raw = bytes.fromhex(fields[1].partition(":")[0])
                words = [raw[n : n + 4][::-1] for n in range(0, len(raw), 4)]  # each in the machine's order
                found.add(socket.inet_ntop(family, b"".join(words if sys.byteorder == "little" else [raw])))
    return found


def _reachable(folder: Path, *options: str, program: Sequence[str] = PRODUCT) -> tuple[set[str], str]:
    errors = folder / "errors.txt"
    with errors.open("wb") as file, listener(folder / "log.db", *options, program=program, errors=file) as process:
        found = _listens_on(process.process.pid)
    return found, errors.read_text()


def _loopback_only(folder: Path, program: Sequence[str] = PRODUCT) -> int:
    cases = 0
    for options in ((), ("--host", "localhost"), ("--host", "127.0.0.1"), ("--host", "::1"), ("--tls",)):
        found, said = _reachable(folder, *options, program=program)
        assert found
        assert found <= {"127.0.0.1", "::1"}, (options, found)
        assert "OPEN" not in said
        cases += 1
    return cases


def test_c13_only_this_machine_reaches_the_listener(tmp_path: Path) -> None:
    cases = _loopback_only(tmp_path)
    found, said = _reachable(tmp_path, "--host", "0.0.0.0")
    assert found == {"0.0.0.0"}
    assert "OPEN: listening on 0.0.0.0" in said
    config = tmp_path / "webhook-inspector.toml"
    config.write_text('[listen]\nhost = "0.0.0.0"\npath_token = "file:token"\n', encoding="utf-8")
    (tmp_path / "token").write_text("0123456789abcdef0123\n")
    found, said = _reachable(tmp_path, "--config", str(config))
    assert found == {"0.0.0.0"}
    assert "OPEN" not in said
    assert "warning: listening on 0.0.0.0" in said
    assert "0123456789abcdef" not in said
    record("C13", starts=cases + 2, reachable_unasked=0)


def test_c13_catches_a_listener_on_every_address(tmp_path: Path) -> None:
    caught = catches(lambda: _loopback_only(tmp_path, careless("everywhere")))
    record("C13", caught=caught)

"""The servers that are held against each other, each a process of its own.

`python -m tests.benchmarks.servers bare PORT` or `... naive PORT FILE` is one of them.
"""

from __future__ import annotations

import asyncio
import os
import pty
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from aiohttp import web

ROOT = Path(__file__).resolve().parents[2]
_START_S = 30.0
_ADDON = """from mitmproxy import http

def request(flow):
    flow.response = http.Response.make(200, b"ok")
"""

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


async def _serve(handler: Handler, port: int) -> None:
    runner = web.ServerRunner(web.Server(handler))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


async def _bare(request: web.BaseRequest) -> web.Response:
    await request.read()
    return web.Response(text="ok")


def _naive(file: str) -> Handler:
    """What one would write first: a row and a commit for each request, by sqlite-utils."""
    from sqlite_utils import Database

    database = Database(file)
    database.enable_wal()
    database.execute("PRAGMA synchronous = FULL")

    async def handle(request: web.BaseRequest) -> web.Response:
        body = await request.read()
        row = {"at": time.time_ns(), "path": request.path, "headers": str(dict(request.headers)), "body": body}
        database.table("requests").insert(row)
        return web.Response(text="ok")

    return handle


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class Server:
    """A running server: its process number and its port."""

    def __init__(self, pid: int, port: int) -> None:
        self.pid = pid
        self.port = port

    def wait(self) -> None:
        """Wait until it accepts.

        Raises:
            TimeoutError: It does not.
        """
        until = time.monotonic() + _START_S
        while time.monotonic() < until:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.02)
        raise TimeoutError(f"nothing listens on port {self.port}")

    def resident_mib(self) -> float:
        """Its memory, in MiB."""
        for line in Path(f"/proc/{self.pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise RuntimeError("this system does not say how much memory a process has")


@contextmanager
def running(command: list[str], port: int, env: Mapping[str, str] | None = None) -> Iterator[Server]:
    """A server whose output goes nowhere; killed at the end, so that what it left undone disturbs nobody."""
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    try:
        server = Server(process.pid, port)
        server.wait()
        yield server
    finally:
        process.kill()
        process.wait()


@contextmanager
def on_terminal(command: list[str], port: int, env: Mapping[str, str] | None = None) -> Iterator[Server]:
    """A server with a screen. What it draws is read and thrown away, as a terminal would do with less work."""
    pid, descriptor = pty.fork()
    if pid == 0:
        os.chdir(ROOT)
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "COLUMNS": "120"}
        os.execvpe(command[0], command, {**environment, "LINES": "36", **(env or {})})

    def drain() -> None:
        with suppress(OSError):
            while os.read(descriptor, 1 << 16):
                pass

    reader = threading.Thread(target=drain, daemon=True)
    reader.start()
    try:
        server = Server(pid, port)
        server.wait()
        yield server
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        reader.join()
        os.close(descriptor)


def _module(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "tests.benchmarks.servers", *arguments]


@contextmanager
def bare() -> Iterator[Server]:
    """aiohttp's low-level server with a handler that reads the body and answers 200: the ceiling."""
    port = free_port()
    with running(_module("bare", str(port)), port) as server:
        yield server


@contextmanager
def naive(folder: Path) -> Iterator[Server]:
    """The same with a row and a commit for each request."""
    port = free_port()
    file = folder / f"naive-{port}.db"
    with running(_module("naive", str(port), str(file)), port) as server:
        yield server


def _environment(folder: Path) -> dict[str, str]:
    """A user without configuration."""
    return {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "XDG_DATA_HOME": str(folder)}


def _product(folder: Path, port: int) -> list[str]:
    log = folder / f"log-{port}.db"
    return [sys.executable, "-m", "webhook_inspector", "--log", str(log), "--port", str(port)]


@contextmanager
def ours(folder: Path) -> Iterator[Server]:
    """`webhook-inspector listen --json` with a source, on a fresh log: all of the product but its screen."""
    port = free_port()
    log = folder / f"log-{port}.db"
    options = ["--json", "--log", str(log), "--port", str(port), "--source", "github=github"]
    command = [sys.executable, "-m", "webhook_inspector", "listen", *options]
    with running(command, port, _environment(folder)) as server:
        yield server


@contextmanager
def our_app(folder: Path) -> Iterator[Server]:
    """The app on a fresh log, its list following."""
    port = free_port()
    with on_terminal(_product(folder, port), port, _environment(folder)) as server:
        yield server


@contextmanager
def mitmproxy(program: Path, folder: Path, upstream: int | None) -> Iterator[Server]:
    """mitmproxy writing flows to a file: answering by itself, or in front of a bare server."""
    port = free_port()
    script = folder / "answer.py"
    script.write_text(_ADDON, encoding="utf-8")
    options = ["-q", "-p", str(port), "-w", str(folder / "flows"), "--set", f"confdir={folder}"]
    options += ["--mode", f"reverse:http://127.0.0.1:{upstream or 9}", "--set", "connection_strategy=lazy"]
    options += [] if upstream is not None else ["-s", str(script)]
    with running([str(program), *options], port) as server:
        yield server


if __name__ == "__main__":
    asyncio.run(_serve(_bare if sys.argv[1] == "bare" else _naive(sys.argv[3]), int(sys.argv[2])))

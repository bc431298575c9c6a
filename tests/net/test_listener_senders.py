"""Senders that are slow, silent or leave: deadlines, what is kept of them, and room for the good ones."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.net.vectors import GOOD, HEAD
from tests.support.listening import Kept, Running, listening, read_all, read_answer, statuses
from tests.support.patience import PATIENCE_S
from webhook_inspector.net.limits import Limits
from webhook_inspector.net.listener import Answer, Listener
from webhook_inspector.net.loop_thread import LoopThread
from webhook_inspector.net.reply import Reply

SOON_S = 15
"""What takes less is not blocked by others; generous, for a machine that does other things as well."""
QUICK = Limits(head_seconds=0.2, read_seconds=0.2, body_seconds=0.6, idle_seconds=0.2, keep_seconds=0.3)


@pytest.fixture
def running() -> Iterator[Running]:
    with listening() as running:
        yield running


def reset(client: socket.socket) -> None:
    """Close with a reset instead of a polite end."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


# -- deadlines


def test_a_body_that_stalls_is_408_and_kept_as_incomplete() -> None:
    with listening(limits=QUICK) as running, running.connect() as client:
        client.sendall(HEAD + b"Content-Length: 10\r\n\r\nabc")
        assert statuses(read_all(client)) == [408]
        (delivery,) = running.kept.wait_for(1)
    assert delivery.request.body == b"abc"
    assert delivery.request.target == b"/p"
    assert delivery.refused == "The body is incomplete: nothing came for 0.2 s."


def test_a_body_that_drips_is_408_at_the_total_deadline() -> None:
    with listening(limits=QUICK) as running, running.connect() as client:
        client.sendall(HEAD + b"Content-Length: 1000\r\n\r\n")
        stop = threading.Event()

        def drip() -> None:
            with contextlib.suppress(OSError):
                while not stop.wait(0.05):
                    client.sendall(b"x")

        thread = threading.Thread(target=drip)
        thread.start()
        answer = read_all(client)
        stop.set()
        thread.join()
        (delivery,) = running.kept.wait_for(1)
    assert statuses(answer) == [408]
    assert delivery.refused == "The body is incomplete: it took longer than 0.6 s."
    assert set(delivery.request.body) == {ord("x")}


def test_half_a_head_is_408_at_its_deadline_and_kept() -> None:
    with listening(limits=QUICK) as running, running.connect() as client:
        client.sendall(b"POST /half HTTP/1.1\r\nHo")
        assert statuses(read_all(client)) == [408]
        (delivery,) = running.kept.wait_for(1)
    assert delivery.request.target == b"/half"
    assert delivery.request.body == b"POST /half HTTP/1.1\r\nHo"
    assert delivery.refused == "The headers were not complete after 0.2 s."


def test_a_second_request_that_stalls_on_a_kept_connection() -> None:
    with listening(limits=QUICK) as running, running.connect() as client:
        client.sendall(GOOD + HEAD + b"Content-Length: 10\r\n\r\nabc")
        assert statuses(read_all(client)) == [200, 408]
        assert [delivery.refused is None for delivery in running.kept.wait_for(2)] == [True, False]


def test_silent_and_idle_connections_are_closed_and_leave_nothing() -> None:
    with listening(limits=QUICK) as running:
        with running.connect() as client:
            assert read_all(client) == b""
        with running.connect() as client:
            client.sendall(GOOD)
            read_answer(client)
            assert read_all(client) == b""
        assert len(running.settle()) == 1


# -- senders that leave


def test_a_sender_that_resets_in_the_middle_of_a_body_leaves_its_bytes() -> None:
    with listening() as running:
        client = running.connect()
        client.sendall(HEAD + b"Content-Length: 10\r\n\r\nabc")
        reset(client)
        (delivery,) = running.kept.wait_for(1)
    assert delivery.request.body in {b"abc", b""}  # a reset may overtake what was not yet read
    assert delivery.refused is not None


def test_a_sender_that_closes_politely_in_the_middle_of_a_body_leaves_its_bytes() -> None:
    with listening() as running:
        with running.connect() as client:
            client.sendall(HEAD + b"Content-Length: 10\r\n\r\nabc")
        (delivery,) = running.kept.wait_for(1)
    assert delivery.request.body == b"abc"


def test_a_sender_that_leaves_before_the_answer_is_kept_all_the_same() -> None:
    kept = Kept(gate=threading.Event())
    with listening(kept=kept) as running:
        client = running.connect()
        client.sendall(GOOD)
        assert kept.arrived.wait(PATIENCE_S)
        reset(client)
        assert kept.gate is not None
        kept.gate.set()
        running.settle()
    assert [delivery.refused for delivery in kept.deliveries] == [None]


def test_pipelined_requests_of_a_sender_that_left_are_all_accounted_for() -> None:
    kept = Kept(gate=threading.Event())
    with listening(kept=kept) as running:
        client = running.connect()
        client.sendall(GOOD * 5)
        assert kept.arrived.wait(PATIENCE_S)
        reset(client)
        assert kept.gate is not None
        kept.gate.set()
        deliveries = running.settle()
    assert len(deliveries) == 5
    for delivery in deliveries:
        assert (delivery.refused is None and delivery.request.body == b"abc") or delivery.request.body == GOOD


def test_an_end_between_the_answer_and_the_wait_for_the_next_request_closes(monkeypatch: pytest.MonkeyPatch) -> None:
    send = Reply.send

    async def send_and_hear_the_end(self: Reply) -> None:
        await send(self)
        self._connection.eof_received()

    monkeypatch.setattr(Reply, "send", send_and_hear_the_end)
    with listening() as running, running.connect() as client:
        client.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
        assert statuses(read_all(client)) == [200]


# -- room


def test_at_the_cap_the_one_that_waited_longest_makes_room() -> None:
    with listening(limits=Limits(max_connections=8)) as running, contextlib.ExitStack() as stack:
        silent = [stack.enter_context(running.connect()) for _ in range(8)]
        silent[0].sendall(b"POST /half")
        for client in silent[1:]:
            client.sendall(GOOD)
            read_answer(client)
        for _ in range(4):
            assert statuses(running.send(GOOD)) == [200]
        half = [delivery for delivery in running.settle() if delivery.refused is not None]
        assert len(half) == 1
        assert half[0].request.target == b"/half"
        assert half[0].refused == "Closed to make room: 8 connections are open."
        assert half[0].response_status is None


def test_many_slow_senders_do_not_keep_a_good_one_out() -> None:
    with listening(limits=Limits(max_connections=16)) as running, contextlib.ExitStack() as stack:
        for number in range(200):
            client = stack.enter_context(running.connect())
            client.sendall(
                b"POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc" if number % 2 else b"POST /"
            )
        began = time.perf_counter()
        assert statuses(running.send(GOOD)) == [200]
        assert time.perf_counter() - began < SOON_S
        running.until_open(17)  # who was sent away may take a moment to go


FEW_DESCRIPTORS = """
import resource, socket, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
from tests.support.listening import listening, statuses
from tests.net.vectors import GOOD
with listening() as running:
    print(running.port, flush=True)
    sys.stdin.readline()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="descriptor limits are of POSIX")
def test_few_descriptors_do_not_stop_service_or_flood_logs() -> None:
    root = Path(__file__).resolve().parents[2]
    with (
        subprocess.Popen(
            [sys.executable, "-c", FEW_DESCRIPTORS],
            cwd=root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(root)},
        ) as process,
        contextlib.ExitStack() as stack,
    ):
        assert process.stdout is not None
        port = int(process.stdout.readline())
        for _ in range(500):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S))
            client.sendall(b"POST / HTTP/1.1\r\nHo")
        for _ in range(5):
            with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as client:
                began = time.perf_counter()
                client.sendall(GOOD)
                assert read_answer(client).startswith(b"HTTP/1.1 200")
                assert time.perf_counter() - began < SOON_S
        _, errors = process.communicate("\n", timeout=PATIENCE_S)
    assert process.returncode == 0, errors
    assert len(errors) < 1000, errors


def test_malformed_floods_do_not_disturb_good_senders(running: Running) -> None:
    stop = threading.Event()

    def flood() -> None:
        while not stop.is_set():
            with contextlib.suppress(OSError):
                running.send(b"\0\0\0garbage\r\n\r\n")

    threads = [threading.Thread(target=flood) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(40):
            began = time.perf_counter()
            assert statuses(running.send(GOOD)) == [200]
            assert time.perf_counter() - began < SOON_S
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert len(running.kept.whole) == 40


def test_a_sender_that_never_reads_is_closed_and_its_memory_bounded() -> None:
    with listening(limits=QUICK, answer=lambda _delivery: Answer(200, b"x" * 100_000)) as running:
        client = running.connect()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(0.2)
        with contextlib.suppress(OSError):
            for _ in range(10_000):
                client.sendall(GOOD * 100)
        deadline = time.perf_counter() + 20
        while running.listener.connections and time.perf_counter() < deadline:
            time.sleep(0.02)
        assert running.listener.connections == 0
        client.close()
        assert len(running.kept.deliveries) < 20_000


# -- faults of our own


def test_a_route_or_an_answer_that_raises_costs_no_delivery() -> None:
    def fails(_argument: object) -> str:
        raise ValueError("on purpose")

    failures: list[BaseException] = []
    kept = Kept()
    loop = LoopThread("faulty", on_failure=failures.append).start()
    listener = Listener(loop, keep=kept, route=fails, answer=fails)  # type: ignore[arg-type]
    listener.start("127.0.0.1", 0)
    with socket.create_connection(("127.0.0.1", listener.port), timeout=PATIENCE_S) as client:
        client.sendall(GOOD)
        assert read_answer(client).startswith(b"HTTP/1.1 500")
    listener.stop()
    loop.stop()
    assert [(delivery.source, delivery.response_status) for delivery in kept.deliveries] == [("default", 500)]
    assert [str(failure) for failure in failures] == ["on purpose"] * 2

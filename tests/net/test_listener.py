"""What the listener promises: kept before answered, nothing lost, deadlines, room for good senders."""

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
from typing import Any

import pytest

from tests.net.vectors import CHUNKED, GOOD, HEAD
from tests.support.factories import T0_NS
from tests.support.listening import Kept, Running, listening, read_all, read_answer, statuses
from webhook_inspector.core.clock import ManualClock
from webhook_inspector.core.delivery import Delivery
from webhook_inspector.core.headers import Headers
from webhook_inspector.errors import ListenError, StoreError
from webhook_inspector.net.connection import Connection
from webhook_inspector.net.limits import Limits
from webhook_inspector.net.listener import Answer, Listener
from webhook_inspector.net.loop_thread import LoopThread

SOON_S = 4
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


# -- what is kept


def test_a_delivery_is_kept_byte_for_byte() -> None:
    raw = (
        b"PUT /a/../b//%2e?x=1&&y HTTP/1.1\r\nhOst: x\r\nX-A: 1\r\nx-a:  two \t\r\nX-A: caf\xe9\r\n"
        b"Content-Encoding: gzip\r\ncontent-length: 4\r\n\r\n\x1f\x8b\x00\xff"
    )
    with listening(clock=ManualClock(T0_NS), route=lambda target: "s" + target[:2].decode()) as running:
        assert statuses(running.send(raw)) == [200]
        (delivery,) = running.settle()
    assert delivery.request.method == "PUT"
    assert delivery.request.target == b"/a/../b//%2e?x=1&&y"
    assert delivery.request.headers == Headers(
        (
            (b"hOst", b"x"),
            (b"X-A", b"1"),
            (b"x-a", b"two"),
            (b"X-A", b"caf\xe9"),
            (b"Content-Encoding", b"gzip"),
            (b"content-length", b"4"),
        )
    )
    assert delivery.request.body == b"\x1f\x8b\x00\xff"
    assert delivery.received_ns == T0_NS
    assert delivery.source == "s/a"
    assert delivery.remote.startswith("127.0.0.1:")
    assert delivery.response_status == 200


def test_the_connection_class_is_really_ours() -> None:
    # aiohttp documents neither how a Server makes its protocol nor the parser's arguments.
    with listening() as running, running.connect() as client:
        client.sendall(GOOD)
        read_answer(client)
        server = running.listener._server
        assert server is not None
        (connection,) = server.connections
        assert type(connection) is Connection
        assert connection.tee.finished == 1


# -- kept before answered


class AnswersTooEarly(Listener):
    """The broken variant: reports success to itself before the store has spoken."""

    def __init__(self, loop: LoopThread, **arguments: object) -> None:
        keep = arguments.pop("keep")
        assert callable(keep)

        def eager(delivery: Delivery, done: object) -> None:
            assert callable(done)
            done(1)
            keep(delivery, lambda _result: None)

        super().__init__(loop, keep=eager, **arguments)  # type: ignore[arg-type]


def answered_before_kept(kind: type[Listener]) -> bool:
    """Whether a sender reads an answer while the store has not yet reported its delivery."""
    kept = Kept(gate=threading.Event())
    loop = LoopThread("checker").start()
    listener = kind(loop, keep=kept)
    listener.start("127.0.0.1", 0)
    assert kept.gate is not None
    try:
        with socket.create_connection(("127.0.0.1", listener.port), timeout=0.3) as client:
            client.sendall(GOOD)
            assert kept.arrived.wait(5)
            try:
                early = bool(client.recv(1))
            except TimeoutError:
                early = False
            kept.gate.set()
            client.settimeout(5)
            if not early:
                assert read_answer(client).startswith(b"HTTP/1.1 200")
        return early
    finally:
        listener.stop()
        loop.stop()


def test_nothing_is_answered_before_it_is_kept() -> None:
    assert not answered_before_kept(Listener)


def test_the_checker_catches_a_listener_that_answers_too_early() -> None:
    assert answered_before_kept(AnswersTooEarly)


def test_a_store_that_fails_is_answered_503_with_retry_after() -> None:
    with listening(kept=Kept(result=lambda _delivery: StoreError("The disk is full."))) as running:
        answer = running.send(GOOD)
    assert statuses(answer) == [503]
    assert b"\r\nRetry-After: 1\r\n" in answer


def test_a_store_that_raises_at_once_is_answered_503() -> None:
    def keep(_delivery: Delivery, _done: object) -> None:
        raise StoreError("The log is closed.")

    loop = LoopThread("raises").start()
    listener = Listener(loop, keep=keep)
    listener.start("127.0.0.1", 0)
    with socket.create_connection(("127.0.0.1", listener.port), timeout=5) as client:
        client.sendall(GOOD)
        assert read_answer(client).startswith(b"HTTP/1.1 503")
    listener.stop()
    loop.stop()


def test_a_store_that_never_reports_is_answered_503_at_the_deadline() -> None:
    kept = Kept(gate=threading.Event())
    with listening(kept=kept, limits=QUICK) as running:
        assert statuses(running.send(GOOD)) == [503]
        assert kept.gate is not None
        kept.gate.set()


def test_each_result_reaches_its_own_sender() -> None:
    def result(delivery: Delivery) -> int | Exception:
        return StoreError("no") if delivery.request.body == b"bad" else 1

    with listening(kept=Kept(result=result)) as running:
        answers: dict[int, list[int]] = {}

        def sender(number: int) -> None:
            body = b"bad" if number % 3 == 0 else b"abc"
            answers[number] = statuses(running.send(HEAD + b"Content-Length: 3\r\n\r\n" + body))

        threads = [threading.Thread(target=sender, args=(number,)) for number in range(30)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert answers == {number: [503 if number % 3 == 0 else 200] for number in range(30)}


def test_a_refusal_that_cannot_be_kept_is_answered_503() -> None:
    with listening(kept=Kept(result=lambda _delivery: StoreError("no"))) as running:
        assert statuses(running.send(b"GARBAGE\r\n\r\n")) == [503]


# -- answers


def test_the_answer_is_ours_and_says_nothing_of_python() -> None:
    with listening() as running:
        answer = running.send(GOOD)
    assert b"\r\nServer: webhook-inspector\r\n" in answer
    assert b"ython" not in answer
    assert b"aiohttp" not in answer


def test_a_chosen_answer_is_sent_and_its_status_is_kept() -> None:
    answer = Answer(202, b'{"ok":true}', Headers(((b"Content-Type", b"application/json"), (b"Content-Length", b"99"))))
    with listening(answer=lambda _delivery: answer) as running:
        text = running.send(GOOD)
        (delivery,) = running.settle()
    assert text.startswith(b"HTTP/1.1 202 Accepted\r\n")
    assert text.count(b"Content-Length") == 1
    assert text.endswith(b'\r\n\r\n{"ok":true}')
    assert delivery.response_status == 202


def test_an_answer_cannot_be_split_by_its_headers() -> None:
    with listening(answer=lambda _d: Answer(200, b"", Headers(((b"X", b"a\r\nSet-Cookie: b"),)))) as running:
        assert b"Set-Cookie" not in running.send(GOOD)


def test_head_gets_no_body_and_204_no_length() -> None:
    with listening() as running:
        assert running.send(b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n").endswith(
            b"Content-Length: 3\r\nConnection: close\r\n\r\n"
        )
    with listening(answer=lambda _delivery: Answer(204)) as running:
        answer = running.send(GOOD)
    assert b"Content-Length" not in answer
    assert answer.endswith(b"\r\n\r\n")


def test_a_refusal_echoes_nothing() -> None:
    with listening() as running:
        answer = running.send(b"GET /<script>evil</script> HTTP/9.9\r\nHost: x\r\n\r\n")
    assert statuses(answer) == [400]
    assert b"evil" not in answer
    assert b"Traceback" not in answer


def test_expect_100_continue_is_answered_first() -> None:
    with listening() as running, running.connect() as client:
        client.sendall(HEAD + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\n")
        assert client.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"abc")
        assert read_answer(client).startswith(b"HTTP/1.1 200 OK")


def test_a_body_beyond_the_limit_is_refused_before_continue() -> None:
    with listening(limits=Limits(max_body=2)) as running, running.connect() as client:
        client.sendall(HEAD + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\n")
        assert read_answer(client).startswith(b"HTTP/1.1 413")


def test_a_connection_is_kept_for_the_next_request() -> None:
    with listening() as running, running.connect() as client:
        for _ in range(5):
            client.sendall(GOOD)
            assert b"Connection" not in read_answer(client)
        client.sendall(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        assert b"Connection: keep-alive" in read_answer(client)
        client.sendall(GOOD.replace(b"Host: x", b"Host: x\r\nConnection: close"))
        assert b"Connection: close" in read_all(client)


def test_both_loopback_addresses_answer() -> None:
    with listening() as running:
        assert running.listener.addresses[0] == f"127.0.0.1:{running.port}"
        assert running.listener.url == f"http://127.0.0.1:{running.port}"
        if len(running.listener.addresses) == 1:
            pytest.skip("this machine has no IPv6")
        with running.connect("::1") as client:
            client.sendall(GOOD)
            assert read_answer(client).startswith(b"HTTP/1.1 200")
        assert running.kept.deliveries[0].remote.startswith("[::1]:")


# -- bodies


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 262_144, 1_048_577, 5_000_000])
def test_bodies_of_many_sizes_arrive_whole(size: int) -> None:
    body = (b"0123456789abcdef" * (size // 16 + 1))[:size]
    with listening() as running:
        assert statuses(running.send(HEAD + b"Content-Length: %d\r\n\r\n" % size + body)) == [200]
        assert running.settle()[0].request.body == body


def test_twenty_thousand_chunks_of_one_byte() -> None:
    raw = CHUNKED + b"1\r\na\r\n" * 20_000 + b"0\r\n\r\n"
    with listening() as running:
        began = time.perf_counter()
        assert statuses(running.send(raw)) == [200]
        assert time.perf_counter() - began < 5
        assert running.settle()[0].request.body == b"a" * 20_000


@pytest.mark.parametrize("framing", ["length", "chunks"])
def test_over_the_limit_is_413_and_kept_up_to_the_limit(framing: str) -> None:
    body = b"x" * 200_000
    if framing == "length":
        raw = HEAD + b"Content-Length: 200000\r\n\r\n" + body
    else:
        raw = CHUNKED + b"30d40\r\n" + body + b"\r\n0\r\n\r\n"
    with listening(limits=Limits(max_body=100_000)) as running:
        assert statuses(running.send(raw)) == [413]
        (delivery,) = running.settle()
    assert delivery.refused == "The body is larger than the limit of 100,000 bytes."
    assert delivery.response_status == 413
    assert len(delivery.request.body) <= 100_000
    assert set(delivery.request.body) <= {ord("x")}
    assert delivery.request.headers.get("host") == "x"


def test_exactly_the_limit_is_accepted() -> None:
    with listening(limits=Limits(max_body=3)) as running:
        assert statuses(running.send(GOOD)) == [200]


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
        assert kept.arrived.wait(5)
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
        assert kept.arrived.wait(5)
        reset(client)
        assert kept.gate is not None
        kept.gate.set()
        deliveries = running.settle()
    assert len(deliveries) == 5
    for delivery in deliveries:
        assert (delivery.refused is None and delivery.request.body == b"abc") or delivery.request.body == GOOD


def test_an_end_between_the_answer_and_the_wait_for_the_next_request_closes(monkeypatch: pytest.MonkeyPatch) -> None:
    finish = Connection.finish_response

    async def finish_and_end(self: Connection, *arguments: Any) -> Any:
        result = await finish(self, *arguments)
        self.eof_received()
        return result

    monkeypatch.setattr(Connection, "finish_response", finish_and_end)
    with listening() as running, running.connect() as client:
        client.sendall(GOOD)
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
        assert running.listener.connections <= 17


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
            client = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=5))
            client.sendall(b"POST / HTTP/1.1\r\nHo")
        for _ in range(5):
            with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
                began = time.perf_counter()
                client.sendall(GOOD)
                assert read_answer(client).startswith(b"HTTP/1.1 200")
                assert time.perf_counter() - began < SOON_S
        _, errors = process.communicate("\n", timeout=30)
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
    with socket.create_connection(("127.0.0.1", listener.port), timeout=5) as client:
        client.sendall(GOOD)
        assert read_answer(client).startswith(b"HTTP/1.1 500")
    listener.stop()
    loop.stop()
    assert [(delivery.source, delivery.response_status) for delivery in kept.deliveries] == [("default", 500)]
    assert [str(failure) for failure in failures] == ["on purpose"] * 2


# -- start and stop


def test_a_taken_port_says_what_to_do() -> None:
    with listening() as running:
        loop = LoopThread("second").start()
        with pytest.raises(ListenError) as caught:
            Listener(loop, keep=Kept()).start("127.0.0.1", running.port)
        loop.stop()
        assert f"Port {running.port} " in caught.value.message
        assert f"--port {running.port + 1}" in caught.value.message
        if sys.platform == "linux":
            assert f"(process {os.getpid()})" in caught.value.message


def test_a_port_taken_on_the_other_loopback_address_is_taken() -> None:
    try:
        other = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no IPv6")
    loop = LoopThread("second").start()
    with other, pytest.raises(ListenError, match="on ::1 is taken"):
        Listener(loop, keep=Kept()).start("127.0.0.1", other.getsockname()[1])
    loop.stop()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="needs a user without rights")
def test_a_port_that_needs_rights_says_so() -> None:
    loop = LoopThread("rights").start()
    with pytest.raises(ListenError, match="rights"):
        Listener(loop, keep=Kept()).start("127.0.0.1", 80)
    loop.stop()


@pytest.mark.parametrize("port", [-1, 65_536, 700_000])
def test_a_port_that_does_not_exist(port: int) -> None:
    loop = LoopThread("bad").start()
    with pytest.raises(ListenError, match="does not exist"):
        Listener(loop, keep=Kept()).start("127.0.0.1", port)
    loop.stop()


@pytest.mark.parametrize("host", ["not a host", "192.0.2.1", "a..b", "\udcff"])
def test_a_host_that_is_not_of_this_machine(host: str) -> None:
    loop = LoopThread("bad").start()
    with pytest.raises(ListenError) as caught:
        Listener(loop, keep=Kept()).start(host, 0)
    loop.stop()
    assert "127.0.0.1" in caught.value.message


def test_a_port_can_be_used_again_right_after_a_stop() -> None:
    with listening() as running:
        port = running.port
        running.send(GOOD)
        running.settle()
    with listening(port=port) as again:
        assert again.port == port
        assert statuses(again.send(GOOD)) == [200]


def test_stop_answers_what_is_being_kept_and_closes_the_rest() -> None:
    kept = Kept(gate=threading.Event())
    with (
        listening(kept=kept) as running,
        running.connect() as waiting,
        running.connect() as idle,
        running.connect() as half,
    ):
        half.sendall(HEAD + b"Content-Length: 10\r\n\r\nabc")
        waiting.sendall(GOOD)
        kept.wait_for(1)
        stopper = threading.Thread(target=running.listener.stop)
        stopper.start()
        kept.wait_for(2)
        assert kept.gate is not None
        kept.gate.set()
        assert statuses(read_all(waiting)) == [200]
        assert statuses(read_all(half)) == [503]
        assert read_all(idle) == b""
        stopper.join(5)
        assert not stopper.is_alive()
    assert [delivery.refused for delivery in kept.deliveries if delivery.refused] == [
        "The listener stopped before the body was complete."
    ]


def test_stop_ends_in_time_when_the_store_hangs() -> None:
    kept = Kept(gate=threading.Event())
    with listening(kept=kept, limits=Limits(stop_seconds=0.3)) as running, running.connect() as client:
        client.sendall(GOOD)
        kept.wait_for(1)
        began = time.perf_counter()
        running.listener.stop()
        assert time.perf_counter() - began < 3
        assert kept.gate is not None
        kept.gate.set()


def test_starting_twice_is_refused_and_stopping_twice_is_not() -> None:
    with listening() as running:
        with pytest.raises(ListenError):
            running.listener.start("127.0.0.1", 0)
        running.listener.stop()
        running.listener.stop()

"""What the listener promises: kept before answered, nothing lost, deadlines, room for good senders."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Sequence

import pytest

from tests.net.vectors import CHUNKED, GOOD, HEAD
from tests.support.factories import T0_NS
from tests.support.listening import Kept, listening, read_all, read_answer, statuses
from tests.support.patience import PATIENCE_S
from webhook_inspector.core.clock import ManualClock
from webhook_inspector.core.delivery import Delivery
from webhook_inspector.core.headers import Headers
from webhook_inspector.errors import StoreError
from webhook_inspector.net.connection import Connection
from webhook_inspector.net.label import Label
from webhook_inspector.net.limits import Limits
from webhook_inspector.net.listener import Answer, Listener
from webhook_inspector.net.loop_thread import LoopThread

QUICK = Limits(head_seconds=0.2, read_seconds=0.2, body_seconds=0.6, idle_seconds=0.2, keep_seconds=0.3)


# -- what is kept


def test_a_delivery_is_kept_byte_for_byte() -> None:
    raw = (
        b"PUT /a/../b//%2e?x=1&&y HTTP/1.1\r\nhOst: x\r\nX-A: 1\r\nx-a:  two \t\r\nX-A: caf\xe9\r\n"
        b"Content-Encoding: gzip\r\ncontent-length: 4\r\n\r\n\x1f\x8b\x00\xff"
    )
    with listening(clock=ManualClock(T0_NS), route=lambda request: Label("s" + request.target[:2].decode())) as running:
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

        def eager(deliveries: Sequence[Delivery], done: object) -> None:
            assert callable(done)
            done([1] * len(deliveries))
            keep(deliveries, lambda _results: None)

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
            assert kept.arrived.wait(PATIENCE_S)
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
    def keep(_deliveries: Sequence[Delivery], _done: object) -> None:
        raise StoreError("The log is closed.")

    loop = LoopThread("raises").start()
    listener = Listener(loop, keep=keep)
    listener.start("127.0.0.1", 0)
    with socket.create_connection(("127.0.0.1", listener.port), timeout=PATIENCE_S) as client:
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
        answer = running.send(b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b"\r\nContent-Length: 3\r\n" in answer
    assert answer.endswith(b"\r\n\r\n")
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
        assert time.perf_counter() - began < 20
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


@pytest.mark.parametrize(
    ("start", "status"),
    [(b"NOT HTTP\0\r\n\r\n", 400), (HEAD + b"Content-Length: 8000000\r\n\r\n", 413), (CHUNKED + b"ZZ\r\n", 400)],
    ids=["malformed", "too large", "bad chunk"],
)
def test_a_refusal_is_read_even_by_a_sender_that_goes_on_sending(start: bytes, status: int) -> None:
    with listening(limits=Limits(max_body=1000)) as running, running.connect() as client:
        client.sendall(start)
        with contextlib.suppress(OSError):
            for _ in range(80):
                client.sendall(b"x" * 100_000)
        assert statuses(read_all(client)) == [status]
        assert len(running.settle()) == 1

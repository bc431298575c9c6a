"""A request that came whole is served without a task; what follows it on its connection cannot tell."""

from __future__ import annotations

import itertools
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.net.vectors import CHUNKED, GOOD
from tests.support.listening import Kept, listening, read_all, read_answer, statuses
from tests.support.patience import PATIENCE_S
from webhook_inspector.core.delivery import Delivery
from webhook_inspector.net.answer import Answer
from webhook_inspector.net.capture import Capture
from webhook_inspector.net.connection import Connection
from webhook_inspector.net.limits import Limits

WAITS = CHUNKED + b"3\r\nabc\r\n0\r\n\r\n"
"""A request that the task serves."""
ORDERS = [list(order) for size in (2, 3) for order in itertools.product((GOOD, WAITS), repeat=size)]


def numbered(delay_s: Callable[[int], float] = lambda _n: 0.0) -> Callable[[Delivery], Answer]:
    """Answers that say which one they are."""
    count = itertools.count(1)

    def answer(_delivery: Delivery) -> Answer:
        n = next(count)
        return replace(Answer(), body=b"answer %d" % n, delay_s=delay_s(n))

    return answer


def says(answer: bytes) -> bytes:
    return answer.rpartition(b"\r\n\r\n")[2]


def test_the_usual_request_is_served_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async def handle(*_arguments: Any) -> Any:
        raise AssertionError("a task served it")

    monkeypatch.setattr(Capture, "handle", handle)
    with listening() as running, running.connect() as client:
        for _ in range(3):
            client.sendall(GOOD)
            assert statuses(read_answer(client)) == [200]


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: " ".join("G" if one is GOOD else "W" for one in order))
@pytest.mark.parametrize("together", [False, True], ids=["one by one", "pipelined"])
def test_answers_come_in_the_order_of_the_requests(order: list[bytes], together: bool) -> None:
    with listening(answer=numbered()) as running, running.connect() as client:
        answers = []
        if together:
            client.sendall(b"".join(order))
        for request in order:
            if not together:
                client.sendall(request)
            answers.append(says(read_answer(client)))
        assert answers == [b"answer %d" % n for n in range(1, len(order) + 1)]


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: " ".join("G" if one is GOOD else "W" for one in order))
def test_what_comes_while_the_log_is_awaited_is_served_after_it(order: list[bytes]) -> None:
    kept = Kept(gate=threading.Event())
    assert kept.gate is not None
    with listening(kept=kept, answer=numbered()) as running, running.connect() as client:
        client.sendall(order[0])
        kept.wait_for(1)
        client.sendall(b"".join(order[1:]))
        kept.gate.set()
        answers = [says(read_answer(client)) for _ in order]
        assert answers == [b"answer %d" % n for n in range(1, len(order) + 1)]


def test_an_answer_that_is_held_back_is_chosen_once() -> None:
    with listening(answer=numbered(lambda n: 0.05 if n == 2 else 0.0)) as running, running.connect() as client:
        for n in (1, 2, 3):
            client.sendall(GOOD)
            assert says(read_answer(client)) == b"answer %d" % n


def test_word_from_the_log_after_the_deadline_answers_nobody_else() -> None:
    gates = [threading.Event(), threading.Event()]
    calls = itertools.count()

    class Slow(Kept):
        def _report(self, done: Any, results: Any) -> None:
            gate = gates[next(calls)]
            assert gate.wait(PATIENCE_S)
            done(results)

    limits = Limits(keep_seconds=0.1)
    with listening(kept=Slow(), answer=numbered(), limits=limits) as running, running.connect() as client:
        client.sendall(GOOD)
        assert statuses(read_answer(client)) == [503]
        client.sendall(GOOD)
        running.kept.wait_for(2)
        gates[0].set()
        gates[1].set()
        assert says(read_answer(client)) == b"answer 2"
        client.shutdown(socket.SHUT_WR)
        assert read_all(client) == b""


@pytest.mark.parametrize("request_", [GOOD, WAITS], ids=["at once", "by the task"])
def test_a_sender_that_leaves_meanwhile_leaves_nothing_open(request_: bytes) -> None:
    kept = Kept(gate=threading.Event())
    assert kept.gate is not None
    with listening(kept=kept) as running:
        client = running.connect()
        client.sendall(request_ + GOOD)
        kept.wait_for(1)
        client.close()
        kept.gate.set()
        running.until_open(0)
        deliveries = running.settle()
    assert [delivery.request.body in {b"abc", GOOD} for delivery in deliveries] == [True, True]


@pytest.mark.parametrize("request_", [GOOD, WAITS], ids=["at once", "by the task"])
def test_a_stop_meanwhile_waits_for_the_answer(request_: bytes) -> None:
    kept = Kept(gate=threading.Event())
    assert kept.gate is not None
    with listening(kept=kept) as running, running.connect() as client:
        client.sendall(request_)
        kept.wait_for(1)
        capture = running.listener._capture
        assert capture is not None
        stopping = threading.Thread(target=running.listener.stop)
        stopping.start()
        while not capture.stopping:
            time.sleep(0.001)
        kept.gate.set()
        answer = read_all(client)
        stopping.join()
    assert statuses(answer) == [200]
    assert b"\r\nConnection: close\r\n" in answer


def test_a_sender_that_reads_late_gets_every_answer() -> None:
    large = b"x" * 12_000_000
    with listening(answer=lambda _delivery: replace(Answer(), body=large)) as running, running.connect() as client:
        client.sendall(GOOD * 3)
        for _ in range(3):
            assert says(read_answer(client)) == large


def test_one_answer_that_fails_does_not_hinder_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = Connection._answer_at_once
    calls = itertools.count()

    def fails_first(self: Connection, *arguments: Any) -> None:
        if next(calls) == 0:
            raise RuntimeError("a fault of our own")
        answered(self, *arguments)

    monkeypatch.setattr(Connection, "_answer_at_once", fails_first)
    kept = Kept()
    with listening(kept=kept) as running:
        with running.connect() as first, running.connect() as second:
            first.sendall(GOOD)
            kept.wait_for(1)
            second.sendall(GOOD)
            assert statuses(read_answer(second)) == [200]
        assert [str(failure) for failure in running.failures] == ["a fault of our own"]
        running.failures.clear()

"""Slow bodies, resets, bursts and fresh ids, as a target sees them."""

from __future__ import annotations

import socket
import threading
import time
from dataclasses import replace
from pathlib import Path

from tests.engine.conftest import Import
from tests.support.fault_target import answer, fault_target
from tests.support.handler import handler
from tests.support.patience import PATIENCE_S
from tests.support.recording import recording, split_request
from webhook_inspector.core.attempt import Outcome
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.engine.replay_options import ReplayOptions, SendOptions
from webhook_inspector.engine.run import SLOW_BODY_S


def test_a_slow_body_arrives_whole_and_a_little_at_a_time(inspector: Inspector, put: Import) -> None:
    (number,) = put("x" * 1000)
    arrivals: list[tuple[float, int]] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                data = b""
                while not data.endswith(b"\r\n\r\n" + b"x" * 1000):
                    piece = connection.recv(65536)
                    arrivals.append((time.monotonic(), len(piece)))
                    data += piece
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        plan = inspector.plan([number], ReplayOptions(speed=None, seed=1, drip="1"))
        assert plan.attempts[0].labels == ("original", "slow-body")
        run = inspector.start_run(plan, f"http://127.0.0.1:{server.getsockname()[1]}")
        assert run.wait(PATIENCE_S).holds
        thread.join(PATIENCE_S)
    assert len(arrivals) > 10
    assert arrivals[-1][0] - arrivals[0][0] > SLOW_BODY_S / 2
    assert (run.attempts[0].duration_ms or 0) > SLOW_BODY_S * 900


def test_an_early_answer_to_a_slow_body_is_kept(inspector: Inspector, put: Import) -> None:
    (number,) = put("x" * 1000)
    with fault_target([{"read": False}, answer(413)]) as target:
        run = inspector.start_run(inspector.plan([number], ReplayOptions(speed=None, drip="1", seed=1)), target.url)
        run.wait(PATIENCE_S)
    assert run.attempts[0].status == 413 or run.attempts[0].outcome is Outcome.RESET


def test_a_reset_connection_is_reset_and_the_delivery_comes_again(inspector: Inspector, put: Import) -> None:
    (number,) = put("x" * 1000)
    ends: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            for _ in range(2):
                connection, _ = server.accept()
                with connection:
                    data = b""
                    try:
                        while not data.endswith(b"x" * 1000):
                            piece = connection.recv(65536)
                            if not piece:
                                ends.append("closed")
                                break
                            data += piece
                        else:
                            ends.append("whole")
                            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                    except ConnectionResetError:
                        ends.append("reset")

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        plan = inspector.plan([number], ReplayOptions(speed=None, seed=1, reset="1"))
        run = inspector.start_run(plan, f"http://127.0.0.1:{server.getsockname()[1]}")
        assert run.wait(PATIENCE_S).holds
        thread.join(PATIENCE_S)
    assert ends == ["reset", "whole"]
    assert run.attempts[0].outcome is Outcome.CANCELLED
    assert "Reset on purpose after 500 of 1000" in run.attempts[0].detail


def test_a_burst_is_in_flight_together(inspector: Inspector, put: Import) -> None:
    ids = put(*"abcdef")
    plan = inspector.plan(ids, ReplayOptions(speed=50, seed=1, burst="3"))
    assert [round(attempt.at_ms) for attempt in plan.attempts] == [40, 40, 40, 100, 100, 100]
    assert all("burst" in attempt.labels for attempt in plan.attempts if attempt.n % 3)
    together = threading.Barrier(3, timeout=PATIENCE_S)

    def wait_for_the_others(_number: int, _body: bytes) -> tuple[int, bytes]:
        together.wait()
        return 200, b""

    with handler(wait_for_the_others) as target:
        assert inspector.start_run(plan, target.url).wait(PATIENCE_S).holds
    assert plan.concurrency == 3


def test_copies_with_a_fresh_id_differ_in_it_alone(inspector: Inspector, tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text(
        '{"method":"POST","target":"/gh","headers":[["X-GitHub-Event","push"],'
        '["X-GitHub-Delivery","72d3162e-cc78-11e3-81ab-4c9367dc0958"]],"body":"{}","provider":"github"}',
        encoding="utf-8",
    )
    ids = inspector.import_file(file).ids
    plan = inspector.plan(ids, ReplayOptions(speed=None, seed=3, duplicate="times=3:fresh-id"))
    assert [attempt.act for attempt in plan.attempts] == ["send", "fresh-id", "fresh-id"]
    with recording() as target:
        run = inspector.start_run(plan, target.url)
        assert run.wait(PATIENCE_S).holds
        first = [dict(split_request(request)[2])[b"X-GitHub-Delivery"] for request in target.take()]
        inspector.start_run(plan, target.url).wait(PATIENCE_S)
        second = [dict(split_request(request)[2])[b"X-GitHub-Delivery"] for request in target.take()]
    assert len(set(first)) == 3
    assert first[0] == b"72d3162e-cc78-11e3-81ab-4c9367dc0958"
    assert first == second, "the same plan sends the same ids"
    assert any("x-github-delivery" in difference for difference in run.attempts[1].differences)


def test_what_was_edited_is_sent_and_the_captured_request_stays(inspector: Inspector, put: Import) -> None:
    (number,) = put("before")
    request = inspector.record(number).delivery.request
    edited = replace(request, body=b"after", target=b"/other")
    with recording() as target:
        plan = inspector.plan([number], ReplayOptions(speed=None, seed=1))
        run = inspector.start_run(plan, target.url, send=SendOptions(edited={number: edited}))
        assert run.wait(PATIENCE_S).holds
        _, path, _, body = split_request(target.requests[0])
    assert (path, body) == (b"/other", b"after")
    assert {"the body was changed before sending", "the request target was changed before sending"} <= set(
        run.attempts[0].differences
    )
    assert inspector.record(number).delivery.request == request

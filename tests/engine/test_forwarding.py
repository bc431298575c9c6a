"""What is sent on live: all of it, once, in order, also when the app is down for a while."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.fault_target import Script, answer, fault_target, unused_port
from tests.support.patience import PATIENCE_S
from tests.support.posting import post
from tests.support.recording import Recorder, recording, split_request
from webhook_inspector.config import load
from webhook_inspector.config.model import SourceConfig
from webhook_inspector.core.attempt import Outcome
from webhook_inspector.core.delivery import State
from webhook_inspector.engine.announcements import Announcement, AttemptFinished, ForwardsInterrupted, TargetHealth
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.engine.lane import MAX_TRIES
from webhook_inspector.errors import TargetError


class Heard:
    """What the engine announced, and a way to wait for more."""

    def __init__(self) -> None:
        self.all: list[Announcement] = []
        self.changed = threading.Condition()

    def __call__(self, announcement: Announcement) -> None:
        with self.changed:
            self.all.append(announcement)
            self.changed.notify_all()

    def wait(self, until: Callable[[], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(until, PATIENCE_S), self.all[-5:]

    def finished(self) -> list[AttemptFinished]:
        return [one for one in self.all if isinstance(one, AttemptFinished)]

    def health(self) -> list[bool]:
        return [one.up for one in self.all if isinstance(one, TargetHealth)]


@contextmanager
def inspecting(folder: Path, settings: str = "") -> Iterator[tuple[Inspector, Heard]]:
    path = folder / "webhook-inspector.toml"
    path.write_text(f"[listen]\nport = 0\n{settings}", encoding="utf-8")
    config = load(path, {"WEBHOOK_INSPECTOR_LOG": str(folder / "log.db")}, folder)
    with Inspector.open(config, env={}) as inspector:
        heard = Heard()
        inspector.subscribe(heard)
        yield inspector, heard


def own(inspector: Inspector, path: str = "/hooks") -> str:
    assert inspector.listening is not None
    return inspector.listening.url + path


def arrived(recorder: Recorder) -> list[int]:
    return [int(split_request(request)[3]) for request in recorder.requests]


def test_two_hundred_wait_for_an_app_that_is_down_and_arrive_once_in_order(tmp_path: Path) -> None:
    port = unused_port()
    with inspecting(tmp_path) as (inspector, heard):
        target = f"http://127.0.0.1:{port}"
        inspector.listen(forward=target)
        for number in range(200):
            assert post(own(inspector), str(number).encode())[0] == 200
        heard.wait(lambda: heard.health() == [False])
        health = inspector.forwarding.health()
        assert health is not None
        assert health.up is False
        assert inspector.waiting_forwards() == {target: 200}
        with recording(port=port) as app:
            heard.wait(lambda: inspector.count() == 200 and len(inspector.ids("state:processed")) == 200)
            assert arrived(app) == list(range(200))
        assert heard.health() == [False, True]
        # Those that were in flight first are told to have failed, once, however often the app was looked for.
        assert [len(inspector.attempts(number)) for number in (1, 100, 200)] == [2, 1, 1]
        assert inspector.attempts(1)[0].outcome is Outcome.REFUSED


def test_what_waits_is_sent_by_a_later_process(tmp_path: Path) -> None:
    port = unused_port()
    target = f"http://127.0.0.1:{port}"
    with inspecting(tmp_path) as (inspector, heard):
        inspector.listen(forward=target)
        for number in range(20):
            post(own(inspector), str(number).encode())
        heard.wait(lambda: heard.health() == [False])
    with inspecting(tmp_path) as (inspector, _):
        inspector.listen()  # without a target nothing is sent on, and nothing is forgotten
        assert inspector.waiting_forwards() == {target: 20}
    with recording(port=port) as app, inspecting(tmp_path) as (inspector, heard):
        inspector.listen(forward=target)
        post(own(inspector), b"20")
        heard.wait(lambda: len(heard.finished()) == 21)
        assert arrived(app) == list(range(21))
        assert inspector.waiting_forwards() == {}


def test_what_was_being_sent_when_a_process_died_is_named_and_not_sent_again(tmp_path: Path) -> None:
    from tests.support.factories import make_attempt, make_delivery
    from webhook_inspector.core.clock import SystemClock
    from webhook_inspector.store.log import Log

    log = Log.open(tmp_path / "log.db", clock=SystemClock())
    with recording() as app:
        first, second = log.append([make_delivery(b"0", forward_to=app.url), make_delivery(b"1", forward_to=app.url)])
        log.begin_forward(make_attempt(first, labels=("forward",)))
        log.close()  # as a kill leaves it: begun, no outcome
        with inspecting(tmp_path) as (inspector, heard):
            inspector.listen(forward=app.url)
            heard.wait(lambda: len(heard.finished()) == 1)
            interrupted = [one for one in heard.all if isinstance(one, ForwardsInterrupted)]
            assert [one.ids for one in interrupted] == [(first,)]
            assert f"replay {first}" in interrupted[0].sentence
            assert arrived(app) == [1]
            assert inspector.attempts(first)[0].outcome is None
            assert inspector.attempts(second)[0].status == 200


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_an_app_that_is_not_ready_is_asked_again_and_the_order_is_kept(tmp_path: Path, status: int) -> None:
    def script(number: int, _data: bytes) -> Script:
        return [answer(status, b"", ("Retry-After", "0"))] if number in {2, 3} else [answer(200)]

    with fault_target(script) as target, inspecting(tmp_path) as (inspector, heard):
        inspector.listen(forward=target.url)
        for number in range(2):
            post(own(inspector), str(number).encode())
            heard.wait(lambda number=number: len(heard.finished()) == number + 1)  # type: ignore[misc]
        for number in range(2, 6):
            post(own(inspector), str(number).encode())
        heard.wait(lambda: len(inspector.ids("state:processed")) == 6)
        bodies = [int(split_request(request)[3]) for request in target.requests]
        assert sorted(set(bodies)) == list(range(6))
        assert len(bodies) == 8
        # Those that were in flight together keep no order; what is sent again does.
        again = [body for place, body in enumerate(bodies) if body in bodies[:place]]
        assert again == sorted(again)


def test_an_app_that_is_never_ready_does_not_hold_up_the_rest_for_ever(tmp_path: Path) -> None:
    def script(_number: int, data: bytes) -> Script:
        return [answer(503 if data.endswith(b"bad") else 200)]

    with fault_target(script) as target, inspecting(tmp_path) as (inspector, heard):
        inspector.listen(forward=target.url)
        post(own(inspector), b"bad")
        post(own(inspector), b"good")
        heard.wait(lambda: len(inspector.ids("state:processed")) == 1 and inspector.waiting_forwards() == {})
        assert len(inspector.attempts(1)) == MAX_TRIES
        assert inspector.record(1).facts.state is State.FAILED


@pytest.mark.parametrize("step", [answer(500), answer(404), answer(301, b"", ("Location", "http://x/")), {"rst": True}])
def test_what_the_app_got_is_not_sent_again(tmp_path: Path, step: dict[str, object]) -> None:
    with fault_target([step]) as target, inspecting(tmp_path) as (inspector, heard):
        inspector.listen(forward=target.url)
        post(own(inspector), b"x")
        heard.wait(lambda: len(heard.finished()) == 1)
        assert inspector.waiting_forwards() == {}
        post(own(inspector), b"y")
        heard.wait(lambda: len(heard.finished()) == 2)
        assert [request[-1:] for request in target.requests] == [b"x", b"y"]
        assert inspector.record(1).facts.state is State.FAILED


def test_the_tries_of_an_event_are_seen_together(tmp_path: Path) -> None:
    settings = '[sources.s]\npath = "/s"\nprovider = "svix"\n'
    with recording() as app, inspecting(tmp_path, settings) as (inspector, heard):
        inspector.listen(forward=app.url, respond="503 first 2")
        for _ in range(3):
            post(own(inspector, "/s"), b'{"type":"a.b"}', {"svix-id": "msg_1"})
        post(own(inspector, "/s"), b'{"type":"a.b"}', {"svix-id": "msg_2"})
        heard.wait(lambda: len(heard.finished()) == 2)
        assert inspector.wait_analysed(PATIENCE_S)
        found = inspector.tries(inspector.record(2))
        assert [(each.delivery_id, each.answered) for each in found.tries] == [(1, 503), (2, 503), (3, 200)]
        assert [each.app_ms is not None for each in found.tries] == [False, False, True]
        assert found.documented_s[:2] == (5, 300)


def test_a_scripted_failure_is_not_sent_on(tmp_path: Path) -> None:
    with recording() as app, inspecting(tmp_path) as (inspector, heard):
        inspector.listen(forward=app.url, respond="503 first 2")
        assert [post(own(inspector), str(number).encode())[0] for number in range(3)] == [503, 503, 200]
        heard.wait(lambda: len(heard.finished()) == 1)
        assert arrived(app) == [2]


def test_a_sender_is_given_the_answer_of_the_app(tmp_path: Path) -> None:
    def script(number: int, _data: bytes) -> Script:
        return [answer(418, b"short and stout", ("X-App", "tea"), ("Connection", "close"))] if number else [answer(201)]

    with fault_target(script) as target, inspecting(tmp_path) as (inspector, heard):
        inspector.listen(forward=target.url, ack="sync")
        assert post(own(inspector), b"0") == (201, b"")
        assert post(own(inspector), b"1") == (418, b"short and stout")
        heard.wait(lambda: len(heard.finished()) == 2)
        assert [inspector.record(number).delivery.response_status for number in (1, 2)] == [201, 418]
        assert inspector.waiting_forwards() == {}
        inspector.set_forward(f"http://127.0.0.1:{unused_port()}")
        status, body = post(own(inspector), b"2")
        assert status == 502  # so that the sender sends it again
        assert b"no answer from" in body
        assert inspector.record(3).delivery.response_status == 502
        assert inspector.attempts(3)[0].outcome is Outcome.REFUSED


@pytest.mark.parametrize("before", [True, False])
def test_a_target_may_be_another_machine_once_that_was_said_of_it(tmp_path: Path, before: bool) -> None:
    """Also when the listener was not told so. An IPv4 address in IPv6 clothes counts as another machine."""
    with recording() as app, inspecting(tmp_path) as (inspector, heard):
        elsewhere = app.url.replace("127.0.0.1", "[::ffff:127.0.0.1]")
        if not before:
            inspector.listen()
            with pytest.raises(TargetError):
                inspector.set_forward(elsewhere)
        inspector.set_forward(elsewhere, allow_remote=True)
        if before:
            inspector.listen()
        assert post(own(inspector), b"1")[0] == 200
        heard.wait(lambda: len(heard.finished()) == 1)
        assert [one.attempt.outcome for one in heard.finished()] == [Outcome.RESPONDED]
        assert arrived(app) == [1]


def test_leave_for_one_target_is_none_for_another(tmp_path: Path) -> None:
    with recording() as app, inspecting(tmp_path) as (inspector, _):
        elsewhere = app.url.replace("127.0.0.1", "[::ffff:127.0.0.1]")
        inspector.set_forward(elsewhere, allow_remote=True)
        inspector.set_forward(None)
        inspector.sources.add(SourceConfig("a", path="/a", forward=elsewhere))
        with pytest.raises(TargetError):
            inspector.listen()


def test_each_source_chooses_its_target_and_when_it_answers(tmp_path: Path) -> None:
    with recording(201) as one, recording(202) as two:
        settings = f'[sources.a]\nforward = "{one.url}"\nack = "sync"\n[sources.b]\nforward = "{two.url}"\n'
        with inspecting(tmp_path, settings) as (inspector, heard):
            inspector.listen()
            assert post(own(inspector, "/a"), b"1")[0] == 201
            assert post(own(inspector, "/b"), b"2")[0] == 200
            assert post(own(inspector, "/c"), b"3")[0] == 200
            heard.wait(lambda: len(heard.finished()) == 2)
            assert (arrived(one), arrived(two)) == ([1], [2])


def test_a_second_process_forwards_what_it_captures(tmp_path: Path) -> None:
    """Two must not send what waits: only the first one keeps what waits in the log."""
    with recording() as app, inspecting(tmp_path) as (first, _), inspecting(tmp_path) as (second, heard):
        first.listen(forward=app.url)
        second.listen(forward=app.url)
        post(own(second), json.dumps(7).encode())
        heard.wait(lambda: any(attempt.attempt.outcome for attempt in heard.finished()))
        assert arrived(app) == [7]

"""From a request to its facts, through the real listener and the real log."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.factories import T0_NS, make_delivery
from tests.support.handler import handler
from tests.support.patience import PATIENCE_S
from webhook_inspector.config import load
from webhook_inspector.core.attempt import Outcome
from webhook_inspector.core.clock import ManualClock, SystemClock
from webhook_inspector.core.delivery import Facts
from webhook_inspector.engine.announcements import Analysed, Announcement, AttemptFinished, Captured
from webhook_inspector.engine.checking import CheckOptions
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.engine.replay_options import ReplayOptions
from webhook_inspector.errors import ListenError, TargetError, UsageError
from webhook_inspector.store.log import Log

CONFIG = """
[sources.pay]
path = "/pay"
provider = "stripe"
secrets = ["whsec_capture_test"]
respond = "204"
"""


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Inspector]:
    path = tmp_path / "webhook-inspector.toml"
    path.write_text(CONFIG + "\n[listen]\nport = 0\n", encoding="utf-8")
    config = load(path, {"WEBHOOK_INSPECTOR_LOG": str(tmp_path / "log.db")}, tmp_path)
    with Inspector.open(config, env={}) as inspector:
        inspector.listen()
        yield inspector


def _post(inspector: Inspector, path: str, body: bytes, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    assert inspector.listening is not None
    parts = urllib.parse.urlsplit(inspector.listening.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=PATIENCE_S)
    try:
        connection.request("POST", path, body=body, headers=headers or {})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def _facts(inspector: Inspector) -> list[Facts]:
    assert inspector.wait_analysed(PATIENCE_S)
    return [record.facts for record in inspector.records(inspector.ids())]


def test_a_source_has_its_provider_its_secret_and_its_answer(live: Inspector) -> None:
    assert _post(live, "/other", b"{}")[0] == 200
    request = live.sample("stripe", "invoice.paid", to="http://x/pay")
    assert live.listening is not None
    assert live.send_request(live.listening.url + "/pay", request).status == 204
    first, second = _facts(live)
    assert (first.provider, first.verification.status) == (None, "unsigned")
    assert (second.provider, second.verification.status, second.event.type) == ("stripe", "valid", "invoice.paid")
    assert live.record(2).delivery.source == "pay"
    assert live.record(2).delivery.response_status == 204


def test_duplicates_retries_lateness_and_new_shapes_are_seen(live: Inspector) -> None:
    def send(number: int, created: int, **more: object) -> None:
        document = {"id": f"evt_{number}", "type": "invoice.paid", "created": created, **more}
        document["data"] = {"object": {"id": "in_1"}}
        _post(live, "/pay", json.dumps(document).encode())

    send(1, 1000)
    send(1, 1000)
    send(2, 900)
    send(3, 1100, extra=[1])
    one, two, three, four = _facts(live)
    assert (one.duplicate_of, one.late, one.drift) == (None, False, False)
    assert (two.duplicate_of, two.retry_of) == (1, None)
    assert (three.late, three.duplicate_of) == (True, None)
    assert (four.drift, four.late) == (True, False)
    assert list(live.ids("dup:yes")) == [2]
    assert list(live.ids("late:yes")) == [3]
    assert list(live.ids("drift:yes type:invoice.*")) == [4]
    assert live.previous_of_type(4) == 3
    assert live.diff(3, 4).differs


def test_everybody_hears_of_what_happens(live: Inspector) -> None:
    heard: list[Announcement] = []
    both = threading.Event()

    def hear(announcement: Announcement) -> None:
        heard.append(announcement)
        if isinstance(announcement, Analysed):
            both.set()

    unsubscribe = live.subscribe(hear)
    _post(live, "/", b"x")
    assert both.wait(PATIENCE_S)
    assert Captured((1,)) in heard
    unsubscribe()
    count = len(heard)
    _post(live, "/", b"y")
    live.wait_analysed(PATIENCE_S)
    assert len(heard) == count


def test_a_live_forward_is_one_attempt_with_the_captured_bytes(live: Inspector) -> None:
    done = threading.Event()
    live.subscribe(lambda news: done.set() if isinstance(news, AttemptFinished) else None)
    with handler(lambda _n, _b: (418, b"teapot")) as target:
        live.set_forward(target.url)
        assert _post(live, "/hooks?x=1", b'{"id":"evt_1"}')[0] == 200
        assert done.wait(PATIENCE_S)
        assert target.bodies == [b'{"id":"evt_1"}']
    (attempt,) = live.attempts(1)
    assert (attempt.labels, attempt.status, attempt.outcome) == (("forward",), 418, Outcome.RESPONDED)
    assert attempt.url.endswith("/hooks?x=1")
    assert live.record(1).facts.last_status == 418


def test_a_second_listener_on_the_port_is_refused_and_the_first_is_known(live: Inspector, tmp_path: Path) -> None:
    assert live.listening is not None
    port = urllib.parse.urlsplit(live.listening.url).port
    with Inspector.open(live.config, env={}) as other:
        assert other.other_listener() == live.listening.url
        with pytest.raises(ListenError, match=str(port)):
            other.listen(port=port)
    assert live.other_listener() is None


def test_the_published_sample_secret_counts_for_samples_only(tmp_path: Path) -> None:
    config = load(None, {"WEBHOOK_INSPECTOR_LOG": str(tmp_path / "log.db")}, tmp_path)
    with Inspector.open(config, env={}) as inspector:
        inspector.listen(port=0)
        assert inspector.send_sample("github", "push").status == 200
        inspector.wait_analysed(PATIENCE_S)
        record = inspector.record(1)
        assert record.facts.verification.status == "valid"
        assert record.facts.verification.secret_label == "the published sample secret"
        assert record.delivery.origin == "sample"
        with pytest.raises(UsageError, match="push"):
            inspector.send_sample("github", "pusch")


def test_what_a_killed_process_left_without_facts_is_analysed_by_the_next(tmp_path: Path) -> None:
    config = load(None, {"WEBHOOK_INSPECTOR_LOG": str(tmp_path / "log.db")}, tmp_path)
    log = Log.open(config.log, clock=SystemClock())
    log.append([make_delivery(b'{"id":"evt_9","type":"invoice.paid"}', received_ns=T0_NS - 10**12)])
    log.close()
    with Inspector.open(config, clock=ManualClock(T0_NS), env={}) as inspector:
        assert inspector.record(1).facts.event.type is None
        inspector.listen(port=0)
        assert inspector.wait_analysed(PATIENCE_S)
        assert inspector.record(1).facts.event.type == "invoice.paid"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.0.0.2", "x.localhost"])
def test_the_listener_itself_is_no_target(live: Inspector, host: str) -> None:
    _post(live, "/", b"x")
    assert live.wait_analysed(PATIENCE_S)
    assert live.listening is not None
    port = urllib.parse.urlsplit(live.listening.url).port
    own = f"http://{host}:{port}/hooks"
    plan = live.plan([1], ReplayOptions())
    acts: list[Callable[[], object]] = [
        lambda: live.start_run(plan, own),
        lambda: live.set_forward(own),
        lambda: live.check([1], own, CheckOptions()),
    ]
    for act in acts:
        with pytest.raises(TargetError, match="send to your handler"):
            act()
    assert live.count() == 1
    live.set_forward(f"http://{host}:{9 if port != 9 else 10}/hooks")


def test_a_source_that_forwards_to_its_own_listener_is_refused(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    path = tmp_path / "webhook-inspector.toml"
    path.write_text(f'[listen]\nport = {port}\n[sources.a]\nforward = "http://localhost:{port}/a"\n', encoding="utf-8")
    config = load(path, {"WEBHOOK_INSPECTOR_LOG": str(tmp_path / "log.db")}, tmp_path)
    with Inspector.open(config, env={}) as inspector, pytest.raises(TargetError, match="send to your handler"):
        inspector.listen()


def test_senders_that_are_left_without_an_answer(tmp_path: Path) -> None:
    path = tmp_path / "webhook-inspector.toml"
    path.write_text(
        '[listen]\nport = 0\n[sources.a]\nrespond = "hang"\n[sources.b]\nrespond = "reset"\n'
        '[sources.c]\nrespond = "201 drip 0.4s header X-A=1:slowly"\n',
        encoding="utf-8",
    )
    config = load(path, {"WEBHOOK_INSPECTOR_LOG": str(tmp_path / "log.db")}, tmp_path)
    with Inspector.open(config, env={}) as inspector:
        inspector.listen()
        assert inspector.listening is not None
        port = urllib.parse.urlsplit(inspector.listening.url).port or 0
        with socket.create_connection(("127.0.0.1", port), timeout=0.5) as hanging:
            hanging.sendall(b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx")
            with pytest.raises(TimeoutError):
                hanging.recv(1)
        with pytest.raises(ConnectionResetError):
            _post(inspector, "/b", b"y")
        started = time.monotonic()
        assert _post(inspector, "/c", b"z") == (201, b"slowly")
        assert time.monotonic() - started > 0.3
        assert inspector.wait_analysed(PATIENCE_S)
        # All of them are kept, those without an answer too, and none of them as refused.
        kept = [inspector.record(number).delivery for number in (1, 2, 3)]
        assert [(one.request.body, one.response_status, one.refused) for one in kept] == [
            (b"x", None, None),
            (b"y", None, None),
            (b"z", 201, None),
        ]
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as left:
            left.sendall(b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx")
            left.shutdown(socket.SHUT_WR)
            assert left.recv(1) == b""
        ended = time.monotonic()
    assert time.monotonic() - ended < 20, "who hangs does not hold up the end"


def test_the_next_requests_fail_on_purpose(live: Inspector) -> None:
    live.fail_next(2)
    assert live.failing == 2
    assert [_post(live, "/", b"x")[0] for _ in range(3)] == [503, 503, 200]
    assert live.failing == 0
    live.fail_next(5)
    live.fail_next(0)
    assert _post(live, "/", b"x")[0] == 200


def test_answers_that_fail_for_a_while(tmp_path: Path) -> None:
    path = tmp_path / "webhook-inspector.toml"
    path.write_text(
        '[listen]\nport = 0\n[sources.a]\nrespond = "503 first 2 retry-after 7:later"\n'
        '[sources.b]\nrespond = "200 after 0.2s"\n',
        encoding="utf-8",
    )
    config = load(path, {"WEBHOOK_INSPECTOR_LOG": str(tmp_path / "log.db")}, tmp_path)
    with Inspector.open(config, env={}) as inspector:
        inspector.listen()
        assert [_post(inspector, "/a", b"x") for _ in range(3)] == [(503, b"later"), (503, b"later"), (200, b"ok\n")]
        assert _post(inspector, "/other", b"x")[0] == 200
        started = time.monotonic()
        # It is kept before it is answered, and what is answered elsewhere does not wait.
        waiting = threading.Thread(target=_post, args=(inspector, "/b", b"slow"))
        waiting.start()
        assert _post(inspector, "/other", b"fast")[0] == 200
        fast_s = time.monotonic() - started
        waiting.join(PATIENCE_S)
        assert fast_s < time.monotonic() - started
        assert time.monotonic() - started >= 0.2
        assert [record.delivery.response_status for record in inspector.records(inspector.ids("source:a"))] == [
            503,
            503,
            200,
        ]
    with Inspector.open(config, env={}) as inspector, pytest.raises(UsageError, match="503 first 3"):
        inspector.listen(respond="sometimes")

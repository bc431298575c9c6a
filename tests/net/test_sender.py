"""What goes out is what was given; what comes back is one stored outcome within its limit."""

from __future__ import annotations

import asyncio
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.fault_target import FaultTarget, Script, answer, fault_target, unused_port
from tests.support.listening import listening
from tests.support.patience import PATIENCE_S
from tests.support.shared import shared_json, shared_path
from webhook_inspector.core.attempt import Outcome
from webhook_inspector.core.headers import Headers
from webhook_inspector.errors import StoreError
from webhook_inspector.net.limits import MAX_RESPONSE_BODY
from webhook_inspector.net.loop_thread import LoopThread
from webhook_inspector.net.sender import Sender, Sent

HOST = (b"Host", b"target")
OK: Script = [answer(200, b"ok")]


class Harness:
    """A sender on its own loop, called from the test's thread."""

    def __init__(self, loop: LoopThread) -> None:
        self.loop = loop
        self.sender = Sender(loop)

    def send(
        self,
        url: str,
        method: str = "POST",
        pairs: Sequence[tuple[bytes, bytes]] = (HOST,),
        body: bytes = b"abc",
        **more: Any,
    ) -> Sent:
        more.setdefault("timeout_s", 5)
        return self.loop.submit(self.sender.send(url, method, Headers(tuple(pairs)), body, **more)).result(PATIENCE_S)


@pytest.fixture(scope="module")
def harness() -> Iterator[Harness]:
    failures: list[BaseException] = []
    loop = LoopThread("test-sender", on_failure=failures.append).start()
    harness = Harness(loop)
    yield harness
    loop.submit(harness.sender.close()).result(PATIENCE_S)
    loop.stop()
    assert not failures, failures


# -- what goes out


def test_the_request_leaves_byte_for_byte(harness: Harness) -> None:
    pairs = (HOST, (b"X-A", b"1"), (b"x-a", b"2"), (b"X-A", b"caf\xe9"), (b"content-LENGTH", b"3"), (b"X-B", b"a  b"))
    with fault_target(OK) as target:
        sent = harness.send(target.url + "/a/../b//c/%2e%2e/%7Efoo?x=%zz&&y", "pUrGe", pairs, b"\x00\xff\n")
        assert target.requests == [
            (
                b"pUrGe /a/../b//c/%2e%2e/%7Efoo?x=%zz&&y HTTP/1.1\r\nHost: target\r\nX-A: 1\r\nx-a: 2\r\n"
                b"X-A: caf\xe9\r\ncontent-LENGTH: 3\r\nX-B: a  b\r\n\r\n\x00\xff\n"
            )
        ]
    assert (sent.outcome, sent.status, sent.body, sent.detail) == (Outcome.RESPONDED, 200, b"ok", "")
    assert sent.differences == ()
    assert sent.first_byte_ms is not None
    assert 0 < sent.first_byte_ms <= sent.duration_ms


def test_framing_is_made_true_and_each_difference_is_named(harness: Harness) -> None:
    pairs = (
        (b"Transfer-Encoding", b"chunked"),
        (b"Content-Length", b"99"),
        (b"Content-Length", b"1"),
        (b"Expect", b"100-continue"),
    )
    with fault_target(OK) as target:
        sent = harness.send(target.url, "POST", pairs)
        assert target.requests == [
            b"POST / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Length: 3\r\n\r\nabc" % target.port,
        ]
    assert sent.differences == (
        "header Transfer-Encoding is left out: the body is sent whole",
        "header Content-Length is 3, given was 99",
        "a second Content-Length is left out",
        "header Expect is left out: the body is sent without waiting",
        f"header Host is added: 127.0.0.1:{target.port}",
    )


def test_nothing_is_added_to_a_request_without_a_body(harness: Harness) -> None:
    with fault_target(OK) as target:
        harness.send(target.url + "?q", "GET", (HOST,), b"")
        assert target.requests == [b"GET /?q HTTP/1.1\r\nHost: target\r\n\r\n"]


TOKEN = st.text("abcXYZ019-_!#$%&'*+.^`|~", min_size=1, max_size=12).map(str.encode)
VALUE = (
    st.binary(max_size=24).map(lambda value: bytes(byte for byte in value if byte not in b"\r\n\0")).map(bytes.strip)
)
RESERVED = {b"host", b"content-length", b"transfer-encoding", b"expect"}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=TOKEN.filter(lambda name: name != b"CONNECT"),
    path=st.text('abc/.%?&=;,~"\\{}^é', max_size=20),
    pairs=st.lists(st.tuples(TOKEN.filter(lambda name: name.lower() not in RESERVED), VALUE), max_size=6),
    body=st.binary(max_size=64),
)
def test_any_request_leaves_byte_for_byte(
    harness: Harness, method: bytes, path: str, pairs: list[tuple[bytes, bytes]], body: bytes
) -> None:
    given_pairs = [HOST, *pairs, (b"Content-Length", b"%d" % len(body))]
    with fault_target(OK) as target:
        sent = harness.send(f"{target.url}/{path}", method.decode(), given_pairs, body)
        lines = b"".join(name + b": " + value + b"\r\n" for name, value in given_pairs)
        assert target.requests == [method + b" /" + path.encode() + b" HTTP/1.1\r\n" + lines + b"\r\n" + body]
    assert sent.outcome is Outcome.RESPONDED
    assert sent.differences == ()


@pytest.mark.parametrize(
    ("url", "method", "pairs"),
    [
        ("http://127.0.0.1:1/a b", "POST", (HOST,)),
        ("http://127.0.0.1:1/a\r\nX: y", "POST", (HOST,)),
        ("http://127.0.0.1:1/", "PO ST", (HOST,)),
        ("http://127.0.0.1:1/", "CONNECT", (HOST,)),
        ("http://127.0.0.1:1/", "", (HOST,)),
        ("http://127.0.0.1:1/", "POST", ((b"X", b"a\r\nY: b"),)),
        ("http://127.0.0.1:1/", "POST", ((b"X Y", b"a"),)),
        ("http://127.0.0.1:1/", "POST", ((b"", b"a"),)),
        ("http://user:pw@127.0.0.1:1/", "POST", (HOST,)),
        ("ftp://127.0.0.1/", "POST", (HOST,)),
        ("127.0.0.1", "POST", (HOST,)),
        ("http:///x", "POST", (HOST,)),
    ],
)
def test_what_would_break_a_request_apart_is_not_sent(
    harness: Harness, url: str, method: str, pairs: tuple[tuple[bytes, bytes], ...]
) -> None:
    sent = harness.send(url, method, pairs)
    assert sent.outcome is Outcome.NOT_SENT
    assert sent.detail.endswith(".")
    assert "\n" not in sent.detail


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "POST"])
def test_each_send_is_one_request_also_when_the_target_closes(harness: Harness, method: str) -> None:
    def script(number: int, _request: bytes) -> Script:
        return [answer(200), {"close": True}] if number % 2 else [{"close": True}]

    with fault_target(script) as target:
        outcomes = [harness.send(target.url, method, body=b"").outcome for _ in range(8)]
        assert len(target.requests) == 8
    assert outcomes == [Outcome.RESET, Outcome.RESPONDED] * 4


def test_begin_is_told_right_before_the_first_byte(harness: Harness) -> None:
    seen: list[int] = []
    with fault_target(OK) as target:

        async def begin() -> None:
            await asyncio.sleep(0.05)
            seen.append(len(target.requests))

        assert harness.send(target.url, on_begin=begin).status == 200
        assert seen == [0]
        harness.send(f"http://127.0.0.1:{unused_port()}", on_begin=begin)
        assert seen == [0]


def test_what_begin_raises_ends_the_send_before_a_byte_left(harness: Harness) -> None:
    async def begin() -> None:
        raise StoreError("The disk is full")

    with fault_target(OK) as target:
        with pytest.raises(StoreError):
            harness.send(target.url, on_begin=begin)
        assert target.requests in ([], [b""])


def test_a_large_body_arrives_whole(harness: Harness) -> None:
    body = bytes(range(256)) * 40_000
    with fault_target(OK) as target:
        sent = harness.send(target.url, body=body, timeout_s=20)
        assert sent.outcome is Outcome.RESPONDED, sent
        assert target.requests[0].endswith(body)


def test_what_the_listener_captured_arrives_again_the_same(harness: Harness) -> None:
    pairs = (HOST, (b"X-A", b"1"), (b"x-A", b"\xff\xfe"), (b"Content-Length", b"2"))
    with listening() as running:
        sent = harness.send(running.listener.url + "/x//y/../%zz?a", "PATCH", pairs, b"\x00\x01")
        assert sent.status == 200
        request = running.settle()[0].request
    assert (request.method, request.target, request.headers.pairs, request.body) == (
        "PATCH",
        b"/x//y/../%zz?a",
        pairs,
        b"\x00\x01",
    )


# -- where it goes


@pytest.mark.parametrize(
    "url", ["http://10.0.0.5/", "http://192.0.2.1:80/x", "http://[::ffff:127.0.0.1]:1/", "http://[2001:db8::1]/"]
)
def test_another_machine_needs_leave(harness: Harness, url: str) -> None:
    begun: list[int] = []

    async def begin() -> None:
        begun.append(1)

    sent = harness.send(url, timeout_s=2, on_begin=begin)
    assert sent.outcome is Outcome.NOT_SENT
    assert "--allow-remote" in sent.detail
    assert not begun


def test_a_name_is_checked_by_the_address_it_has_now(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    async def resolve(_self: object, host: str, port: int = 0, family: int = 0) -> list[dict[str, object]]:
        await asyncio.sleep(0)
        return [{"hostname": host, "host": "192.0.2.7", "port": port, "family": 2, "proto": 6, "flags": 0}]

    monkeypatch.setattr("aiohttp.resolver.ThreadedResolver.resolve", resolve)
    sent = harness.send("http://rebound.example/", timeout_s=2)
    assert sent.outcome is Outcome.NOT_SENT
    assert "--allow-remote" in sent.detail


def test_localhost_is_this_machine(harness: Harness) -> None:
    with fault_target(OK) as target:
        assert harness.send(f"http://localhost:{target.port}/").status == 200


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_recorded_and_not_followed(harness: Harness, status: int) -> None:
    with fault_target(OK) as other:
        script = [answer(status, b"", ("Location", other.url + "/stolen"))]
        with fault_target(script) as target:
            sent = harness.send(target.url, pairs=(HOST, (b"X-Gitlab-Token", b"secret")))
            assert len(target.requests) == 1
        assert other.requests == []
    assert (sent.outcome, sent.status) == (Outcome.RESPONDED, status)
    assert sent.headers.get("location") == other.url + "/stolen"


def test_proxies_of_the_environment_are_ignored(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    with fault_target(OK) as proxy, fault_target(OK) as target:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        assert harness.send(target.url).status == 200
        assert proxy.requests == []


def test_cookies_are_not_remembered(harness: Harness) -> None:
    with fault_target([answer(200, b"", ("Set-Cookie", "a=b"))]) as target:
        sent = harness.send(target.url)
        harness.send(target.url)
        assert b"ookie" not in target.requests[1]
    assert sent.headers.get("set-cookie") == "a=b"


# -- what comes back

HEAD_100 = {"send": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc"}
CASES: list[tuple[str, Script, Outcome, int | None, str]] = [
    ("closed", [{"close": True}], Outcome.RESET, None, "closed the connection without an answer"),
    ("reset", [{"rst": True}], Outcome.RESET, None, "without an answer"),
    ("never", [{"wait_ms": 60_000}], Outcome.TIMED_OUT, None, "No answer within 0.4 s"),
    ("reset in the body", [HEAD_100, {"wait_ms": 60}, {"rst": True}], Outcome.RESET, 200, "3 of 100 bytes"),
    ("end in the body", [HEAD_100, {"close": True}], Outcome.RESET, 200, "3 of 100 bytes"),
    ("half close", [HEAD_100, {"shut_wr": True}, {"wait_ms": 5000}], Outcome.RESET, 200, "3 of 100 bytes"),
    ("stall in the body", [HEAD_100, {"wait_ms": 60_000}], Outcome.TIMED_OUT, 200, "3 of 100 bytes"),
    ("half a head", [{"send": b"HTTP/1.1 200 OK\r\nX: "}, {"close": True}], Outcome.RESET, None, "without an answer"),
    ("not http", [{"send": b"\0\xffgarbage\r\n\r\n"}], Outcome.RESET, None, "not an HTTP/1.1 answer"),
    ("http 9", [{"send": b"HTTP/9.9 200 OK\r\n\r\n"}], Outcome.RESET, None, "not an HTTP/1.1 answer"),
    (
        "contradiction",
        [{"send": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"}],
        Outcome.RESET,
        None,
        "contradict",
    ),
    (
        "a header that is too long",
        [{"send": b"HTTP/1.1 200 OK\r\nX: " + b"a" * 70_000 + b"\r\n\r\n"}],
        Outcome.RESET,
        None,
        "larger than the limit",
    ),
    (
        "bad chunks",
        [
            {"send": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"},
            {"wait_ms": 60},
            {"send": b"ZZ\r\n"},
        ],
        Outcome.RESET,
        200,
        "broke off",
    ),
    (
        "101",
        [{"send": b"HTTP/1.1 101 S\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"}],
        Outcome.RESPONDED,
        101,
        "dropped",
    ),
    ("999", [answer(999)], Outcome.RESPONDED, 999, ""),
    ("until the end", [{"send": b"HTTP/1.1 200 OK\r\n\r\nabc"}, {"close": True}], Outcome.RESPONDED, 200, ""),
    ("interim answers", [{"send": b"HTTP/1.1 100 Continue\r\n\r\n" * 50}, answer(200)], Outcome.RESPONDED, 200, ""),
    ("escapes", [answer(200, b"", ("X", "\x1b[2J"), reason="\x1b]0;t\x07")], Outcome.RESPONDED, 200, ""),
    ("204", [{"send": b"HTTP/1.1 204 No Content\r\n\r\n"}], Outcome.RESPONDED, 204, ""),
]


@pytest.mark.parametrize(
    ("script", "outcome", "status", "words"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_each_bad_answer_is_one_outcome(
    harness: Harness, script: Script, outcome: Outcome, status: int | None, words: str
) -> None:
    with fault_target(script) as target:
        began = time.perf_counter()
        sent = harness.send(target.url, timeout_s=0.4)
        assert time.perf_counter() - began < 20
        assert len(target.requests) == 1
    assert (sent.outcome, sent.status) == (outcome, status), sent
    assert words in sent.detail
    assert bool(sent.detail) is bool(words)
    assert "\n" not in sent.detail
    if status == 200 and outcome is not Outcome.RESPONDED:
        assert sent.body == b"abc"


def test_nothing_listens(harness: Harness) -> None:
    port = unused_port()
    sent = harness.send(f"http://127.0.0.1:{port}/")
    assert (sent.outcome, sent.detail) == (Outcome.REFUSED, f"Nothing listens on 127.0.0.1:{port}.")


def test_a_name_that_is_not_known(harness: Harness) -> None:
    sent = harness.send("http://nowhere.invalid/", timeout_s=5)
    assert sent.outcome in {Outcome.REFUSED, Outcome.TIMED_OUT}


def test_https_to_a_plain_port_is_said(harness: Harness) -> None:
    with fault_target([{"read": False}, {"send": b"HTTP/1.1 400 Bad\r\n\r\n"}]) as target:
        sent = harness.send(f"https://127.0.0.1:{target.port}/")
    assert sent.outcome is Outcome.REFUSED
    assert "TLS" in sent.detail


def test_an_endless_answer_is_cut_and_memory_stays_small(harness: Harness) -> None:
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    script: Script = [
        {"send": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"},
        {"repeat": {"send": chunk}, "every_ms": 0, "times": 100_000},
    ]
    tracemalloc.start()
    try:
        with fault_target(script) as target:
            sent = harness.send(target.url, timeout_s=10)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (sent.outcome, sent.status, len(sent.body)) == (Outcome.RESPONDED, 200, MAX_RESPONSE_BODY)
    assert "longer than 1,048,576 bytes" in sent.detail
    assert peak < 32 * 1024 * 1024


def test_an_answer_before_the_body_was_read_is_recorded(harness: Harness) -> None:
    script: Script = [{"read": False}, answer(413, b"", ("Connection", "close")), {"wait_ms": 300}]
    with fault_target(script) as target:
        sent = harness.send(target.url, body=b"x" * 20_000_000, timeout_s=5)
    assert (sent.outcome, sent.status) == (Outcome.RESPONDED, 413)


def test_a_compressed_answer_is_kept_as_sent(harness: Harness) -> None:
    with fault_target([answer(200, b"\x1f\x8b\x08zzz", ("Content-Encoding", "gzip"))]) as target:
        assert harness.send(target.url).body == b"\x1f\x8b\x08zzz"


def test_a_head_answer_has_no_body(harness: Harness) -> None:
    with fault_target([{"send": b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"}]) as target:
        sent = harness.send(target.url, "HEAD", body=b"")
    assert (sent.outcome, sent.body) == (Outcome.RESPONDED, b"")


# -- cancelling


def cancel_when(harness: Harness, target: FaultTarget, ready: Callable[[], bool]) -> Sent:
    async def run() -> Sent:
        task = asyncio.get_running_loop().create_task(
            harness.sender.send(target.url, "POST", Headers((HOST,)), b"abc", timeout_s=10)
        )
        while not ready():
            await asyncio.sleep(0.01)
        task.cancel()
        return await task

    return harness.loop.submit(run()).result(PATIENCE_S)


def test_a_send_that_is_cancelled_says_that_the_target_may_have_got_it(harness: Harness) -> None:
    with fault_target([{"wait_ms": 60_000}]) as target:
        began = time.perf_counter()
        sent = cancel_when(harness, target, lambda: bool(target.requests))
        assert time.perf_counter() - began < 20
    assert (sent.outcome, sent.status) == (Outcome.CANCELLED, None)
    assert "may have got it" in sent.detail


def test_a_send_that_is_cancelled_before_it_begins_was_not_sent(harness: Harness) -> None:
    async def run() -> Sent:
        task = asyncio.get_running_loop().create_task(
            harness.sender.send(f"http://127.0.0.1:{unused_port()}/", "POST", Headers((HOST,)), b"", timeout_s=10)
        )
        await asyncio.sleep(0)
        task.cancel()
        return await task

    assert harness.loop.submit(run()).result(PATIENCE_S).outcome in {Outcome.NOT_SENT, Outcome.REFUSED}


def test_two_hundred_sends_at_a_dead_target_are_quick(harness: Harness) -> None:
    url = f"http://127.0.0.1:{unused_port()}/"

    async def run() -> list[Sent]:
        return await asyncio.gather(
            *(harness.sender.send(url, "POST", Headers((HOST,)), b"abc", timeout_s=10) for _ in range(200))
        )

    sents = harness.loop.submit(run()).result(PATIENCE_S)
    assert {sent.outcome for sent in sents} == {Outcome.REFUSED}


# -- the reference answers


def _steps(steps: list[dict[str, Any]]) -> Script:
    result = []
    for step in steps:
        if "send_file" in step:
            result.append({"send": shared_path("corpora/own/" + step["send_file"]).read_bytes()})
        elif "wait_ms" in step:
            result.append({"wait_ms": min(step["wait_ms"], 5000)})
        else:
            result.append(step)
    return result


def test_the_reference_answers(harness: Harness) -> None:
    expected: dict[str, tuple[Outcome, int | None]] = {
        "ok": (Outcome.RESPONDED, 200),
        "accept-close": (Outcome.RESET, None),
        "rst": (Outcome.RESET, None),
        "never": (Outcome.TIMED_OUT, None),
        "drip": (Outcome.TIMED_OUT, 200),
        "infinite": (Outcome.RESPONDED, 200),
        "rst-mid": (Outcome.RESET, 200),
        "half-close": (Outcome.RESET, 200),
        "garbage": (Outcome.RESET, None),
        "redirect-loop": (Outcome.RESPONDED, 302),
        "redirect-remote": (Outcome.RESPONDED, 307),
        "redirect-file": (Outcome.RESPONDED, 302),
        "big-header": (Outcome.RESET, None),
        "many-headers": (Outcome.RESET, None),
        "escape-in-reason": (Outcome.RESPONDED, 200),
        "100-storm": (Outcome.RESPONDED, 200),
        "101": (Outcome.RESPONDED, 101),
        "999": (Outcome.RESPONDED, 999),
        "cl-te": (Outcome.RESET, None),
        "gzip-bomb": (Outcome.RESPONDED, 200),
        "early-413": (Outcome.RESPONDED, 413),
    }
    wrong = []
    for item in shared_json("corpora/own/targets/answers.json")["items"]:
        if item["id"] == "refused":
            continue
        with fault_target(_steps(item["steps"])) as target:
            sent = harness.send(target.url, timeout_s=2)
        if (sent.outcome, sent.status) != expected[item["id"]]:
            wrong.append((item["id"], item["expect"], sent.outcome, sent.status, sent.detail))
    assert not wrong, wrong

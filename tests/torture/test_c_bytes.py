"""C1, C2, C4, C6 to C10: every request that reaches the port is kept as it came, or kept as refused."""

from __future__ import annotations

import base64
import random
import socket
import struct
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.net.vectors import ALL, GOOD, HEAD
from tests.support.listening import Kept, Running, listening, read_all, statuses
from tests.support.shared import SHARED, shared_jsonl
from tests.torture.results import record
from tests.torture.smuggling import HIDDEN, TRICKS, careless
from tests.torture.variants import catches
from webhook_inspector.core.attempt import Outcome
from webhook_inspector.core.request import Request
from webhook_inspector.net import capture as capture_module
from webhook_inspector.net.capture import Capture
from webhook_inspector.net.connection import Connection
from webhook_inspector.net.limits import KIB, MIB, Limits
from webhook_inspector.net.loop_thread import LoopThread
from webhook_inspector.net.sender import Sender
from webhook_inspector.replay.rewrite import outgoing

FEW, MANY = 15, 2000
NO_LENGTH = "a body without its length in 1.0"
"""Complete, for HTTP/1.0, before its "body" comes: cut, it is another request."""


# -- C1


def _accounted(running: Running, before: int, told: int) -> bool:
    """Whether what came since holds as many whole deliveries as were told so, or a refused one."""
    came = running.kept.deliveries[before:]
    whole = sum(delivery.refused is None for delivery in came)
    return whole == told and (told > 0 or whole < len(came))


def _account(running: Running, vectors: list[tuple[str, bytes, int | None]], step: int) -> tuple[int, int]:
    """Send each vector whole, cut at every `step`-th of its first 200 bytes, and byte by byte.

    Every answer 200 is a delivery that is kept whole, every other sender has a refused one.
    """
    sent = 0
    for name, raw, whole in vectors:
        ways: list[list[bytes]] = [[raw]]
        ways += [[raw[:cut], raw[cut:]] for cut in range(1, min(200, len(raw)), step)]
        ways.append([raw[n : n + 1] for n in range(min(200, len(raw)))] + [raw[200:]])
        for number, pieces in enumerate(ways):
            before = len(running.kept.deliveries)
            answers = running.send(raw, pieces=[piece for piece in pieces if piece])
            sent += 1
            told = statuses(answers).count(200)
            if whole is not None and name != NO_LENGTH:
                assert told == whole, (name, number, answers)
            end = time.perf_counter() + 2
            while time.perf_counter() < end and not _accounted(running, before, told):
                time.sleep(0.0005)
            assert _accounted(running, before, told), (name, number)
    assert not running.failures
    return sent, len(running.kept.refused)


def _own(limit: int) -> list[tuple[str, bytes, int | None]]:
    return [(vector.name, vector.raw, vector.whole) for vector in ALL if len(vector.raw) < limit]


def test_c1_vectors_in_pieces() -> None:
    with listening() as running:
        sent, _ = _account(running, _own(400), step=40)
    assert sent > 150


@pytest.mark.torture
@pytest.mark.timeout(400)
def test_c1_vectors_at_every_byte() -> None:
    others: list[tuple[str, bytes, int | None]] = []
    if SHARED.exists():
        for line in shared_jsonl("corpora/registry/gunicorn/requests.jsonl"):
            raw = base64.b64decode(line["raw_b64"])
            others.append((line["id"], raw, None) if raw.strip() else (line["id"], GOOD, 1))
    with listening() as running:
        sent, refused = _account(running, _own(100_000) + others, step=1)
    record("C1", sent=sent, kept_as_refused=refused, unaccounted=0)


def test_c1_catches_a_listener_that_only_answers_what_it_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Capture.refuse_raw

    async def forgets(self: Capture, connection: Connection, error: BaseException) -> Any:
        keep, self._keep = self._keep, lambda deliveries, done: done([1] * len(deliveries))
        try:
            return await real(self, connection, error)
        finally:
            self._keep = keep

    monkeypatch.setattr(Capture, "refuse_raw", forgets)
    caught = catches(test_c1_vectors_in_pieces)
    record("C1", caught=caught)


# -- C2


def _random_request(rng: random.Random, host: bytes) -> tuple[bytes, bytes]:
    """A request as bytes, and its body."""
    method = rng.choice([b"GET", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"QUERY", b"REPORT"])
    target = b"/" + bytes(rng.choice(b"abc/.%?&=;,~\"\\{}^`|<>#'()*!$+:@-_") for _ in range(rng.randrange(40)))
    values = [byte for byte in range(0x20, 0x100) if byte != 0x7F]
    pairs = [(b"Host", host)]
    for _ in range(rng.randrange(9)):
        name = b"X" + bytes(rng.choice(b"abcXYZ-_!09") for _ in range(rng.randrange(1, 10)))
        pairs.append((name, bytes(rng.choice(values) for _ in range(rng.randrange(30))).strip(b" \t")))
    if len(pairs) > 2 and rng.random() < 0.3:
        pairs.append((pairs[-1][0].swapcase(), b"again"))
    body = rng.randbytes(rng.randrange(300)) if rng.random() < 0.8 else b""
    if rng.random() < 0.3:
        pairs.insert(rng.randrange(1, len(pairs) + 1), (b"transfer-Encoding", b"chunked"))
        size = rng.randrange(1, 60)
        wire = (
            b"".join(b"%X\r\n%b\r\n" % (len(body[n : n + size]), body[n : n + size]) for n in range(0, len(body), size))
            + b"0\r\n\r\n"
        )
    else:
        pairs.insert(rng.randrange(1, len(pairs) + 1), (b"content-lengtH", b"%d" % len(body)))
        wire = body
    lines = b"".join(name + rng.choice([b":", b": ", b":\t "]) + value + b"\r\n" for name, value in pairs)
    return b"%b %b HTTP/1.1\r\n%b\r\n%b" % (method, target, lines, wire), body


def _equal(raw: bytes, body: bytes, kept: Request) -> None:
    head = raw.partition(b"\r\n\r\n")[0].split(b"\r\n")
    method, target = head[0].split(b" ")[:2]
    pairs = [(line.partition(b":")[0], line.partition(b":")[2].strip(b" \t")) for line in head[1:]]
    assert (kept.method.encode(), kept.target, kept.body) == (method, target, body)
    assert list(kept.headers) == pairs


def _random_requests(count: int) -> int:
    """Requests in, and out again to another listener; how many went out with a named difference."""
    rng = random.Random(20261121)
    loop = LoopThread("c2-sender").start()
    sender = Sender(loop)
    named = 0
    try:
        with listening() as running, listening() as target:
            host = b"127.0.0.1:%d" % target.port
            for number in range(count):
                raw, body = _random_request(rng, host)
                cut = rng.randrange(1, len(raw))
                assert statuses(running.send(raw, pieces=[raw[:cut], raw[cut:]])) == [200], raw
                kept = running.kept.deliveries[number].request
                _equal(raw, body, kept)
                made = outgoing(kept, target.listener.url)
                sent = loop.submit(sender.send(made.url, made.method, made.headers, made.body)).result(20)
                assert sent.outcome is Outcome.RESPONDED, sent
                again = target.kept.deliveries[number].request
                told = " ".join((*made.differences, *sent.differences))
                named += bool(told)
                assert (again.method, again.body) == (kept.method, kept.body)
                assert again.target == kept.target or "target" in told, (kept.target, again.target)
                framing = {b"transfer-encoding", b"content-length"}
                left = [pair for pair in kept.headers if pair[0].lower() not in framing]
                assert [pair for pair in again.headers if pair[0].lower() not in framing] == left
                changed = [pair for pair in kept.headers if pair[0].lower() in framing] != [
                    pair for pair in again.headers if pair[0].lower() in framing
                ]
                assert not changed or "ransfer-" in told or "ontent-" in told
            return named
    finally:
        loop.submit(sender.close()).result(5)
        loop.stop()


@pytest.mark.parametrize("count", [FEW * 4, pytest.param(MANY, marks=pytest.mark.torture)])
def test_c2_random_requests(count: int) -> None:
    named = _random_requests(count)
    record("C2", requests=count, changed=0, with_a_named_difference=named)


def test_c2_catches_headers_that_are_folded(monkeypatch: pytest.MonkeyPatch) -> None:
    real = capture_module._request_of

    def folded(request: Any, body: bytes) -> Request:
        kept = real(request, body)
        last = {name.lower(): (name, value) for name, value in kept.headers}
        return Request(kept.method, kept.target, type(kept.headers)(tuple(last.values())), body)

    monkeypatch.setattr(capture_module, "_request_of", folded)
    caught = catches(lambda: _random_requests(FEW * 4))
    record("C2", caught=caught)


# -- C4

CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
SHAPES: dict[str, tuple[bytes, int, int]] = {
    "20,000 chunks of a byte": (CHUNKED + b"1\r\nx\r\n" * 20_000 + b"0\r\n\r\n", 200, 20_000),
    "20,000 pieces of a chunk": (CHUNKED + b"4e20\r\n" + b"x" * 20_000 + b"\r\n0\r\n\r\n", 200, 20_000),
    "900 trailers": (CHUNKED + b"1\r\nx\r\n0\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(900)) + b"\r\n", 200, 1),
    "10,000 trailers": (CHUNKED + b"1\r\nx\r\n0\r\n" + b"X: y\r\n" * 10_000 + b"\r\n", 400, 0),
    "an extension of 16 KiB": (CHUNKED + b"1;" + b"a" * 16 * KIB + b"\r\nx\r\n0\r\n\r\n", 200, 1),
    "20,000 extensions": (CHUNKED + b"1;a=b\r\nx\r\n" * 20_000 + b"0\r\n\r\n", 200, 20_000),
}


def _chunks(limits: Limits | None = None) -> float:
    slowest = 0.0
    with listening(limits=limits) as running:
        for name, (raw, status, size) in SHAPES.items():
            began = time.perf_counter()
            pieces = [raw] if "pieces" not in name else [raw[n : n + 7] for n in range(0, len(raw), 7)]
            answers = running.send(raw, pieces=pieces)
            took = time.perf_counter() - began
            assert statuses(answers) == [status], (name, answers)
            kept = running.kept.wait_for(1)
            assert (kept[-1].refused is None) == (status == 200), name
            assert status != 200 or kept[-1].request.body == b"x" * size, name
            assert took < 10, (name, took)
            slowest = max(slowest, took)
            running.kept.deliveries.clear()
    return slowest


def test_c4_chunks_of_every_shape() -> None:
    record("C4", shapes=len(SHAPES), slowest_s=_chunks())


def test_c4_catches_the_limits_of_a_plain_server() -> None:
    caught = catches(lambda: _chunks(Limits(max_headers=128)))
    record("C4", caught=caught)


# -- C6

QUICK = Limits(head_seconds=0.5, read_seconds=0.5, body_seconds=1.5, idle_seconds=0.5)


def _stalls(patience_s: float) -> None:
    half = HEAD + b"Content-Length: 10\r\n\r\nabc"

    def dripped(client: socket.socket, data: bytes) -> None:
        for byte in data:
            try:
                client.sendall(bytes([byte]))
            except OSError:
                return
            client.settimeout(0.2)
            try:
                if not client.recv(1, socket.MSG_PEEK):
                    return
                break
            except TimeoutError:
                client.settimeout(patience_s)

    with listening(limits=QUICK) as running:
        for name, first, rest, kept in (
            ("a body that stalls", half, b"", b"abc"),
            ("a body that drips", half[:-3], b"abcdefghi", b"abc"),
            ("a head that stalls", half[:20], b"", half[:20]),
            ("a head that drips", b"POST /p", b" HTTP/1.1\r\nHost: x", b"POST /p "),
            ("the second request of a connection", GOOD + half, b"", b"abc"),
        ):
            with running.connect() as client:
                client.settimeout(patience_s)
                client.sendall(first)
                dripped(client, rest)
                client.settimeout(patience_s)
                try:
                    answers = read_all(client)
                except TimeoutError:
                    raise AssertionError(f"{name}: still open") from None
            assert statuses(answers)[-1] == 408, (name, answers)
            refused = [each for each in running.kept.wait_for(1) if each.refused is not None]
            assert refused[-1].request.body.startswith(kept), name
        assert running.listener.connections <= 1


def test_c6_bodies_and_heads_that_stall_or_drip() -> None:
    _stalls(15)
    record("C6", senders=5, still_open=0)


def test_c6_catches_a_listener_without_deadlines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Capture, "sweep", lambda _self: None)
    caught = catches(lambda: _stalls(1.5))
    record("C6", caught=caught)


# -- C7


def _ours(raw: bytes) -> list[bytes]:
    with listening() as running:
        answers = running.send(raw, half_close=False)  # it is the listener that ends the connection
        kept = running.settle()
    assert statuses(answers) == [400], answers
    assert [each for each in kept if each.refused is not None], raw
    return [each.request.target for each in kept if each.refused is None]


def _smuggling(read: Callable[[bytes], list[bytes]]) -> None:
    for name, raw in TRICKS.items():
        assert read(raw) == [], name
    with listening() as running:  # what is plain is cut where it says
        plain = HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" + GOOD + HIDDEN
        assert statuses(running.send(plain)) == [200] * 3
        assert [each.request.body for each in running.kept.whole] == [b"abc", b"abc", b""]


def test_c7_requests_that_two_readers_cut_differently() -> None:
    _smuggling(_ours)
    record("C7", tricks=len(TRICKS), hidden_requests_let_in=0)


def test_c7_catches_a_careless_reader() -> None:
    caught = catches(lambda: _smuggling(careless))
    record("C7", caught=caught)


# -- C8

OTHERS: dict[str, tuple[bytes, int, str]] = {
    "HTTP/1.0": (b"POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\nhi", 200, ""),
    "absolute form": (b"GET http://other.example/x HTTP/1.1\r\nHost: x\r\n\r\n", 200, ""),
    "asterisk": (b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 200, ""),
    "CONNECT": (b"CONNECT 127.0.0.1:PORT HTTP/1.1\r\nHost: x\r\n\r\n", 405, "proxy"),
    "WebSocket": (HEAD + b"Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 0\r\n\r\n", 200, ""),
    "h2c": (HEAD + b"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 0\r\n\r\n", 200, ""),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, "HTTP/2"),
    "HTTP/0.9": (b"GET /x\r\n", 400, "HTTP/0.9"),
    "HTTP/3.0 in the line": (b"GET / HTTP/3.0\r\nHost: x\r\n\r\n", 400, "version"),
    "TLS": (b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03" + bytes(64), 400, "TLS"),
    "SMTP": (b"EHLO mail.example\r\n", 400, "SMTP"),
    "Redis": (b"*1\r\n$4\r\nPING\r\n", 400, "Redis"),
    "SSH": (b"SSH-2.0-OpenSSH_9.0\r\n", 400, "SSH"),
    "SOCKS": (b"\x05\x01\x00", 400, "SOCKS"),
    "PROXY": (b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", 400, "PROXY"),
    "nothing but NUL": (bytes(100) + b"\r\n\r\n", 400, "not an HTTP request"),
}


def _protocols() -> None:
    with listening() as running, listening() as bystander:
        for name, (raw, status, words) in OTHERS.items():
            before = len(running.kept.deliveries)
            answers = running.send(raw.replace(b"PORT", b"%d" % bystander.port))
            assert statuses(answers)[:1] == [status], (name, answers)
            kept = running.kept.wait_for(before + 1)[before]
            assert (kept.refused is None) == (status == 200), name
            assert words in (kept.refused or ""), (name, kept.refused)
        for value, wanted in ((b"100-continue", [100, 200]), (b"something-else", [200])):
            assert statuses(
                running.send(
                    HEAD + b"Expect: " + value + b"\r\nContent-Length: 3\r\n\r\n",
                    pieces=[HEAD + b"Expect: " + value + b"\r\nContent-Length: 3\r\n\r\n", b"abc"],
                )
            ) in (wanted, wanted[-1:]), value
        assert bystander.kept.deliveries == [], "CONNECT dials nobody"


def test_c8_other_versions_and_protocols() -> None:
    _protocols()
    record("C8", kinds=len(OTHERS) + 2, unnamed=0)


def test_c8_catches_refusals_that_say_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capture_module, "recognise", lambda _raw: None)
    monkeypatch.setattr("webhook_inspector.net.refusal.recognise", lambda _raw: None)
    caught = catches(_protocols)
    record("C8", caught=caught)


# -- C9


def _lines(count: int) -> bytes:
    return b"".join(b"X-%d: 1\r\n" % number for number in range(count))


EDGES: dict[str, tuple[bytes, bool]] = {
    "a target of 8,191": (b"GET /" + b"a" * 8190 + b" HTTP/1.1\r\nHost: x\r\n\r\n", True),
    "a target of 16 KiB": (b"GET /" + b"a" * 16 * KIB + b" HTTP/1.1\r\nHost: x\r\n\r\n", True),
    "a target of 63 KiB": (b"GET /" + b"a" * 63 * KIB + b" HTTP/1.1\r\nHost: x\r\n\r\n", True),
    "a target of 65 KiB": (b"GET /" + b"a" * 65 * KIB + b" HTTP/1.1\r\nHost: x\r\n\r\n", False),
    "a header of 8,191": (HEAD + b"X: " + b"a" * 8190 + b"\r\n\r\n", True),
    "a header of 63 KiB": (HEAD + b"X: " + b"a" * 63 * KIB + b"\r\n\r\n", True),
    "a header of 65 KiB": (HEAD + b"X: " + b"a" * 65 * KIB + b"\r\n\r\n", False),
    "129 headers": (HEAD + _lines(128) + b"\r\n", True),
    "1,000 headers": (HEAD + _lines(999) + b"\r\n", True),
    "1,001 headers": (HEAD + _lines(1000) + b"\r\n", False),
    "a head of 900 KiB": (HEAD + (b"X: " + b"a" * 60_000 + b"\r\n") * 15 + b"\r\n", True),
    "a head over 1 MiB": (HEAD + (b"X: " + b"a" * 60_000 + b"\r\n") * 18 + b"\r\n", False),
    "two user agents": (HEAD + b"User-Agent: a\r\nUser-Agent: b\r\n\r\n", False),
    "two content types": (HEAD + b"Content-Type: a/b\r\nContent-Type: c/d\r\n\r\n", False),
    "two hosts": (HEAD + b"Host: y\r\n\r\n", False),
}


def _edges(limits: Limits | None = None) -> int:
    with listening(limits=limits) as running:
        for name, (raw, whole) in EDGES.items():
            before = len(running.kept.deliveries)
            answers = running.send(raw)
            assert statuses(answers)[:1] in ([[200]] if whole else [[400], [431]]), (name, statuses(answers))
            kept = running.kept.wait_for(before + 1)[before]
            assert (kept.refused is None) == whole, (name, kept.refused)
            assert whole or kept.request.body[: MIB // 2] == raw[: MIB // 2], name
        return len(running.kept.refused)


def test_c9_headers_and_targets_at_and_over_the_limits() -> None:
    record("C9", requests=len(EDGES), over_a_limit_and_kept_as_refused=_edges())


def test_c9_catches_the_limits_of_a_plain_server() -> None:
    caught = catches(lambda: _edges(Limits(max_line=8190, max_headers=128)))
    record("C9", caught=caught)


# -- C10


def _together() -> None:
    with listening() as running:
        assert statuses(running.send(GOOD + b"garbage\r\n\r\n")) == [200, 400]
        assert statuses(running.send(b"".join(HEAD + b"X: %d\r\n\r\n" % n for n in range(40)))) == [200] * 40
        assert [each.request.headers.get("X") for each in running.kept.whole[1:]] == [str(n) for n in range(40)]
        assert statuses(running.send(GOOD, half_close=True)) == [200]
        kept = running.settle()
        assert [each.request.body for each in kept if each.refused is not None] == [b"garbage\r\n\r\n"]
        assert len(running.kept.whole) == 42
    gate = threading.Event()
    with listening(kept=Kept(gate=gate)) as running:
        client = running.connect()
        client.sendall(GOOD * 3)
        running.kept.wait_for(1)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
        gate.set()
        kept = running.settle()
        assert len(kept) == 3, "all that came is kept, also when nobody waits for the answers"


def test_c10_good_and_bad_together_and_senders_that_leave() -> None:
    _together()
    record("C10", requests=46, lost=0)


@pytest.mark.parametrize("fault", ["forgets what is not served", "ends at the half close", "lets the parser run ahead"])
def test_c10_catches_listeners_that_lose_some(monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    if fault == "forgets what is not served":
        monkeypatch.setattr(Capture, "keep_unanswered", lambda _self, _connection, _why: None)
    elif fault == "ends at the half close":
        monkeypatch.setattr(Connection, "eof_received", lambda _self: None)
    else:
        real = Connection.__init__

        def ahead(self: Connection, *arguments: Any, **settings: Any) -> None:
            real(self, *arguments, **settings)
            assert self._parser is not None
            self._parser = type(self._parser)(
                self, self._loop, self._read_bufsize, max_line_size=8190, max_field_size=8190, auto_decompress=False
            )

        monkeypatch.setattr(Connection, "__init__", ahead)
    caught = catches(_together)
    record("C10", caught=caught)

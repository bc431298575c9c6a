"""R1 to R9: replays against targets that do everything wrong, to the target that was set and nowhere else."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import statistics
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.test_replay_kill import killed_run
from tests.net.test_sender import CASES, _steps
from tests.replay import test_rewrite as rewriting
from tests.replay.test_rewrite import HOSTILE_TARGETS, SAMPLES, sender  # noqa: F401 (a fixture)
from tests.replay.test_targets import verdict_of
from tests.support.exporting import HARD, corpus_request
from tests.support.factories import T0_NS, make_request
from tests.support.fault_target import Script, answer, fault_target, unused_port
from tests.support.posting import post
from tests.support.recording import recording, split_request
from tests.support.shared import SHARED, shared_json
from tests.torture.careless_process import PROGRAM
from tests.torture.results import record
from tests.torture.test_c_load import memory_mib
from tests.torture.variants import catches
from tests.torture.watching import connections
from webhook_inspector.config.model import Config
from webhook_inspector.core.attempt import Outcome
from webhook_inspector.core.clock import SystemClock, iso_utc
from webhook_inspector.core.headers import Headers
from webhook_inspector.core.request import Request
from webhook_inspector.engine import capturing
from webhook_inspector.engine import run as running_module
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.engine.replay_options import ReplayOptions, SendOptions
from webhook_inspector.errors import TargetError
from webhook_inspector.net import sender as sending
from webhook_inspector.net.limits import MAX_RESPONSE_BODY
from webhook_inspector.net.loop_thread import LoopThread
from webhook_inspector.net.sender import Sender, Sent
from webhook_inspector.replay.rewrite import Outgoing, outgoing

ASAP = ReplayOptions(speed=None, seed=1)
By = tuple[LoopThread, Sender]


@contextmanager
def filled(folder: Path, count: int = 1, *, gap_ms: int = 0, **more: Any) -> Iterator[Inspector]:
    """An inspector whose log holds deliveries with the bodies `0`, `1`, ..."""
    lines = [
        {"method": "POST", "target": "/in", "headers": [["Content-Type", "text/plain"]], "body": str(n),
         "received_at": iso_utc(T0_NS + n * gap_ms * 1_000_000)} | more
        for n in range(count)
    ]  # fmt: skip
    folder.mkdir(exist_ok=True)
    file = folder / "in.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    with Inspector.open(Config(path=None, log=folder / "log.db"), env={}) as opened:
        assert len(opened.import_file(file).ids) == count
        yield opened


# -- R1


def _bad_answers() -> list[tuple[str, Script]]:
    found = [(name, script) for name, script, *_ in CASES]
    if SHARED.exists():
        items = shared_json("corpora/own/targets/answers.json")["items"]
        found += [(item["id"], _steps(item["steps"])) for item in items if item["id"] != "refused"]
    return found


def _each_bad_answer(folder: Path) -> tuple[int, float]:
    """Every attempt has one outcome in the log within its limit, memory stays, and capture goes on."""
    scripts = _bad_answers()
    with filled(folder) as inspector:
        inspector.listen(port=0)
        assert inspector.listening is not None
        own = inspector.listening.url
        plan = inspector.plan([1], ASAP)
        slowest = 0.0
        before = memory_mib(os.getpid(), "VmRSS")
        for number, (name, script) in enumerate(scripts):
            began = time.monotonic()
            with fault_target(script) as target:
                run = inspector.start_run(plan, target.url, send=SendOptions(timeout_s=1.5))
                at = time.monotonic()
                assert post(own, b"meanwhile")[0] == 200
                slowest = max(slowest, time.monotonic() - at)
                run.wait(30)
                assert len(target.requests) <= 1, name
            took = time.monotonic() - began
            assert took < 8, (name, took)
            (attempt,) = inspector.run_result(run.id).attempts
            assert attempt.outcome is not None, f"{name} has no outcome"
            assert len(attempt.response_body) <= MAX_RESPONSE_BODY, f"{name} kept {len(attempt.response_body)}"
            assert inspector.count("meanwhile") == number + 1
        grown = memory_mib(os.getpid(), "VmRSS") - before
        assert grown < 150, f"{grown:.0f} MiB more"
    return len(scripts), slowest


@pytest.mark.torture
def test_r1_every_bad_answer_is_one_outcome(tmp_path: Path) -> None:
    count, slowest = _each_bad_answer(tmp_path)
    record("R1", answers=count, without_an_outcome=0, slowest_capture_meanwhile_ms=slowest * 1000)


@pytest.mark.torture
def test_r1_catches_a_sender_that_reads_all_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = MAX_RESPONSE_BODY
    endless: Script = [
        {"send": b"HTTP/1.1 200 OK\r\n\r\n"},
        {"repeat": {"send": b"x" * 65536}, "every_ms": 0, "times": 100},
        {"close": True},
    ]
    monkeypatch.setitem(globals(), "_bad_answers", lambda: [("endless", endless)])
    _each_bad_answer(tmp_path / "good")

    def check() -> None:
        monkeypatch.setattr(sending, "MAX_RESPONSE_BODY", 1 << 40)
        with filled(tmp_path / "bad") as inspector, fault_target(endless) as target:
            run = inspector.start_run(inspector.plan([1], ASAP), target.url)
            run.wait(30)
            (attempt,) = inspector.run_result(run.id).attempts
        assert len(attempt.response_body) <= limit, "kept too much"

    caught = catches(check, "kept too much")
    record("R1", caught=caught)


# -- R2


def _requests(count: int) -> list[Request]:
    """The hard ones, and random ones: any bytes where HTTP lets any stand, and some where it does not."""
    found = [*SAMPLES, *HARD, *(make_request(b"x", target=target) for target in HOSTILE_TARGETS)]
    if SHARED.exists():
        found += [corpus_request(item) for item in shared_json("corpora/own/exporters/requests.json")["items"]]
    rng = random.Random(2)
    for _ in range(count):
        names = [rng.choice(["X-A", "x-a", "X-B", "Accept", "Content-Type", "Cookie", "Host", "TE"]) for _ in range(6)]
        pairs = tuple((name.encode(), b"h" if name == "Host" else rng.randbytes(9).strip(b" \t")) for name in names[:4])
        target = b"/" + bytes(rng.randrange(0x21, 0x100) for _ in range(rng.randrange(30)))
        method = rng.choice(["POST", "PUT", "get", "DELETE", "PURGE", "OPTIONS", "X-Y"])
        found.append(Request(method, target, Headers(pairs), rng.randbytes(rng.choice([0, 1, 200, 5000]))))
    return found


def _all_sent_or_named(requests: Sequence[Request], by: By) -> int:
    with recording() as recorder:
        for request in requests:
            rewriting.assert_sent_or_named(request, recorder, by)
    return len(requests)


@pytest.mark.parametrize("count", [50, pytest.param(2000, marks=pytest.mark.torture)])
def test_r2_requests_go_out_as_captured_or_named(count: int, sender: By) -> None:  # noqa: F811
    record("R2", requests=_all_sent_or_named(_requests(count), sender), changed_and_not_named=0)


def _silent(out: Outgoing) -> Outgoing:
    return replace(out, differences=())


def _tidied(out: Outgoing) -> Outgoing:
    return replace(out, headers=Headers(tuple((name.title(), value) for name, value in out.headers)))


@pytest.mark.parametrize("broken", [_silent, _tidied])
def test_r2_catches_changes_without_a_name(
    broken: Callable[[Outgoing], Outgoing],
    sender: By,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = outgoing
    monkeypatch.setattr(rewriting, "outgoing", lambda request, url: broken(real(request, url)))
    caught = catches(lambda: _all_sent_or_named(_requests(0), sender))
    record("R2", caught=caught)


# -- R3

Send = Callable[[str], None]


def _redirected(send: Send) -> int:
    count = 0
    with fault_target([answer(200)]) as other:
        places = [
            other.url + "/stolen", f"//127.0.0.1:{other.port}/x", f"https://localhost:{other.port}/", "file:///etc/passwd",
            "gopher://127.0.0.1:1/", "/again", "", "http://127.0.0.1:1\r\nX: y",
        ]  # fmt: skip
        for status in (300, 301, 302, 303, 305, 307, 308):
            for place in places:
                script = [answer(status, b"", ("Location", place), ("Refresh", f"0; url={place}"))]
                with fault_target(script) as target:
                    with connections() as seen:
                        send(target.url)
                    assert len(target.requests) == 1, f"{status} to {place!r}: asked again"
                assert seen <= {f"127.0.0.1:{target.port}"}, f"{status} to {place!r}: {seen}"
                count += 1
        assert other.requests == [], "a redirect was followed"
    return count


@pytest.mark.torture
def test_r3_redirects_are_recorded_and_lead_nowhere(tmp_path: Path) -> None:
    with filled(tmp_path, headers=[["X-Gitlab-Token", "canary"]]) as inspector:

        def send(url: str) -> None:
            run = inspector.start_run(inspector.plan([1], ASAP), url)
            run.wait(30)
            (attempt,) = run.attempts
            assert attempt.outcome in {Outcome.RESPONDED, Outcome.RESET}

        count = _redirected(send)
    record("R3", redirects=count, followed=0)


def test_r3_catches_a_sender_that_follows() -> None:
    def send(url: str) -> None:
        request = urllib.request.Request(url, headers={"X-Gitlab-Token": "canary"})
        with suppress(OSError, ValueError):
            urllib.request.urlopen(request, timeout=5).close()

    caught = catches(lambda: _redirected(send))
    record("R3", caught=caught)


# -- R4

Targeted = Callable[[Request, str], str]
"""From a captured request and the target that was set to the URL to send to."""


def _stays(url_of: Targeted) -> int:
    """The authority is the one that was set, whatever was captured."""
    targets = list(HOSTILE_TARGETS)
    if SHARED.exists():
        corpus = shared_json("corpora/own/targets/targets.json")
        targets += [target.encode() for target, _ in corpus["captured_request_targets"]["items"]]
        urls = shared_json("corpora/fetched/urltestdata/urltestdata.json")
        targets += [
            case["input"].encode("utf-8", "surrogatepass")
            for case in urls
            if isinstance(case, dict) and "input" in case
        ]
    bases = ["http://127.0.0.1:3000", "http://127.0.0.1:3000/", "http://[::1]:3000", "https://localhost:3000"]
    for base in bases:
        wanted = urllib.parse.urlsplit(base)
        for target in targets:
            try:
                made = urllib.parse.urlsplit(url_of(make_request(b"x", target=target), base))
                port = made.port
            except ValueError as error:
                raise AssertionError(f"{target!r} leads to no URL: {error}") from None
            same = (made.scheme, made.hostname, port) == (wanted.scheme, wanted.hostname, wanted.port)
            assert same, f"{target!r} leads to {made.netloc}"
            assert made.username is None
    return len(targets) * len(bases)


def test_r4_the_host_is_the_one_that_was_set(sender: By) -> None:  # noqa: F811
    count = _stays(lambda request, base: outgoing(request, base).url)
    loop, made = sender
    with recording() as recorder, connections() as seen:
        for target in HOSTILE_TARGETS:
            out = outgoing(make_request(b"x", target=target), recorder.url)
            loop.submit(made.send(out.url, out.method, out.headers, out.body)).result(30)
        assert len(recorder.take()) == len(HOSTILE_TARGETS)
    assert seen <= {f"127.0.0.1:{recorder.port}"}, seen
    record("R4", captured_targets=count, sent_elsewhere=0)


def test_r4_targets_that_are_not_what_they_seem() -> None:
    if not SHARED.exists():
        pytest.skip("the reference data is not here")
    cases = shared_json("corpora/own/targets/targets.json")["targets"]
    assert [case["url"] for case in cases if verdict_of(case["url"]) != case["expect"]] == []
    record("R4", targets_judged=len(cases))


@pytest.mark.parametrize(
    "broken",
    [
        lambda request, base: urllib.parse.urljoin(base, request.target.decode("latin-1")),
        lambda request, base: base + request.target.decode("latin-1"),
    ],
)
def test_r4_catches_targets_that_are_joined(broken: Targeted) -> None:
    caught = catches(lambda: _stays(broken), "leads to")
    record("R4", caught=caught)


# -- R5


def _exactly(folder: Path, count: int) -> int:
    """As many requests arrive as were planned, at targets that break off after them."""
    total = 0
    scripts: list[Script] = [
        [answer(200, b"", ("Connection", "close")), {"close": True}],
        [{"close": True}],
        [{"rst": True}],
        [{"send": b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"}, {"rst": True}],
        [{"send": b"HTTP/1.1 100 Continue\r\n\r\n"}, {"close": True}],
    ]
    for method in ("PUT", "POST", "GET", "DELETE"):
        with filled(folder / method, method=method) as inspector:
            for script in scripts:
                plan = inspector.plan([1], ReplayOptions(speed=None, seed=1, times=count, concurrency=4))
                with fault_target(script) as target:
                    inspector.start_run(plan, target.url, send=SendOptions(timeout_s=5)).wait(60)
                    time.sleep(0.05)
                    arrived = len(target.requests)
                assert arrived == count, f"{arrived} {method} arrived, {count} were planned"
                total += arrived
    return total


@pytest.mark.torture
def test_r5_exactly_as_many_as_planned(tmp_path: Path) -> None:
    record("R5", requests=_exactly(tmp_path, 40), too_many_or_few=0)


@pytest.mark.torture
def test_r5_catches_a_sender_that_sends_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Sender.send

    async def again(self: Sender, *arguments: Any, **options: Any) -> Sent:
        sent = await real(self, *arguments, **options)
        if sent.outcome is Outcome.RESET:
            sent = await real(self, *arguments, **options)
        return sent

    monkeypatch.setattr(Sender, "send", again)
    caught = catches(lambda: _exactly(tmp_path, 5), "were planned")
    record("R5", caught=caught)


# -- R6


class JumpingClock(SystemClock):
    """The wall clock jumps by hours with every look; what measures time does not."""

    def __init__(self) -> None:
        self._jumps = iter(range(-3600, 10**9, 1800))

    def wall_ns(self) -> int:
        return super().wall_ns() + next(self._jumps) * 10**9


def _on_time(folder: Path, seeds: range, *, patience_ms: float) -> tuple[int, float]:
    late: list[float] = []
    with filled(folder, 60, gap_ms=10):
        pass
    config = Config(path=None, log=folder / "log.db")
    with Inspector.open(config, env={}, clock=JumpingClock()) as inspector:
        ids = list(range(1, 61))
        for seed in seeds:
            options = ReplayOptions(speed=1, seed=seed, jitter="500ms", reorder="shuffle", drop="0.1", concurrency=16)
            plan = inspector.plan(ids, options)
            assert plan == inspector.plan(ids, options), "the seed is the plan"
            with recording() as target:
                run = inspector.start_run(plan, target.url)
                run.wait(60)
                bodies = [int(split_request(data)[3]) + 1 for data in target.take()]
            assert sorted(bodies) == sorted(planned.delivery_id for planned in plan.attempts), "others were sent"
            starts = sorted(run.attempts, key=lambda attempt: attempt.sent_at_ms or 0)
            assert [one.delivery_id for one in starts] == [one.delivery_id for one in plan.attempts], "in another order"
            assert all((one.sent_at_ms or 0) >= one.planned_at_ms - 1 for one in starts), "before its time"
            late += [(one.sent_at_ms or 0) - one.planned_at_ms for one in starts]
    p95 = statistics.quantiles(late, n=20)[-1]
    assert p95 < patience_ms, f"{p95:.0f} ms late"
    return len(late), p95


@pytest.mark.torture
def test_r6_delays_and_orders_are_those_of_the_seed(tmp_path: Path) -> None:
    count, p95 = _on_time(tmp_path, range(6), patience_ms=150)  # a busy machine; the table has what is measured
    record("R6", sends=count, out_of_order=0, late_p95_ms=p95)


@pytest.mark.torture
def test_r6_catches_a_run_that_does_not_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def at_once(_self: object, _at_ms: float, _cancelled: object) -> bool:
        return True

    monkeypatch.setattr(running_module.Run, "_until", at_once)
    caught = catches(lambda: _on_time(tmp_path, range(1), patience_ms=150), "before its time")
    record("R6", caught=caught)


# -- R7

needs_kill = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")


@needs_kill
@pytest.mark.torture
@pytest.mark.parametrize("in_flight", [1, 8, 32])
def test_r7_a_killed_run_of_100(tmp_path: Path, in_flight: int) -> None:
    unknown = answered = 0
    for seed in range(4):
        folder = tmp_path / str(seed)
        folder.mkdir()
        found = killed_run(folder, seed, in_flight)
        unknown, answered = unknown + found[0], answered + found[1]
    record("R7", kills=4, planned=400, answered=answered, outcome_unknown=unknown, sent_and_not_told=0)


@needs_kill
@pytest.mark.torture
def test_r7_catches_attempts_that_are_kept_afterwards(tmp_path: Path) -> None:
    def check() -> None:
        for seed in range(6):
            folder = tmp_path / str(seed)
            folder.mkdir()
            killed_run(folder, seed, 8, (*PROGRAM, "tells-afterwards"))

    caught = catches(check)
    record("R7", caught=caught)


# -- R8


def _own_listener(folder: Path) -> int:
    """What leads back to the listener of the log is refused, in each process."""
    with filled(folder) as inspector:
        inspector.listen(port=0)
        assert inspector.listening is not None
        port = urllib.parse.urlsplit(inspector.listening.url).port
        with Inspector.open(inspector.config, env={}) as other:
            names = [
                "127.0.0.1",
                "localhost",
                "LOCALHOST.",
                "127.0.0.2",
                "127.1.2.3",
                "[::1]",
                "[::ffff:127.0.0.1]",
                "x.localhost",
            ]
            for one in (inspector, other):
                for name in names:
                    plan = one.plan([1], ASAP)
                    try:
                        run = one.start_run(plan, f"http://{name}:{port}/hooks")
                    except TargetError:
                        continue
                    run.wait(20)
                    sent = [attempt.outcome for attempt in run.attempts]
                    assert inspector.count() == 1, f"sent to itself by the name {name}: {sent}"
                    assert Outcome.RESPONDED not in sent
            for name in names[:3]:
                with suppress(TargetError):
                    inspector.set_forward(f"http://{name}:{port}/")
                    assert post(inspector.listening.url, b"once")[0] == 200
                    time.sleep(0.3)
                    assert inspector.count() <= 2, "it forwards to itself"
    return len(names) * 2 + 3


def test_r8_the_own_listener_is_no_target(tmp_path: Path) -> None:
    record("R8", refused=_own_listener(tmp_path))


def _own_address() -> str | None:
    """An address of this machine that is not loopback; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.connect(("192.0.2.1", 9))
        except OSError:
            return None
        found = str(sock.getsockname()[0])
    return None if found.startswith("127.") else found


def test_r8_a_listener_for_other_machines_is_no_target_by_its_address(tmp_path: Path) -> None:
    address = _own_address()
    if address is None:
        pytest.skip("this machine has no address but loopback")
    for host in ("0.0.0.0", address):
        with filled(tmp_path / host) as inspector:
            port = unused_port()
            target = f"http://{address}:{port}/"
            inspector.listen(host=host, port=port)
            with pytest.raises(TargetError, match="where this log is captured"):
                inspector.set_forward(target, allow_remote=True)
            with pytest.raises(TargetError, match="where this log is captured"):
                inspector.start_run(inspector.plan([1], ASAP), target, send=SendOptions(allow_remote=True))
        with filled(tmp_path / f"{host}-at-the-start") as inspector, pytest.raises(TargetError):
            inspector.listen(host=host, port=port, forward=target, allow_remote=True)
    record("R8", refused=6)


def test_r8_catches_an_inspector_that_sends_to_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capturing, "leads_here", lambda _target, _own: False)
    caught = catches(lambda: _own_listener(tmp_path), "itself")
    record("R8", caught=caught)


# -- R9


def _dead_target(folder: Path, count: int) -> tuple[float, float, float]:
    """Seconds for all, seconds from a cancel to the end, and the slowest capture meanwhile."""
    with filled(folder, 50) as inspector:
        inspector.listen(port=0)
        assert inspector.listening is not None
        own, url = inspector.listening.url, f"http://127.0.0.1:{unused_port()}"
        plan = inspector.plan(range(1, 51), ReplayOptions(speed=None, seed=1, times=count // 50, concurrency=16))
        slowest: list[float] = []
        stopped = threading.Event()

        def capture() -> None:
            while not stopped.is_set():
                at = time.monotonic()
                assert post(own, b"meanwhile")[0] == 200
                slowest.append(time.monotonic() - at)
                stopped.wait(0.05)

        thread = threading.Thread(target=capture)
        thread.start()
        try:
            began = time.monotonic()
            run = inspector.start_run(plan, url)
            run.wait(60)
            took = time.monotonic() - began
            assert {attempt.outcome for attempt in run.attempts} == {Outcome.REFUSED}
            half = threading.Event()
            run = inspector.start_run(plan, url, on_event=lambda _: half.set() if len(run.attempts) > 100 else None)
            assert half.wait(30)
            cancelled = time.monotonic()
            run.cancel()
            run.wait(60)
            cancel_s = time.monotonic() - cancelled
            outcomes = [attempt.outcome for attempt in inspector.run_result(run.id).attempts]
        finally:
            stopped.set()
            thread.join(30)
        assert len(outcomes) == count
        assert None not in outcomes, "an attempt without an outcome"
        assert Outcome.NOT_SENT in outcomes, "cancelled, and all of it was sent"
        assert inspector.count() == 50 + len(slowest), "capture lost something"
    assert took < 30
    assert cancel_s < 3, "the goal is 1 s; a busy machine gets more"
    return took, cancel_s, max(slowest)


@pytest.mark.torture
def test_r9_a_thousand_replays_at_a_dead_target(tmp_path: Path) -> None:
    took, cancel_s, slowest = _dead_target(tmp_path, 1000)
    record("R9", replays=1000, all_s=took, cancel_ms=cancel_s * 1000, slowest_capture_meanwhile_ms=slowest * 1000)


@pytest.mark.torture
def test_r9_catches_a_run_that_cannot_be_cancelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running_module.Run, "cancel", lambda _self: None)
    caught = catches(lambda: _dead_target(tmp_path, 1000), "all of it was sent")
    record("R9", caught=caught)

"""How the listener starts and stops: ports, hosts, requests in flight."""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.net.vectors import GOOD, HEAD
from tests.support.factories import T0_NS
from tests.support.listening import Kept, listening, read_all, statuses
from tests.support.patience import PATIENCE_S
from webhook_inspector.adapters.certificate import self_signed
from webhook_inspector.errors import ListenError
from webhook_inspector.net.limits import Limits
from webhook_inspector.net.listener import Listener
from webhook_inspector.net.loop_thread import LoopThread
from webhook_inspector.net.tls import server_context


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
        stopper.join(PATIENCE_S)
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
        assert time.perf_counter() - began < 20
        assert kept.gate is not None
        kept.gate.set()


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_who_was_let_in_in_the_turn_of_the_stop_is_closed_too(tls: bool, tmp_path: Path) -> None:
    """Nothing is left to the collector: until that ran, the sender would wait for an answer."""
    context = None
    if tls:
        cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
        for path, pem in zip((cert, key), self_signed(T0_NS), strict=True):
            path.write_bytes(pem)
        context = server_context(cert, key)
    held, go = threading.Event(), threading.Event()

    def hold() -> None:
        held.set()
        go.wait(PATIENCE_S)

    with listening(tls=context) as running:
        running.loop.call(hold)
        assert held.wait(PATIENCE_S)
        with running.connect() as client:
            stopping = threading.Thread(target=running.listener.stop)
            stopping.start()
            while not running.loop.loop._ready:  # type: ignore[attr-defined]  # the stop is asked for, behind us
                time.sleep(0.001)
            go.set()
            assert read_all(client) == b""
            stopping.join(PATIENCE_S)


def test_starting_twice_is_refused_and_stopping_twice_is_not() -> None:
    with listening() as running:
        with pytest.raises(ListenError):
            running.listener.start("127.0.0.1", 0)
        running.listener.stop()
        running.listener.stop()

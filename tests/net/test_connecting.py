"""Which address of a name is called, and that no connection outlives its send."""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fault_target import answer, fault_target, unused_port
from tests.support.patience import PATIENCE_S
from webhook_inspector.core.attempt import Outcome
from webhook_inspector.core.headers import Headers
from webhook_inspector.net import connecting
from webhook_inspector.net.connecting import Address, Connector, UnknownNameError
from webhook_inspector.net.exact_request import NotLoopbackError, is_address
from webhook_inspector.net.loop_thread import LoopThread
from webhook_inspector.net.sender import Sender


def _at(port: int) -> Address:
    return socket.AF_INET, "127.0.0.1", port


def _port_reached(addresses: list[Address]) -> int:
    async def reached() -> int:
        with await connecting._first(addresses) as sock:
            return int(sock.getpeername()[1])

    return asyncio.run(reached())


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.fixture
def port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_the_next_address_is_tried_when_one_refuses(port: int) -> None:
    assert _port_reached([_at(unused_port()), _at(port)]) == port
    assert _port_reached([_at(port), _at(unused_port())]) == port


def test_the_next_address_is_tried_when_one_says_nothing(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    real = connecting._open
    ended: list[int] = []

    async def opened(address: Address) -> socket.socket:
        if address[2] == 1:
            try:
                await asyncio.Event().wait()
            finally:
                ended.append(1)
        return await real(address)

    monkeypatch.setattr(connecting, "_open", opened)
    monkeypatch.setattr(connecting, "_NEXT_ADDRESS_S", 0.01)
    assert _port_reached([_at(1), _at(port)]) == port
    assert ended == [1]


def test_that_nothing_listens_is_what_is_told_of_several() -> None:
    with pytest.raises(ConnectionRefusedError):
        _port_reached([_at(unused_port()), _at(unused_port())])


@pytest.mark.parametrize(
    ("found", "allowed", "refused"),
    [
        (["192.0.2.1"], [], NotLoopbackError),
        (["192.0.2.1", "127.0.0.1", "::1"], ["127.0.0.1", "::1"], None),
        ([], [], UnknownNameError),
    ],
)
def test_only_addresses_of_this_machine_are_called(
    monkeypatch: pytest.MonkeyPatch, found: list[str], allowed: list[str], refused: type[Exception] | None
) -> None:
    async def resolve(_self: object, host: str, port: int = 0, family: int = 0) -> list[dict[str, object]]:
        del family
        await asyncio.sleep(0)
        return [{"hostname": host, "host": one, "port": port, "family": 2, "proto": 6, "flags": 0} for one in found]

    monkeypatch.setattr("aiohttp.resolver.ThreadedResolver.resolve", resolve)

    async def addresses() -> list[str]:
        return [one[1] for one in await Connector()._addresses("somewhere.example", 80, allow_remote=False)]

    if refused is None:
        assert asyncio.run(addresses()) == allowed
    else:
        with pytest.raises(refused):
            asyncio.run(addresses())


@pytest.mark.parametrize(("host", "address"), [("127.0.0.1", True), ("::1", True), ("fe80::1%x", True), ("a", False)])
def test_names_and_addresses(host: str, *, address: bool) -> None:
    assert is_address(host) is address


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="this system does not list open files so")
def test_no_connection_outlives_its_send() -> None:
    loop = LoopThread("test-sender").start()
    sender = Sender(loop)

    def send(url: str, timeout_s: float = 5.0) -> Outcome:
        going = sender.send(url, "POST", Headers(((b"Host", b"x"),)), b"x" * 500_000, timeout_s=timeout_s)
        return loop.submit(going).result(PATIENCE_S).outcome

    try:
        with fault_target([answer(200, b"ok")]) as well, fault_target([{"wait_ms": 5000}]) as silent:
            send(well.url)
            before = _open_files()
            outcomes = {
                send(well.url),
                *(send(silent.url, 0.03) for _ in range(10)),
                send(f"http://127.0.0.1:{unused_port()}"),
            }
            assert outcomes == {Outcome.RESPONDED, Outcome.TIMED_OUT, Outcome.REFUSED}
            loop.submit(asyncio.sleep(0.05)).result(PATIENCE_S)
            gc.collect()
            assert not sender._open
            assert _open_files() < before + 8, "each of ten may still be open for a moment, at the target's end"
    finally:
        loop.submit(sender.close()).result(PATIENCE_S)
        loop.stop()

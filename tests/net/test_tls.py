"""The listener under TLS: the same bytes are kept, and only the certificate that was named is trusted."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.net.vectors import ALL, Vector
from tests.support.factories import T0_NS
from tests.support.listening import Running, listening, read_all, read_answer, statuses
from tests.support.patience import PATIENCE_S
from webhook_inspector.adapters.certificate import self_signed
from webhook_inspector.core.attempt import Outcome
from webhook_inspector.core.clock import SystemClock
from webhook_inspector.core.headers import Headers
from webhook_inspector.errors import ConfigError
from webhook_inspector.net.limits import Limits
from webhook_inspector.net.loop_thread import LoopThread
from webhook_inspector.net.sender import Sender, Sent
from webhook_inspector.net.tls import fingerprint, server_context


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    pem, private = self_signed(SystemClock().wall_ns())
    cert.write_bytes(pem)
    key.write_bytes(private)
    return cert, key


@pytest.fixture
def running(pair: tuple[Path, Path]) -> Iterator[Running]:
    with listening(tls=server_context(*pair)) as running:
        yield running


def client(running: Running, cert: Path, name: str = "localhost") -> ssl.SSLSocket:
    context = ssl.create_default_context(cafile=str(cert))
    plain = socket.create_connection(("127.0.0.1", running.port), timeout=PATIENCE_S)
    return context.wrap_socket(plain, server_hostname=name)


REQUEST = b"POST /a%2fb?x HTTP/1.1\r\nHost: x\r\nX-A: 1\r\nx-a:  2 \r\nContent-Length: 3\r\n\r\n\x00\xff\n"


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1"])
def test_a_sender_that_trusts_the_certificate_is_kept_byte_for_byte(
    running: Running, pair: tuple[Path, Path], name: str
) -> None:
    with client(running, pair[0], name) as sender:
        assert sender.version() in {"TLSv1.2", "TLSv1.3"}
        sender.sendall(REQUEST)
        assert statuses(read_answer(sender)) == [200]
        sender.sendall(REQUEST)
        assert statuses(read_answer(sender)) == [200]
    first, second = running.kept.wait_for(2)
    assert first.request == second.request
    assert first.request.target == b"/a%2fb?x"
    assert first.request.body == b"\x00\xff\n"
    assert [pair for pair in first.request.headers if pair[0].lower() == b"x-a"] == [(b"X-A", b"1"), (b"x-a", b"2")]
    assert running.listener.url.startswith("https://127.0.0.1:")


def test_good_and_bad_in_one_write_are_told_apart_under_tls(running: Running, pair: tuple[Path, Path]) -> None:
    with client(running, pair[0]) as sender:
        sender.sendall(REQUEST + b"NONSENSE\r\n\r\n")
        assert statuses(read_all(sender)) == [200, 400]
    good, bad = running.kept.wait_for(2)
    assert good.refused is None
    assert (bad.refused is not None, bad.request.body) == (True, b"NONSENSE\r\n\r\n")


@pytest.mark.parametrize(
    "vector", [each for each in ALL if each.refused and not each.whole], ids=lambda each: each.name
)
def test_what_is_refused_is_kept_as_it_came_under_tls(
    vector: Vector, running: Running, pair: tuple[Path, Path]
) -> None:
    with client(running, pair[0]) as sender:
        sender.sendall(vector.raw)
        sender.settimeout(0.3)  # some wait for more that never comes
        with contextlib.suppress(TimeoutError):
            read_all(sender)
    running.settle()
    assert running.kept.refused
    assert not running.failures


def test_a_sender_that_ends_in_the_middle_leaves_its_bytes(running: Running, pair: tuple[Path, Path]) -> None:
    with client(running, pair[0]) as sender:
        sender.sendall(REQUEST[:-1])
        sender.unwrap().close()
    (kept,) = running.kept.wait_for(1)
    assert kept.refused is not None
    assert b"\x00\xff" in kept.request.body


def test_older_tls_and_plain_http_do_not_come_in(running: Running, pair: tuple[Path, Path]) -> None:
    context = ssl.create_default_context(cafile=str(pair[0]))
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with (
        socket.create_connection(("127.0.0.1", running.port), timeout=PATIENCE_S) as plain,
        pytest.raises(ssl.SSLError),
    ):
        context.wrap_socket(plain, server_hostname="localhost")
    with running.connect() as sender:
        sender.sendall(REQUEST)
        assert not read_all(sender).startswith(b"HTTP/1.1 2")
    assert running.settle() == []


def sent(url: str, certificate: bytes) -> Sent:
    loop = LoopThread("test-tls").start()
    sender = Sender(loop)
    try:
        return loop.submit(
            sender.send(url, "POST", Headers(), b"{}", timeout_s=PATIENCE_S, certificate=certificate)
        ).result(PATIENCE_S + 5)
    finally:
        loop.submit(sender.close()).result(PATIENCE_S)
        loop.stop()


def test_our_sender_trusts_the_one_certificate_it_is_told_of(
    running: Running, pair: tuple[Path, Path], tmp_path: Path
) -> None:
    url = running.listener.url + "/a"
    assert sent(url, fingerprint(pair[0])).status == 200
    other = tmp_path / "other.pem"
    other.write_bytes(self_signed(T0_NS)[0])
    for certificate in (fingerprint(other), b""):
        refused = sent(url, certificate)
        assert refused.outcome is Outcome.REFUSED
        assert "not trusted" in refused.detail
    assert len(running.settle()) == 1, "nothing was sent before the certificate was looked at"


def test_the_end_of_a_loop_waits_for_no_goodbye(pair: tuple[Path, Path]) -> None:
    """Who closes under TLS waits for the other side to do so; one that stays silent gets the end all the same."""
    trusting = ssl.create_default_context(cafile=str(pair[0]))
    loop = LoopThread("test-goodbye").start()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        opening = loop.submit(asyncio.open_connection("127.0.0.1", port, ssl=trusting, server_hostname="localhost"))
        accepted, _ = server.accept()
        accepted.settimeout(PATIENCE_S)
        tls = server_context(*pair).wrap_socket(accepted, server_side=True)
        _, writer = opening.result(PATIENCE_S)
        with socket.socket(fileno=tls.detach()) as silent:
            silent.settimeout(PATIENCE_S)
            loop.call(writer.close)
            loop.stop()
            assert silent.recv(65536), "TLS is ended by their side"
            assert read_all(silent) == b""


@pytest.mark.parametrize("fault", ["absent", "swapped", "empty", "other key", "encrypted"])
def test_a_pair_that_cannot_be_used_is_one_sentence(pair: tuple[Path, Path], tmp_path: Path, fault: str) -> None:
    cert, key = pair
    if fault == "absent":
        cert = tmp_path / "none.pem"
    elif fault == "swapped":
        cert, key = key, cert
    elif fault == "empty":
        cert = tmp_path / "empty.pem"
        cert.write_bytes(b"")
    else:
        from cryptography.hazmat.primitives import serialization

        private = serialization.load_pem_private_key(self_signed(T0_NS)[1], None)
        locked = serialization.BestAvailableEncryption(b"x") if fault == "encrypted" else serialization.NoEncryption()
        key = tmp_path / "key.pem"
        key.write_bytes(private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, locked))
    with pytest.raises(ConfigError) as caught:
        server_context(cert, key)
    assert "tls_cert" in caught.value.message


def test_silent_ones_before_the_handshake_make_room(pair: tuple[Path, Path]) -> None:
    limits = Limits(max_connections=8)
    with listening(tls=server_context(*pair), limits=limits) as running, contextlib.ExitStack() as stack:
        for number in range(60):
            silent = stack.enter_context(running.connect())
            if number % 2:
                silent.sendall(b"\x16\x03\x01\x02\x00")
        for _ in range(3):
            with client(running, pair[0]) as sender:
                sender.sendall(REQUEST)
                assert statuses(read_answer(sender)) == [200]
        server = running.listener._server
        assert server is not None
        assert len(server.connections) + len(server.doors) <= 9, (len(server.connections), len(server.doors))
        assert len(running.kept.deliveries) == 3


def test_a_handshake_that_never_ends_is_ended(pair: tuple[Path, Path]) -> None:
    with listening(tls=server_context(*pair), limits=Limits(head_seconds=0.3)) as running:
        with running.connect() as silent:
            assert read_all(silent) == b""
        with running.connect() as left:
            left.sendall(b"\x16\x03\x01")
        server = running.listener._server
        assert server is not None
        deadline = time.perf_counter() + PATIENCE_S
        while server.doors and time.perf_counter() < deadline:
            time.sleep(0.01)
        assert not server.doors
        assert running.settle() == []


def test_what_comes_with_the_end_of_the_handshake_is_kept(running: Running, pair: tuple[Path, Path]) -> None:
    """The request leaves with the last message of the handshake, in one write: as fast senders do."""
    context = ssl.create_default_context(cafile=str(pair[0]))
    for _ in range(20):
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
        with running.connect() as plain:
            while True:
                try:
                    tls.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    plain.sendall(outgoing.read())
                    incoming.write(plain.recv(65536))
            tls.write(REQUEST)
            plain.sendall(outgoing.read())
            answer = b""
            while b"ok\n" not in answer:
                incoming.write(plain.recv(65536))
                with contextlib.suppress(ssl.SSLWantReadError):
                    answer += tls.read(65536)
            assert statuses(answer) == [200]
    assert len(running.kept.wait_for(20)) == 20
    assert not running.failures

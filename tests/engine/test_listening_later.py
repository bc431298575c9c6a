"""A port is taken at once and served later: whoever connects meanwhile waits, and nothing is lost."""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.handler import handler
from tests.support.patience import PATIENCE_S
from webhook_inspector.config.model import Config, SourceConfig
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.engine.late import Late
from webhook_inspector.errors import InspectorError, ListenError, TargetError

REQUEST = b"POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"


def opened(folder: Path, **settings: object) -> Inspector:
    return Inspector.open(Config(path=None, log=folder / "log.db", **settings), env={})  # type: ignore[arg-type]


def connected(url: str) -> socket.socket:
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    return socket.create_connection((parts.hostname, parts.port), timeout=PATIENCE_S)


def answer(sender: socket.socket) -> bytes:
    """All that is answered until the connection is closed."""
    parts = []
    while part := sender.recv(65536):
        parts.append(part)
    return b"".join(parts)


def test_who_sends_before_the_server_is_there_is_answered_then(tmp_path: Path) -> None:
    with opened(tmp_path) as inspector:
        listening = inspector.listen(port=0, later=True)
        assert listening.addresses
        senders = [connected(listening.url) for _ in range(20)]
        for sender in senders:
            sender.sendall(REQUEST)
        senders[0].settimeout(0.05)
        with pytest.raises(TimeoutError):
            senders[0].recv(1)
        assert inspector.count() == 0
        inspector.serve()
        senders[0].settimeout(20)
        for sender in senders:
            with sender:
                assert answer(sender).startswith(b"HTTP/1.1 200 ")
        assert inspector.count() == 20
        inspector.serve()  # again: nothing happens
        assert inspector.listening is listening


def test_a_port_that_is_only_taken_is_taken_and_given_back(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    with opened(tmp_path) as first, opened(tmp_path / "other") as second:
        port = int(first.listen(port=0, later=True).url.rpartition(":")[2])
        with pytest.raises(ListenError, match=f"Port {port} .* is taken"):
            second.listen(port=port)
        assert second.other_listener() is None
        with Inspector.open(Config(path=None, log=tmp_path / "log.db"), env={}, readonly=True) as third:
            assert third.other_listener() is not None
        first.close()
        assert second.listen(port=port).url.endswith(str(port))


def test_a_listener_that_was_closed_is_not_served_any_more(tmp_path: Path) -> None:
    inspector = opened(tmp_path)
    url = inspector.listen(port=0, later=True).url
    inspector.close()
    inspector.serve()
    with pytest.raises(OSError, match="refused"):
        connected(url).close()


def test_a_target_that_may_not_be_used_is_told_before_anything_is_served(tmp_path: Path) -> None:
    source = SourceConfig(name="shop", path="/shop", forward="http://192.0.2.1/hooks")
    with opened(tmp_path, sources=(source,)) as inspector:
        with pytest.raises(TargetError):
            inspector.listen(port=0, later=True)
        assert inspector.listening is None
        assert inspector.other_listener() is None


def test_what_came_early_is_sent_on_too(tmp_path: Path) -> None:
    with handler() as app, opened(tmp_path) as inspector:
        listening = inspector.listen(port=0, forward=app.url, later=True)
        with connected(listening.url) as sender:
            sender.sendall(REQUEST)
            inspector.serve()
            assert answer(sender).startswith(b"HTTP/1.1 200 ")
        assert inspector.wait_analysed(PATIENCE_S)
        for _ in range(1000):
            if app.bodies:
                break
            threading.Event().wait(0.01)
        assert app.bodies == [b"{}"]


def test_a_late_part_is_made_once_by_whoever_asks_first() -> None:
    made: list[object] = []
    begun = threading.Barrier(8)

    def make() -> object:
        made.append(object())
        threading.Event().wait(0.02)
        return made[-1]

    part = Late(make)
    assert part.made is None
    found: list[object] = []

    def ask() -> None:
        begun.wait(PATIENCE_S)
        found.append(part())

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert found == [part.made] * 8


def test_a_part_that_could_not_be_made_is_tried_again() -> None:
    tries: list[int] = []

    def make() -> str:
        tries.append(1)
        if len(tries) == 1:
            raise InspectorError("not yet")
        return "made"

    part = Late(make)
    with pytest.raises(InspectorError):
        part()
    assert part() == "made"

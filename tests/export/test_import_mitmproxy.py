"""Flow files of mitmproxy, from typed netstrings that the tests build themselves."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.export.import_samples import flow, tnet
from webhook_inspector.export import tnetstring
from webhook_inspector.export.importing import ImportResult, import_bytes
from webhook_inspector.export.tnetstring import TnetstringError

GOOD = tnet(flow())
MANY = b"%d:%b]" % (300_000 * 4, b"1:0#" * 300_000)


def read(data: bytes) -> ImportResult:
    return import_bytes(data, "flows", 5, kind="mitmproxy")


def test_a_flow() -> None:
    (delivery,) = read(GOOD).deliveries
    request = delivery.request
    assert (request.method, request.target, request.http_version) == ("POST", b"/stripe?x=1", "1.1")
    assert request.body == b'{"a":1}\x00\xff'
    assert request.headers.pairs == ((b"Host", b"hooks.example:8080"), (b"X-Twice", b"1"), (b"x-twice", b"\xff"))
    assert delivery.received_ns == 1795210315_250_000_000
    assert delivery.origin == "imported"


@pytest.mark.parametrize(
    ("changes", "host"),
    [
        ({"authority": b"a.example"}, b"a.example"),
        ({"authority": b""}, b"hooks.example:8080"),
        ({"authority": b"", "port": 80}, b"hooks.example"),
        ({"authority": b"", "port": 443, "scheme": b"https"}, b"hooks.example"),
    ],
)
def test_http_2_has_its_host_elsewhere(changes: dict[str, Any], host: bytes) -> None:
    request = read(tnet(flow(request={"headers": [], "http_version": b"HTTP/2.0", **changes}))).deliveries[0].request
    assert request.headers.pairs == ((b"Host", host),)
    assert request.http_version == "2"


@pytest.mark.parametrize("version", [13, 15, 18, 20, 21, 22])
def test_formats_of_mitmproxy_7_to_12(version: int) -> None:
    assert len(read(tnet(flow(version=version))).deliveries) == 1


def test_a_bad_time_is_said() -> None:
    for time in (None, 1e300, True, "x"):
        result = read(tnet(flow(request={"timestamp_start": time})))
        assert result.deliveries[0].received_ns == 5
        assert "time of the import" in result.notes[0]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (tnet(flow(type="tcp")), "a flow of tcp, not of HTTP"),
        (tnet(flow(type="dns\x1b")), "a flow of dns␛, not"),
        (tnet(flow(type=5)), "an unknown kind"),
        (tnet(flow(version=9)), "mitmproxy 5 or older"),
        (tnet(flow(version=[0, 18])), "mitmproxy 5 or older"),
        (tnet(flow(websocket={"messages": []})), "is a WebSocket"),
        (tnet(flow() | {"request": None}), "no request"),
        (tnet(flow(request={"content": None})), "body is not in the file"),
        (tnet(flow(request={"method": b"CONNECT"})), "is a CONNECT"),
        (tnet(flow(request={"method": b"A B"})), "not an HTTP method"),
        (tnet(flow(request={"path": b""})), "target must be"),
        (tnet(flow(request={"headers": [[b"a\r\n", b""]]})), "the name of header"),
        (tnet(flow(request={"headers": [[b"a"]]})), "headers cannot be read"),
        (tnet(flow(request={"headers": {}})), "headers or its body"),
        (tnet(flow(request={"content": "text"})), "headers or its body"),
        (tnet([1]), "is not a flow"),
        (b"5:1:x}1}", "cannot be read: "),
    ],
)
def test_skips_are_named(data: bytes, says: str) -> None:
    result = read(GOOD + data + GOOD)
    assert len(result.deliveries) == 2, result.skipped
    (skip,) = result.skipped
    assert skip.startswith("Flow 2 was skipped: ")
    assert says in skip
    assert skip.isprintable()


@pytest.mark.parametrize("damage", [GOOD[:-1], GOOD[:100], b"99999999999:", b"x", b"9:", b"-1:,"])
def test_a_damaged_end_keeps_what_came_before(damage: bytes) -> None:
    result = read(GOOD + damage)
    assert len(result.deliveries) == 1
    assert "the file is damaged there" in result.skipped[0]
    assert "what follows was not read" in result.skipped[0]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.binary(max_size=20) | st.text(max_size=20)
    | st.floats(allow_nan=False, allow_infinity=False, width=32),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(VALUES, st.binary(max_size=5))
def test_values_come_back(value: Any, rest: bytes) -> None:
    data = tnet(value)
    assert tnetstring.read(data + rest, 0) == (value, len(data))
    assert tnetstring.extent(data + rest, 0) == len(data)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        _, end = tnetstring.read(data, 0)
    except TnetstringError as error:
        assert str(error)
    else:
        assert end <= len(data)


def nested(levels: int) -> bytes:
    data = b"0:~"
    for _ in range(levels):
        data = b"%d:%s]" % (len(data), data)
    return data


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (nested(2000), "nested deeper"),
        (MANY, "more than"),
        (b"30:" + b"9" * 30 + b"#", "cannot be read"),
        (b"6:1e9999^", "cannot be read"),
        (b"3:nan^", "cannot be read"),
        (b"3:1:x]", "ends too early"),
        (b"4:5:x,]", "ends too early"),
        (b"3:0:~}", "a key has no value"),
        (b"6:0:~0:~}", "a key is not text"),
        (b"1:x~", "cannot be read"),
        (b"4:True!", "cannot be read"),
    ],
)
def test_documents_that_are_refused(data: bytes, says: str) -> None:
    with pytest.raises(TnetstringError, match=says):
        tnetstring.read(data, 0)

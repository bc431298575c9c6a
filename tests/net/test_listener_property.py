"""Any request that HTTP allows is kept as it was sent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.listening import Running, listening, statuses

METHODS = st.sampled_from([b"GET", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"QUERY", b"REPORT"])
TARGETS = st.text('abc/.%?&=;,~"\\{}^`|<>#', max_size=30).map(lambda text: b"/" + text.encode())
NAMES = st.text("abcXYZ-_!09", min_size=1, max_size=10).map(lambda text: b"X" + text.encode())
VALUES = st.binary(max_size=30).map(
    lambda value: bytes(byte for byte in value if byte >= 0x20 and byte != 0x7F).strip(b" \t")
)


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with listening() as running:
        yield running


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=METHODS,
    target=TARGETS,
    pairs=st.lists(st.tuples(NAMES, VALUES), max_size=8),
    body=st.binary(max_size=300),
    chunks=st.lists(st.integers(1, 100), max_size=3) | st.none(),
    cut=st.integers(1, 600),
)
def test_stored_is_what_was_sent(
    running: Running,
    method: bytes,
    target: bytes,
    pairs: list[tuple[bytes, bytes]],
    body: bytes,
    chunks: list[int] | None,
    cut: int,
) -> None:
    sent_pairs = [(b"hOST", b"x"), *pairs]
    wire = body
    if chunks is None:
        sent_pairs.append((b"Content-length", b"%d" % len(body)))
    else:
        sent_pairs.append((b"transfer-Encoding", b"chunked"))
        wire = b""
        rest = body
        for size in [*chunks, len(body)]:
            piece, rest = rest[:size], rest[size:]
            wire += b"%x\r\n%b\r\n" % (len(piece), piece) if piece else b""
        wire += b"0\r\n\r\n"
    head = method + b" " + target + b" HTTP/1.1\r\n"
    raw = head + b"".join(name + b": " + value + b"\r\n" for name, value in sent_pairs) + b"\r\n" + wire
    before = len(running.kept.deliveries)

    answer = running.send(raw, pieces=[raw[:cut], raw[cut:]])

    assert statuses(answer) == [200], (raw, answer)
    (delivery,) = running.kept.deliveries[before:]
    assert delivery.refused is None
    assert delivery.request.method.encode() == method
    assert delivery.request.target == target
    assert list(delivery.request.headers) == sent_pairs
    assert delivery.request.body == body

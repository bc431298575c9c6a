"""What goes out is what was captured, or the difference has a name; the host is always the target's."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from yarl import URL

from tests.support.exporting import corpus_request
from tests.support.factories import make_request
from tests.support.patience import PATIENCE_S
from tests.support.recording import Recorder, recording, split_request
from tests.support.shared import shared_json
from webhook_inspector.core.attempt import Outcome
from webhook_inspector.core.headers import Headers
from webhook_inspector.core.request import Request
from webhook_inspector.errors import UsageError
from webhook_inspector.net.loop_thread import LoopThread
from webhook_inspector.net.sender import Sender
from webhook_inspector.replay.rewrite import Outgoing, outgoing

TARGET = "http://127.0.0.1:3000"


@pytest.fixture(scope="module")
def sender() -> Iterator[tuple[LoopThread, Sender]]:
    """The product's own sender: what it writes is what a target gets."""
    loop = LoopThread("test-sender")
    loop.start()
    made = Sender(loop)
    yield loop, made
    loop.submit(made.close()).result(PATIENCE_S)
    loop.stop()


def assert_sent_or_named(request: Request, recorder: Recorder, by: tuple[LoopThread, Sender]) -> Outgoing:
    out = outgoing(request, recorder.url)
    loop, sender = by
    sent = loop.submit(sender.send(out.url, out.method, out.headers, out.body)).result(PATIENCE_S)
    assert sent.outcome is Outcome.RESPONDED, sent.detail
    assert sent.differences == (), "every difference is named before"
    (data,) = recorder.take()
    method, target, pairs, body = split_request(data)
    said = " ".join(out.differences)
    assert body == request.body
    assert method.decode() == request.method or "method" in said
    assert target == request.target or "target" in said
    captured = [pair for pair in request.headers.pairs if pair[0].lower() not in {b"host", b"content-length"}]
    arrived = [pair for pair in pairs if pair[0].lower() not in {b"host", b"content-length"}]
    if captured != arrived:
        assert set(arrived) <= set(captured)
        assert said.count("left out") == len(captured) - len(arrived)
    assert [value.decode() for name, value in pairs if name.lower() == b"host"] == [f"127.0.0.1:{recorder.port}"]
    # Nothing that was promised in the record of the attempt differs from what went out.
    assert pairs == list(out.headers.pairs)
    assert f"http://127.0.0.1:{recorder.port}" + target.decode() == out.url
    return out


SAMPLES = [
    make_request(b"{}"),
    make_request(b"", target=b"/a?"),
    make_request(b"", target=b"/a#frag"),
    make_request(b"x", target=b"/a b\x00\xff"),
    make_request(b"x", target="/é?ü".encode()),
    make_request(b"x", target=b"/caf\xe9"),
    make_request(b"x", method="post"),
    make_request(b"x", method="GE T"),
    make_request(b"x", method="CONNECT", target=b"evil.example:443"),
    make_request(b"", method="OPTIONS", target=b"*"),
    make_request(b"", method="GET"),
    make_request(b"x" * 300_000, method="DELETE"),
    make_request(b"x", headers=[("X-A", "1"), ("x-a", "2"), ("X-A", "3"), ("Host", "evil.example")]),
    make_request(b"x", headers=[("Transfer-Encoding", "chunked"), ("Connection", "X-Hop, close"), ("X-Hop", "1")]),
    make_request(b"x", headers=[("Content-Length", "77"), ("Content-Length", "1"), ("Expect", "100-continue")]),
    make_request(b"{}", headers=[("host", "a"), ("X-B", "1"), ("Content-Length", "2"), ("X-A", "2"), ("X-B", "3")]),
    make_request(b"x", headers=[("Cookie", "a=b"), ("Authorization", "Basic x"), ("User-Agent", "u"), ("Accept", "")]),
    make_request(b"x", headers=[("X-Empty", ""), ("Content-Encoding", "gzip"), ("Accept-Encoding", "br")]),
    Request("POST", b"/", Headers(((b"X-L", b"caf\xe9"), (b"X C", b"1"), (b"X-Esc", b"\x1b[2J"), (b"", b"x"))), b"x"),
]


@pytest.mark.parametrize("request_", SAMPLES, ids=range(len(SAMPLES)))
def test_samples_over_a_socket(request_: Request, sender: tuple[LoopThread, Sender]) -> None:
    with recording() as recorder:
        assert_sent_or_named(request_, recorder, sender)


def test_corpus_over_a_socket(sender: tuple[LoopThread, Sender]) -> None:
    with recording() as recorder:
        for item in shared_json("corpora/own/exporters/requests.json")["items"]:
            assert_sent_or_named(corpus_request(item), recorder, sender)


def test_captured_targets_never_choose_the_host(sender: tuple[LoopThread, Sender]) -> None:
    with recording() as recorder:
        for target, _ in shared_json("corpora/own/targets/targets.json")["captured_request_targets"]["items"]:
            assert_sent_or_named(make_request(b"x", target=target.encode()), recorder, sender)


HOSTILE_TARGETS = [
    b"//evil.example/x",
    b"http://evil.example/x",
    b"HTTPS://evil.example:1/x?y",
    b"http:evil.example",
    b"@evil.example/x",
    b":80@evil.example/",
    b".evil.example",
    b"\\\\evil.example",
    b"/\\evil.example",
    b"/..//evil.example",
    b"?x=//evil",
    b"#@evil.example",
    b"*",
    b"",
    b"evil.example:443",
    b"\r\nHost: evil.example\r\n\r\n",
    b"/a\r\nX: y",
]


@pytest.mark.parametrize("target", HOSTILE_TARGETS)
@pytest.mark.parametrize("base", [TARGET, TARGET + "/", TARGET + "/hooks?a=1", "http://[::1]:3000"])
def test_the_host_is_the_targets(target: bytes, base: str) -> None:
    out = outgoing(make_request(target=target), base)
    assert urlsplit(out.url).netloc == urlsplit(base).netloc
    assert URL(out.url, encoded=True).host == urlsplit(base).hostname
    assert URL(out.url, encoded=True).port == 3000
    assert out.url.isprintable()
    assert " " not in out.url


@settings(max_examples=100, deadline=None)
@given(
    st.binary(max_size=60),
    st.text(max_size=8),
    st.lists(st.tuples(st.binary(max_size=12), st.binary(max_size=20)), max_size=6),
    st.binary(max_size=50),
)
def test_any_request_gives_a_request_that_can_be_sent(
    target: bytes, method: str, headers: list[tuple[bytes, bytes]], body: bytes
) -> None:
    out = outgoing(Request(method, target, Headers(tuple(headers)), body), TARGET)
    url = URL(out.url, encoded=True)
    assert (url.host, url.port) == ("127.0.0.1", 3000)
    assert out.url.startswith("http://127.0.0.1:3000/")
    assert out.body == body
    assert len(out.headers.get_all("host")) == 1
    assert out.method.isascii()
    for name, value in out.headers:
        assert name.decode("ascii").strip()
        assert not set(value) & {0, 10, 13}
    assert all(text.isprintable() for text in out.differences)


def test_as_captured_has_no_differences() -> None:
    headers = [("X-B", "1"), ("host", "127.0.0.1:3000"), ("Content-Length", "2"), ("x-b", "caf\xe9"), ("X-B", "")]
    request = make_request(b"{}", method="post", target=b"/x/../y?a=[1]&b=%zz#c?", headers=headers)
    out = outgoing(request, TARGET)
    assert out.differences == ()
    assert out.headers == request.headers
    assert out.url == TARGET + "/x/../y?a=[1]&b=%zz#c?"


def test_the_targets_path_replaces_the_captured_one() -> None:
    request = make_request(target=b"/stripe?x=1")
    assert outgoing(request, TARGET + "/hooks").url == TARGET + "/hooks?x=1"
    assert outgoing(request, TARGET + "/hooks?y=2").url == TARGET + "/hooks?y=2"
    assert outgoing(request, TARGET + "/").url == TARGET + "/stripe?x=1"
    assert outgoing(request, TARGET + "?y=2").url == TARGET + "/stripe?y=2"
    assert any("path" in text for text in outgoing(request, TARGET + "/hooks").differences)


def test_default_ports_are_not_in_the_host_header() -> None:
    assert outgoing(make_request(), "http://localhost:80").headers.get("host") == "localhost"
    assert outgoing(make_request(), "https://localhost").headers.get("host") == "localhost"
    assert outgoing(make_request(), "http://[::1]:3000").headers.get("host") == "[::1]:3000"


def test_set_headers() -> None:
    request = make_request(headers=[("X-A", "1"), ("X-A", "2"), ("X-B", "3")])
    out = outgoing(request, TARGET, set_headers=[("x-a", "new"), ("X-New", ""), ("Host", "shop.example")])
    assert out.headers.get_all("x-a") == ["new"]
    assert out.headers.get_all("x-new") == [""]
    assert out.headers.get("host") == "shop.example"
    assert sum("as asked" in text for text in out.differences) == 3
    for name, value in [("Content-Length", "1"), ("X", "a\r\nb"), ("a b", "c"), ("", "x"), ("Transfer-Encoding", "x")]:
        with pytest.raises(UsageError):
            outgoing(request, TARGET, set_headers=[(name, value)])


def test_changes_on_purpose_are_named() -> None:
    captured = make_request(headers=[("Stripe-Signature", "old")])
    signed = make_request(headers=[("Stripe-Signature", "new")])
    out = outgoing(signed, TARGET, as_captured=False, original=captured)
    assert "header stripe-signature was changed before sending" in out.differences
    assert not any("body" in text for text in out.differences)

"""Who may send: the token, addresses, passwords and rates, over real sockets; and what a scanner leaves behind."""

from __future__ import annotations

import ast
import base64
import inspect
import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.listening import Running, listening, read_all, statuses
from webhook_inspector.core.headers import Headers
from webhook_inspector.net import access
from webhook_inspector.net.access import KEPT_AT_ONCE, Gate, Rate, SourceAccess, first_segment
from webhook_inspector.net.label import Label

TOKEN = b"t0ken-t0ken-t0ken"
LOCAL = ipaddress.ip_network("127.0.0.0/8")
ELSEWHERE = ipaddress.ip_network("192.0.2.0/24")


def post(target: bytes, *headers: bytes, body: bytes = b"{}") -> bytes:
    lines = [b"POST " + target + b" HTTP/1.1", b"Host: x", b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def basic(text: bytes) -> bytes:
    return b"Authorization: Basic " + base64.b64encode(text)


def answered(running: Running, raw: bytes) -> int:
    found = statuses(running.send(raw))
    assert len(found) == 1
    return found[0]


LET_IN = [b"/" + TOKEN, b"/" + TOKEN + b"/", b"/" + TOKEN + b"/pay?a=1", b"/" + TOKEN + b"?a", b"http://x/" + TOKEN]
KEPT_OUT = [
    b"/", b"/pay", b"//" + TOKEN, b"/x/" + TOKEN, b"/" + TOKEN + b"x", b"/" + TOKEN[:-1], b"/?token=" + TOKEN,
    b"/" + TOKEN.upper() + b"/pay", b"/%74" + TOKEN[1:] + b"/pay", b"/./" + TOKEN, b"http://" + TOKEN + b"/pay",
    b"/" + TOKEN + b"%2Fpay", b"*",
]  # fmt: skip


def test_only_paths_with_the_token_come_in() -> None:
    with listening(gate=Gate(token=TOKEN)) as running:
        assert [answered(running, post(target)) for target in LET_IN] == [200] * len(LET_IN)
        assert [answered(running, post(target)) for target in KEPT_OUT if target != b"*"] == [404] * (len(KEPT_OUT) - 1)
        assert answered(running, b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n") == 404
        kept = running.settle()
    assert [each.request.target for each in kept if each.refused is None] == LET_IN, "as it was received"
    refused = [each for each in kept if each.refused is not None]
    assert len(refused) == len(KEPT_OUT)
    assert all(each.response_status == 404 and "token" in str(each.refused) for each in refused)
    assert all(TOKEN.decode() not in str(each.refused) for each in kept)


def test_a_gate_that_takes_any_prefix_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    class Careless:
        @staticmethod
        def compare_digest(given: bytes, wanted: bytes) -> bool:
            return wanted.startswith(given) or given.startswith(wanted)

    monkeypatch.setattr(access, "hmac", Careless)
    with pytest.raises(AssertionError):
        test_only_paths_with_the_token_come_in()


def test_secrets_are_compared_in_constant_time() -> None:
    """No `==` and no `in` between what was given and what is wanted."""
    tree = ast.parse(inspect.getsource(access))
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            names = {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)}
            names |= {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
            assert not names & {"_token", "wanted", "basic", "plain"} or isinstance(node.ops[0], ast.Is), ast.dump(node)
    assert inspect.getsource(access).count("hmac.compare_digest(") == 3


@given(st.binary(max_size=40))
def test_no_target_confuses_the_first_segment(target: bytes) -> None:
    found = first_segment(target)
    assert not set(b"/?#") & set(found)
    assert found in target


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_addresses_that_are_not_listed_get_403(host: str) -> None:
    gate = Gate(networks=[LOCAL])
    with listening(gate=gate) as running:
        if host == "::1":
            with running.connect(host) as client:
                client.sendall(post(b"/a"))
                status = statuses(read_all(client))
        else:
            status = [answered(running, post(b"/a"))]
        kept = running.settle()
    assert status == [200 if host == "127.0.0.1" else 403]
    assert [each.refused is None for each in kept] == [host == "127.0.0.1"]


def test_a_mapped_address_is_the_one_it_stands_for() -> None:
    gate = Gate(networks=[ipaddress.ip_network("10.0.0.0/8")])

    def told(peer: str) -> bool:
        return gate.judge(peer, b"/", Headers(), "", 0) is None

    assert told("10.1.2.3")
    assert told("::ffff:10.1.2.3")
    assert not told("11.0.0.1")
    assert not told("::ffff:11.0.0.1")
    assert not told("")
    assert not told("nonsense")
    assert not told("fe80::1%eth0")


PASSWORDS = [
    (basic(b"user:pass word"), 200), (b"authorization: bAsIc " + base64.b64encode(b"user:pass word"), 200),
    (b"X: y", 401), (basic(b"user:pass wor"), 401), (basic(b"user:pass word "), 401), (basic(b""), 401),
    (b"Authorization: Bearer " + base64.b64encode(b"user:pass word"), 401), (b"Authorization: Basic", 401),
    (b"Authorization: Basic %%%", 401), (b"Authorization: user:pass word", 401), (basic(b"\xff:\xff"), 401),
    (basic(b"user:pass word") + b"\r\n" + basic(b"a:b"), 401),
]  # fmt: skip


def test_a_source_may_ask_for_user_and_password() -> None:
    gate = Gate(sources={"pay": SourceAccess(basic=b"user:pass word")})
    with listening(gate=gate, route=lambda request: Label("pay" if request.target == b"/pay" else "other")) as running:
        assert [answered(running, post(b"/pay", header)) for header, _ in PASSWORDS] == [code for _, code in PASSWORDS]
        assert b"WWW-Authenticate: Basic" in running.send(post(b"/pay"))
        assert answered(running, post(b"/other")) == 200


def test_a_source_may_have_a_list_of_its_own() -> None:
    gate = Gate(sources={"pay": SourceAccess(networks=(ELSEWHERE,)), "own": SourceAccess(networks=(LOCAL,))})
    with listening(gate=gate, route=lambda request: Label(request.target.decode()[1:])) as running:
        assert [answered(running, post(target)) for target in (b"/pay", b"/own", b"/all")] == [403, 200, 200]
        (refused,) = [each for each in running.settle() if each.refused]
    assert (refused.source, refused.response_status) == ("pay", 403)


def test_a_body_of_a_stranger_is_not_read() -> None:
    with listening(gate=Gate(token=TOKEN)) as running, running.connect() as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 20000000\r\n\r\n")
        assert statuses(read_all(client)) == [404], "no 100 Continue, and no wait for the body"


def test_faster_than_the_rate_is_429_with_retry_after() -> None:
    with listening(gate=Gate(rate=Rate(3, 3600))) as running:
        assert [answered(running, post(b"/")) for _ in range(3)] == [200] * 3
        said = running.send(post(b"/"))
        assert statuses(said) == [429]
        assert b"\r\nRetry-After: 12" in said, "20 minutes until the next one"
        assert len([each for each in running.settle() if each.refused]) == 1


def test_each_address_has_a_rate_of_its_own_and_few_are_remembered() -> None:
    gate = Gate(rate=Rate(1, 10))

    def asked(peer: str, now: float) -> int:
        denied = gate.judge(peer, b"/", Headers(), "", now)
        return 200 if denied is None else denied.status

    assert [asked("192.0.2.1", 0), asked("192.0.2.1", 1), asked("192.0.2.2", 1)] == [200, 429, 200]
    assert [asked("192.0.2.1", 9.9), asked("192.0.2.1", 10.1), asked("192.0.2.1", 11)] == [429, 200, 429]
    for number in range(6000):
        assert asked(f"10.0.{number // 250}.{number % 250}", 12) == 200
    assert len(gate._peers) == 4096


def test_a_scanner_is_counted_and_not_all_of_it_kept() -> None:
    """What cannot be parsed counts too; a sender with the token is kept whatever comes."""
    gate = Gate(token=TOKEN)
    bad = b"POST /%b HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n"
    with listening(gate=gate) as running:
        for number in range(40):
            assert answered(running, post(b"/wp-login.php?%d" % number)) == 404
            assert answered(running, bad % b"x") == 400
        for _ in range(KEPT_AT_ONCE + 5):
            assert answered(running, bad % TOKEN) == 400
        assert answered(running, post(b"/" + TOKEN)) == 200
        kept = running.settle()
    by_token = [each for each in kept if TOKEN in each.request.target]
    assert len(by_token) == KEPT_AT_ONCE + 6
    assert len(kept) - len(by_token) <= 2 * KEPT_AT_ONCE + 4
    assert gate.unkept >= 2 * (40 - KEPT_AT_ONCE) - 4


def test_the_next_that_is_kept_says_how_many_were_not() -> None:
    gate = Gate(token=TOKEN)
    assert [gate.keeps("token", 0) for _ in range(KEPT_AT_ONCE + 7)] == [0] * KEPT_AT_ONCE + [None] * 7
    assert gate.keeps("address", 0) == 0, "each kind for itself"
    assert (gate.keeps("token", 3.1), gate.keeps("token", 3.2), gate.unkept) == (7, None, 8)


def test_without_a_gate_nothing_is_asked() -> None:
    gate = Gate()
    assert gate.is_open
    assert not gate.guards
    assert not Gate(sources={"a": SourceAccess(basic=b"a:b")}).is_open

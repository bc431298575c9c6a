"""Waiting for deliveries: what is given, what is said when nothing comes, and that nothing in it drives a terminal."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from pathlib import Path

import pytest

from tests.cli.support import has_raw_control
from tests.support.factories import make_delivery
from tests.support.posting import post
from webhook_inspector.config.model import Config, SourceConfig
from webhook_inspector.core.clock import SystemClock
from webhook_inspector.core.delivery import Event, Facts, Record
from webhook_inspector.core.filters import matches, parse
from webhook_inspector.errors import InputError, QueryError, UsageError
from webhook_inspector.pytest_plugin.nearness import misses
from webhook_inspector.pytest_plugin.tester import WebhookInspector
from webhook_inspector.shapes.schema import dump_pin
from webhook_inspector.shapes.summary import Summary, add, settled

PAID = b'{"id":"evt_1","type":"invoice.paid","amount":1200}'
OTHER = b'{"id":"evt_2","type":"invoice.voided","amount":5}'


def test_what_came_before_and_after_counts(wi: WebhookInspector) -> None:
    post(wi.url + "/a", PAID, {"Content-Type": "application/json", "X-A": "1"})
    first = wi.wait_for("type:invoice.paid")
    assert (first.method, first.path, first.query, first.body) == ("POST", "/a", "", PAID)
    assert (first.event_type, first.event_id, first.source) == ("invoice.paid", "evt_1", "default")
    assert first.json["amount"] == 1200
    assert first.headers["x-a"] == "1"
    assert "x-b" not in first.headers
    assert wi.wait_for("type:invoice.paid").id == first.id
    sender = threading.Timer(0.05, post, [wi.url, PAID])
    sender.start()
    second = wi.wait_for("body.amount:>1000", after=first)
    sender.join()
    assert second.id == 2
    assert [one.id for one in wi.wait_for_all("type:invoice.paid", count=2)] == [1, 2]
    assert [one.id for one in wi.deliveries("dup:yes")] == [2]
    wi.forget()
    assert wi.deliveries() == []


def test_a_negated_filter_waits_for_the_facts(wi: WebhookInspector) -> None:
    # Right after its acknowledgement a delivery has no type yet: then `-type:x` must not match it.
    for _ in range(20):
        post(wi.url, PAID)
        with pytest.raises(AssertionError, match="which is excluded"):
            wi.wait_for("-type:invoice.paid", timeout=0)
        wi.forget()


def test_nothing_came(wi: WebhookInspector) -> None:
    started = time.monotonic()
    with pytest.raises(AssertionError, match=r"no delivery arrived within 0\.05 s; waited for type:x at http://127"):
        wi.wait_for("type:x", timeout=0.05)
    assert time.monotonic() - started < 20, "a busy machine gets more"


def test_too_few_came(wi: WebhookInspector) -> None:
    post(wi.url, PAID)
    post(wi.url, OTHER)
    with pytest.raises(AssertionError) as caught:
        wi.wait_for_all("type:invoice.paid method:POST", count=2, timeout=0.05)
    head, row, look = str(caught.value).split("\n")
    assert "2 deliveries arrived within 0.05 s, 1 of the 2 that were waited for matched" in head
    assert row == "  #2 POST / invoice.voided (signature unsigned): type is invoice.voided"
    assert look.endswith("captured.db")


def test_the_nearest_is_named_and_long_tables_are_cut(wi: WebhookInspector) -> None:
    for number in range(24):
        post(f"{wi.url}/{'hooks' if number == 22 else 'x'}", OTHER)
    with pytest.raises(AssertionError) as caught:
        wi.wait_for("type:invoice.paid path:/hooks", timeout=0)
    lines = str(caught.value).split("\n")
    assert lines[1] == "  (4 earlier ones are not shown)"
    assert len(lines) == 1 + 1 + 20 + 1
    assert [line for line in lines if "<- nearest" in line] == [
        "  #23 POST /hooks invoice.voided (signature unsigned): type is invoice.voided  <- nearest"
    ]
    assert "path is /x" in lines[2]


def test_hostile_text_is_made_safe(wi: WebhookInspector) -> None:
    evil = "\x1b]52;c;aGk=\x07\u202e\u2028\x9b2J"
    body = json.dumps({"id": "e" * 900, "type": evil}).encode()
    post(f"{wi.url}/%1b[2J", body, {"Stripe-Signature": "t=1,v1=\xff", "X-Evil": "\xe9"})
    with pytest.raises(AssertionError) as caught:
        wi.wait_for(f"type:a header.x-evil:{'b' * 500}", timeout=0.2)
    texts = [str(caught.value), repr(wi.deliveries()[0])]
    with pytest.raises(AssertionError) as caught:
        wi.deliveries()[0].assert_signature_valid()
    with pytest.raises(AssertionError, match="there is no pin"):
        wi.deliveries()[0].assert_shape(pin_of(wi, {}))
    for text in [*texts, str(caught.value)]:
        assert not has_raw_control(text.encode()), text
        assert max(map(len, text.split("\n"))) < 900


def pin_of(wi: WebhookInspector, payload: object, kind: str = "invoice.paid") -> Path:
    summary = Summary()
    add(summary, payload, 1)
    path = wi.log_path.parent.parent / f"{kind}.json"
    path.write_bytes(dump_pin(kind, settled(summary)))
    return path


def test_signatures_and_secrets(wi: WebhookInspector) -> None:
    assert wi.secret("stripe") == wi.secret("stripe")
    assert wi.url_of("stripe") == f"{wi.url}/stripe"
    wi.send("stripe", "invoice.paid").assert_accepted()
    wi.wait_for("sig:valid").assert_signature_valid()
    assert wi.use("stripe", secret="whsec_changed") == f"{wi.url}/stripe"
    assert wi.secret("stripe") == "whsec_changed"
    # A delivery is judged with the secrets of now; what signs is the same.
    with pytest.raises(AssertionError, match="does not hold: invalid"):
        wi.deliveries()[0].assert_signature_valid()
    wi.send("stripe", "invoice.paid")
    wi.wait_for("sig:valid", after=wi.deliveries()[0]).assert_signature_valid()
    with pytest.raises(UsageError, match="did you mean stripe"):
        wi.use("strip")
    with pytest.raises(UsageError, match="providers list"):
        wi.url_of("nobody-knows-it")
    with pytest.raises(UsageError, match="discord is not signed with a shared secret"):
        wi.secret("discord")


def test_sources_of_a_configuration(tmp_path: Path) -> None:
    billing = SourceConfig("billing", "/in/billing", provider="stripe", secrets=("env:T_SECRET",), forward="http://x/")
    config = Config(None, tmp_path / "unused", sources=(billing,))
    with pytest.MonkeyPatch.context() as patch, WebhookInspector(config, tmp_path, [tmp_path]) as wi:
        patch.setenv("T_SECRET", "whsec_from_outside")
        assert wi.secret("billing") == wi.secret("stripe") == "whsec_from_outside"
        assert wi.url_of("stripe").endswith("/in/billing")
        wi.send("stripe")
        found = wi.wait_for("source:billing")
        found.assert_signature_valid()
        # What the file wants to be sent on is not: a test sends what it says, and nothing else.
        assert found.inspector.attempts(found.id) == []
        patch.delenv("T_SECRET")
        with pytest.raises(UsageError, match="T_SECRET is not set"):
            wi.secret("billing")


def test_shapes(wi: WebhookInspector, tmp_path: Path) -> None:
    post(wi.url, PAID)
    post(wi.url, PAID.replace(b"1200", b'"much"'))
    good, bad = wi.wait_for_all(count=2)
    pin = pin_of(wi, {"id": "evt_9", "type": "invoice.paid", "amount": 3})
    good.assert_shape(pin)
    good.assert_shape(pin.name)
    with pytest.raises(AssertionError, match=r"breaks its pin:\n  \$\.amount  type"):
        bad.assert_shape(pin)
    with pytest.raises(InputError, match=r"There is no .*webhook-shapes"):
        good.assert_shape()
    (tmp_path / "webhook-shapes").mkdir()
    with pytest.raises(InputError, match="shapes pin"):
        good.assert_shape()
    pin.rename(tmp_path / "webhook-shapes" / pin.name)
    good.assert_shape()


def test_bodies_that_are_no_json(wi: WebhookInspector) -> None:
    post(wi.url, b"\xff\x1b[2J")
    with pytest.raises(AssertionError, match=r"the body of #1 POST / .* is not JSON"):
        _ = wi.wait_for().json


def test_arguments_that_are_wrong(wi: WebhookInspector) -> None:
    with pytest.raises(QueryError):
        wi.wait_for("type:")
    with pytest.raises(UsageError, match="1 or more"):
        wi.wait_for_all(count=0)


async def test_in_an_event_loop(wi: WebhookInspector) -> None:
    with pytest.raises(UsageError, match=r"await webhook_inspector\.wait_for_async"):
        wi.wait_for("type:x")
    url = wi.url
    sender = asyncio.get_running_loop().run_in_executor(None, post, url, PAID)
    assert (await wi.wait_for_async("type:invoice.paid")).event_id == "evt_1"
    await sender
    assert [one.id for one in await wi.wait_for_all_async(count=1)] == [1]
    with pytest.raises(AssertionError, match="none matched type:x"):
        await wi.wait_for_async("type:x", timeout=0.01)


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    with WebhookInspector(Config(None, tmp_path), tmp_path / "wi", [tmp_path]) as wi:
        assert not (tmp_path / "wi").exists()  # nothing starts before it is asked for
        url = wi.url
        wi.send("stripe")
    assert set(threading.enumerate()) <= before
    with pytest.raises(ConnectionRefusedError):
        post(url)
    with pytest.raises(UsageError, match="a test that has ended"):
        _ = wi.url
    wi.close()


QUERIES = (
    "type:invoice.*", "-type:invoice.paid", "type:a or method:GET", "sig:valid", "state:failed", "size:>10k", "dup:yes",
    "header.x-a:1", "body.amount:>5", "word", "provider:stripe", "-(type:invoice.paid)", "7", "id:e_9 path:/x",
    "refused:yes", "after:2h", "attempts:>1", "shape:9f*", "-dup:yes", "late:yes", "status:5xx", "before:2020-01-01",
)  # fmt: skip


@pytest.mark.parametrize("query", QUERIES)
def test_there_is_a_reason_exactly_where_a_filter_does_not_match(query: str) -> None:
    parsed = parse(query, now_ns=SystemClock().wall_ns())
    records = [
        Record(make_delivery(PAID, id=1), Facts(event=Event("invoice.paid", "evt_1"))),
        Record(make_delivery(b"word", id=7, method="GET"), Facts(event=Event("a", "e_9"), duplicate_of=1, attempts=3)),
        Record(make_delivery(b"", id=2, refused="It was no request."), Facts()),
    ]
    for record in records:
        assert bool(misses(parsed, record)) is not matches(parsed, record), query

"""Raw, fixture, and the one way out of the log."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.factories import T0_NS, make_request
from tests.support.shared import shared_json
from webhook_inspector.core.delivery import Delivery, Event, Facts, Record
from webhook_inspector.core.headers import Headers
from webhook_inspector.core.request import Request
from webhook_inspector.core.secret import Secret
from webhook_inspector.errors import InputError, UsageError
from webhook_inspector.export import api, importing
from webhook_inspector.export import formats as formats_room
from webhook_inspector.export import imports as imports_room
from webhook_inspector.redaction import redact as redaction


def record_of(request: Request, **facts: object) -> Record:
    delivery = Delivery(request, T0_NS, source="stripe", id=42, remote="127.0.0.1:5")
    return Record(delivery, Facts(provider="stripe", event=Event(type="invoice.paid", id="evt_1"), **facts))  # type: ignore[arg-type]  # a test's short form


@pytest.mark.parametrize(("room", "registry"), [(formats_room, api.formats), (imports_room, importing.importers)])
def test_folder_and_registry_agree(room: object, registry: object) -> None:
    folder = Path(room.__path__[0])  # type: ignore[attr-defined]  # a package
    names = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    entries = registry()  # type: ignore[operator]  # a function
    assert {name.replace("-", "_") for name in entries} == names
    assert all(entry.help and entry.name == name for name, entry in entries.items())


def test_raw_is_the_request() -> None:
    request = make_request(b"\x00\xffx", headers=[("Host", "a"), ("X-A", "1")])
    assert api.export_records([record_of(request)], "raw", redacted=False) == request.raw()


def test_fixture_golden() -> None:
    request = Request(
        "POST",
        b"/stripe",
        Headers(((b"Content-Type", b"application/json"), (b"Authorization", b"Bearer abc1"), (b"X-L", b"caf\xe9"))),
        '{"n":1,"name":"\u00e9\u202e"}'.encode(),
    )
    text = api.export_records([record_of(request)], "fixture").decode()
    assert "\u202e" not in text, "what a terminal acts on is spelled out"
    assert "\u00e9" in text
    assert json.loads(text) == {
        "format": "webhook-inspector-fixture",
        "version": 1,
        "redacted": True,
        "deliveries": [
            {
                "id": 42,
                "received_at": "2026-11-18T11:06:40.000000Z",
                "source": "stripe",
                "provider": "stripe",
                "event": {"type": "invoice.paid", "id": "evt_1", "time": None, "attempt": None},
                "method": "POST",
                "target": "/stripe",
                "http_version": "1.1",
                "headers": [
                    ["Content-Type", "application/json"],
                    ["Authorization", "Bearer xxx0"],
                    ["X-L", {"base64": base64.b64encode(b"caf\xe9").decode()}],
                ],
                "body": '{"n":1,"name":"\u00e9\u202e"}',
                "masked": ["header Authorization"],
            }
        ],
    }


header_pairs = st.lists(
    st.tuples(
        st.binary(min_size=1, max_size=8).filter(lambda name: all(33 <= c != 58 and c != 127 for c in name)),
        st.binary(max_size=10).filter(lambda value: not set(value) & {0, 10, 13}),
    ),
    max_size=4,
)


@settings(max_examples=100, deadline=None)
@given(
    st.binary(max_size=60),
    header_pairs,
    st.binary(max_size=20).map(lambda data: b"/" + bytes(c for c in data if c > 32 and c != 127)),
)
def test_a_fixture_comes_back_byte_for_byte(body: bytes, pairs: list[tuple[bytes, bytes]], target: bytes) -> None:
    request = Request("POST", target, Headers(tuple(pairs)), body)
    data = api.export_records([record_of(request), record_of(request)], "fixture", redacted=False)
    assert data == api.export_records([record_of(request), record_of(request)], "fixture", redacted=False)
    result = importing.import_bytes(data, "f.json", 0)
    assert result.skipped == ()
    assert [delivery.request for delivery in result.deliveries] == [request, request]
    first = result.deliveries[0]
    assert (first.source, first.provider_hint, first.origin, first.received_ns) == (
        "stripe",
        "stripe",
        "imported",
        T0_NS,
    )


@pytest.mark.parametrize("name", ["curl", "raw", "fixture"])
def test_redaction_corpus_over_all_formats(name: str) -> None:
    for case in shared_json("corpora/own/redaction/cases.json")["items"]:
        given_ = case["request"]
        request = Request(
            given_["method"], given_["target"].encode(), Headers.from_text(given_["headers"]), given_["body"].encode()
        )
        secrets = [Secret(given_["configured_secret"], "env:X")] if "configured_secret" in given_ else []
        data = api.export_records([record_of(request)], name, secrets=secrets).decode()
        for canary in case["must_not_appear"]:
            assert canary not in data
            assert base64.b64encode(canary.encode()).decode().rstrip("=") not in data


def test_a_secret_that_is_left_stops_the_export(monkeypatch: pytest.MonkeyPatch) -> None:
    # The broken variant: a redaction that finds nothing. The look at the finished file must catch it.
    secret = Secret("hunter2-hunter2", "env:S")
    record = record_of(make_request(b"echo hunter2-hunter2"))
    assert b"hunter2" not in api.export_records([record], "raw", secrets=[secret])
    monkeypatch.setattr(api, "redact", lambda request, **_: (request, ()))
    for name in api.formats():
        with pytest.raises(InputError, match="env:S"):
            api.export_records([record], name, secrets=[secret])
    assert redaction.leaks(api.export_records([record], "raw", redacted=False, secrets=[secret]), [secret])


def test_a_secret_in_the_facts_stops_the_export() -> None:
    secret = Secret("hunter2-hunter2", "env:S")
    record = Record(Delivery(make_request(), T0_NS), Facts(event=Event(type="hunter2-hunter2")))
    with pytest.raises(InputError, match="--no-redact"):
        api.export_records([record], "fixture", secrets=[secret])


@pytest.mark.parametrize(
    ("count", "name", "target"),
    [
        (1, "har\x1b", "http://localhost"),
        (0, "raw", "http://localhost"),
        (1, "curl", "file:///etc"),
        (1, "curl", "http://[::1"),
        (1, "curl", "http://a b"),
        (1, "curl", "http://localhost:3000/'\n"),
    ],
)
def test_wrong_use_is_one_sentence(count: int, name: str, target: str) -> None:
    with pytest.raises(UsageError) as caught:
        api.export_records([record_of(make_request())] * count, name, target=target)
    assert caught.value.message.isprintable()

"""Imports only read: hostile files give a sentence, never another exception; each skip is named."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.factories import T0_NS
from tests.support.shared import shared_path
from webhook_inspector.errors import InputError, UsageError
from webhook_inspector.export.importing import MAX_SKIPPED, ImportResult, import_bytes


def read(*entries: Any) -> ImportResult:
    lines = [entry if isinstance(entry, str) else json.dumps(entry) for entry in entries]
    return import_bytes("\n".join(lines).encode(), "in.jsonl", T0_NS, kind="jsonl")


GOOD = {"method": "POST", "target": "/stripe", "headers": [["Content-Type", "application/json"]], "body": "text"}


def test_the_documented_form() -> None:
    result = read(GOOD, {**GOOD, "body_base64": "AP8=", "body": None, "received_at": "2026-11-20T21:31:55.123456Z"})
    first, second = result.deliveries
    assert first.request.method == "POST"
    assert first.request.target == b"/stripe"
    assert first.request.headers.text_pairs() == [["Content-Type", "application/json"]]
    assert first.request.body == b"text"
    assert (first.origin, first.source, first.received_ns, first.provider_hint) == ("imported", "default", T0_NS, None)
    assert second.request.body == b"\x00\xff"
    assert second.received_ns == 1795210315123456000
    named = read({**GOOD, "source": "shop", "provider": "shopify", "extra": 1}).deliveries[0]
    assert (named.source, named.provider_hint) == ("shop", "shopify")


def test_what_show_prints_comes_back() -> None:
    shown = {
        "type": "delivery",
        "id": 42,
        "received_at": "2026-11-20T21:31:55.123456Z",
        "source": "stripe",
        "provider": "stripe",
        "method": "POST",
        "target": "/stripe?x=1",
        "http_version": "1.1",
        "headers": [["Content-Type", "application/json"]],
        "body_size": 2,
        "body_base64": "e30=",
        "refused": None,
        "event": {"type": "invoice.paid"},
    }
    delivery = import_bytes(json.dumps(shown).encode(), "x", 0).deliveries[0]
    assert (delivery.request.body, delivery.source, delivery.id) == (b"{}", "stripe", 0)


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("{", "not JSON"),
        ("[1]", "not an object"),
        ("null", "not an object"),
        ({"method": "POST"}, "target"),
        ({**GOOD, "target": "/a b"}, "target"),
        ({**GOOD, "target": "/a\r\nX: y"}, "target"),
        ({**GOOD, "target": 7}, "target must be text"),
        ({**GOOD, "method": "GET / HTTP/1.1\r\nX: "}, "method"),
        ({**GOOD, "method": ["POST"]}, "method"),
        ({**GOOD, "method": ""}, "method"),
        ({**GOOD, "headers": [["X"]]}, "header 1"),
        ({**GOOD, "headers": [["X\r\nY", "1"]]}, "name of header 1"),
        ({**GOOD, "headers": [["", "1"]]}, "name of header 1"),
        ({**GOOD, "headers": [["X", "a\r\nb"]]}, "line break"),
        ({**GOOD, "headers": [["X", "a\u0000b"]]}, "NUL"),
        ({**GOOD, "headers": [["X", 1]]}, "header 1 must be text"),
        ({**GOOD, "headers": "X: y"}, "list of pairs"),
        ({**GOOD, "headers": [[]] * 20_000}, "list of pairs"),
        ({**GOOD, "body": {"a": 1}}, "body must be text"),
        ({**GOOD, "body_base64": "e30="}, "both"),
        ({**GOOD, "body": None, "body_base64": "e3"}, "not base64"),
        ({**GOOD, "body": None, "body_base64": 5}, "not base64"),
        ('{"method":"POST","target":"/x","body":"\\ud800"}', "surrogate"),
        ({**GOOD, "received_at": "yesterday\x1b"}, "received_at"),
        ({**GOOD, "received_at": "9999-12-31T00:00:00Z"}, "received_at"),
        ({**GOOD, "received_at": 5}, "received_at"),
        ({**GOOD, "source": "../x"}, "source"),
        ({**GOOD, "provider": 1}, "provider"),
        ({**GOOD, "http_version": "1.1\r\n"}, "http_version"),
        ("[" * 5000, "deeper"),
    ],
)
def test_skips_are_named_with_their_line(entry: Any, says: str) -> None:
    result = read(GOOD, "", entry, GOOD)
    assert len(result.deliveries) == 2
    (skip,) = result.skipped
    assert skip.startswith("Line 3 was skipped: ")
    assert says in skip
    assert skip.isprintable()
    with pytest.raises(InputError) as caught:
        read(entry)
    assert "in.jsonl holds nothing to import" in caught.value.message


def test_headers_as_an_object() -> None:
    headers = read({**GOOD, "headers": {"A": "1", "B": ["2", "3"]}}).deliveries[0].request.headers
    assert headers.text_pairs() == [["A", "1"], ["B", "2"], ["B", "3"]]


def test_line_ends_and_encodings() -> None:
    line = json.dumps({**GOOD, "body": "a\u2028b\u0085c"}, ensure_ascii=False)
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-32"):
        data = f"\r\n{line}\r\n{line}".encode(encoding)
        bodies = [delivery.request.body.decode() for delivery in import_bytes(data, "x", 0).deliveries]
        assert bodies == ["a\u2028b\u0085c"] * 2


def test_many_skips_are_counted() -> None:
    result = read(GOOD, *["{"] * (MAX_SKIPPED + 5))
    assert len(result.skipped) == MAX_SKIPPED + 1
    assert result.skipped[-1] == "5 more were skipped."


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff\xfe", b"\xff\xfe{", b"\x00" * 10, b"{}", b"[]", b'{"log":{}}', b"wget http://x", b"PK\x03\x04"],
)
def test_files_of_no_known_kind(data: bytes) -> None:
    with pytest.raises(InputError) as caught:
        import_bytes(data, "x\x1b.har", 0)
    assert "x␛.har" in caught.value.message
    with pytest.raises(UsageError):
        import_bytes(data, "x", 0, kind="wget")


@pytest.mark.parametrize(
    "document",
    [
        {"format": "webhook-inspector-fixture"},
        {"format": "webhook-inspector-fixture", "version": 2, "deliveries": []},
        {"format": "webhook-inspector-fixture", "version": True, "deliveries": []},
        {"format": "webhook-inspector-fixture", "version": 1, "deliveries": {}},
        {"format": "webhook-inspector-fixture", "version": 1, "deliveries": []},
        {"format": "webhook-inspector-fixture", "version": 1, "deliveries": [7]},
        ["webhook-inspector-fixture"],
    ],
)
def test_bad_fixtures(document: Any) -> None:
    with pytest.raises(InputError) as caught:
        import_bytes(json.dumps(document).encode(), "f.json", 0)
    assert caught.value.message.startswith("f.json")


def test_corpus_files_never_raise_anything_else() -> None:
    folder = shared_path("corpora/own/imports")
    for path in sorted(Path(folder).iterdir()):
        for kind in (None, "jsonl", "fixture"):
            try:
                import_bytes(path.read_bytes(), path.name, 0, kind=kind)
            except InputError as error:
                assert error.message.isprintable()


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["jsonl", "fixture", None]))
def test_any_bytes(data: bytes, kind: str | None) -> None:
    try:
        import_bytes(data, "x", 0, kind=kind)
    except InputError as error:
        assert error.message


def test_mutated_files() -> None:
    rng = random.Random(3)
    fixture = json.dumps({"format": "webhook-inspector-fixture", "version": 1, "deliveries": [GOOD, GOOD]}).encode()
    lines = "\n".join([json.dumps(GOOD)] * 3).encode()
    for _ in range(2000):
        data = bytearray(rng.choice([fixture, lines]))
        for _ in range(rng.randrange(1, 5)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        if rng.random() < 0.3:
            del data[rng.randrange(len(data)) :]
        try:
            result = import_bytes(bytes(data), "x", 0)
        except InputError as error:
            assert error.message.isprintable() or "\xa0" in error.message
        else:
            for delivery in result.deliveries:
                assert b"\r" not in delivery.request.target
                assert b"\n" not in delivery.request.target

"""Schemas of learned shapes: what was learned fits them, as other libraries see it too."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from genson import SchemaBuilder
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.shapes.test_summary import documents, summary_of
from tests.support.recording import recording
from tests.support.shared import shared_jsonl, shared_path
from webhook_inspector.errors import InputError
from webhook_inspector.shapes.schema import Checker, dump_pin, json_schema, load_pin, openapi, opened
from webhook_inspector.shapes.schema.emit import ENOUGH
from webhook_inspector.shapes.summary import dump, settled

objects = st.dictionaries(st.sampled_from(["a", "b", "type"]), documents, max_size=3)


def schema_of(docs: list[Any]) -> dict[str, Any]:
    return json_schema(settled(summary_of(docs)), "test")


@given(st.lists(objects, min_size=1, max_size=30))
@settings(max_examples=30)
def test_whatever_was_learned_fits_its_schema(docs: list[Any]) -> None:
    schema = schema_of(docs)
    jsonschema.Draft202012Validator.check_schema(schema)
    ours, theirs = Checker(schema), jsonschema.Draft202012Validator(schema)
    for document in docs:
        assert ours.violations(document) == []
        assert theirs.is_valid(document)


def test_numbers_that_are_too_large_are_numbers() -> None:
    document = json.loads('{"a": 1e999, "b": [-1e999], "c": {"d": 1}}')
    assert Checker(schema_of([document])).violations(document) == []


@given(st.lists(objects, min_size=20, max_size=25), objects)
@settings(max_examples=30)
def test_both_validators_agree(docs: list[Any], other: Any) -> None:
    schema = schema_of(docs)
    assert (Checker(schema).violations(other) == []) is jsonschema.Draft202012Validator(schema).is_valid(other)


def test_every_reference_payload_fits_our_schema_and_gensons() -> None:
    by_type: dict[tuple[str, str], list[Any]] = {}
    for file in sorted(shared_path("data").glob("*.jsonl")):
        for row in shared_jsonl(f"data/{file.name}"):
            by_type.setdefault((file.name, row["event_type"]), []).append(row["body"])
    checked = 0
    for bodies in by_type.values():
        enough = -(-ENOUGH // len(bodies))
        checker = Checker(schema_of(bodies * enough))
        builder = SchemaBuilder()
        for body in bodies:
            builder.add_object(body)
        other = Checker(builder.to_schema())
        for body in bodies:
            assert checker.violations(body) == []
            assert other.violations(body) == []
            checked += 1
    assert checked > 2500


def test_what_breaks_a_schema_and_what_only_tags_a_payload() -> None:
    docs = [
        {"id": n, "status": ("open", "closed")[n % 2], "who": {"name": "x"}, "list": [{"type": "a", "n": 1}]}
        for n in range(60)
    ]
    schema = schema_of(docs)
    assert schema["required"] == ["id", "list", "status", "who"]
    assert schema["properties"]["status"]["enum"] == ["closed", "open"]
    checker = Checker(schema)

    def seen(document: Any) -> list[tuple[str, str, bool]]:
        return [(one.keyword, one.path, one.breaking) for one in checker.violations(document)]

    good = docs[0]
    assert seen(good | {"new": 1}) == []
    assert seen(good | {"who": {"name": "x", "more": 2}}) == []
    assert seen(good | {"status": "merged"}) == [("enum", "$.status", False)]
    assert seen(good | {"id": "1"}) == [("type", "$.id", True)]
    assert seen(good | {"who": {}}) == [("required", "$.who.name", True)]
    assert seen(good | {"list": [{"type": "a"}, {"type": "a"}, {"type": "new"}]}) == [("required", "$.list[].n", True)]
    assert seen({**good, "who": None}) == [("type", "$.who", True)]


def test_an_element_is_of_the_first_kind_that_it_names() -> None:
    lines = [{"type": "subscription", "object": "line_item"}, {"object": "line_item", "pretax": 1}]
    schema = schema_of([{"lines": lines}] * 30)
    assert Checker(schema).violations({"lines": lines}) == []
    assert [one.path for one in Checker(schema).violations({"lines": [{"object": "line_item"}]})] == [
        "$.lines[].pretax"
    ]


def test_few_payloads_require_nothing() -> None:
    schema = schema_of([{"a": 1}] * 19)
    assert "required" not in schema
    assert schema["properties"]["a"]["x-presence"] == 1.0


def test_maps_and_deep_nesting() -> None:
    schema = schema_of([{"m": {f"evt_{n:012d}Ab": {"x": 1}}} for n in range(30)])
    assert schema["properties"]["m"]["additionalProperties"]["properties"]["x"]["type"] == "integer"
    deep: Any = 1
    for _ in range(200):
        deep = {"a": deep}
    Checker(schema_of([deep]))


def test_an_openapi_document_has_the_event_types_as_webhooks() -> None:
    made = openapi({"a.b": settled(summary_of([{"x": 1}]))}, "Test")
    schema = made["webhooks"]["a.b"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert schema["properties"]["x"]["type"] == "integer"
    assert made["openapi"] == "3.1.0"


def test_a_pin_is_the_same_after_it_was_written_and_read() -> None:
    summary = settled(summary_of([{"a": 1, "ü": "\ud800"}] * 30))
    data = dump_pin("a.b", summary)
    assert data == dump_pin("a.b", summary)
    pin = load_pin(data, "x")
    assert (pin.event_type, pin.payloads) == ("a.b", 30)
    assert pin.summary is not None
    assert dump(pin.summary) == dump(summary)
    assert data.isascii()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not a pin"),
        (b"[]", 'no "format"'),
        (b'{"format":"webhook-inspector-shape","version":2}', "update"),
        (b'{"format":"webhook-inspector-shape","version":1}', "damaged"),
        (b'{"format":"webhook-inspector-shape","version":1,"summary":"eA==","event_type":1,"schema":{}}', "damaged"),
    ],
)
def test_what_is_no_pin_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words):
        load_pin(data, "pin.json")


def test_a_closed_schema_is_opened() -> None:
    closed = {
        "type": "object",
        "properties": {"a": {"type": "object", "additionalProperties": False}},
        "additionalProperties": False,
    }
    made, count = opened(closed)
    assert count == 2
    assert Checker(closed).violations({"b": 1})
    assert Checker(made).violations({"b": 1, "a": {"c": 1}}) == []
    assert closed["additionalProperties"] is False


@pytest.mark.parametrize("schema", [{"type": 5}, {"$ref": "#/nowhere"}, 5, {"pattern": "("}])
def test_what_is_no_schema_is_refused(schema: Any) -> None:
    with pytest.raises(InputError, match="JSON Schema"):
        Checker(schema)


def test_formats_are_not_asserted() -> None:
    schema = schema_of([{"at": f"2026-11-{n:02d}T10:00:00Z"} for n in range(1, 29)])
    assert schema["properties"]["at"]["format"] == "date-time"
    assert Checker(schema).violations({"at": "yesterday"}) == []
    assert json.loads(json.dumps(schema)) == schema


def test_no_schema_is_fetched_from_anywhere() -> None:
    with recording() as server:
        for reference in (f"{server.url}/x.json", "file:///etc/hostname"):
            with pytest.raises(InputError, match="JSON Schema"):
                Checker({"properties": {"a": {"$ref": reference}}})
        # An address that names no draft is no reason to look there either.
        Checker({"$schema": "http://json-schema.org/schema#", "type": "object"})
        assert server.requests == []

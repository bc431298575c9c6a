"""OpenAPI and JSON Schema: valid documents that fit the deliveries they were learned from."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.factories import T0_NS, make_request
from webhook_inspector.core.delivery import Delivery, Event, Facts, Record
from webhook_inspector.export.api import export_records

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def record_of(document: Any, kind: str | None, number: int = 1) -> Record:
    delivery = Delivery(make_request(json.dumps(document).encode()), T0_NS, id=number)
    return Record(delivery, Facts(event=Event(type=kind)))


def export(records: list[Record], name: str) -> Any:
    return json.loads(export_records(records, name, redacted=False))


def test_openapi() -> None:
    records = [
        record_of({"id": "a", "amount": 1}, "invoice.paid"),
        record_of({"id": "b", "amount": None}, "invoice.paid", 2),
        record_of({"id": "c"}, "/odd~name", 3),
        Record(Delivery(make_request(b"plain"), T0_NS, id=4), Facts()),
    ]
    document = export(records, "openapi")
    assert document["openapi"].startswith("3.1.")
    assert document["info"]["version"]
    assert "4 deliveries. 1 of them had no structure" in document["info"]["description"]
    assert list(document["webhooks"]) == ["invoice.paid", "/odd~name"]
    schema = document["webhooks"]["invoice.paid"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert set(schema["properties"]["amount"]["type"]) == {"integer", "null"}


def test_one_event_type_is_one_schema() -> None:
    document = export([record_of({"id": "a"}, "invoice.paid")], "json-schema")
    assert document["title"] == "invoice.paid"
    assert "$defs" not in document
    jsonschema.Draft202012Validator.check_schema(document)


def test_nothing_to_describe() -> None:
    plain = Record(Delivery(make_request(b"plain"), T0_NS, id=4), Facts())
    assert export([plain], "openapi")["webhooks"] == {}
    assert export([plain], "json-schema")["$defs"] == {}
    jsonschema.Draft202012Validator.check_schema(export([plain], "json-schema"))


@given(st.lists(st.tuples(st.sampled_from(["a", "b/c~d%", "é {x}"]), json_values), min_size=1, max_size=5))
def test_deliveries_fit_their_own_schema(given_: list[tuple[str, Any]]) -> None:
    records = [record_of({"x": value}, kind, number) for number, (kind, value) in enumerate(given_, 1)]
    document = export(records, "json-schema")
    jsonschema.Draft202012Validator.check_schema(document)
    validator = jsonschema.Draft202012Validator(document)
    for _, value in given_:
        validator.validate({"x": value})


def test_a_payload_of_another_form_does_not_fit() -> None:
    document = export([record_of({"id": "a"}, "a"), record_of({"id": "b"}, "b", 2)], "json-schema")
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(document).validate({"id": 1})


def test_masked_values_stay_out_of_schemas() -> None:
    records = [record_of({"password": "hunter2-hunter2", "n": n}, "a", n) for n in range(1, 30)]
    for name in ("openapi", "json-schema"):
        assert b"hunter2" not in export_records(records, name)

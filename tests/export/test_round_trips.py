"""What leaves in a format that can also be imported comes back as the same request."""

from __future__ import annotations

import pytest

from tests.support.factories import T0_NS, make_request
from webhook_inspector.core.delivery import Delivery, Event, Facts, Record
from webhook_inspector.core.request import Request
from webhook_inspector.export.api import export_records
from webhook_inspector.export.importing import import_bytes

JSON = ("Content-Type", "application/json")
REQUESTS = [
    make_request(
        b'{"id":"evt_1","n":1.0,"a":"\xc3\xa9"}', headers=[JSON, ("X-GitHub-Event", "push")], target=b"/in?a=1&b=%20x"
    ),
    make_request(b"a=1&b=x+y%26z", headers=[("Content-Type", "application/x-www-form-urlencoded")]),
    make_request(b'{\n  "pretty": true\n}', headers=[JSON, ("X-Twice", "one"), ("X-Twice", "two")]),
    make_request(b"", headers=[("Accept", "*/*"), ("User-Agent", "x/1")], target=b"/"),
]
FRAMING = {"host", "content-length"}


def essence(request: Request) -> tuple[object, ...]:
    pairs = [(name.lower(), value) for name, value in request.headers.text_pairs() if name.lower() not in FRAMING]
    return request.method, request.target, pairs, request.body


@pytest.mark.parametrize("name", ["curl", "fixture", "har", "http", "postman"])
@pytest.mark.parametrize("request_", REQUESTS, ids=["json", "form", "pretty", "empty"])
def test_an_export_is_imported_again(name: str, request_: Request) -> None:
    record = Record(Delivery(request_, T0_NS, id=1), Facts(event=Event(type="push")))
    data = export_records([record], name, target="http://localhost:3000", redacted=False)
    result = import_bytes(data, f"export.{name}", 0)
    assert result.skipped == ()
    (delivery,) = result.deliveries
    assert essence(delivery.request) == essence(request_)

"""Postman collections: folders, variables and bodies; scripts, files and what is disabled stay out."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from tests.export.import_samples import POSTMAN
from webhook_inspector.errors import InputError
from webhook_inspector.export.importing import ImportResult, import_bytes


def read(document: Any) -> ImportResult:
    return import_bytes(json.dumps(document).encode(), "x.json", 0, kind="postman")


def with_request(request: Any, **item: Any) -> ImportResult:
    """A collection of one request, after one that is good."""
    document = copy.deepcopy(POSTMAN)
    good = {"request": {"method": "GET", "url": "http://good/"}}
    return read(document | {"item": [good, {"name": "n\x1b", "request": request, **item}]})


def test_a_collection_as_postman_writes_it() -> None:
    result = read(POSTMAN)
    (delivery,) = result.deliveries
    request = delivery.request
    assert (request.method, request.target, request.body) == ("POST", b"/paid/7?x=1", b'{"a":1}')
    assert request.headers.text_pairs() == [
        ["Host", "hooks.example"],
        ["X-Host", "hooks.example"],
        ["Authorization", "Bearer t0"],
        ["Content-Type", "application/json"],
    ]
    assert result.notes == (
        "Request 1.1 (paid): its bearer authorization became the header Authorization.",
        "Request 1.1 (paid): its scripts are not run.",
    )
    assert result.skipped == ("Request 2 (unknown) was skipped: the variable 'nobody' is not in the file.",)
    assert read({"collection": POSTMAN}).deliveries == result.deliveries


@pytest.mark.parametrize(
    ("request_", "method", "target", "headers", "body"),
    [
        ("http://a.example/x", "GET", b"/x", [["Host", "a.example"]], b""),
        (
            {"method": "PUT", "url": "http://{{host}}/", "header": "A: b\nC: d"},
            "PUT", b"/", [["Host", "hooks.example"], ["A", "b"], ["C", "d"]], b"",
        ),
        (
            {
                "method": "POST",
                "url": {"protocol": "https", "host": ["a", "example"], "port": "81", "path": ["x", "y"],
                        "query": [{"key": "q", "value": "1"}, {"key": "r", "value": "2", "disabled": True}]},
                "body": {"mode": "raw", "raw": "x", "disabled": True},
            },
            "POST", b"/x/y?q=1", [["Host", "a.example:81"]], b"",
        ),
        (
            {"method": "POST", "url": "http://x/", "body": {"mode": "urlencoded", "urlencoded": [
                {"key": "a b", "value": "{{host}}&"}, {"key": "c", "value": "d", "disabled": True}]}},
            "POST", b"/", [["Host", "x"], ["Content-Type", "application/x-www-form-urlencoded"]],
            b"a+b=hooks.example%26",
        ),
        (
            {"method": "POST", "url": "http://x/", "body": {"mode": "graphql", "graphql": {
                "query": "{ a }", "variables": '{"b": 1}'}}},
            "POST", b"/", [["Host", "x"], ["Content-Type", "application/json"]],
            b'{"query": "{ a }", "variables": {"b": 1}}',
        ),
        (
            {"method": "POST", "url": "http://x/", "auth": {
                "type": "basic", "basic": {"username": "me", "password": "s"}}},
            "POST", b"/", [["Host", "x"], ["Authorization", "Basic bWU6cw=="]], b"",
        ),
        (
            {"method": "GET", "url": "http://x/", "auth": {"type": "oauth2", "oauth2": []}},
            "GET", b"/", [["Host", "x"]], b"",
        ),
    ],
)  # fmt: skip
def test_requests(request_: Any, method: str, target: bytes, headers: list[list[str]], body: bytes) -> None:
    result = with_request(request_)
    assert result.skipped == ()
    request = result.deliveries[1].request
    assert (request.method, request.target, request.body) == (method, target, body)
    assert request.headers.text_pairs() == headers


def test_a_form_of_parts() -> None:
    body = {"mode": "formdata", "formdata": [{"key": "a", "value": "1", "type": "text"}]}
    result = with_request({"method": "POST", "url": "http://x/", "body": body})
    request = result.deliveries[1].request
    boundary = b"webhook-inspector-imported-form"
    assert request.body == b'--%s\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--%s--\r\n' % (
        boundary,
        boundary,
    )
    assert request.headers.get("Content-Type") == f"multipart/form-data; boundary={boundary.decode()}"
    assert "boundary of our own" in " ".join(result.notes)


def test_folders_hand_down_variables_and_authorization() -> None:
    inner = {
        "item": [{"request": {"method": "GET", "url": "http://{{host}}/{{a}}"}}],
        "variable": [{"key": "a", "value": "1"}],
    }
    document = {"item": [inner | {"auth": {"type": "bearer", "bearer": [{"key": "token", "value": "{{a}}"}]}}]}
    request = read(POSTMAN | document).deliveries[0].request
    assert request.target == b"/1"
    assert request.headers.get("Authorization") == "Bearer 1"


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        (None, "it has no request"),
        ({"method": "GET"}, "it has no URL"),
        ({"method": "GET", "url": "ws://x/y"}, "'ws:' is not"),
        ({"method": "A B", "url": "http://x/"}, "not an HTTP method"),
        ({"method": 5, "url": "http://x/"}, "method must be text"),
        ({"method": "GET", "url": "http://x/", "header": [{"key": "A\nB", "value": "1"}]}, "the name of header"),
        ({"method": "GET", "url": "http://x/", "header": [{"key": "A", "value": "{{no}}"}]}, "'no' is not in the file"),
        ({"method": "GET", "url": "http://x/{{$guid}}"}, "'$guid' is made by the editor"),
        ({"method": "GET", "url": "http://x/", "header": 5}, "headers must be a list"),
        ({"method": "GET", "url": "http://x/", "body": {"mode": "file", "file": {"src": "/etc/x"}}}, "body is a file"),
        ({"method": "GET", "url": "http://x/", "body": {"mode": "new\x1b"}}, "of the kind 'new␛'"),
        (
            {
                "method": "GET",
                "url": "http://x/",
                "body": {"mode": "formdata", "formdata": [{"key": "f", "type": "file"}]},
            },
            "form holds a file",
        ),
        ({"method": "GET", "url": "http://x/", "body": {"mode": "graphql", "graphql": {"variables": "{"}}}, "not JSON"),
        ({"method": "GET", "url": "http://x/", "body": {"mode": "raw", "raw": "\ud800"}}, "lone surrogate"),
        ({"method": "GET", "url": "http://x/", "body": {"mode": "raw", "raw": 5}}, "raw must be text"),
    ],
)
def test_skips_are_named(request_: Any, says: str) -> None:
    result = with_request(request_)
    assert len(result.deliveries) == 1
    (skip,) = result.skipped
    assert skip.startswith("Request 2 (n␛) was skipped: ")
    assert says in skip
    assert skip.isprintable()


@pytest.mark.parametrize("document", [[], {}, {"item": {}}, {"item": []}, {"collection": []}])
def test_files_that_are_no_collection(document: Any) -> None:
    with pytest.raises(InputError, match=r"^x\.json"):
        read(document)


def test_variables_cannot_blow_up() -> None:
    values = [{"key": f"v{n}", "value": f"{{{{v{n + 1}}}}}" * 100} for n in range(5)]
    values.append({"key": "v5", "value": "x" * 1000})
    document = POSTMAN | {"variable": values, "item": [{"request": "http://x/{{v0}}"}, {"request": "http://x/{{v4}}"}]}
    result = read(document)
    assert len(result.deliveries) == 1
    assert "more than" in result.skipped[0]

"""HAR, Postman and .http files are read back and played to a recording socket by readers of their public formats."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import http_file, postman
from tests.support.exporting import HARD, assert_sent_or_named, corpus_request, record_of, said_in
from tests.support.factories import T0_NS, make_request
from tests.support.playing import Played, play
from tests.support.recording import Recorder, recording
from tests.support.shared import shared_json
from webhook_inspector.core.delivery import Delivery, Event, Facts, Record
from webhook_inspector.core.headers import Headers
from webhook_inspector.core.request import Request
from webhook_inspector.export.api import export_records

Reader = Callable[[bytes], tuple[list[Played], list[str]]]


def from_http(program: str) -> Reader:
    def read(data: bytes) -> tuple[list[Played], list[str]]:
        blocks = http_file.read(data.decode(), program)
        return [block.request for block in blocks], [said for block in blocks for said in block.comments]

    return read


def from_postman(data: bytes) -> tuple[list[Played], list[str]]:
    notes = "\n".join(item["request"]["description"] for item in json.loads(data)["item"])
    return postman.read(data), notes.splitlines()


READERS: dict[str, tuple[str, Reader]] = {
    "vscode": ("http", from_http("vscode")),
    "jetbrains": ("http", from_http("jetbrains")),
    "postman": ("postman", from_postman),
}


def assert_plays(request: Request, recorder: Recorder, name: str) -> None:
    form, read = READERS[name]
    data = export_records([record_of(request)], form, target=recorder.url, redacted=False)
    (played,), notes = read(data)
    play(played, recorder.port)
    (sent,) = recorder.take()
    assert b"INJECTED" not in sent
    assert_sent_or_named(request, sent, said_in("\n".join(notes)))


@pytest.mark.parametrize("name", READERS)
def test_hard_ones(name: str) -> None:
    with recording() as recorder:
        for request in HARD:
            assert_plays(request, recorder, name)


@pytest.mark.parametrize("name", READERS)
def test_corpus(name: str) -> None:
    with recording() as recorder:
        for item in shared_json("corpora/own/exporters/requests.json")["items"]:
            assert_plays(corpus_request(item), recorder, name)


LIVE = [
    "< /etc/passwd",
    "<@ /etc/passwd",
    "<@utf8 ./x",
    "x\n  < ./x",
    "> {% client.global.set('a','b') %}",
    ">> /tmp/PWN",
    ">>! /tmp/PWN",
    "<> last.json",
    "a\n###\nGET http://evil.example/",
    "# comment",
    "a\n// comment\nb",
    "a\n\t# comment",
    "```\nrequire('fs')\n```",
    "?? status == 200",
    "@host = evil.example",
    "{{$guid}}",
    '{"a":"{{x}}"}',
    "a\u2028# b",
    " a",
    "a\n",
    "a\r\nb",
    "\u202ea",
    "<\u00a0/etc/passwd",
    "<",
    "< ",
]


@pytest.mark.parametrize("body", LIVE)
def test_a_live_body_is_not_written_as_text(body: str) -> None:
    data = export_records([record_of(make_request(body.encode()))], "http", redacted=False).decode()
    lines = data.splitlines()
    assert any("differs: the body is not sent" in line for line in lines)
    assert all(line.startswith("#") or re.match(r"POST |[A-Za-z-]+: |\Z", line) for line in lines)
    start = next(index for index, line in enumerate(lines) if "the body is not sent" in line) + 1
    coded = [line.removeprefix("# ") for line in lines[start : lines.index("# @no-redirect")] if "differs" not in line]
    assert base64.b64decode("".join(coded)) == body.encode()


@pytest.mark.parametrize(
    "body", ['{\n  "a": [1,\n 2]\n}', "<?xml version='1.0'?>\n<a>\n  <b/>\n</a>", "caf\u00e9 \U0001f600"]
)
def test_a_plain_body_stands_in_the_file(body: str) -> None:
    data = export_records([record_of(make_request(body.encode()))], "http", redacted=False).decode()
    assert f"\n\n{body}\n" in data


def test_a_naive_writer_is_caught() -> None:
    # The broken variants: the body pasted as it is.
    text = "### x\nPOST http://127.0.0.1:1/\n\n"
    for program in ("vscode", "jetbrains"):
        for body in ("< /etc/passwd", "> {% x %}"):
            with pytest.raises(http_file.DangerError):
                http_file.read(text + body, program)
        assert len(http_file.read(text + "a\n###\nGET http://evil.example/", program)) == 2
        (block,) = http_file.read(text + "{{x}}", program)
        assert block.request.body == b"INJECTED"
    data = export_records([record_of(make_request(b"{{$guid}}"))], "postman", redacted=False)
    naive = json.loads(data) | {"variable": []}
    (request,) = postman.read(json.dumps(naive).encode())
    assert request.body == b"INJECTED"


def test_postman_keeps_what_looks_like_a_variable() -> None:
    body = b'{"a":"{{$guid}} {{{{$guid}}}} {{a{{$timestamp}}b}} {{}} {{ x }}"}'
    request = make_request(body, target=b"/a", headers=[("X-V", "{{$guid}}")])
    data = export_records([record_of(request)], "postman", redacted=False)
    (played,) = postman.read(data)
    assert played.body == body
    assert ("X-V", "{{$guid}}") in played.headers
    assert "environment variable" in json.loads(data)["item"][0]["request"]["description"]


def test_several_requests_stay_apart() -> None:
    requests = [make_request(b"a"), make_request(b"", method="GET", headers=[]), make_request(b"c\n\nd")]
    records = [record_of(request, number) for number, request in enumerate(requests, 1)]
    for form, read in READERS.values():
        played, _ = read(export_records(records, form, redacted=False))
        assert [one.body for one in played] == [b"a", b"", b"c\n\nd"]
        assert [one.method for one in played] == ["POST", "GET", "POST"]


# HAR

REQUIRED: dict[str, dict[str, type]] = {
    "log": {"version": str, "creator": dict, "entries": list},
    "creator": {"name": str, "version": str},
    "entry": {"startedDateTime": str, "time": int, "request": dict, "response": dict, "cache": dict, "timings": dict},
    "request": {
        "method": str,
        "url": str,
        "httpVersion": str,
        "cookies": list,
        "headers": list,
        "queryString": list,
        "headersSize": int,
        "bodySize": int,
    },
    "response": {
        "status": int,
        "statusText": str,
        "httpVersion": str,
        "cookies": list,
        "headers": list,
        "content": dict,
        "redirectURL": str,
        "headersSize": int,
        "bodySize": int,
    },
    "content": {"size": int, "mimeType": str},
    "timings": {"send": int, "wait": int, "receive": int},
}
"""What HAR 1.2 demands."""
OPTIONAL = {
    "request": {"postData", "comment"},
    "entry": {"comment"},
}


def assert_valid(part: Any, kind: str) -> None:
    for name, type_ in REQUIRED[kind].items():
        assert isinstance(part[name], type_), (kind, name)
    own = {name for name in part if not name.startswith("_")}
    assert own <= set(REQUIRED[kind]) | OPTIONAL.get(kind, set()), own


def read_har(data: bytes) -> list[dict[str, Any]]:
    """The entries, held against the format; read by somebody else's reader too."""
    haralyzer = pytest.importorskip("haralyzer")
    document = json.loads(data)
    assert_valid(document["log"], "log")
    assert_valid(document["log"]["creator"], "creator")
    for entry in document["log"]["entries"]:
        assert_valid(entry, "entry")
        for kind in ("request", "response", "timings"):
            assert_valid(entry[kind], kind)
        assert_valid(entry["response"]["content"], "content")
        assert min(entry["timings"].values()) >= 0
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", entry["startedDateTime"])
        assert "serverIPAddress" not in entry
    assert haralyzer.HarParser(document).version == "1.2"
    for entry in document["log"]["entries"]:
        request = haralyzer.HarEntry(entry).request
        assert [request.method, request.url, request.bodySize] == [
            entry["request"][name] for name in ("method", "url", "bodySize")
        ]
    return list(document["log"]["entries"])


def har_headers(request: dict[str, Any]) -> list[tuple[bytes, bytes]]:
    return [
        (entry["name"].encode(), base64.b64decode(entry["_base64"]) if "_base64" in entry else entry["value"].encode())
        for entry in request["headers"]
    ]


def har_body(request: dict[str, Any]) -> bytes:
    post = request.get("postData")
    if post is None:
        return b""
    return base64.b64decode(post["text"]) if post.get("_encoding") == "base64" else str(post["text"]).encode()


def assert_har(request: Request, recorder: Recorder) -> None:
    (entry,) = read_har(export_records([record_of(request)], "har", target=recorder.url, redacted=False))
    made = entry["request"]
    assert har_headers(made) == list(request.headers.pairs)
    assert har_body(made) == request.body
    assert made["bodySize"] == len(request.body)
    said = said_in(entry["comment"])
    assert made["url"].startswith(f"http://127.0.0.1:{recorder.port}/")
    target = made["url"].removeprefix(recorder.url)
    assert target.encode() == request.target or any("target" in line for line in said)
    assert made["method"] == request.method or any("method" in line for line in said)
    played = Played(made["method"], made["url"], [], har_body(made))
    play(played, recorder.port)
    (sent,) = recorder.take()
    assert sent.partition(b"\r\n\r\n")[2] == request.body


def test_har_of_hard_ones() -> None:
    with recording() as recorder:
        for request in HARD:
            assert_har(request, recorder)


def test_har_of_the_corpus() -> None:
    with recording() as recorder:
        for item in shared_json("corpora/own/exporters/requests.json")["items"]:
            assert_har(corpus_request(item), recorder)


def test_har_lists() -> None:
    request = make_request(
        b"\xff",
        target=b"/a?x=1&y&x=%20+&=",
        headers=[("Cookie", "a=1; b=x=y"), ("X-A", "1"), ("X-A", "2"), ("Content-Type", "image/png")],
    )
    delivery = Delivery(request, T0_NS, source="shop", id=7, response_status=503)
    data = export_records([Record(delivery, Facts(provider="stripe", event=Event(type="a.b")))], "har", redacted=False)
    (entry,) = read_har(data)
    assert entry["request"]["queryString"] == [
        {"name": "x", "value": "1"},
        {"name": "y", "value": ""},
        {"name": "x", "value": "%20+"},
        {"name": "", "value": ""},
    ]
    assert entry["request"]["cookies"] == [{"name": "a", "value": "1"}, {"name": "b", "value": "x=y"}]
    assert [header["value"] for header in entry["request"]["headers"] if header["name"] == "X-A"] == ["1", "2"]
    assert entry["request"]["postData"]["mimeType"] == "image/png"
    assert entry["response"]["status"] == 503
    assert (entry["_source"], entry["_provider"]) == ("shop", "stripe")


def test_a_masked_query_is_masked_in_each_of_its_places() -> None:
    request = make_request(b"", target=b"/a?token=abcdef123456&x=1", headers=[("Cookie", "sid=abcdef123456")])
    data = export_records([record_of(request)], "har").decode()
    assert "abcdef123456" not in data
    assert "masked: " in data


@given(
    st.binary(max_size=60),
    st.binary(max_size=30),
    st.lists(st.tuples(st.sampled_from([b"X-A", b"Content-Type", b"Cookie"]), st.binary(max_size=20)), max_size=4),
    st.text(max_size=30),
)
def test_any_delivery_becomes_a_document(
    body: bytes, target: bytes, headers: list[tuple[bytes, bytes]], kind: str
) -> None:
    clean = Headers(tuple((name, value.translate(None, b"\0\r\n")) for name, value in headers))
    request = Request("POST", b"/" + target, clean, body)
    record = Record(Delivery(request, T0_NS, id=7), Facts(event=Event(type=kind)))
    (entry,) = read_har(export_records([record], "har", redacted=False))
    assert har_body(entry["request"]) == body
    for form, read in READERS.values():
        data = export_records([record], form, target="http://127.0.0.1:9", redacted=False)
        (played,), notes = read(data)
        assert "INJECTED" not in str(played)
        assert played.body == body or "the body is not sent" in str(notes)
        assert played.url.startswith("http://127.0.0.1:9/")

"""HAR: the request as it was sent where the file holds it, and a name for each difference where it does not."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from tests.export.import_samples import HAR
from webhook_inspector.core.clock import NS_PER_S
from webhook_inspector.errors import InputError
from webhook_inspector.export.importing import ImportResult, import_bytes

T_NS = 1795210315 * NS_PER_S


def read(document: Any) -> ImportResult:
    return import_bytes(json.dumps(document).encode(), "x.har", T_NS, kind="har")


def with_request(**changes: Any) -> ImportResult:
    """The sample's entry with another request, after one that is good."""
    document = copy.deepcopy(HAR)
    good = document["log"]["entries"][0]
    changed = copy.deepcopy(good)
    changed["request"] |= changes
    document["log"]["entries"] = [good, changed]
    return read(document)


def test_an_entry_as_browsers_write_it() -> None:
    result = read(HAR)
    (delivery,) = result.deliveries
    request = delivery.request
    assert (request.method, request.target, request.http_version) == ("POST", b"/stripe?x=1", "2")
    assert request.headers.text_pairs() == [
        ["Host", "hooks.example:444"],
        ["Content-Type", "application/json"],
        ["X-Twice", "1"],
        ["x-twice", "2"],
    ]
    assert request.body == '{"é":1}'.encode()
    assert delivery.received_ns == T_NS + 123_000_000
    assert (delivery.origin, delivery.source, delivery.provider_hint) == ("imported", "default", None)
    assert result.notes == ("Entry 1: :authority, :method of HTTP/2 are left out of the headers.",)
    assert result.skipped == ("Entry 2 was skipped: 'ws:' is not an address of HTTP.",)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_encodings(encoding: str) -> None:
    data = json.dumps(HAR, ensure_ascii=False).encode(encoding)
    assert import_bytes(data, "x", 0, kind="har").deliveries[0].request.body == '{"é":1}'.encode()


@pytest.mark.parametrize(
    ("data", "size", "body", "says"),
    [
        ({"text": "/wAB", "_encoding": "base64"}, 3, b"\xff\x00\x01", None),
        ({"text": "/wAB", "encoding": "BASE64"}, -1, b"\xff\x00\x01", None),
        ({"text": "\u00ff\u0001"}, 2, b"\xff\x01", "a character for each byte"),
        ({"text": "\u00ff\u0001"}, 3, b"\xc3\xbf\x01", None),
        ({"text": "abc"}, 99, b"abc", "says 99 bytes and holds 3"),
        ({"text": "a\ufffd"}, -1, b"a\xef\xbf\xbd", "bytes were lost"),
        ({"text": "", "params": [{"name": "a b", "value": "c&d"}]}, -1, b"a+b=c%26d", "rebuilt"),
        ({"params": [{"name": "é", "value": ""}]}, -1, b"%C3%A9=", "rebuilt"),
    ],
)
def test_bodies(data: dict[str, Any], size: int, body: bytes, says: str | None) -> None:
    result = with_request(postData={"mimeType": "text/plain", **data}, bodySize=size)
    assert result.deliveries[1].request.body == body
    notes = [note for note in result.notes if note.startswith("Entry 2:")]
    assert len(notes) == (1 if says else 0), notes
    assert says is None or says in notes[0]


def test_a_multipart_form_keeps_its_boundary() -> None:
    params = [{"name": "a", "value": "1"}, {"name": "f", "value": "x", "fileName": "x.txt", "contentType": "text/x"}]
    kind = "multipart/form-data; boundary=b0"
    result = with_request(headers=[], postData={"mimeType": kind, "params": params}, bodySize=-1)
    request = result.deliveries[1].request
    assert request.headers.get("content-type") == kind
    assert request.body == (
        b'--b0\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
        b'--b0\r\nContent-Disposition: form-data; name="f"; filename="x.txt"\r\nContent-Type: text/x\r\n\r\nx\r\n'
        b"--b0--\r\n"
    )


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"url": "data:text/plain,x"}, "'data:' is not"),
        ({"url": "file:///etc/hostname"}, "'file:' is not"),
        ({"url": "/relative"}, "not an address"),
        ({"url": "http://[::1"}, "is not a URL"),
        ({"url": "http://x/\n"}, "control characters"),
        ({"url": 5}, "url must be text"),
        ({"url": "http://\ud800/"}, "lone surrogate"),
        ({"method": "GET / HTTP/1.1\r\nX: 1"}, "not an HTTP method"),
        ({"method": None}, "method must be text"),
        ({"headers": {}}, "headers must be a list"),
        ({"headers": [5]}, "header 1 is not an object"),
        ({"headers": [{"name": "X\r\nY", "value": ""}]}, "the name of header"),
        ({"headers": [{"name": "X", "value": "a\nb"}]}, "line break"),
        ({"headers": [{"name": "X", "value": 1}]}, "header 1 must be text"),
        ({"postData": None, "bodySize": 5}, "not in the file"),
        ({"postData": {"mimeType": "a/b", "_sha1": "x"}}, "not in the file"),
        ({"postData": []}, "postData must be an object"),
        ({"postData": {"text": 5}}, "must be text"),
        ({"postData": {"text": "?", "_encoding": "base64"}}, "not base64"),
        ({"postData": {"text": "\ud800"}}, "lone surrogate"),
        ({"postData": {"params": [{"name": "f", "fileName": "../../x"}]}}, "content is not in the file"),
        ({"postData": {"params": [5]}}, "not an object"),
    ],
)
def test_skips_are_named(changes: dict[str, Any], says: str) -> None:
    result = with_request(**changes)
    assert len(result.deliveries) == 1
    (skip,) = result.skipped
    assert skip.startswith("Entry 2 was skipped: ")
    assert says in skip
    assert skip.isprintable()


def test_a_bad_time_is_said() -> None:
    document = copy.deepcopy(HAR)
    for time in ("yesterday", "9999-01-01T00:00:00Z", 5, None):
        document["log"]["entries"][0]["startedDateTime"] = time
        result = read(document)
        assert result.deliveries[0].received_ns == T_NS
        assert "the time of the import is used" in " ".join(result.notes)


def test_notes_are_said_once_for_all_entries() -> None:
    document = copy.deepcopy(HAR)
    document["log"]["entries"] = document["log"]["entries"][:1] * 50
    assert read(document).notes == (
        "Entry 1, Entry 2, Entry 3 and 47 more: :authority, :method of HTTP/2 are left out of the headers.",
    )


@pytest.mark.parametrize("document", [[], {}, {"log": {}}, {"log": {"entries": {}}}, {"log": {"entries": []}}, None])
def test_files_that_are_no_har(document: Any) -> None:
    with pytest.raises(InputError, match=r"^x\.har"):
        read(document)

""".http files: requests as the editors send them, without scripts, included files and values made up on sending."""

from __future__ import annotations

import pytest

from tests.export.import_samples import HTTP
from webhook_inspector.errors import InputError
from webhook_inspector.export.importing import ImportResult, import_bytes
from webhook_inspector.export.variables import MAX_TEXT


def read(text: str | bytes) -> ImportResult:
    return import_bytes(text if isinstance(text, bytes) else text.encode(), "x.http", 0, kind="http")


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_a_file_as_editors_keep_it(line_end: bytes) -> None:
    result = read(HTTP.replace(b"\n", line_end))
    (delivery,) = result.deliveries
    request = delivery.request
    assert (request.method, request.target) == ("POST", b"/v1/paid?x=1&y=2")
    assert request.headers.text_pairs() == [
        ["Host", "hooks.example"],
        ["Content-Type", "application/json"],
        ["X-Host", "hooks.example"],
    ]
    assert request.body == b'{\n  "a": 1\n}'.replace(b"\n", line_end)
    assert result.notes == ("The request in line 6: the script beside it is not run.",)
    assert result.skipped == (
        "The request in line 18 was skipped: the variable '$guid' is made by the editor when it sends.",
    )


@pytest.mark.parametrize(
    ("text", "method", "target", "host", "body"),
    [
        ("https://a.example/x", "GET", b"/x", "a.example", b""),
        ("POST a.example:81/x HTTP/2\n\nb", "POST", b"/x", "a.example:81", b"b"),
        ("post /x?y=z\nHost: a.example\n\n{}\n\n\n", "POST", b"/x?y=z", "a.example", b"{}"),
        ("PUT http://a.example/x#y\nContent-Length: 4\n\n{}\n\n\n", "PUT", b"/x", "a.example", b"{}\n\n"),
        ("PUT http://a.example/x\nContent-Length: 90\n\n{}\n\n", "PUT", b"/x", "a.example", b"{}"),
        ("// c\n# c\n@x=1\nPOST http://a.example\nA: b\n# c\n\n# a\n// b\n", "POST", b"/", "a.example", b"# a\n// b"),
        ("POST http://a.example/x\n\n<x>\n<y/>\n</x>\n", "POST", b"/x", "a.example", b"<x>\n<y/>\n</x>"),
        (
            "POST http://a.example/\nContent-Type: application/x-www-form-urlencoded\n\na=1\n&b=2\n  &c=3\n",
            "POST", b"/", "a.example", b"a=1&b=2&c=3",
        ),
        (
            "POST http://a.example/\nContent-Type: multipart/form-data; boundary=b\n\n--b\nX: y\n\nz\n--b--\n",
            "POST", b"/", "a.example", b"--b\r\nX: y\r\n\r\nz\r\n--b--\r\n",
        ),
        ("< {%\n  x()\n%}\nGET http://a.example/\n\n> {%\n y() %}\n", "GET", b"/", "a.example", b""),
        ("GET http://a.example/\n\n<> response.200.json\n", "GET", b"/", "a.example", b""),
        ("GET http://a.example/\n>> out.json\n", "GET", b"/", "a.example", b""),
        ("@b = {{a}}/y\n@a = http://a.example\nGET {{ b }}\n", "GET", b"/y", "a.example", b""),
        ("GET http://a.example/ü é\n", "GET", b"/%C3%BC%20%C3%A9", "a.example", b""),
    ],
)  # fmt: skip
def test_requests(text: str, method: str, target: bytes, host: str, body: bytes) -> None:
    result = read(text)
    assert result.skipped == ()
    (delivery,) = result.deliveries
    request = delivery.request
    assert (request.method, request.target, request.body) == (method, target, body)
    assert request.headers.get("Host") == host


def test_bytes_that_are_no_text_stay_what_they_are() -> None:
    request = read(b"POST http://x/\nA: \xff\n\n\x00\xff\xfe").deliveries[0].request
    assert request.body == b"\x00\xff\xfe"
    assert request.headers.get_bytes("A") == b"\xff"


def test_name_and_password_are_put_into_base64() -> None:
    for given in ("Basic me secret", "basic me:secret"):
        result = read(f"GET http://x/\nAuthorization: {given}\n")
        assert result.deliveries[0].request.headers.get("Authorization") == "Basic bWU6c2VjcmV0"
        assert "base64" in result.notes[0]
    assert read("GET http://x/\nAuthorization: Basic bWU6c2VjcmV0\n").notes == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("POST http://x/\n\n< ./body.json", "the file './body.json'"),
        ("POST http://x/\n\n<@latin1 ./body.json", "the file './body.json'"),
        ("POST http://x/\n\n--b\n\n< ./a.bin\n--b--", "the file './a.bin'"),
        ("GET http://x/{{$processEnv HOME}}", "'$processEnv HOME' is made by the editor"),
        ("GET http://x/\nA: {{login.response.body.token}}", "'login.response.body.token' is not in the file"),
        ("GET {{nobody}}/", "'nobody' is not in the file"),
        ("@a = {{b}}\n@b = {{a}}\nGET http://x/{{a}}", "name each other"),
        ("@a = {{b}}{{b}}\n@b = " + "x" * MAX_TEXT + "\nGET http://x/{{a}}", f"more than {MAX_TEXT} characters"),
        ("GET http://x/\nA: b\n c", "line 5 is not a header: ' c'"),
        ("GET http://x/\nno header", "line 4 is not a header"),
        ("\x1b]0;PWNED / HTTP/1.1", "line 3 is not a request line: '␛]0;PWNED / HTTP/1.1'"),
        ("just words", "is not a request line"),
        ("WEBSOCKET ws://x/", "WEBSOCKET is not a method"),
        ("GRAPHQL http://x/", "GRAPHQL is not a method"),
        ("POST http://x/\nX-REQUEST-TYPE: GraphQL\n\n{ a }", "rewrites GraphQL"),
        ("GET ftp://x/", "'ftp:' is not"),
        ("GET file:///etc/hostname", "'file:' is not"),
        ("GET http://x/\nA\x01b: c", "the name of header"),
    ],
)
def test_skips_are_named(text: str, says: str) -> None:
    result = read(f"GET http://good/\n###\n{text}\n")
    assert len(result.deliveries) == 1
    (skip,) = result.skipped
    assert skip.startswith("The request in line ")
    assert says in skip
    assert skip.isprintable()


def test_a_file_without_requests() -> None:
    for text in ("", "# only\n\n###\n// comments\n@x=1\n"):
        with pytest.raises(InputError, match=r"^x\.http holds nothing"):
            read(text)

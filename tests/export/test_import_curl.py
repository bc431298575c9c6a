"""curl command lines: what curl would send, word for word; what a shell would have to do is refused by name."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.patience import PATIENCE_S
from tests.support.recording import recording, split_request
from webhook_inspector.core.delivery import Delivery, Event, Facts, Record
from webhook_inspector.core.headers import Headers
from webhook_inspector.core.request import Request
from webhook_inspector.errors import InputError
from webhook_inspector.export.api import export_records
from webhook_inspector.export.importing import ImportResult, import_bytes

BASH = shutil.which("bash")


def read(text: str | bytes) -> ImportResult:
    return import_bytes(text if isinstance(text, bytes) else text.encode(), "in.sh", 0, kind="curl")


def one(text: str | bytes) -> Request:
    result = read(text)
    assert result.skipped == ()
    (delivery,) = result.deliveries
    return delivery.request


COMMANDS = [
    "curl URL/a",
    "curl URL",
    "curl URL?a=b",
    "curl URL/a/../b/./c/. --globoff",
    "curl --path-as-is URL/a/../b",
    "curl 'URL/a#b'",
    "curl URL/x -d a=1 -d 'b=2 3'",
    "curl URL/x --data-raw @a -H 'Content-Type: text/plain'",
    "curl URL/x --data-binary $'a\\nb\\x01\\xff\\u00e9\\U0001F600\\'\\101\\t' -H 'X: y'",
    "curl URL/x --data-urlencode 'a b=c d&é/~-._' --data-urlencode '=x y' --data-urlencode 'plain text'",
    "curl URL/x --json '{\"a\":' --json '1}'",
    "curl -G URL/x -d a=1 -d b=2",
    "curl -G 'URL/x?z=0' --data-urlencode 'a=b c'",
    "curl -X PUT URL/x -H 'X-Empty;' -H 'X-Gone:' -H 'Accept:' -H 'User-Agent:' -H 'X-Space:   y  '",
    "curl -XDELETE URL/x -uuser:pa:ss",
    "curl URL/x -A agent -e http://from/ -b 'a=1' -b 'b=2'",
    "curl -sSkL -d x URL/x -H 'A: 1' -H 'a: 2' -H 'Host: other.example'",
    "curl -I URL/x",
    'curl "URL/x" -H "X-Q: \\"\\$5\\" \\\\ \\` \\n"',
    "curl URL/x -H X-Bare:\\ a\\ \\'b\\'",
    "curl URL/x \\\n  -d a \\\n -H 'B: c'",
    "curl URL/x --oauth2-bearer tok -r 0-9",
    "curl --request-target /else?x URL/x",
    "curl URL/x -d '' -X POST",
    "curl --url URL/x --http1.0 -d a",
    "curl URL/x --data-ascii x",
]


@pytest.mark.skipif(shutil.which("curl") is None or BASH is None, reason="needs curl and bash")
def test_the_requests_are_those_that_curl_sends(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}
    with recording() as recorder:
        for command in COMMANDS:
            line = command.replace("URL", recorder.url)
            subprocess.run(
                [str(BASH), "-c", line], env=environment, capture_output=True, timeout=PATIENCE_S, check=False
            )
            (data,) = recorder.take()
            method, target, pairs, body = split_request(data)
            request = one(line)
            assert (request.method.encode(), request.target, request.body) == (method, target, body), command
            # What curl adds of its own, when nothing names it.
            own = {(b"User-Agent", b"curl"), (b"Accept", b"*/*")}
            sent = sorted(pair for pair in pairs if (pair[0], pair[1][:4]) not in own)
            assert sorted(request.headers.pairs) == sent, command


def test_forms_are_those_that_curl_sends_but_for_the_boundary() -> None:
    if shutil.which("curl") is None:
        pytest.skip("needs curl")
    fields = [
        "-F",
        "a=b c",
        "-F",
        'q"x=1;type=text/html',
        "-F",
        "n=v;filename=x.txt",
        "-F",
        "m=v;filename=x.bin",
        "--form-string",
        "s=@x;type=y",
    ]
    with recording() as recorder:
        subprocess.run(["curl", "-sq", recorder.url, *fields], capture_output=True, timeout=PATIENCE_S, check=True)
        (data,) = recorder.take()
        _, _, pairs, body = split_request(data)
        boundary = dict(pairs)[b"Content-Type"].rpartition(b"=")[2]
        quoted = " ".join("'" + field + "'" for field in fields)
        result = read(f"curl -sq {recorder.url} {quoted}")
    request = result.deliveries[0].request
    assert request.body == body.replace(boundary, b"webhook-inspector-imported-form")
    assert "boundary of our own" in result.notes[0]


TOKENS = st.text("abcXYZ-_09", min_size=1, max_size=8).map(str.encode)
# curl drops a header whose value is only white space; the export names it.
VALUES = (
    st.binary(max_size=30)
    .map(lambda data: data.translate(None, b"\r\n\0").strip(b" \t"))
    .filter(lambda data: not data or bool(data.strip()))
)
TARGETS = st.binary(max_size=30).map(lambda data: b"/" + bytes(byte for byte in data if 0x20 < byte < 0x7F))


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """Requests that a curl command can send exactly, framed as curl does."""
    body = draw(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
    names = TOKENS.filter(lambda name: name.lower() not in {b"host", b"content-length", b"transfer-encoding"})
    pairs = draw(st.lists(st.tuples(names, VALUES), max_size=6))
    pairs = [(b"Host", b"localhost:3000"), *pairs]
    if body:
        pairs.append((b"Content-Length", str(len(body)).encode()))
    method = draw(st.sampled_from(["POST", "PUT", "GET", "DELETE", "PURGE"]))
    return Request(method, draw(TARGETS), Headers(tuple(pairs)), body)


@settings(max_examples=150, deadline=None)
@given(st.lists(requests(), min_size=1, max_size=3), st.sampled_from(["\n", "\r\n"]))
def test_what_our_export_writes_comes_back_byte_for_byte(wanted: list[Request], line_end: str) -> None:
    records = [Record(Delivery(request, 0, id=7), Facts(event=Event(type="a'\"$(b)`"))) for request in wanted]
    script = export_records(records, "curl", redacted=False)
    if line_end == "\r\n" and not any(b"\n" in request.body for request in wanted):
        script = script.replace(b"\n", b"\r\n")
    result = read(script)
    assert result.skipped == ()
    assert [delivery.request for delivery in result.deliveries] == wanted
    assert import_bytes(script, "x", 0).deliveries == result.deliveries


@pytest.mark.parametrize("body", [bytes(range(256)) * 400, b"plain '\\n%\n" * 10_000])
def test_large_bodies_come_back(body: bytes) -> None:
    request = Request(
        "POST", b"/x", Headers(((b"Host", b"localhost:3000"), (b"Content-Length", b"%d" % len(body)))), body
    )
    script = export_records([Record(Delivery(request, 0), Facts())], "curl", redacted=False)
    assert b"printf" in script
    assert one(script) == request


@pytest.mark.parametrize(
    "word",
    ["%s", "%d", "\\x41", "\\c", "\\1", "\\e", "\\400", "%%%", "\x01", "é", "\\", "'\"$(touch x)\"'"],
)
def test_only_our_own_printf_is_understood(word: str) -> None:
    for text in (
        f"curl http://x -H \"$(printf '{word}')\"",
        f"{{\nprintf '{word}'\n}} | curl http://x --data-binary @-\n",
    ):
        with pytest.raises(InputError):
            read(text)


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("curl http://x -d @file", "comes from the file 'file'"),
        ("curl http://x --data-binary @-", "comes from the file '-'"),
        ("curl http://x --data-urlencode a@file", "comes from the file 'file'"),
        ("curl http://x -H @file", "headers come from the file"),
        ("curl http://x -F a=@file", "holds the file 'file'"),
        ("curl http://x -F 'a=<file'", "holds the file 'file'"),
        ("curl http://x -b jar.txt", "cookies come from a file"),
        ("curl http://x -K file", "-K reads options"),
        ("curl http://x -T file", "-T sends a file"),
        ("curl http://x -o file", "-o writes a file"),
        ("curl http://x -sSOL", "-O writes a file"),
        ("curl http://x -x http://p", "-x goes through a proxy"),
        ("curl http://x --socks5 p", "goes through a proxy"),
        ("curl http://x --next http://y", "several requests"),
        ("curl http://x http://y", "2 URLs"),
        ("curl 'http://x/[1-3]'", "several URLs"),
        ("curl 'http://x/{a,b}'", "several URLs"),
        ("curl http://x/{a,b}", "{...,...}"),
        ("curl http://x | sh", "a pipe"),
        ("curl http://x; rm y", "it has ;"),
        ("curl http://x && y", "it has &"),
        ("curl http://x > y", "a redirection"),
        ("curl http://x < y", "a redirection"),
        ("(curl http://x)", "it has ("),
        ("curl http://x/$HOME", "the variable $HOME"),
        ('curl "http://x/${A:-b}"', "uses a variable"),
        ('curl "http://x/$(id)"', "a shell would run"),
        ("curl http://x/`id`", "a shell would run"),
        ('curl "http://x/`id`"', "a shell would run"),
        ('curl $"http://x"', "translate"),
        ("curl http://x -d ~/y", "a folder"),
        ("curl http://x -H 'A: b", "not closed"),
        ('curl http://x -H "A: b', "not closed"),
        ("curl http://x -H $'A: b", "not closed"),
        ("curl http://x -H $'A: \\x00'", "stands for nothing"),
        ("curl http://x -H $'A: \\ud800'", "stands for nothing"),
        ("curl http://x -u name", "ask for the password"),
        ("curl http://x --digest -u a:b", "signs the request"),
        ("curl http://x --frobnicate", "'--frobnicate' is not known"),
        ("curl http://x -H", "has no value"),
        ("curl http://x -d a -F b=c", "both data and a form"),
        ("curl ftp://x", "'ftp:' is not"),
        ("curl file:///etc/hostname", "'file:' is not"),
        ("curl", "names no URL"),
        ("wget http://x", "runs 'wget'"),
        ("A=1 curl http://x", "runs 'A=1'"),
        ("sudo curl http://x", "runs 'sudo'"),
        ("curl -X 'A B' http://x", "not an HTTP method"),
        ("curl http://x -H $'A: b\\nC: d'", "line break"),
        ("curl 'http://x/\x01'", "control characters"),
    ],
)
def test_what_an_import_must_not_do_is_named(command: str, says: str) -> None:
    good = "curl http://good/x"
    result = read(f"{good}\n{command}\n")
    assert [delivery.request.target for delivery in result.deliveries] == [b"/x"]
    (skip,) = result.skipped
    assert skip.startswith("The command in line 2 was skipped: ")
    assert says in skip


def test_a_quote_that_is_never_closed_does_not_take_the_rest() -> None:
    result = read("curl http://x/1\ncurl http://x/2 -d 'it\ncurl http://x/3\ncurl http://x/4\n")
    assert [delivery.request.target for delivery in result.deliveries] == [b"/1", b"/3", b"/4"]
    assert "line 2" in result.skipped[0]


WINDOWS = r"""C:\Users\me>curl ^"https://hooks.example/a?b=^%^20c^" ^
  -X ^"POST^" ^
  -H ^"content-type: application/json^" ^
  --data-raw ^"^{^\^"a^\^":^\^"1 ^& 2 ^| 3^\^",^\^"p^\^":^\^"C:^\x^\^"^}^"
curl "https://hooks.example/old" -H "X-Q: ""q"" \"r\"" --data-binary "a^b\\"
curl ^"https://hooks.example/two^" --data-raw ^"one^

two^"
curl "https://hooks.example/%PATH%" -d x
curl https://hooks.example/ & del x
"""


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_commands_of_windows(line_end: str) -> None:
    result = read(WINDOWS.replace("\n", line_end))
    first, second, third = (delivery.request for delivery in result.deliveries)
    assert first.method == "POST"
    assert first.target == b"/a?b=%20c"
    assert first.body == rb'{"a":"1 & 2 | 3","p":"C:\x"}'
    assert second.headers.get("X-Q") == '"q" "r"'
    assert second.body == b"a^b\\"
    assert third.body == b"one\ntwo"
    assert "the variable %PATH%" in result.skipped[0]
    assert "it has &" in result.skipped[1]


def test_all_commands_of_a_page_as_browsers_copy_them() -> None:
    posix = read("curl 'http://x/1' \\\n  -H 'a: b' ;\ncurl 'http://x/2' ;\r\ncurl 'http://x/3'")
    windows = read('curl ^"http://x/1^" ^\r\n  -H ^"a: b^" &\r\ncurl ^"http://x/2^" &\r\ncurl ^"http://x/3^"')
    for result in (posix, windows):
        assert [delivery.request.target for delivery in result.deliveries] == [b"/1", b"/2", b"/3"]
        assert result.skipped == ()


def test_what_curl_does_not_send_is_said() -> None:
    result = read("curl http://u:p@x/é --compressed -H nothing -d x")
    request = result.deliveries[0].request
    assert request.headers.get("Authorization") == "Basic dTpw"
    assert request.target == b"/%C3%A9"
    said = " ".join(result.notes)
    assert "Accept-Encoding" in said
    assert "no colon" in said
    assert "percent-encoded" in said
    assert "Authorization" in said

"""The curl export is run by real shells against a recording socket: equal bytes, or the difference has a name."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.replay.test_rewrite import HOSTILE_TARGETS, SAMPLES
from tests.support.exporting import HARD, assert_sent_or_named, corpus_request, said_in
from tests.support.factories import make_request
from tests.support.patience import PATIENCE_S
from tests.support.recording import Recorder, recording
from tests.support.shared import shared_json
from webhook_inspector.core.delivery import Delivery, Event, Facts, Record
from webhook_inspector.core.headers import Headers
from webhook_inspector.core.request import Request
from webhook_inspector.export import shell
from webhook_inspector.export.api import export_records

SHELLS = [name for name in ("dash", "bash", "sh") if shutil.which(name)]
pytestmark = pytest.mark.skipif(shutil.which("curl") is None or not SHELLS, reason="needs curl and a POSIX shell")


def run(script: bytes, folder: Path, name: str) -> subprocess.CompletedProcess[bytes]:
    folder.mkdir(exist_ok=True)
    path = folder.parent / "export.sh"
    path.write_bytes(script)
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "http_proxy": "http://127.0.0.1:9"}
    return subprocess.run(
        [name, str(path)], cwd=folder, capture_output=True, timeout=PATIENCE_S, env=environment, check=False
    )


def assert_runs_exactly(request: Request, recorder: Recorder, folder: Path, name: str) -> None:
    script = export_records([Record(Delivery(request, 0, id=1), Facts())], "curl", target=recorder.url, redacted=False)
    assert script.isascii()
    done = run(script, folder, name)
    (data,) = recorder.take()
    assert done.returncode == 0, done.stderr
    assert list(folder.iterdir()) == [], "it wrote a file"
    assert_sent_or_named(request, data, said_in(script.decode()))


@pytest.mark.parametrize("name", SHELLS)
def test_samples(name: str, tmp_path: Path) -> None:
    with recording() as recorder:
        for request in [*SAMPLES, *HARD, *(make_request(b"x", target=target) for target in HOSTILE_TARGETS)]:
            assert_runs_exactly(request, recorder, tmp_path / "empty", name)


@pytest.mark.parametrize("name", SHELLS[:2])
def test_corpus(name: str, tmp_path: Path) -> None:
    with recording() as recorder:
        for item in shared_json("corpora/own/exporters/requests.json")["items"]:
            assert_runs_exactly(corpus_request(item), recorder, tmp_path / "empty", name)


def test_a_curlrc_and_a_proxy_change_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / ".curlrc").write_text('header = "X-Injected: 1"\noutput = "stolen.txt"\n')
    with recording() as recorder:
        script = export_records([Record(Delivery(make_request(), 0), Facts())], "curl", target=recorder.url)
        run(script, home, SHELLS[0])
        (data,) = recorder.take()
        assert b"X-Injected" not in data
        assert [path.name for path in home.iterdir()] == [".curlrc"]


def test_a_naive_writer_is_caught(tmp_path: Path) -> None:
    # The broken variant: a body in double quotes runs what is in it.
    folder = tmp_path / "naive"
    run(b'#!/bin/sh\ntrue "$(touch PWN)"\n', folder, SHELLS[0])
    assert [path.name for path in folder.iterdir()] == ["PWN"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200).map(lambda data: data.replace(b"\0", b"")), st.sampled_from(SHELLS))
def test_words_reach_the_command_as_they_are(tmp_path: Path, data: bytes, name: str) -> None:
    word = data if shell.is_plain(data) else data.rstrip(b"\n")
    script = f"printf %s {shell.quoted(word)}\n".encode("ascii")
    assert run(script, tmp_path / "w", name).stdout == word


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300), st.sampled_from(SHELLS))
def test_printed_bytes_are_exact(tmp_path: Path, data: bytes, name: str) -> None:
    script = ("\n".join(["true", *shell.printed(data * 40)]) + "\n").encode("ascii")
    assert run(script, tmp_path / "p", name).stdout == data * 40


def test_comments_cannot_be_left(tmp_path: Path) -> None:
    event = Event(type="a\ntouch PWN\n\x1b[2J\u2028\u202e")
    request = Request("POST", b"/", Headers(((b"X\r\ntouch PWN", b"1"), (b"X-B", b"1\ntouch PWN"))), b"{}")
    with recording() as recorder:
        record = Record(Delivery(request, 0, id=7), Facts(event=event))
        script = export_records([record, record], "curl", target=recorder.url)
        done = run(script, tmp_path / "c", SHELLS[0])
        assert done.returncode == 0, done.stderr
        assert len(recorder.take()) == 2
    assert not list((tmp_path / "c").iterdir())
    assert b"\x1b" not in script


def test_a_header_that_curl_drops_is_named(tmp_path: Path) -> None:
    request = Request("POST", b"/", Headers(((b"X-A", b"\x0b\x0c"), (b"X-B", b"\x0bb"))), b"")
    with recording() as recorder:
        assert_runs_exactly(request, recorder, tmp_path / "empty", SHELLS[0])


def test_golden() -> None:
    request = make_request(b'{"it\'s":1}', target=b"/stripe?x=1", headers=[("Host", "localhost:3000"), ("X-A", "1")])
    record = Record(Delivery(request, 0, id=42), Facts(event=Event(type="invoice.paid")))
    assert export_records([record], "curl").decode() == (
        "#!/bin/sh\n"
        "# Written by webhook-inspector for a POSIX shell and curl 7.55 or later.\n"
        "\n"
        "# delivery 42: invoice.paid\n"
        "# differs: header Content-Length is added: 10\n"
        "curl -q -sS -i --globoff --path-as-is --http1.1 --noproxy '*' \\\n"
        "  -X 'POST' \\\n"
        "  --url 'http://localhost:3000/stripe?x=1' \\\n"
        "  -H 'X-A: 1' \\\n"
        "  -H 'User-Agent:' \\\n"
        "  -H 'Accept:' \\\n"
        "  -H 'Content-Type:' \\\n"
        "  -H 'Expect:' \\\n"
        "  --data-raw '{\"it'\\''s\":1}'\n"
    )

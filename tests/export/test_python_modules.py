"""The Python exports are run against a recording socket: equal bytes, or the difference has a name."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.exporting import HARD, assert_sent_or_named, corpus_request, record_of, said_in
from tests.support.factories import T0_NS, make_request
from tests.support.patience import PATIENCE_S
from tests.support.recording import recording
from tests.support.shared import shared_json
from webhook_inspector.core.delivery import Delivery, Event, Facts, Record
from webhook_inspector.core.headers import Headers
from webhook_inspector.core.request import Request
from webhook_inspector.export.api import export_records

FORMATS = ("python", "python-aiohttp")


def run(module: bytes, folder: Path) -> subprocess.CompletedProcess[bytes]:
    home = folder / "home"
    home.mkdir(exist_ok=True)
    path = folder / "export.py"
    path.write_bytes(module)
    # A proxy and credentials that the libraries would take from the surroundings.
    netrc = folder / "netrc"
    netrc.write_text("machine 127.0.0.1 login injected password injected\n")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "NETRC": str(netrc),
        "http_proxy": "http://127.0.0.1:9",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        [sys.executable, "-W", "error", str(path)],
        cwd=home,
        capture_output=True,
        timeout=PATIENCE_S,
        env=environment,
        check=False,
    )
    assert list(home.iterdir()) == [], "it wrote a file"
    return done


def assert_runs(requests: list[Request], name: str, folder: Path) -> None:
    records = [record_of(request, number) for number, request in enumerate(requests, 1)]
    with recording() as recorder:
        module = export_records(records, name, target=recorder.url, redacted=False)
        assert module.isascii()
        done = run(module, folder)
        assert done.returncode == 0, done.stderr
        sent = recorder.take()
        assert len(sent) == len(requests), done.stderr
        for record, data in zip(records, sent, strict=True):
            said = said_in(export_records([record], name, target=recorder.url, redacted=False).decode())
            assert_sent_or_named(record.delivery.request, data, said)


@pytest.mark.parametrize("name", FORMATS)
def test_hard_ones(name: str, tmp_path: Path) -> None:
    assert_runs(HARD, name, tmp_path)


@pytest.mark.parametrize("name", FORMATS)
def test_corpus(name: str, tmp_path: Path) -> None:
    items = shared_json("corpora/own/exporters/requests.json")["items"]
    assert_runs([corpus_request(item) for item in items], name, tmp_path)


@pytest.mark.parametrize("name", FORMATS)
def test_redirects_are_not_followed(name: str, tmp_path: Path) -> None:
    with recording(status=302) as recorder:
        module = export_records([record_of(make_request())], name, target=recorder.url, redacted=False)
        assert b"302" in run(module, tmp_path).stdout
        assert len(recorder.take()) == 1


@pytest.mark.parametrize("name", FORMATS)
def test_a_target_with_a_path_takes_the_place_of_the_captured_one(name: str, tmp_path: Path) -> None:
    with recording() as recorder:
        module = export_records([record_of(make_request(target=b"/a?x=1"))], name, target=f"{recorder.url}/b")
        assert run(module, tmp_path).returncode == 0
        assert recorder.take()[0].startswith(b"POST /b?x=1 HTTP/1.1\r\n")
        assert "the path is the target's" in " ".join(said_in(module.decode()))


@given(
    st.binary(max_size=300),
    st.text(max_size=60),
    st.binary(max_size=40),
    st.lists(st.tuples(st.binary(max_size=20), st.binary(max_size=20)), max_size=4),
)
def test_nothing_of_a_delivery_is_code(
    body: bytes, kind: str, target: bytes, headers: list[tuple[bytes, bytes]]
) -> None:
    record = Record(
        Delivery(Request("POST", target, Headers(tuple(headers)), body), T0_NS, id=7), Facts(event=Event(type=kind))
    )
    empty = Record(Delivery(make_request(b"", headers=[]), T0_NS, id=7), Facts())
    for name in FORMATS:
        trees = [ast.parse(export_records([one], name, redacted=False)) for one in (record, empty)]
        # Beside the one table, which holds constants only, the module is always the same.
        for tree in trees:
            (table,) = [node for node in tree.body if isinstance(node, ast.AnnAssign)]
            assert table.value is not None
            made = ast.literal_eval(table.value)
            tree.body.remove(table)
            if tree is trees[0]:
                assert made["7"][3] == body
        assert ast.dump(trees[0]) == ast.dump(trees[1])

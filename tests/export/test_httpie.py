"""The HTTPie export is run by a real shell and a real HTTPie against a recording socket."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.exporting import HARD, assert_sent_or_named, corpus_request, record_of, said_in
from tests.support.factories import make_request
from tests.support.patience import PATIENCE_S
from tests.support.recording import recording
from tests.support.shared import shared_json
from webhook_inspector.core.request import Request
from webhook_inspector.export.api import export_records

BIN = Path(sys.executable).parent
pytestmark = pytest.mark.skipif(
    shutil.which("http", path=str(BIN)) is None or shutil.which("sh") is None, reason="needs HTTPie and a shell"
)
KEEPER = """\
#!/bin/sh
number=$(ls "$KEPT" | grep -c args)
printf '%s\\0' "$@" > "$KEPT/$number.args"
cat > "$KEPT/$number.body"
"""
"""Stands in for `http` and keeps what it is given."""


def run(script: bytes, folder: Path, first_on_path: Path) -> subprocess.CompletedProcess[bytes]:
    """Run it at home in an empty folder, with a folder for temporary files that must be empty again afterwards."""
    home, temporary, kept = folder / "home", folder / "tmp", folder / "kept"
    for place in (home, temporary, kept):
        place.mkdir(exist_ok=True)
    path = folder / "export.sh"
    path.write_bytes(script)
    environment = {
        "PATH": f"{first_on_path}:{os.environ['PATH']}",
        "HOME": str(home),
        "TMPDIR": str(temporary),
        "KEPT": str(kept),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "http_proxy": "http://127.0.0.1:9",
    }
    done = subprocess.run(
        ["sh", str(path)],
        cwd=home,
        capture_output=True,
        timeout=PATIENCE_S,
        env=environment,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert [*home.iterdir(), *temporary.iterdir()] == [], "it left a file"
    return done


def assert_runs(requests: list[Request], folder: Path) -> None:
    """The script runs in a shell up to each `http`; these then run together."""
    tools, config = folder / "tools", folder / "config"
    tools.mkdir()
    config.mkdir()
    keeper = tools / "http"
    keeper.write_text(KEEPER)
    keeper.chmod(0o700)
    (config / "config.json").write_text('{"disable_update_warnings": true}')
    with recording() as recorder:
        records = [record_of(request) for request in requests]
        script = export_records(records, "httpie", target=recorder.url, redacted=False)
        assert script.isascii()
        done = run(script, folder, tools)
        assert done.returncode == 0, done.stderr
        environment = {"PATH": os.environ["PATH"], "HTTPIE_CONFIG_DIR": str(config), "HOME": str(folder / "home")}
        done = subprocess.run(
            [sys.executable, "-m", "tests.support.httpie_runner", str(folder / "kept")],
            env=environment | {"PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONUTF8": "1"},
            capture_output=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        sent = recorder.take()
        assert len(sent) == len(requests), done.stderr
        for record, data in zip(records, sent, strict=True):
            said = said_in(export_records([record], "httpie", target=recorder.url, redacted=False).decode())
            assert_sent_or_named(record.delivery.request, data, said)
    assert list((folder / "home").iterdir()) == []


def test_hard_ones(tmp_path: Path) -> None:
    assert_runs(HARD, tmp_path)


def test_corpus(tmp_path: Path) -> None:
    # All targets, headers and methods; of the bodies those that a pipe could change. Each start costs 0.1 s.
    bodies = {"nul", "bad-utf8", "newline", "trailing-newlines", "percent", "empty", "dash", "at-file", "body-128KiB"}
    items = [
        item
        for item in shared_json("corpora/own/exporters/requests.json")["items"]
        if item["id"] in bodies or (item["method"], item["target"], item["headers"]) != ("POST", "/hook", [])
    ]
    assert_runs([corpus_request(item) for item in items], tmp_path)


def test_the_users_own_httpie_is_left_out(tmp_path: Path) -> None:
    # The real command as it is installed: neither its defaults, a proxy nor its look for new releases get in.
    config = tmp_path / "config" / "httpie"
    config.mkdir(parents=True)
    (config / "config.json").write_text('{"default_options": ["--form", "--verbose", "X-Injected:1"]}')
    requests = [make_request(b"\x00\xff{}"), make_request(b"", headers=[("X-At", "@/etc/hostname")])]
    with recording() as recorder:
        script = export_records([record_of(one) for one in requests], "httpie", target=recorder.url, redacted=False)
        done = run(script, tmp_path, BIN)
        assert done.returncode == 0, done.stderr
        first, second = recorder.take()
    assert first.endswith(b"\r\n\r\n\x00\xff{}")
    assert b"X-At: @/etc/hostname\r\n" in second
    assert b"Injected" not in first + second


def test_a_naive_writer_is_caught() -> None:
    # The broken variant: without the backslash HTTPie takes the value for a file's name.
    from httpie.cli.argtypes import KeyValueArgType
    from httpie.cli.constants import SEPARATOR_GROUP_ALL_ITEMS

    # So are words of other kinds in the places of the method and of a header.
    for method, name in (("evil.example", "X"), ("-oPWN", "X"), ("POST", "-oPWN"), ("POST", "--output")):
        request = make_request(b"", method=method, headers=[(name, "1")])
        script = export_records([record_of(request)], "httpie", redacted=False).decode()
        assert "'POST' " in script
        assert not re.search(r"^  '(?:-|evil)", script, re.MULTILINE)
    reader = KeyValueArgType(*SEPARATOR_GROUP_ALL_ITEMS)
    assert reader("X-At:@/etc/hostname").sep == ":@"
    assert (reader("X-At:\\@/etc/hostname").sep, reader("X-At:\\@/etc/hostname").value) == (":", "@/etc/hostname")

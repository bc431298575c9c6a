"""X1 to X5: what leaves does only the one request, holds no secret, overwrites nothing; an import is only read."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import random
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
import time
import urllib.parse
import warnings
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.export import test_curl as curl
from tests.export import test_documents as documents
from tests.export import test_httpie as httpie
from tests.export import test_import_kinds as kinds
from tests.export import test_pytest_module as modules
from tests.export import test_python_modules as pythons
from tests.export.import_samples import SAMPLES
from tests.export.test_names import HOSTILE, assert_plain
from tests.replay.test_rewrite import HOSTILE_TARGETS
from tests.replay.test_rewrite import SAMPLES as REQUESTS
from tests.support.exporting import HARD, corpus_request, record_of
from tests.support.factories import make_request
from tests.support.recording import recording
from tests.support.shared import SHARED, shared_json
from tests.torture.careless_process import PROGRAM
from tests.torture.listeners import ROOT
from tests.torture.results import record
from tests.torture.variants import catches
from webhook_inspector.config.model import Config
from webhook_inspector.core.delivery import Record
from webhook_inspector.core.headers import Headers
from webhook_inspector.core.request import Request
from webhook_inspector.core.secret import Secret
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.errors import InputError
from webhook_inspector.export import api
from webhook_inspector.export.api import Privacy, export_records, formats

pytestmark = pytest.mark.timeout(300)
PRODUCT = ("-m", "webhook_inspector")


def _corpus() -> list[Request]:
    found = [*REQUESTS, *HARD, *(make_request(b"x", target=target) for target in HOSTILE_TARGETS if target)]
    if SHARED.exists():
        found += [corpus_request(item) for item in shared_json("corpora/own/exporters/requests.json")["items"]]
    return found


# -- X1

needs_curl = pytest.mark.skipif(shutil.which("curl") is None or not curl.SHELLS, reason="needs curl and a POSIX shell")


def _curl_runs(folder: Path, requests: Sequence[Request], shells: Sequence[str]) -> int:
    with recording() as recorder:
        for shell in shells:
            for request in requests:
                try:
                    curl.assert_runs_exactly(request, recorder, folder / "empty", shell)
                except (ValueError, subprocess.TimeoutExpired) as error:  # none or several arrived
                    raise AssertionError(f"not the one request: {error}") from None
    return len(requests) * len(shells)


@needs_curl
@pytest.mark.torture
def test_x1_curl_lines_are_run_in_every_shell(tmp_path: Path) -> None:
    record("X1", commands_run=_curl_runs(tmp_path, _corpus(), curl.SHELLS), other_bytes=0)


def _double_quoted(records: Sequence[Record], _name: str, *, target: str, redacted: bool) -> bytes:
    """The broken variant: double quotes, and `-d`."""
    del redacted
    request = records[0].delivery.request
    headers = " ".join(f'-H "{name}: {value}"' for name, value in request.headers.text_pairs())
    url, body = target + request.target.decode("latin-1"), request.body.decode("latin-1")
    line = f'curl -q -X "{request.method}" {headers} -d "{body}" "{url}"\n'
    return line.encode("ascii", "ignore").replace(b"\0", b"")


@needs_curl
@pytest.mark.parametrize("body", [b"@/etc/hostname", b"$(touch PWN)", b"`id`", b"a\nb\n", b"\x00"])
def test_x1_catches_a_naive_writer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: bytes) -> None:
    monkeypatch.setattr(curl, "export_records", _double_quoted)
    caught = catches(lambda: _curl_runs(tmp_path, [make_request(body)], curl.SHELLS[:1]))
    record("X1", caught=caught)


_CONNECT = re.compile(r"sin_port=htons\((\d+)\), sin_addr=inet_addr\(\"([\d.]+)\"")
_OPEN = re.compile(r'openat\([^,]+, "((?:[^"\\]|\\.)*)", ([A-Z_|]+)')


@needs_curl
@pytest.mark.torture
@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_x1_what_a_script_touches(tmp_path: Path) -> None:
    """One script of all of them, watched by the system: no other host, no file written, none of those it names read."""
    home = tmp_path / "home"
    home.mkdir()
    count = 0
    with recording() as recorder:
        requests = _corpus()
        script = tmp_path / "all.sh"
        script.write_bytes(
            export_records([record_of(one) for one in requests], "curl", target=recorder.url, redacted=False)
        )
        trace = tmp_path / "trace"
        command = [
            "strace",
            "-f",
            "-e",
            "trace=connect,openat,unlink,rename,mkdir",
            "-o",
            str(trace),
            "sh",
            str(script),
        ]
        done = subprocess.run(
            command, cwd=home, env={"PATH": os.environ["PATH"], "HOME": str(home)}, capture_output=True, timeout=250,
            check=False,
        )  # fmt: skip
        assert len(recorder.take()) == len(requests), done.stderr[-500:]
        for line in trace.read_text(errors="replace").splitlines():
            assert not re.match(r"\d+ +(unlink|rename|mkdir)", line), line
            count += 1
            if match := _CONNECT.search(line):
                assert (int(match[1]), match[2]) == (recorder.port, "127.0.0.1"), line
            elif match := _OPEN.search(line):
                written = "O_WRONLY" in match[2] or "O_RDWR" in match[2] or "O_CREAT" in match[2]
                assert not written or match[1].startswith(("/dev/null", "/dev/tty")), line
                assert "hostname" not in match[1], line
    assert list(home.iterdir()) == []
    record("X1", system_calls_looked_at=count, elsewhere=0)


@pytest.mark.torture
@pytest.mark.parametrize("name", pythons.FORMATS)
def test_x1_python_modules_are_run(tmp_path: Path, name: str) -> None:
    requests = _corpus()
    pythons.assert_runs(requests, name, tmp_path)
    record("X1", modules_run=len(requests))


@pytest.mark.torture
@pytest.mark.skipif(shutil.which("http", path=str(httpie.BIN)) is None, reason="needs HTTPie")
def test_x1_httpie_lines_are_run(tmp_path: Path) -> None:
    requests = [one for one in _corpus() if len(one.body) < 100_000]
    for start in range(0, len(requests), 40):
        folder = tmp_path / str(start)
        folder.mkdir()
        httpie.assert_runs(requests[start : start + 40], folder)
    record("X1", commands_run=len(requests))


@pytest.mark.torture
@pytest.mark.parametrize("name", [*documents.READERS, "har"])
def test_x1_documents_are_played(name: str) -> None:
    requests = _corpus()
    with recording() as recorder:
        for request in requests:
            if name == "har":
                documents.assert_har(request, recorder)
            else:
                documents.assert_plays(request, recorder, name)
    record("X1", documents_played=len(requests))


# -- X2


def _names() -> list[str]:
    found = [
        *HOSTILE,
        "a\u202eb",
        "é",
        "e\u0301",
        "x" * 400,
        "con.py",
        "a/../../b",
        ".",
        " ",
        "\x1b[2J",
        "test_x",
        "*?",
    ]
    if SHARED.exists():
        found += shared_json("corpora/own/filenames/names.json")["items"]
        for path in sorted((SHARED / "corpora" / "fetched" / "PayloadsAllTheThings").glob("*.txt")):
            found += path.read_text(encoding="utf-8", errors="replace").splitlines()[:150]
    return found


def _exported(folder: Path, name: str, program: Sequence[str] = PRODUCT) -> int:
    """Export deliveries of hostile types, and a hundred of one type, into a folder in which links were planted."""
    log, out, outside = folder / "log.db", folder / "out", folder / "outside"
    for place in (out, outside):
        place.mkdir()
    types = [*_names(), *["same.type"] * 100]
    lines = [
        {"method": "POST", "target": "/in", "headers": [["Content-Type", "application/json"]],
         "body": json.dumps({"id": f"evt_{n}", "type": kind})}
        for n, kind in enumerate(types)
    ]  # fmt: skip
    file = folder / "in.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    with Inspector.open(Config(path=None, log=log), env={}) as inspector:
        count = len(inspector.import_file(file).ids)
    victim = outside / "victim"
    victim.write_text("mine")
    suffix = formats()[name].suffix
    start = "test_" if name == "pytest" else ""
    stem = "same_type" if name == "pytest" else "same.type"
    links = [out / f"{start}{number}{'_' if start else '-'}{stem}{suffix}" for number in (count, count - 1)]
    links[0].symlink_to(victim)
    links[1].symlink_to(outside / "made")
    command = [*program, "export", "method:POST", "--as", name, "--no-redact", "-o", f"{out}/", "--log", str(log)]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(folder)}
    done = subprocess.run(
        ["sh", "-c", 'umask 000; exec "$@"', "sh", sys.executable, *command],
        cwd=folder, env=env, capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert b"Traceback" not in done.stderr, done.stderr[-2000:]
    assert victim.read_text() == "mine", "a link was followed"
    assert not (outside / "made").exists(), "a link was followed"
    done = subprocess.run(
        ["sh", "-c", 'umask 000; exec "$@"', "sh", sys.executable, *command, "--force"],
        cwd=folder, env=env, capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert victim.read_text() == "mine", "a link was followed"
    made = sorted(out.iterdir())
    assert len(made) == count, f"{len(made)} files of {count} deliveries"
    assert len({path.name.lower() for path in made}) == count
    for path in made:
        assert stat.S_IMODE(path.lstat().st_mode) == 0o600, f"{path.name} is open to others"
        assert not path.is_symlink()
        assert_plain(path.name, out) if not name.startswith("pytest") else None
    assert {path.name for path in outside.iterdir()} == {"victim"}
    return count


@pytest.mark.torture
@pytest.mark.skipif(os.name != "posix", reason="modes and links are POSIX")
@pytest.mark.parametrize("name", ["curl", "fixture", "pytest"])
def test_x2_files_stay_in_their_folder(tmp_path: Path, name: str) -> None:
    record("X2", files=_exported(tmp_path, name), outside=0, overwritten=0)


@pytest.mark.torture
@pytest.mark.skipif(os.name != "posix", reason="modes and links are POSIX")
def test_x2_catches_a_writer_that_follows_links(tmp_path: Path) -> None:
    caught = catches(lambda: _exported(tmp_path, "curl", (*PROGRAM, "open-files")), "a link was followed")
    record("X2", caught=caught)


# -- X3

CANARY = 'CANARY/s3cr+t=7fk2 Zz"q'


def _forms(secret: str) -> set[bytes]:
    """The forms in which an export may hold it, in the middle of other bytes too."""
    plain = secret.encode()
    found = {plain, urllib.parse.quote(secret).encode(), urllib.parse.quote_plus(secret).encode(), plain.hex().encode()}
    once = json.dumps(secret)[1:-1]
    found |= {
        once.encode(),
        json.dumps(once)[1:-1].encode(),
        secret.encode("utf-16-le"),
        "".join(f"\\u{ord(char):04x}" for char in secret).encode(),
    }
    for lead in range(3):
        whole = base64.b64encode(b"x" * lead + plain)
        found.add(whole[(lead * 8 + 5) // 6 :].rstrip(b"=")[:-1])
    return found


def _hiding(secret: str) -> list[Request]:
    """A known secret wherever a request can hold one."""
    quoted, escaped = urllib.parse.quote(secret, safe=""), json.dumps(secret)
    inner = json.dumps(json.dumps({"deep": {"v": secret}}))
    coded = base64.b64encode(json.dumps({"v": secret}).encode()).decode()
    every = "".join(f"\\u{ord(char):04x}" for char in secret)
    return [
        make_request(b"{}", headers=[("X-Any", f"a {secret} b"), ("Cookie", f"s={quoted}; t=1")]),
        make_request(b"{}", headers=[("Authorization", "Basic " + base64.b64encode(f"u:{secret}".encode()).decode())]),
        make_request(b"{}", target=f"/hooks/{quoted}?token={quoted}&x={quoted.lower()}".encode()),
        make_request(f'{{"a":{escaped},"b":[{{"c":{escaped}}}],"d":"{every}"}}'.encode()),
        make_request(f'{{"text":{inner},"blob":"{coded}"}}'.encode()),
        make_request(f"a={quoted}&b=1".encode(), headers=[("Content-Type", "application/x-www-form-urlencoded")]),
        make_request(f"<a k='x'>{secret}</a>".encode(), headers=[("Content-Type", "application/xml")]),
        make_request(f"plain text with {secret} in it".encode(), headers=[("Content-Type", "text/plain")]),
        make_request(secret.encode("utf-16"), headers=[("Content-Type", "text/plain; charset=utf-16")]),
        make_request(
            f'--B\r\nContent-Disposition: form-data; name="{quoted}"\r\n\r\n{secret}\r\n--B--\r\n'.encode(),
            headers=[("Content-Type", "multipart/form-data; boundary=B")],
        ),
    ]


def _redacted(names: Sequence[str]) -> tuple[int, int]:
    """Exports that were written, and those that were refused; none that was written holds a secret."""
    privacy = Privacy(secrets=(Secret(CANARY, "env:S"),))
    forms = _forms(CANARY)
    cases = [(request, privacy, forms) for request in _hiding(CANARY)]
    if SHARED.exists():
        for case in shared_json("corpora/own/redaction/cases.json")["items"]:
            given = case["request"]
            request = Request(
                given["method"], given["target"].encode(), Headers.from_text(given["headers"]), given["body"].encode()
            )
            known = (Secret(given["configured_secret"], "env:X"),) if "configured_secret" in given else ()
            wanted = set().union(*(_forms(canary) for canary in case["must_not_appear"]))
            cases.append((request, Privacy(secrets=known), wanted))
    written = refused = 0
    for name in names:
        for request, rules, hidden in cases:
            try:
                data = export_records([record_of(request)], name, privacy=rules)
            except InputError:
                refused += 1
                continue
            written += 1
            left = [form for form in hidden if len(form) > 5 and form in data]
            assert not left, f"{name} holds {left[0]!r}: {request.body[:60]!r}"
    return written, refused


def test_x3_no_export_holds_a_secret() -> None:
    written, refused = _redacted(list(formats()))
    assert written > 20 * refused
    record("X3", exports=written, refused=refused, canaries_left=0)


def test_x3_catches_exports_without_redaction(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "redact", lambda request, **_: (request, ()))
    for request in _hiding(CANARY)[:3]:  # the look at the finished file is the second line
        with pytest.raises(InputError, match="env:S"):
            export_records([record_of(request)], "har", privacy=Privacy(secrets=(Secret(CANARY, "env:S"),)))
    monkeypatch.setattr(api, "leaks", lambda _data, _secrets: [])
    caught = catches(lambda: _redacted(["curl", "har"]), "holds")
    record("X3", caught=caught)


# -- X4

Import = Callable[[bytes], Any]


def _mutated_hars(count: int, read: Import) -> tuple[int, float]:
    rng = random.Random("hars")
    others = list(SAMPLES.values())
    kinds.attempt(SAMPLES["har"], "har")
    kept, slowest = 0, 0.0
    for _ in range(count):
        data = kinds.mutated(rng, SAMPLES["har"], rng.choice(others))
        began = time.perf_counter()
        with kinds.touching_nothing():
            result = read(data)
        slowest = max(slowest, time.perf_counter() - began)
        kept += bool(result and result.deliveries)
    assert slowest < 5
    return kept, slowest


@pytest.mark.torture
def test_x4_ten_thousand_damaged_archives() -> None:
    kept, slowest = _mutated_hars(10_000, lambda data: kinds.attempt(data, "har"))
    assert kept > 500
    record("X4", archives=10_000, with_something_readable=kept, raised=0, slowest_ms=slowest * 1000)


def test_x4_catches_an_importer_that_looks_around() -> None:
    def curious(data: bytes) -> Any:
        if b"postData" in data:
            with open("/etc/hostname", "rb") as file:  # noqa: PTH123 (what an importer must not do)
                file.read()

    caught = catches(lambda: _mutated_hars(50, curious))
    record("X4", caught=caught)


def _state(log: Path, upto: int) -> str:
    with closing(sqlite3.connect(log)) as connection:
        rows = connection.execute(
            "SELECT id, method, target, headers, body, origin, response_status FROM deliveries WHERE id <= ?", (upto,)
        ).fetchall()
    return hashlib.sha256(repr(rows).encode()).hexdigest()


@pytest.mark.torture
def test_x4_what_was_there_stays_as_it_was(tmp_path: Path) -> None:
    rng = random.Random("log")
    log = tmp_path / "log.db"
    with Inspector.open(Config(path=None, log=log), env={}) as inspector:
        first = inspector.import_data(SAMPLES["har"], "first.har").ids
        before = _state(log, max(first))
        brought = 0
        for number in range(200):
            kind = rng.choice(list(SAMPLES))
            data = kinds.mutated(rng, SAMPLES[kind], SAMPLES["har"])
            try:
                report = inspector.import_data(data, f"{number}.file")
            except InputError:
                continue
            brought += len(report.ids)
        assert _state(log, max(first)) == before
        assert inspector.count() == len(first) + brought
        assert inspector.attempts(first[0]) == []
    record("X4", imports_into_a_log=200, other_deliveries_changed=0)


# -- X5


def _compiles(modules_: Sequence[bytes]) -> int:
    for module in modules_:
        assert module.isascii(), "not ASCII"
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                compile(module, "export.py", "exec")
            except (SyntaxError, Warning) as error:
                raise AssertionError(f"it does not compile: {error}") from None
    return len(modules_)


def _modules(write: Callable[[Request], bytes]) -> list[bytes]:
    rng = random.Random(5)
    requests = _corpus()
    for _ in range(300):
        body = rng.choice([rng.randbytes(300), b"'''\"\"\"\\" * 3, b"\\N{x}\\u12", b"\r\n\t\0" * 9, "é\u2028".encode()])
        requests.append(make_request(body, target=rng.randbytes(20), headers=[("X", "\\d'" + '"')]))
    return [write(request) for request in requests]


def test_x5_modules_compile_without_a_warning(tmp_path: Path) -> None:
    names = ("pytest", "python", "python-aiohttp")
    count = 0
    for name in names:
        made = _modules(lambda request, name=name: export_records([record_of(request)], name, redacted=False))  # type: ignore[misc]
        count += _compiles(made)
    record("X5", modules=count)


@pytest.mark.torture
def test_x5_the_whole_corpus_runs_under_warnings_as_errors(tmp_path: Path) -> None:
    requests = _corpus()
    with recording() as recorder:
        module = export_records([record_of(one) for one in requests], "pytest", target=recorder.url, redacted=False)
        file = tmp_path / "test_export.py"
        file.write_bytes(module)
        done = modules.run(file, WEBHOOK_TARGET=recorder.url)
        assert done.returncode == 0, done.stdout[-3000:]
        assert len(recorder.take()) == len(requests)
    record("X5", tests_run=len(requests))


def test_x5_catches_a_writer_that_pastes() -> None:
    def pasted(request: Request) -> bytes:
        return b"BODY = '''" + request.body + b"'''\n"

    caught = catches(lambda: _compiles(_modules(pasted)))
    record("X5", caught=caught)

"""The main job through the command line, as a user runs it: capture, find, show, verify, diff, replay."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.patience import PATIENCE_S
from tests.support.recording import recording, split_request
from tests.support.shared import shared_jsonl
from webhook_inspector.core.clock import SystemClock
from webhook_inspector.store.log import Log


def whi(log: Path, *words: str, check: int | None = 0) -> subprocess.CompletedProcess[bytes]:
    """Run one command of the program on a log."""
    command = [sys.executable, "-m", "webhook_inspector", "--log", str(log), *words]
    result = subprocess.run(command, capture_output=True, timeout=PATIENCE_S, check=False)
    if check is not None:
        assert result.returncode == check, result.stderr.decode()
    assert b"Traceback" not in result.stderr
    return result


def lines(result: subprocess.CompletedProcess[bytes]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


@contextmanager
def listening(log: Path, *words: str) -> Iterator[str]:
    """A headless listener on a free port; gives its address."""
    command = [sys.executable, "-m", "webhook_inspector", "--log", str(log), "listen", "--port", "0", "--json", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        assert first["type"] == "listening"
        try:
            yield first["url"]
            _until_analysed(log)
        finally:
            process.terminate()
            process.communicate(timeout=PATIENCE_S)


def _until_analysed(log: Path) -> None:
    """Wait for the facts: a listener that is told to end leaves to the next one what takes it too long."""
    until = time.monotonic() + PATIENCE_S
    reader = Log.open(log, clock=SystemClock(), readonly=True)
    try:
        while reader.unanalysed_ids(0, 1):
            assert time.monotonic() < until, "the facts never came"
            time.sleep(0.02)
    finally:
        reader.close()


def post(url: str, path: str, headers: dict[str, str], body: bytes) -> int:
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=PATIENCE_S)
    try:
        connection.request("POST", path, body=body, headers=headers)
        response = connection.getresponse()
        response.read()
        return response.status
    finally:
        connection.close()


def _payloads(limit: int) -> list[tuple[str, str, dict[str, str], bytes]]:
    """(provider, event type, headers, body) of real payloads."""
    result = []
    for name in ("data/github_octokit.jsonl", "data/shopify_hookdeck.jsonl"):
        rows = shared_jsonl(name)
        for row in rows[:: max(1, len(rows) // limit)]:
            headers = {key: value for key, value in row["headers"].items() if key.lower() not in _FRAMING}
            body = json.dumps(row["body"], ensure_ascii=False, separators=(",", ":")).encode()
            result.append((row["provider"], row["event_type"], {"Content-Type": "application/json", **headers}, body))
    return result


_FRAMING = {"content-length", "connection", "accept-encoding", "host", "transfer-encoding", "content-type"}


def test_real_payloads_are_kept_recognised_and_found(tmp_path: Path) -> None:
    payloads = _payloads(100)
    log = tmp_path / "log.db"
    with listening(log) as url:
        for _, _, headers, body in payloads:
            assert post(url, "/in", headers, body) == 200
    kept = lines(whi(log, "list", "--json", "--limit", "100000"))[::-1]
    assert [row["body_sha256"] for row in kept] == [hashlib.sha256(body).hexdigest() for *_, body in payloads]
    assert [row["provider"] for row in kept] == [provider for provider, *_ in payloads]
    assert [row["event"]["type"] for row in kept] == [event for _, event, *_ in payloads]
    provider, event, _, body = payloads[-1]
    found = lines(whi(log, "list", f"provider:{provider} type:{event}", "--json", "--limit", "100000"))
    assert kept[-1]["id"] in [row["id"] for row in found]
    assert whi(log, "show", str(kept[-1]["id"]), "--body").stdout == body


def test_replay_with_duplicates_delay_and_reorder_is_the_same_for_a_seed(tmp_path: Path) -> None:
    log = tmp_path / "log.db"
    bodies = [f'{{"id":"evt_{n}","type":"invoice.paid","n":{n}}}'.encode() for n in range(6)]
    with listening(log) as url:
        for body in bodies:
            assert post(url, "/in?x=1", {"Content-Type": "application/json", "Stripe-Signature": "t=1"}, body) == 200
    options = ["--duplicate", "0.5", "--delay", "0-60ms", "--reorder", "3", "--seed", "42"]
    plans = [whi(log, "replay", "source:default", "--to", "http://127.0.0.1:9", "--dry-run", "--json", *options).stdout]
    plans.append(
        whi(log, "replay", "source:default", "--to", "http://127.0.0.1:9", "--dry-run", "--json", *options).stdout
    )
    assert plans[0] == plans[1]
    planned = [json.loads(line) for line in plans[0].splitlines()]
    assert {row["type"] for row in planned} == {"planned"}
    assert len(planned) > len(bodies)
    with recording() as target:
        result = lines(whi(log, "replay", "source:default", "--to", target.url, "--json", *options))
        received = [split_request(data) for data in target.take()]
    attempts, verdict = result[:-1], result[-1]
    assert [(row["n"], row["delivery"]) for row in sorted(attempts, key=lambda row: row["n"])] == [
        (row["n"], row["delivery"]) for row in planned
    ]
    assert [body for *_, body in received] == [bodies[row["delivery"] - 1] for row in planned]
    assert {target for _, target, _, _ in received} == {b"/in?x=1"}
    assert verdict["type"] == "verdict"
    assert verdict["seed"] == 42
    assert verdict["holds"] is True


def test_a_failing_handler_gives_exit_code_1_and_names_the_check(tmp_path: Path) -> None:
    log = tmp_path / "log.db"
    with listening(log) as url:
        post(url, "/", {}, b"{}")
    with recording(status=500) as target:
        result = lines(whi(log, "replay", "1", "--to", target.url, "--json", check=1))
    assert result[0]["outcome"] == "responded"
    assert result[0]["failure"] == "transient"
    assert result[-1]["holds"] is False
    failed = [check["name"] for check in result[-1]["checks"] if check["holds"] is False]
    assert "expect-2xx" in failed


def test_signed_samples_verify_and_a_changed_byte_is_explained(tmp_path: Path) -> None:
    log = tmp_path / "log.db"
    secret = "whsec_end_to_end_test_secret"
    config = tmp_path / "webhook-inspector.toml"
    config.write_text(
        f'[sources.stripe]\npath = "/stripe"\nprovider = "stripe"\nsecrets = ["{secret}"]\n', encoding="utf-8"
    )
    with listening(log, "--config", str(config)) as url:
        whi(log, "--config", str(config), "send", "stripe", "invoice.paid", "--to", f"{url}/stripe")
        row = lines(whi(log, "show", "1", "--json"))[0]
        body = base64.b64decode(row["body_base64"])
        headers = {name: value for name, value in row["headers"] if name.lower() not in _FRAMING}
        post(url, "/stripe", headers, body + b"\n")
    good, bad = lines(whi(log, "--config", str(config), "verify", "source:stripe", "--json", check=1))[:2]
    by_id = {good["id"]: good, bad["id"]: bad}
    assert by_id[1]["status"] == "valid"
    assert by_id[2]["status"] == "invalid"
    assert "newline" in " ".join([by_id[2]["explanation"], *by_id[2]["matches_if"]])
    assert secret.encode() not in whi(log, "--config", str(config), "config", "show").stdout
    differs = lines(whi(log, "diff", "1", "2", "--json", check=None))
    assert all(change["type"] != "error" for change in differs)


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["show", "7"], 2, b"7"),
        (["list", "typ:x"], 2, b"type"),
        (["replay", "1", "--to", "http://example.com/"], 2, b"--allow-remote"),
        (["replay", "--to", "http://127.0.0.1:9", "--plan", "/nowhere.json"], 2, b"nowhere"),
        (["verify", "--requests", "/nowhere.json"], 2, b"nowhere"),
        (["export", "1", "--as", "nonsense"], 2, b"curl"),
        (["listen", "--port", "70000"], 2, b"70000"),
        (["nonsense"], 2, b"nonsense"),
    ],
)
def test_bad_input_is_one_sentence_and_the_right_exit_code(
    tmp_path: Path, words: list[str], code: int, says: bytes
) -> None:
    log = tmp_path / "log.db"
    source = tmp_path / "in.jsonl"
    source.write_text('{"method":"POST","target":"/x","headers":[],"body":"{}"}\n', encoding="utf-8")
    whi(log, "import", str(source))
    result = whi(log, *words, check=code)
    assert says in result.stderr
    assert result.stdout == b""


def test_a_log_that_is_no_log_is_left_alone(tmp_path: Path) -> None:
    foreign = tmp_path / "notes.txt"
    foreign.write_bytes(b"these are my notes\n" * 100)
    for words in (["list"], ["listen", "--port", "0"]):
        result = whi(foreign, *words, check=3)
        assert b"notes.txt" in result.stderr
    assert foreign.read_bytes() == b"these are my notes\n" * 100

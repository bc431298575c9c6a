"""`import`, `list`, `show`, `verify`, `diff` and `export` on a real log."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from tests.cli.support import Cli

SECRET = "whsec_for_tests_only"
T0 = 1_795_000_000
DELIVERY_KEYS = {
    "type", "id", "received_at", "source", "provider", "method", "target", "http_version", "remote", "headers",
    "body_size", "body_sha256", "refused", "event", "verification", "duplicate_of", "retry_of", "late", "state",
    "response", "attempts",
}  # fmt: skip
VERIFICATION_KEYS = {
    "type", "id", "provider", "scheme", "status", "valid", "reason", "explanation", "matches_if", "covers_body",
    "skew_seconds", "valid_now",
}  # fmt: skip


def stripe(event: dict[str, Any], *, at: int = T0, secret: str = SECRET) -> dict[str, Any]:
    body = json.dumps(event)
    digest = hmac.new(secret.encode(), f"{at}.{body}".encode(), hashlib.sha256).hexdigest()
    return {
        "method": "POST",
        "target": "/stripe?x=1",
        "headers": [["Content-Type", "application/json"], ["Stripe-Signature", f"t={at},v1={digest}"]],
        "body": body,
        "received_at": "2026-11-18T11:06:40Z",
        "source": "stripe",
    }


def paid(number: int, amount: object = 100) -> dict[str, Any]:
    return {
        "id": f"evt_{number}",
        "object": "event",
        "type": "invoice.paid",
        "created": T0,
        "data": {"object": {"id": f"in_{number}", "amount_paid": amount}},
    }


@pytest.fixture
def log(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Four deliveries: two invoices, the first again, and one that nobody knows."""
    path = tmp_path / "log.db"
    monkeypatch.setenv("WEBHOOK_INSPECTOR_LOG", str(path))
    lines = [
        stripe(paid(1)),
        stripe(paid(2, "100"), secret="another secret, the wrong one"),
        stripe(paid(1)),
        {
            "method": "PUT",
            "target": "/other",
            "headers": [],
            "body_base64": base64.b64encode(b"\x00\xff\x1b[2J").decode(),
        },
    ]
    file = tmp_path / "in.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    ran = cli("import", str(file))
    assert ran.code == 0, ran.err
    assert ran.lines == ["1", "2", "3", "4"]
    return path


@pytest.mark.usefixtures("log")
def test_list_is_newest_first_with_the_keys_of_the_contract(cli: Cli) -> None:
    ran = cli("list", "--json")
    assert ran.code == 0
    assert [record["id"] for record in ran.records] == [4, 3, 2, 1]
    first = ran.records[-1]
    assert first.keys() >= DELIVERY_KEYS
    assert "body_base64" not in first
    assert first["verification"].keys() >= VERIFICATION_KEYS
    assert first["event"].keys() == {"type", "id", "time", "attempt"}
    assert (first["provider"], first["event"]["type"], first["event"]["id"]) == ("stripe", "invoice.paid", "evt_1")
    assert first["received_at"] == "2026-11-18T11:06:40.000000Z"
    assert ran.records[1]["duplicate_of"] == 1
    assert [record["id"] for record in cli("list", "--limit", "2", "--json").records] == [4, 3]


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize(
    ("words", "ids"),
    [
        (["provider:stripe"], [3, 2, 1]),
        (["-provider:stripe"], [4]),
        (["type:invoice.*", "-dup:yes"], [2, 1]),
        (["type:invoice.paid", "id:evt_2"], [2]),
        (["last:2"], [4, 3]),
        (["last"], [4]),
        (["3"], [3]),
        (["method:PUT or dup:yes"], [4, 3]),
        (["method:PUT or dup:yes", "provider:stripe"], [3]),
        (["type:nothing"], []),
    ],
)
def test_list_takes_filters(cli: Cli, words: list[str], ids: list[int]) -> None:
    ran = cli("list", *words, "--json")
    assert ran.code == 0, ran.err
    assert [record["id"] for record in ran.records] == ids


@pytest.mark.usefixtures("log")
def test_list_as_text_is_one_line_a_delivery(cli: Cli) -> None:
    lines = cli("list").lines
    assert len(lines) == 4
    assert lines[1].split()[0] == "3"
    assert " of 1" in lines[1]
    assert "invoice.paid" in lines[1]
    columns = {line.index(word) for line, word in zip(lines, ("PUT", "POST", "POST", "POST"), strict=True)}
    assert len(columns) == 1, "columns are aligned"


@pytest.mark.usefixtures("log")
def test_a_bad_query_is_one_sentence(cli: Cli) -> None:
    for command in ("list", "tail", "verify", "show", "replay"):
        more = ["--to", "http://127.0.0.1:1"] if command == "replay" else []
        ran = cli(command, "tpye:x", *more)
        assert ran.code == 2
        assert "type" in ran.sentence()


def test_no_log_is_exit_3_and_none_is_made(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "none.db"
    for arguments in (
        ("list",),
        ("show", "1"),
        ("verify",),
        ("tail",),
        ("diff", "1", "2"),
        ("export", "1", "--as", "raw"),
    ):
        ran = cli(*arguments, "--log", str(path))
        assert ran.code == 3, arguments
        assert str(path) in ran.sentence()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("log")
def test_show_body_is_exact(cli: Cli) -> None:
    assert cli("show", "4", "--body").out == b"\x00\xff\x1b[2J"
    assert cli("show", "1", "--body").out == json.dumps(paid(1)).encode()
    raw = cli("show", "1", "--raw").out
    assert raw.startswith(b"POST /stripe?x=1 HTTP/1.1\r\nContent-Type: application/json\r\n")
    assert raw.endswith(b"\r\n\r\n" + json.dumps(paid(1)).encode())


@pytest.mark.usefixtures("log")
def test_show_json_has_everything(cli: Cli) -> None:
    (record,) = cli("show", "4", "--json").records
    assert base64.b64decode(record["body_base64"]) == b"\x00\xff\x1b[2J"
    assert record["body_sha256"] == hashlib.sha256(b"\x00\xff\x1b[2J").hexdigest()
    assert record["body_size"] == 6


@pytest.mark.usefixtures("log")
def test_show_as_text(cli: Cli) -> None:
    text = cli("show", "1").out.decode()
    for words in ("#1  invoice.paid", "POST /stripe?x=1", "Stripe-Signature: t=", "Body  json", '"amount_paid": 100'):
        assert words in text
    assert "\x1b" not in cli("show", "last").out.decode()
    assert "Body  hex" in cli("show", "1", "--view", "hex").out.decode()


@pytest.mark.usefixtures("log")
def test_show_needs_one_delivery(cli: Cli) -> None:
    assert "names 3 deliveries" in cli("show", "provider:stripe").sentence()
    assert "no delivery 99" in cli("show", "99").sentence()
    assert cli("show", "type:none").code == 2


@pytest.mark.usefixtures("log")
def test_verify_says_what_holds(cli: Cli) -> None:
    good = cli("verify", "1", "3", "--secret", SECRET, "--json")
    assert good.code == 0
    assert [record["status"] for record in good.records] == ["valid", "valid"]
    assert good.records[0].keys() >= VERIFICATION_KEYS
    both = cli("verify", "provider:stripe", "--secret", SECRET)
    assert both.code == 1
    assert "✓ valid" in both.lines[0]
    assert "✗ invalid" in both.lines[1]
    assert SECRET not in both.out.decode()
    none = cli("verify", "1", "--json")
    assert (none.code, none.records[0]["status"]) == (1, "no_secret")
    several = cli("verify", "1", "--secret", "other", "--secret", SECRET)
    assert several.code == 0


@pytest.mark.usefixtures("log")
def test_verify_explains_without_telling_the_signature(cli: Cli) -> None:
    ran = cli("verify", "2", "--secret", SECRET, "--explain")
    text = ran.out.decode()
    expected = stripe(paid(2, "100"))["headers"][1][1].partition("v1=")[2]
    assert ran.code == 1
    assert "signed" in text
    assert "reason" in text
    assert expected not in text, "a correct signature is only for a person's own screen"


@pytest.mark.usefixtures("log")
def test_verify_refuses_what_it_does_not_know(cli: Cli) -> None:
    assert "stripe" in cli("verify", "1", "--provider", "strpe").sentence()
    assert "stripe-v1" in cli("verify", "1", "--scheme", "nope").sentence()


def test_verify_requests_of_a_file(cli: Cli, tmp_path: Path) -> None:
    sent = stripe(paid(1))
    item = {
        "id": "a",
        "provider": "stripe",
        "secret": SECRET,
        "method": "POST",
        "url": "https://example.test/stripe?x=1",
        "headers": dict(sent["headers"]),
        "body_base64": base64.b64encode(sent["body"].encode()).decode(),
        "now_epoch": T0 + 5,
    }
    file = tmp_path / "requests.json"
    file.write_text(json.dumps([item, item | {"id": "b", "secret": "wrong"}]))
    ran = cli("verify", "--requests", str(file), "--json")
    assert ran.code == 1
    assert [(record["id"], record["status"]) for record in ran.records] == [("a", "valid"), ("b", "invalid")]
    file.write_text(json.dumps(item))
    assert cli("verify", "--requests", str(file)).code == 0
    file.write_text("{")
    broken = cli("verify", "--requests", str(file))
    assert broken.code == 2
    assert "requests.json" in broken.sentence()


@pytest.mark.usefixtures("log")
def test_diff(cli: Cli) -> None:
    same = cli("diff", "1", "3", "--json")
    assert same.code == 0
    assert same.records[-1]["type"] == "verdict"
    assert same.records[-1]["differs"] is False
    other = cli("diff", "1", "2", "--json")
    assert other.code == 1
    changes = [record for record in other.records if record["type"] == "change"]
    assert "$.data.object.amount_paid" in {change["path"] for change in changes}
    assert all(change.keys() >= {"type", "path", "kind", "before", "after"} for change in changes)
    everything = cli("diff", "1", "2", "--all", "--json")
    assert len(everything.records) >= len(other.records)
    text = cli("diff", "1", "2")
    assert text.code == 1
    assert "amount_paid" in text.out.decode()
    assert cli("diff", "1", "99").code == 2


@pytest.mark.usefixtures("log")
def test_export(cli: Cli, tmp_path: Path) -> None:
    ran = cli("export", "1", "--as", "curl")
    assert ran.code == 0
    assert b"curl" in ran.out
    raw = cli("export", "4", "--as", "raw", "--no-redact").out
    assert raw.endswith(b"\x00\xff\x1b[2J")
    assert "curl" in cli("export", "1", "--as", "crul").sentence()
    path = tmp_path / "out.http"
    assert cli("export", "4", "--as", "raw", "--no-redact", "-o", str(path)).code == 0
    assert path.read_bytes() == raw
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_bytes(b"mine")
    refused = cli("export", "1", "--as", "curl", "-o", str(path))
    assert refused.code == 2
    assert "--force" in refused.sentence()
    assert path.read_bytes() == b"mine"
    assert cli("export", "1", "--as", "curl", "-o", str(path), "--force").code == 0
    assert b"curl" in path.read_bytes()
    assert sorted(entry.name for entry in tmp_path.iterdir() if entry.name.startswith(".")) == []


@pytest.mark.usefixtures("log")
def test_a_forced_export_replaces_a_link_instead_of_following_it(cli: Cli, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("keep me")
    link = tmp_path / "link"
    link.symlink_to(precious)
    assert cli("export", "1", "--as", "curl", "-o", str(link)).code == 2
    assert cli("export", "1", "--as", "curl", "-o", str(link), "--force").code == 0
    assert precious.read_text() == "keep me"
    assert not link.is_symlink()


def test_import_names_what_it_leaves_out(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text('{"method":"POST","target":"/","headers":[],"body":"x"}\nnot json\n')
    ran = cli("import", str(file), "--log", str(tmp_path / "l.db"), "--json")
    assert ran.code == 0
    assert [record["type"] for record in ran.records] == ["imported", "skipped"]
    assert "left out" in ran.err
    for content in (b"", b"\x00\xff"):
        file.write_bytes(content)
        bad = cli("import", str(file), "--log", str(tmp_path / "l.db"))
        assert bad.code == 2
        assert "in.jsonl" in bad.err
    assert cli("import", str(tmp_path / "none"), "--log", str(tmp_path / "l.db")).code == 2


def test_a_round_trip_through_a_fixture(cli: Cli, log: Path, tmp_path: Path) -> None:
    file = tmp_path / "paid.json"
    assert cli("export", "1", "--as", "fixture", "--no-redact", "-o", str(file)).code == 0
    ran = cli("import", str(file), "--log", str(tmp_path / "two.db"))
    assert (ran.code, ran.lines) == (0, ["1"])
    body = cli("show", "1", "--body", "--log", str(tmp_path / "two.db")).out
    assert body == cli("show", "1", "--body", "--log", str(log)).out


@pytest.mark.parametrize("kind", ["foreign", "folder", "unreadable-parent"])
def test_a_log_that_cannot_be_opened(cli: Cli, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x.db"
    if kind == "foreign":
        path.write_bytes(b"GIF89a" + bytes(5000))
    elif kind == "folder":
        path.mkdir()
    else:
        (tmp_path / "file").write_text("x")
        path = tmp_path / "file" / "x.db"
    for arguments in (("list",), ("listen", "--port", "0"), ("import", "x")):
        ran = cli(*arguments, "--log", str(path))
        assert ran.code == 3, (arguments, ran.err)
        assert ran.out == b""
        ran.sentence()

"""`secrets`: what is kept is found again, and never shown."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from tests.cli.support import Cli
from tests.support.factories import make_request
from tests.support.memory_keyring import MemoryKeyring, desktop
from tests.support.pty_app import PtyApp
from webhook_inspector.adapters.keyring import SERVICE
from webhook_inspector.config import paths
from webhook_inspector.core.headers import decode_header
from webhook_inspector.core.secret import Secret
from webhook_inspector.providers.load import builtin
from webhook_inspector.signing import sign

CANARY = "whsec_" + "Y2FuYXJ5LWNhbmFyeS1jYW5hcnk="


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What stands on stdin, which is no terminal: the last entry."""
    texts: list[bytes] = []

    class Stdin(io.TextIOWrapper):
        @property
        def buffer(self) -> io.BytesIO:
            return io.BytesIO(texts[-1])

    monkeypatch.setattr("sys.stdin", Stdin(io.BytesIO()))
    return texts


def test_from_a_pipe_into_a_file(cli: Cli, pipe: list[bytes]) -> None:
    pipe.append(CANARY.encode() + b"\r\n")
    refused = cli("secrets", "set", "pay")
    assert refused.code == 2
    assert "--in file" in refused.sentence()
    kept = cli("secrets", "set", "pay", "--in", "file")
    assert kept.code == 0
    assert b'secrets = ["keyring:pay"]' in kept.out
    assert paths.secrets_folder().joinpath("pay").read_bytes() == CANARY.encode()
    # Agreed once is enough.
    assert cli("secrets", "set", "other").code == 0
    assert b"Replaced" in cli("secrets", "set", "other").out
    rows = cli("secrets", "list", "--json").records
    assert [(row["reference"], row["place"], row["value"], row["problem"]) for row in rows] == [
        ("keyring:other", "file", f"…{CANARY[-4:]}", None),
        ("keyring:pay", "file", f"…{CANARY[-4:]}", None),
    ]
    assert cli("secrets", "remove", "other").code == 0
    assert cli("secrets", "remove", "other").code == 2
    assert [row["reference"] for row in cli("secrets", "list", "--json").records] == ["keyring:pay"]


@pytest.mark.parametrize("text", [b"", b"\n", b"  \n", b"\xff\xfe", b"x" * 70_000])
def test_what_is_no_secret_is_refused(cli: Cli, pipe: list[bytes], text: bytes) -> None:
    pipe.append(text)
    refused = cli("secrets", "set", "pay", "--in", "file")
    assert refused.code == 2
    assert "nothing was kept" in refused.sentence()
    assert cli("secrets", "list", "--json").records == []


def test_the_desktop_keyring_is_taken_where_there_is_one(cli: Cli, pipe: list[bytes]) -> None:
    pipe.append(CANARY.encode())
    with desktop(MemoryKeyring()) as ring:
        kept = cli("secrets", "set", "pay", "--json")
        assert kept.records == [
            {"type": "secret_kept", "reference": "keyring:pay", "place": "keyring"}
            | {"value": f"…{CANARY[-4:]}", "replaced": False}
        ]
        assert ring.kept == {(SERVICE, "pay"): CANARY}
        assert cli("secrets", "list", "--json").records[0]["place"] == "keyring"
        assert "keyring" in cli("doctor").out.decode()
        assert cli("secrets", "remove", "pay").code == 0
        assert ring.kept == {}


def test_a_kept_secret_verifies_and_is_shown_nowhere(
    cli: Cli, pipe: list[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "webhook-inspector.toml").write_text(
        f'log = "log.db"\n[sources.pay]\nprovider = "standard-webhooks"\nsecrets = ["keyring:pay", "env:OLD"]\n'
        f'[sources.bad]\nsecrets = ["{CANARY}", "keyring:none"]\n',
        encoding="utf-8",
    )
    monkeypatch.setenv("OLD", CANARY + "old")
    pipe.append(CANARY.encode())
    outputs = [cli("secrets", "set", "pay", "--in", "file")]
    assert b"Used by pay" in outputs[0].out
    provider = builtin()["standard-webhooks"]
    signed = sign(make_request(b'{"type":"a"}'), provider, Secret(CANARY), now_ns=1_795_000_000 * 10**9)
    headers = "".join(f"{decode_header(name)}: {decode_header(value)}\n" for name, value in signed.headers)
    (tmp_path / "in.jsonl").write_text(
        '{"method":"POST","target":"/pay","headers":['
        + ",".join(f'["{line.split(": ")[0]}","{line.split(": ")[1]}"]' for line in headers.splitlines())
        + '],"body":"{\\"type\\":\\"a\\"}","received_at":"2026-11-18T11:06:40Z"}\n',
        encoding="utf-8",
    )
    assert cli("import", "in.jsonl").code == 0
    verified = cli("verify", "1", "--json")
    assert (verified.code, verified.records[0]["status"]) == (0, "valid")
    assert cli("verify", "1", "--secret", "keyring:pay").code == 0
    outputs += [
        verified,
        cli("verify", "1", "--explain"),
        cli("verify", "1", "--secret", "keyring:nope"),
        cli("show", "1"),
        cli("show", "1", "--json"),
        cli("config", "show"),
        cli("config", "show", "--json"),
        cli("doctor"),
        cli("secrets", "list"),
        cli("secrets", "list", "--json"),
        cli("export", "1", "--as", "curl"),
        cli("secrets", "remove", "pay"),
        cli("list"),
    ]
    for ran in outputs:
        assert CANARY[6:-5] not in ran.out.decode() + ran.err
    assert "No secret is kept under the name none" in outputs[8].out.decode()
    assert "still names keyring:pay" in outputs[-2].err


def test_from_an_endpoint_check(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "webhook-inspector.toml").write_text(
        'log = "log.db"\n[sources.asana]\nprovider = "asana"\n', encoding="utf-8"
    )
    (tmp_path / "in.jsonl").write_text(
        f'{{"method":"POST","target":"/asana","source":"asana","headers":[["X-Hook-Secret","{CANARY}"]],"body":""}}\n'
        '{"method":"POST","target":"/asana","source":"asana","headers":[],"body":"{}"}\n',
        encoding="utf-8",
    )
    assert cli("import", "in.jsonl").code == 0
    kept = cli("secrets", "set", "asana", "--from-delivery", "1", "--in", "file")
    assert kept.code == 0, kept.err
    assert paths.secrets_folder().joinpath("asana").read_text(encoding="utf-8") == CANARY
    assert "handed over no secret" in cli("secrets", "set", "asana", "--from-delivery", "2").sentence()


@pytest.mark.skipif(os.name != "posix", reason="pseudo terminals")
def test_a_person_is_asked_once_and_nothing_is_echoed() -> None:
    environment = {"XDG_DATA_HOME": os.environ["XDG_DATA_HOME"], "NO_COLOR": "1"}

    def typed(*texts: str) -> bytes:
        with PtyApp(["-m", "webhook_inspector", "secrets", "set", "pay"], env=environment) as app:
            for question, text in zip(texts[::2], texts[1::2], strict=True):
                app.until(question)
                app.press(text + "\n")
            app.wait()
            return bytes(app.output)

    assert b"nothing was kept" in typed("[y/N]", "n")
    shown = typed("[y/N]", "y", "not shown", CANARY)
    assert b"Kept pay" in shown
    assert CANARY.encode() not in shown
    assert b"Replaced pay" in typed("not shown", CANARY + "2")
    assert paths.secrets_folder().joinpath("pay").read_text(encoding="utf-8") == CANARY + "2"

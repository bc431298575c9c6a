"""`export`: every format, one file or one a delivery, and where it is sent to."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from tests.cli.support import Cli
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.export.api import formats


@pytest.fixture
def log(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "log.db"
    monkeypatch.setenv("WEBHOOK_INSPECTOR_LOG", str(path))
    monkeypatch.chdir(tmp_path)
    lines: list[dict[str, Any]] = [
        {"target": "/stripe?x=1", "body": '{"id":"evt_1","object":"event","type":"invoice.paid","data":{"object":{}}}'},
        {
            "target": "/../../PWN",
            "headers": [["X-GitHub-Event", "../../PWN"], ["X-GitHub-Delivery", "1"]],
            "body": "{}",
        },
        {"target": "/hooks/very-secret-path", "method": "PUT", "body": "plain"},
    ]
    file = tmp_path / "in.jsonl"
    file.write_text("".join(json.dumps({"method": "POST", "headers": []} | line) + "\n" for line in lines))
    assert cli("import", str(file)).code == 0
    return path


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize("name", formats())
def test_every_format(cli: Cli, name: str) -> None:
    ran = cli("export", "1", "2", "3", "--as", name)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out


def test_help_names_every_format(cli: Cli) -> None:
    # Long lines are broken at spaces and after hyphens.
    text = "".join(cli("export", "--help").out.decode().split())
    assert f"Oneof{','.join(formats())}." in text


@pytest.mark.usefixtures("log")
def test_one_file_a_delivery(cli: Cli, tmp_path: Path) -> None:
    ran = cli("export", "1", "2", "3", "--as", "http", "-o", "out/")
    assert ran.code == 0
    assert "3 deliveries written to out/." in ran.err
    folder = tmp_path / "out"
    names = sorted(path.name for path in folder.iterdir())
    assert names[0] == "1-invoice.paid.http"
    assert names[2] == "3-PUT.http", "a path, which may hold a secret, is not in a name"
    assert all(name.endswith(".http") and ".." not in name for name in names)
    assert b"very-secret-path" in (folder / names[2]).read_bytes()
    if os.name == "posix":
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE((folder / names[0]).stat().st_mode) == 0o600
    # An existing folder needs no slash; what is there stays, and then nothing at all is written.
    (folder / names[0]).unlink()
    (folder / names[1]).write_bytes(b"mine")
    refused = cli("export", "1", "2", "--as", "http", "-o", "out")
    assert refused.code == 2
    assert "--force" in refused.sentence()
    assert not (folder / names[0]).exists()
    assert (folder / names[1]).read_bytes() == b"mine"
    assert cli("export", "1", "2", "--as", "http", "-o", "out", "--force").code == 0
    assert (folder / names[0]).exists()
    assert (folder / names[1]).read_bytes() != b"mine"


@pytest.mark.usefixtures("log")
@pytest.mark.skipif(os.name != "posix", reason="needs links")
def test_a_link_is_neither_followed_nor_taken_for_a_free_name(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "1-invoice.paid.sh").symlink_to(tmp_path / "precious")
    assert cli("export", "1", "--as", "curl", "-o", "out").code == 2
    assert cli("export", "1", "--as", "curl", "-o", "out", "--force").code == 0
    assert not (tmp_path / "precious").exists()


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize("place", ["in.jsonl/", "no/such/", "a\0b/"])
def test_a_folder_that_cannot_be_made(cli: Cli, place: str) -> None:
    assert "choose another place" in cli("export", "1", "--as", "raw", "-o", place).sentence()


@pytest.mark.usefixtures("log")
def test_to(cli: Cli) -> None:
    assert b"http://localhost:3000/stripe?x=1" in cli("export", "1", "--as", "curl").out
    assert b"http://127.0.0.1:9/stripe?x=1" in cli("export", "1", "--as", "curl", "--to", "http://127.0.0.1:9").out
    assert b"http://127.0.0.1:9/h?x=1" in cli("export", "1", "--as", "httpie", "--to", "http://127.0.0.1:9/h").out
    assert "is not a target" in cli("export", "1", "--as", "curl", "--to", "file:///etc").sentence()


@pytest.mark.usefixtures("log")
def test_an_unknown_format_is_told_with_the_known_ones(cli: Cli) -> None:
    assert "python-aiohttp" in cli("export", "1", "--as", "crul").sentence()


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize("name", formats())
def test_a_password_in_the_target_stays_out(cli: Cli, name: str) -> None:
    ran = cli("export", "1", "--as", name, "--to", "http://me:hunter2@127.0.0.1:9")
    assert ran.code == 0
    assert b"hunter2" not in ran.out


def test_the_engine_lists_the_formats() -> None:
    entries = Inspector.export_formats()
    assert [entry.name for entry in entries] == list(formats())
    assert all(entry.suffix.startswith(".") and entry.help for entry in entries)

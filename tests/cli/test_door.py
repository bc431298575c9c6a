"""A guarded listener from the outside: what `listen` and `list` print, and what the app's head says."""

from __future__ import annotations

import json
import ssl
import urllib.request
from pathlib import Path

import pytest

from tests.cli.test_processes import line, running
from tests.support.patience import PATIENCE_S
from tests.support.posting import post
from tests.support.running_app import COLOURS
from tests.support.screen import until
from webhook_inspector.config import load
from webhook_inspector.engine.app_options import AppOptions
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.tui.app import InspectorApp

TOKEN = "fQ8-door-token-of-a-test"


def configured(folder: Path, text: str) -> Path:
    path = folder / "webhook-inspector.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_listen_guards_and_tells_no_token(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN + "\n", encoding="utf-8")
    config = configured(tmp_path, '[listen]\npath_token = "file:token"\nallow_ips = ["127.0.0.1"]\n')
    log = tmp_path / "log.db"
    options = ("--port", "0", "--max", "2", "--config", str(config), "--log", str(log))
    with running("listen", "--json", *options) as process:
        first = line(process.stdout)
        assert first["path_token"] is True
        assert TOKEN not in json.dumps(first)
        assert post(f"{first['url']}/{TOKEN}/a")[0] == 200
        assert post(f"{first['url']}/a")[0] == 404
        assert line(process.stdout)["target"] == f"/{TOKEN}/a", "the record is data: as it came"
        assert "token" in line(process.stdout)["refused"]
        assert process.wait(PATIENCE_S) == 0
    with running("list", "--config", str(config), "--log", str(log)) as process:
        out, _ = process.communicate(timeout=PATIENCE_S)
        assert TOKEN.encode() not in out
        assert b"/***/a" in out


def test_listen_over_tls_says_how_to_trust_it(tmp_path: Path) -> None:
    with running("listen", "--port", "0", "--json", "--tls", "--max", "1", "--log", str(tmp_path / "l.db")) as process:
        first = line(process.stdout)
        assert len(first["certificate_sha256"]) == 64
        context = ssl._create_unverified_context()
        with urllib.request.urlopen(first["url"], b"{}", context=context, timeout=PATIENCE_S) as answer:
            assert answer.status == 200
        _, errors = process.communicate(timeout=PATIENCE_S)
    told = errors.decode()
    assert "curl --cacert" in told
    assert bytes.fromhex(first["certificate_sha256"]).hex(":").upper() in told


def test_a_token_that_cannot_be_found_is_one_sentence_and_no_listener(tmp_path: Path) -> None:
    config = configured(tmp_path, '[listen]\npath_token = "env:NOT_SET_ANYWHERE"\n')
    with running("listen", "--port", "0", "--config", str(config), "--log", str(tmp_path / "l.db")) as process:
        out, errors = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, out) == (2, b"")
    assert errors.count(b"\n") == 1
    assert b"NOT_SET_ANYWHERE is not set" in errors


@pytest.mark.parametrize(
    ("settings", "host", "shown", "hidden"),
    [
        ("", "0.0.0.0", "OPEN to other machines", "/***"),
        (f'path_token = "{TOKEN}"\n', "0.0.0.0", "/***", "OPEN"),
        ("", "127.0.0.1", "listening", "OPEN"),
    ],
)
async def test_the_head_says_who_reaches_the_listener(
    tmp_path: Path, settings: str, host: str, shown: str, hidden: str
) -> None:
    config = load(configured(tmp_path, f"[listen]\nport = 0\n{settings}"), {}, tmp_path).with_log(tmp_path / "l.db")
    with Inspector.open(config, env={}) as inspector:
        inspector.listen(host=host)
        app = InspectorApp(inspector, AppOptions(config), COLOURS)
        async with app.run_test(size=(120, 36)) as pilot:
            text = await until(pilot, app, shown)
            assert hidden not in text
            assert TOKEN not in text

from __future__ import annotations

from pathlib import Path

from tests.cli.support import Cli


def test_keys_lists_every_key_by_its_id(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text('[keys]\nreplay = "ctrl+x"\n')
    ran = cli("keys", "--json", "--config", str(file))
    assert ran.code == 0
    rows = {row["id"]: row for row in ran.records}
    assert rows["replay"] == {
        "type": "key",
        "id": "replay",
        "keys": ["ctrl+x"],
        "does": "replay: plan first, then send",
        "group": "Act",
        "changed": True,
    }
    assert rows["down"]["keys"] == ["j", "down"]
    assert not rows["down"]["changed"]
    text = cli("keys", "--config", str(file)).out.decode()
    assert "Move\n  down              j down              down\n" in text
    assert "  replay            ctrl+x  (changed)   replay: plan first" in text


def test_keys_refuses_what_the_app_would_refuse(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text('[keys]\nreplya = "x"\n')
    ran = cli("keys", "--config", str(file))
    assert ran.code == 2
    assert ran.sentence().endswith("did you mean replay? `webhook-inspector keys` lists all.")

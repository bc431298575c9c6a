"""Sources that are changed while the process listens: the next delivery is treated as the file says then."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.factories import make_request
from tests.support.handler import handler
from tests.support.patience import PATIENCE_S
from tests.support.posting import post
from webhook_inspector.config import load, with_sources
from webhook_inspector.core.clock import SystemClock
from webhook_inspector.core.secret import Secret
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.engine.kept_secrets import keep_for, secret_store
from webhook_inspector.errors import ConfigError, InspectorError, TargetError, UsageError
from webhook_inspector.signing import sign

FILE = """\
# Mine.
log = "log.db"

[sources.pay]  # payments
path = "/pay"
provider = "stripe"
"""
SECRET = "whsec_live_editing_0001"
ENV = {"PAY_SECRET": SECRET}


def opened(folder: Path, text: str | None = FILE, *specs: str) -> Inspector:
    path = folder / "webhook-inspector.toml"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    config = with_sources(load(None, ENV, folder), specs)
    return Inspector.open(config.with_log(folder / "log.db"), env=ENV)


@pytest.fixture
def live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Inspector]:
    monkeypatch.chdir(tmp_path)
    with opened(tmp_path) as inspector:
        inspector.listen(port=0)
        yield inspector


def deliver(inspector: Inspector, path: str = "/pay", secret: str = SECRET) -> tuple[int, str]:
    """Send an event that is signed as Stripe does; the status of the answer, and the verdict."""
    assert inspector.listening is not None
    body = b'{"id":"evt_%d","object":"event","type":"charge.paid"}' % (inspector.newest_id() + 1)
    request = sign(make_request(body), inspector.provider("stripe"), Secret(secret), now_ns=SystemClock().wall_ns())
    headers = dict(request.headers.text_pairs())
    status, _ = post(inspector.listening.url + path, body, headers)
    assert inspector.wait_analysed(PATIENCE_S)
    record = inspector.record(inspector.newest_id())
    return status, record.facts.verification.status.value


def text_of(folder: Path) -> str:
    return (folder / "webhook-inspector.toml").read_text(encoding="utf-8")


def test_a_secret_verifies_the_next_delivery_and_those_that_had_none(live: Inspector, tmp_path: Path) -> None:
    assert deliver(live) == (200, "no_secret")
    saved = live.source_editing.set_keys("pay", {"secrets": "env:PAY_SECRET"})
    assert (saved.created, saved.judged) == (False, 1)
    assert live.record(1).facts.verification.status == "valid"
    assert deliver(live) == (200, "valid")
    assert text_of(tmp_path) == FILE + 'secrets = ["env:PAY_SECRET"]\n'


def test_what_was_judged_stays_as_it_was_judged(live: Inspector) -> None:
    live.source_editing.set_keys("pay", {"secrets": "env:PAY_SECRET"})
    assert deliver(live) == (200, "valid")
    saved = live.source_editing.set_keys("pay", {"secrets": "whsec_somethingelse"})
    assert saved.judged == 0
    assert live.record(1).facts.verification.status == "valid"
    assert deliver(live) == (200, "invalid")


def test_answers_routing_and_names_change_without_a_restart(live: Inspector) -> None:
    editing = live.source_editing
    editing.set_keys("pay", {"respond": "503 first 1"})
    assert [deliver(live)[0], deliver(live)[0]] == [503, 200]
    editing.set_keys("pay", {"respond": "418"})
    assert deliver(live)[0] == 418
    editing.set_keys("pay", {"respond": "", "path": "/money"})
    assert deliver(live)[0] == 200
    assert live.record(live.newest_id()).delivery.source == "default"
    deliver(live, "/money/x")
    assert live.record(live.newest_id()).delivery.source == "pay"
    editing.rename("pay", "money")
    deliver(live, "/money")
    assert live.record(live.newest_id()).delivery.source == "money"
    editing.add("more", {"provider": "stripe", "secrets": "env:PAY_SECRET"})
    assert deliver(live, "/more") == (200, "valid")
    editing.remove("money")
    deliver(live, "/money")
    assert live.record(live.newest_id()).delivery.source == "default"


def test_deliveries_are_sent_on_to_a_new_target(live: Inspector) -> None:
    arrived = threading.Event()

    def answer(_number: int, _body: bytes) -> tuple[int, bytes]:
        arrived.set()
        return 201, b"{}"

    with handler(answer) as app:
        live.source_editing.set_keys("pay", {"forward": app.url})
        assert deliver(live)[0] == 200
        assert arrived.wait(PATIENCE_S)
        live.source_editing.set_keys("pay", {"ack": "sync"})
        assert deliver(live)[0] == 201


def test_a_target_that_may_not_be_is_refused_before_anything_is_written(live: Inspector, tmp_path: Path) -> None:
    assert live.listening is not None
    for target in (live.listening.url + "/x", "http://169.254.169.254/"):
        with pytest.raises(TargetError):
            live.source_editing.set_keys("pay", {"forward": target})
        assert live.source_editing.problem_of_key("pay", "forward", target)
    assert text_of(tmp_path) == FILE


@pytest.mark.parametrize(
    ("key", "text", "words"),
    [
        ("path", "pay", "sources.pay.path must start with /"),
        ("provider", "strip", "did you mean stripe?"),
        ("public_url", "example.org", "must be an address"),
        ("respond", "nonsense", "must be a status"),
        ("ack", "later", 'must be "async" or "sync"'),
        ("handshake", "slak", "did you mean slack?"),
        ("params", "webhook_id", "must be name=value"),
        ("params", "a='b", "closed"),
    ],
)
def test_the_sentence_of_the_loader_is_there_before_it_is_saved(
    live: Inspector, tmp_path: Path, key: str, text: str, words: str
) -> None:
    said = live.source_editing.problem_of_key("pay", key, text)
    assert words in said
    assert str(tmp_path) not in said
    with pytest.raises(InspectorError):
        live.source_editing.set_keys("pay", {key: text})
    assert text_of(tmp_path) == FILE
    assert live.source_editing.problem_of_key("pay", key, "") == ""


def test_names_are_tried_too(live: Inspector) -> None:
    editing = live.source_editing
    assert "not a source name" in editing.problem_of_name(None, "a b")
    assert "already" in editing.problem_of_name(None, "pay")
    assert editing.problem_of_name(None, "shop") == ""
    assert editing.problem_of_name("pay", "shop") == ""


def test_undo_puts_the_text_back(live: Inspector, tmp_path: Path) -> None:
    editing = live.source_editing
    editing.remove("pay")
    assert "sources.pay" not in text_of(tmp_path)
    editing.add("shop", {"provider": "github"})
    assert editing.undo()
    assert [row.source.name for row in editing.rows()] == []
    assert editing.undo()
    assert text_of(tmp_path) == FILE
    assert not editing.undo()
    assert deliver(live)[1] == "no_secret"
    assert live.record(1).delivery.source == "pay"


def test_a_change_by_somebody_else_is_not_written_over(live: Inspector, tmp_path: Path) -> None:
    editing = live.source_editing
    other = FILE.replace("/pay", "/theirs")
    (tmp_path / "webhook-inspector.toml").write_text(other, encoding="utf-8")
    with pytest.raises(ConfigError, match="read again"):
        editing.set_keys("pay", {"respond": "204"})
    assert text_of(tmp_path) == other
    assert [row.source.path for row in editing.rows()] == ["/theirs"], "and it holds from now on"
    editing.set_keys("pay", {"respond": "204"})
    assert text_of(tmp_path) == other + 'respond = "204"\n'
    (tmp_path / "webhook-inspector.toml").write_text("[sources.new]\n", encoding="utf-8")
    editing.reread()
    assert [row.source.name for row in editing.rows()] == ["new"]


def test_a_file_that_does_not_load_any_more_changes_nothing_here(live: Inspector, tmp_path: Path) -> None:
    (tmp_path / "webhook-inspector.toml").write_text("[sources.new]\ncolour = 1\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="unknown key"):
        live.source_editing.reread()
    assert live.sources.get("pay") is not None


def test_without_a_file_one_is_made_for_the_user_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with opened(tmp_path, None) as inspector:
        saved = inspector.source_editing.add("shop", {"provider": "shopify"})
        assert saved.created
        path = tmp_path / "webhook-inspector.toml"
        assert path.read_text(encoding="utf-8") == '[sources.shop]\npath = "/shop"\nprovider = "shopify"\n'
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert inspector.source_editing.undo()
        assert not path.exists()
    assert not [each for each in tmp_path.iterdir() if each.name.startswith(".webhook")]


def test_permissions_and_links_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    real = tmp_path / "elsewhere.toml"
    real.write_text(FILE, encoding="utf-8")
    real.chmod(0o644)
    (tmp_path / "webhook-inspector.toml").symlink_to(real)
    with opened(tmp_path, None) as inspector:
        inspector.source_editing.set_keys("pay", {"respond": "204"})
    assert (tmp_path / "webhook-inspector.toml").is_symlink()
    assert real.read_text(encoding="utf-8") == FILE + 'respond = "204"\n'
    assert stat.S_IMODE(real.stat().st_mode) == 0o644


def test_a_folder_that_cannot_be_written_to_is_one_sentence(live: Inspector, tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(UsageError, match="cannot be written"):
            live.source_editing.set_keys("pay", {"respond": "204"})
    finally:
        tmp_path.chmod(0o700)
    assert live.sources.get("pay") is not None
    assert live.sources.get("pay").respond is None  # type: ignore[union-attr]  # asserted above


def test_sources_of_the_command_line_stay_until_they_are_edited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with opened(tmp_path, FILE, "pay=github", "gh=github") as inspector:
        editing = inspector.source_editing
        editing.reread()
        assert [(row.source.name, row.source.provider, row.in_file) for row in editing.rows()] == [
            ("pay", "github", True),
            ("gh", "github", False),
        ]
        with pytest.raises(UsageError, match="--source"):
            editing.remove("gh")
        editing.set_keys("gh", {"secrets": "env:PAY_SECRET"})
        assert '[sources.gh]\npath = "/gh"\nprovider = "github"\nsecrets = ["env:PAY_SECRET"]' in text_of(tmp_path)
        editing.set_keys("pay", {"respond": "204"})
        assert [row.source.provider for row in editing.rows()] == ["stripe", "github"]
        assert editing.undo()
        assert editing.undo()
        assert [(row.source.provider, row.in_file) for row in editing.rows()] == [("github", True), ("github", False)]


def test_a_kept_secret_never_replaces_another(tmp_path: Path) -> None:
    assert keep_for("pay", "first secret") == "keyring:pay"
    assert keep_for("pay", "second secret") == "keyring:pay-2"
    assert secret_store().get("pay") == "first secret"


def test_rows_say_what_came_of_each(live: Inspector) -> None:
    deliver(live)
    live.source_editing.set_keys("pay", {"secrets": "env:PAY_SECRET env:GONE"})
    deliver(live, secret="whsec_wrong")
    (row,) = live.source_editing.rows()
    assert (row.deliveries, row.valid, row.bad) == (2, 1, 1)
    assert row.last_ns == live.record(2).delivery.received_ns
    assert row.secrets == ("…0001",)
    assert len(row.problems) == 1
    assert "GONE" in row.problems[0]

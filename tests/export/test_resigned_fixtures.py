"""A redacted fixture verifies: with the providers' own libraries, with ours, and not after one flipped character."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.support.shared import shared_jsonl
from webhook_inspector.config import paths
from webhook_inspector.config.model import Config
from webhook_inspector.core.clock import NS_PER_S
from webhook_inspector.core.request import Request
from webhook_inspector.core.secret import Secret
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.engine.project_key import project_key
from webhook_inspector.export.importing import import_bytes
from webhook_inspector.providers.load import builtin
from webhook_inspector.signing import verify

ORIGINAL = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def stripe(body: bytes, headers: dict[str, str], secret: str) -> object:
    return pytest.importorskip("stripe").WebhookSignature.verify_header(
        body.decode(), headers["stripe-signature"], secret, tolerance=None
    )


def svix(body: bytes, headers: dict[str, str], secret: str) -> object:
    return pytest.importorskip("svix").Webhook(secret).verify(body, headers)


def slack(body: bytes, headers: dict[str, str], secret: str) -> object:
    signature = pytest.importorskip("slack_sdk.signature")
    verifier = signature.SignatureVerifier(secret)
    if not verifier.is_valid(body, headers["x-slack-request-timestamp"], headers["x-slack-signature"]):
        raise ValueError("refused")
    return True


def github(body: bytes, headers: dict[str, str], secret: str) -> object:
    return pytest.importorskip("gidgethub.sansio").validate_event(
        body, signature=headers["x-hub-signature-256"], secret=secret
    )


CASES: list[tuple[str, str, Callable[[bytes, dict[str, str], str], object]]] = [
    ("stripe", "invoice.paid", stripe),
    ("svix", "user.created", svix),
    ("slack", "message", slack),
    ("github", "pull_request", github),
]


def exported(folder: Path, provider: str, event: str) -> dict[str, Any]:
    """A sample that was captured, as a redacted fixture."""
    with Inspector.open(Config(path=None, log=folder / "log.db"), env={}) as inspector:
        request = inspector.sample(provider, event, to="http://127.0.0.1/in", secret=Secret(ORIGINAL))
        line = {
            "method": "POST", "target": "/in", "headers": request.headers.text_pairs(), "body": request.body.decode(),
            "provider": provider,
        }  # fmt: skip
        (folder / "in.jsonl").write_text(json.dumps(line), encoding="utf-8")
        ids = inspector.import_file(folder / "in.jsonl").ids
        data = inspector.export(ids, "fixture")
        assert data == inspector.export(ids, "fixture")
    (delivery,) = json.loads(data)["deliveries"]
    (again,) = import_bytes(data, "f.json", 0).deliveries
    assert again.request.body == delivery["body"].encode()
    return dict(delivery)


@pytest.mark.parametrize(("provider", "event", "accepts"), CASES)
def test_official_libraries_accept_a_redacted_fixture(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    provider: str,
    event: str,
    accepts: Callable[[bytes, dict[str, str], str], object],
) -> None:
    delivery = exported(tmp_path, provider, event)
    secret = delivery["test_secret"]
    assert secret != ORIGINAL
    at = datetime.fromisoformat(delivery["received_at"]).timestamp()
    headers = {name.lower(): value for name, value in delivery["headers"]}
    body = delivery["body"].encode()
    frozen = type("Frozen", (datetime,), {"now": classmethod(lambda cls, tz=None: cls.fromtimestamp(at, tz))})
    monkeypatch.setattr("time.time", lambda: at)
    if provider == "svix":
        monkeypatch.setattr("standardwebhooks.webhooks.datetime", frozen)
    assert accepts(body, headers, secret) is not False
    match = re.search(rb"[a-z]", body)
    assert match is not None
    wrong = body[: match.start()] + b"~" + body[match.end() :]
    with pytest.raises(Exception, match=r".*"):
        accepts(wrong, headers, secret)
    request = Request("POST", b"/in", _headers(delivery), body)
    verified = verify(request, builtin()[provider], [Secret(secret)], at_ns=round(at * NS_PER_S))
    assert verified.valid


def _headers(delivery: dict[str, Any]) -> Any:
    from webhook_inspector.core.headers import Headers

    return Headers.from_text([(name, value) for name, value in delivery["headers"]])


def test_what_only_the_provider_can_sign_says_so(tmp_path: Path) -> None:
    with Inspector.open(Config(path=None, log=tmp_path / "log.db"), env={}) as inspector:
        line = {"method": "POST", "target": "/", "headers": [["X-Signature-Ed25519", "ab" * 64]], "body": "{}"}
        (tmp_path / "in.jsonl").write_text(json.dumps(line | {"provider": "discord"}), encoding="utf-8")
        ids = inspector.import_file(tmp_path / "in.jsonl").ids
        (delivery,) = json.loads(inspector.export(ids, "fixture"))["deliveries"]
    assert "test_secret" not in delivery


def test_a_project_has_its_own_pseudonyms(tmp_path: Path) -> None:
    made = []
    for name in ("a", "b", "a"):
        (tmp_path / name).mkdir(exist_ok=True)
        with Inspector.open(Config(path=None, log=tmp_path / name / "log.db"), env={}) as inspector:
            line = {"method": "POST", "target": "/", "headers": [], "body": '{"name":"Ada Lovelace"}'}
            (tmp_path / "in.jsonl").write_text(json.dumps(line), encoding="utf-8")
            ids = inspector.import_file(tmp_path / "in.jsonl").ids
            made.append(json.loads(inspector.export(ids, "raw").split(b"\r\n\r\n")[1])["name"])
    assert made[0] == made[2] != made[1]
    assert "Ada" not in "".join(made)


def test_a_key_that_was_cut_short_is_made_again(tmp_path: Path) -> None:
    config = Config(path=None, log=tmp_path / "log.db")
    first = project_key(config)
    assert project_key(config) == first
    paths.pseudonym_key().write_bytes(b"half")
    second = project_key(config)
    assert second != first
    assert project_key(config) == second
    assert paths.pseudonym_key().stat().st_mode & 0o777 == 0o600


def test_values_that_the_log_knows_as_a_list_stay(tmp_path: Path) -> None:
    with Inspector.open(Config(path=None, log=tmp_path / "log.db"), env={}) as inspector:
        lines = [
            {
                "method": "POST",
                "target": "/",
                "headers": [],
                "body": json.dumps({"type": "a.b", "pet": pet, "login": pet}),
            }
            for pet in ("hamster", "cat") * 30
        ]
        (tmp_path / "in.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
        ids = inspector.import_file(tmp_path / "in.jsonl").ids
        inspector.shapes.learn()
        (preview,) = inspector.preview(ids[:1])
        found = json.loads(preview.request.body)
    assert found["pet"] == "hamster"
    assert found["login"] != "hamster"
    assert "hamster" in preview.kept
    assert preview.replaced == ("body $.login",)


def emails_in(body: str) -> set[str]:
    """E-mail addresses of people; `git@host:path` is none."""
    return {email for email in re.findall(r"[\w.+-]+@[\w-]+\.[a-z]{2,}", body) if not email.startswith("git@")}


def test_real_payloads_leave_in_every_format_without_a_trace(tmp_path: Path) -> None:
    found = []
    for name in ("github_octokit", "shopify_hookdeck", "gitlab_gogitlab", "scm_goplayground"):
        bodies = [json.dumps(row["body"]) for row in shared_jsonl(f"data/{name}.jsonl")]
        found += [body for body in bodies if emails_in(body)]
    chosen = random.Random(3).sample(found, 40)
    emails = {email for body in chosen for email in emails_in(body)}
    assert len(emails) > 10
    lines = [{"method": "POST", "target": "/in", "headers": [], "body": body} for body in chosen]
    (tmp_path / "in.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    with Inspector.open(Config(path=None, log=tmp_path / "log.db"), env={}) as inspector:
        ids = inspector.import_file(tmp_path / "in.jsonl").ids
        for each in inspector.export_formats():
            data = inspector.export(ids, each.name)  # refused when something is left
            assert not [email for email in emails if email.encode() in data], each.name

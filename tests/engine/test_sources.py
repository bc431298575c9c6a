"""Which source a target belongs to, and which secrets are tried."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.factories import make_delivery
from webhook_inspector.config import load
from webhook_inspector.config.model import SourceConfig
from webhook_inspector.engine.kept_secrets import secret_store
from webhook_inspector.engine.sources import SAMPLE_HEADER, Sources, public_address, sample_secret

CONFIG = """
[sources.stripe]
path = "/hooks/stripe"
provider = "stripe"
secrets = ["env:STRIPE_SECRET"]
public_url = "https://example.test"

[sources.all]
path = "/hooks"

[sources.lost]
path = "/lost"
provider = "github"
secrets = ["env:NOT_THERE"]
"""


def _sources(tmp_path: Path) -> Sources:
    path = tmp_path / "webhook-inspector.toml"
    path.write_text(CONFIG, encoding="utf-8")
    return Sources(load(path, {}, tmp_path), {"STRIPE_SECRET": "whsec_abc"})


def test_the_longest_prefix_by_whole_segments_wins(tmp_path: Path) -> None:
    sources = _sources(tmp_path)
    assert sources.route(b"/hooks/stripe") == "stripe"
    assert sources.route(b"/hooks/stripe/sub?x=1") == "stripe"
    assert sources.route(b"/hooks/stripes") == "all"
    assert sources.route(b"/hooks?x") == "all"
    assert sources.route(b"/other") == "default"
    assert sources.route(b"*") == "default"
    assert sources.route(b"\xff\x00") == "default"


def test_secrets_come_from_the_source_then_from_its_provider(tmp_path: Path) -> None:
    config = load(None, {}, tmp_path)
    sources = _sources(tmp_path)
    stripe = config.providers["stripe"]
    assert [secret.value for secret in sources.secrets_for(make_delivery(source="stripe"), stripe)] == ["whsec_abc"]
    assert [secret.value for secret in sources.secrets_for(make_delivery(), stripe)] == ["whsec_abc"]
    assert not sources.secrets_for(make_delivery(), config.providers["github"])


@pytest.mark.parametrize(
    ("public", "path", "target", "wanted"),
    [
        ("https://a.test", "/hooks", "/hooks/x?y=1", "https://a.test/hooks/x?y=1"),
        ("https://a.test/", "/hooks", "/hooks", "https://a.test/hooks"),
        ("https://a.test/in", "/hooks", "/hooks?y=1", "https://a.test/in?y=1"),
        ("https://a.test/in", "/hooks", "/hooks/x", "https://a.test/in/x"),
        ("https://a.test/in/", "/hooks", "/hooks", "https://a.test/in/"),
        ("https://a.test/in/", "/hooks", "/hooks/x", "https://a.test/in/x"),
        ("https://a.test:8443/in", "/", "/", "https://a.test:8443/in/"),
        ("https://u:p@a.test/in", "/", "/x", "https://u:p@a.test/in/x"),
    ],
)
def test_the_public_address_stands_for_the_path_of_the_source(public: str, path: str, target: str, wanted: str) -> None:
    assert public_address(SourceConfig("s", path, public_url=public), target) == wanted


def test_a_secret_that_cannot_be_resolved_is_named_not_shown(tmp_path: Path) -> None:
    problems = _sources(tmp_path).problems
    assert len(problems) == 1
    assert "NOT_THERE" in problems[0]
    assert "lost" in problems[0]


def test_the_published_secret_is_tried_on_samples_only(tmp_path: Path) -> None:
    config = load(None, {}, tmp_path)
    sources = Sources(config, {})
    github = config.providers["github"]
    assert not sources.secrets_for(make_delivery(), github)
    sample = make_delivery(headers=[(SAMPLE_HEADER, "github")])
    assert list(sources.secrets_for(sample, github)) == [sample_secret(github)]
    assert not sources.secrets_for(make_delivery(headers=[(SAMPLE_HEADER, "stripe")]), github)


def test_the_public_url_is_joined_with_the_target(tmp_path: Path) -> None:
    sources = _sources(tmp_path)
    delivery = make_delivery(source="stripe", target=b"/hooks/stripe?a=1")
    assert sources.url_for(delivery) == "https://example.test/hooks/stripe?a=1"
    assert sources.url_for(make_delivery()) is None


def test_a_secret_that_is_kept_while_it_runs_is_used(tmp_path: Path) -> None:
    path = tmp_path / "webhook-inspector.toml"
    path.write_text('[sources.pay]\nsecrets = ["keyring:pay"]\n', encoding="utf-8")
    sources = Sources(load(path, {}, tmp_path), {})
    assert not sources.secrets_of("pay")
    assert "secrets set" in sources.problems[0]
    for value in ("one", "two"):
        secret_store().set("pay", value, "file")
        assert [secret.value for secret in sources.secrets_of("pay")] == [value]
        assert not sources.problems
    secret_store().remove("pay")
    assert not sources.secrets_of("pay")


def test_a_source_can_be_added_while_running(tmp_path: Path) -> None:
    sources = _sources(tmp_path)
    assert sources.secrets_of("github") == ()
    sources.add(SourceConfig("github", "/hooks/github", provider="github", secrets=("first",)))
    assert sources.route(b"/hooks/github/x") == "github"
    assert [secret.value for secret in sources.secrets_of("github")] == ["first"]
    sources.add(SourceConfig("github", "/hooks/github", provider="github", secrets=("second",)))
    assert [secret.value for secret in sources.secrets_of("github")] == ["second"]
    assert [secret.value for secret in sources.secrets_of("stripe")] == ["whsec_abc"]

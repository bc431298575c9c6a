"""The README says what the program does, and its commands are those of CI."""

from __future__ import annotations

import importlib
import pkgutil
import re
import tomllib

import pytest

from tests.architecture.readme import README, render
from tests.support.factories import T0_NS, make_request
from webhook_inspector.config.load import KEYS as CONFIG_KEYS
from webhook_inspector.config.template import template
from webhook_inspector.core.clock import NS_PER_S
from webhook_inspector.core.secret import Secret
from webhook_inspector.events import detect, extract
from webhook_inspector.events.alerting.grammar import kinds
from webhook_inspector.providers.load import with_custom
from webhook_inspector.signing import sign, verify

ROOT = README.parent
TEXT = README.read_text(encoding="utf-8")


def _modules(package: str) -> set[str]:
    module = importlib.import_module(package)
    return {info.name.rstrip("_") for info in pkgutil.iter_modules(module.__path__) if not info.name.startswith("_")}


def test_generated_parts_are_current() -> None:
    assert render(TEXT) == TEXT, "run `python -m tests.architecture.readme`"


def test_every_command_is_in_the_readme_and_no_other() -> None:
    section = TEXT.partition("## Commands")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (.+?) \|", section, re.MULTILINE)[2:]
    named = {word for row in rows for word in re.findall(r"`(\w+)`", row)}
    assert named == _modules("webhook_inspector.cli.commands")


def test_every_configuration_key_is_documented() -> None:
    text = template()
    for table, keys in CONFIG_KEYS.items():
        for key in keys:
            place = (
                f"[{key}"
                if table == ""
                and key in {"app", "keys", "listen", "redact", "retention", "search", "shapes", "sources", "providers"}
                else f"# {key} ="
            )
            assert place in text, (table, key)


def test_the_two_commands_are_the_ones_that_ci_runs() -> None:
    blocks = re.findall(r"```sh\n(.*?)```", TEXT.partition("## Two commands")[2].partition("\n## ")[0], re.DOTALL)
    assert len(blocks) == 2
    assert all(len(block.strip().splitlines()) == 1 for block in blocks)
    assert "pytest" in blocks[1]
    assert "README.md" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_pictures_and_files_that_are_named_exist() -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", TEXT):
        assert (ROOT / target).exists(), target
    for path in re.findall(r"`((?:tests|webhook_inspector)/[\w/]+(?:\.py|/))`", TEXT):
        assert "NAME" in path or (ROOT / path).exists(), path


def test_every_benchmark_is_in_the_readme() -> None:
    scripts = {path.stem for path in (ROOT / "tests" / "benchmarks").glob("*_at_*.py")}
    assert scripts | {"goals"} == set(re.findall(r"tests\.benchmarks\.(\w+)", TEXT))


def test_dependencies_are_ranges_with_a_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    project = tomllib.loads(text)["project"]
    for requirement in project["dependencies"]:
        assert re.search(r">=", requirement), requirement
        line = next(line for line in text.splitlines() if f'"{requirement}"' in line)
        assert "# " in line, f"{requirement} has no reason"


@pytest.mark.parametrize("name", ["LICENSE", "CHANGELOG.md", ".gitignore", "pyproject.toml", ".ci/run"])
def test_the_top_level_is_complete(name: str) -> None:
    assert (ROOT / name).exists()


def test_a_provider_takes_ten_lines() -> None:
    section = TEXT.partition("### Add a provider in 10 lines")[2]
    block = re.findall(r"```toml\n(.*?)```", section, re.DOTALL)[0]
    assert len(block.splitlines()) <= 10
    provider = with_custom(tomllib.loads(block)["providers"])["acme"]
    secret = Secret("k")
    request = sign(make_request(b'{"type":"a.b","id":"1"}'), provider, secret, now_ns=T0_NS)
    assert verify(request, provider, [secret], at_ns=T0_NS).valid
    assert verify(request, provider, [secret], at_ns=T0_NS + 301 * NS_PER_S).status == "stale"
    assert not verify(request, provider, [Secret("other")], at_ns=T0_NS).valid
    assert detect(request, {"acme": provider}) == "acme"
    assert extract(request, provider).type == "a.b"


def test_every_alert_rule_is_in_the_readme() -> None:
    section = TEXT.partition("## Alerts")[2].partition("\n## ")[0]
    assert [kind.example for kind in kinds().values() if f"`{kind.example}`" not in section] == []

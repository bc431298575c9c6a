"""The parts of README.md that are written from the code: `python -m tests.architecture.readme`."""

from __future__ import annotations

import re
from pathlib import Path

from webhook_inspector.config.template import template
from webhook_inspector.core.filters import KEYS
from webhook_inspector.export.api import formats
from webhook_inspector.export.importing import importers
from webhook_inspector.providers.load import builtin
from webhook_inspector.providers.model import Provider, Recipe, TimestampSpec
from webhook_inspector.signing import can_sign
from webhook_inspector.signing.found import place_name

README = Path(__file__).resolve().parents[2] / "README.md"


def filters() -> str:
    """The table of filter keys."""
    rows = [f"| `{key.name}:` | {key.help} | `{key.example}` |" for key in KEYS.values()]
    return "\n".join(["| key | is | for example |", "| --- | --- | --- |", *rows])


def config() -> str:
    """The commented configuration file."""
    return f"```toml\n{template().rstrip()}\n```"


def exports() -> str:
    """The table of export formats."""
    rows = [f"| `{entry.name}` | `{entry.suffix}` | {entry.help} |" for entry in formats().values()]
    return "\n".join(["| `--as` | files | is |", "| --- | --- | --- |", *rows])


def providers() -> str:
    """The table of built-in providers."""
    rows = [_provider(provider) for provider in builtin().values()]
    head = ["| provider | how it signs | time window | signed again | handshake |", "| --- | --- | --- | --- | --- |"]
    return "\n".join([f"{len(rows)} providers:", "", *head, *rows])


def _provider(provider: Provider) -> str:
    title = f"[{provider.title}]({provider.docs})" if provider.docs else provider.title
    name = f"{title} `{provider.name}`"
    signs = "; ".join(dict.fromkeys(_recipe(recipe) for recipe in provider.recipes)) or "nothing"
    windows = "; ".join(dict.fromkeys(_window(recipe.timestamp) for recipe in provider.recipes if recipe.timestamp))
    again = "yes" if can_sign(provider) else "test key" if provider.recipes else ""
    return f"| {name} | {signs} | {windows} | {again} | {'yes' if provider.handshake else ''} |"


def _recipe(recipe: Recipe) -> str:
    place = f" in {place_name(recipe.signature.source).removeprefix('the ')}" if recipe.signature else ""
    parts = recipe.covers_body is False and recipe.algorithm != "token"
    body = (", over parts of the body" if recipe.covered_parts else ", body not covered") if parts else ""
    if recipe.algorithm == "token":
        return f"shared value{place}"
    named = recipe.algorithm.upper().replace("RSA-PKCS1V15", "RSA").replace("SHA", "SHA-").replace("MD5", "MD5")
    return f"{recipe.code if recipe.algorithm == 'none' else named}{place}{body}"


def _window(spec: TimestampSpec) -> str:
    if spec.past is not None and spec.past == spec.future:
        return f"±{spec.past:g} s"
    return f"{spec.past:g} s old" if spec.past is not None else "none"


def imports() -> str:
    """The table of files that can be imported."""
    rows = [f"| `{entry.name}` | {entry.help} | {entry.origin} |" for entry in importers().values()]
    return "\n".join(["| kind | is | for example from |", "| --- | --- | --- |", *rows])


PARTS = {"filters": filters, "config": config, "exports": exports, "providers": providers, "imports": imports}


def render(text: str) -> str:
    """README text with its generated parts replaced."""
    for name, make in PARTS.items():
        pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        assert pattern.search(text), f"README.md has no place for {name}"
        text = pattern.sub(lambda match, make=make: match[1] + make() + "\n" + match[2], text)  # type: ignore[misc]  # default argument
    return text


if __name__ == "__main__":
    README.write_text(render(README.read_text(encoding="utf-8")), encoding="utf-8")

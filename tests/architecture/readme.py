"""The parts of README.md that are written from the code: `python -m tests.architecture.readme`."""

from __future__ import annotations

import re
from pathlib import Path

from webhook_inspector.config.template import template
from webhook_inspector.core.filters import KEYS

README = Path(__file__).resolve().parents[2] / "README.md"


def filters() -> str:
    """The table of filter keys."""
    rows = [f"| `{key.name}:` | {key.help} | `{key.example}` |" for key in KEYS.values()]
    return "\n".join(["| key | is | for example |", "| --- | --- | --- |", *rows])


def config() -> str:
    """The commented configuration file."""
    return f"```toml\n{template().rstrip()}\n```"


PARTS = {"filters": filters, "config": config}


def render(text: str) -> str:
    """README text with its generated parts replaced."""
    for name, make in PARTS.items():
        pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        assert pattern.search(text), f"README.md has no place for {name}"
        text = pattern.sub(lambda match, make=make: match[1] + make() + "\n" + match[2], text)  # type: ignore[misc]  # default argument
    return text


if __name__ == "__main__":
    README.write_text(render(README.read_text(encoding="utf-8")), encoding="utf-8")

"""Style sheets parsed once for all apps of a process: each start of an app parses the same ones anew."""

from __future__ import annotations

from typing import Any

from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet


def share_parsed_styles() -> None:
    """Let the style sheets of apps with the same colours share what was parsed."""
    parse = Stylesheet._parse_rules
    parsed: dict[tuple[Any, ...], list[RuleSet]] = {}

    def shared(sheet: Stylesheet, css: str, *where: Any, **more: Any) -> list[RuleSet]:
        key = (css, where, *more.items(), *sheet._variables.items())
        if key not in parsed:
            parsed[key] = parse(sheet, css, *where, **more)
        return parsed[key]

    Stylesheet._parse_rules = shared  # type: ignore[method-assign, assignment]

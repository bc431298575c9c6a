"""One question to a recipe or scheme, and its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from webhook_inspector.core.request import Request
from webhook_inspector.core.secret import Secret
from webhook_inspector.providers.model import Recipe
from webhook_inspector.signing.found import Found, Problem
from webhook_inspector.signing.keys import Key


def _empty() -> Mapping[str, str]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Case:
    """One question. The explainer asks it again with one thing changed."""

    request: Request
    recipe: Recipe
    keys: tuple[Key, ...]
    url: str | None = None
    params: Mapping[str, str] = field(default_factory=_empty)
    secrets: tuple[Secret, ...] = ()
    """All secrets that are configured, also those that give no key."""
    spare: tuple[Secret, ...] = ()
    """Secrets that are configured for something else, for the search."""
    others: tuple[Recipe, ...] = ()
    """The provider's other recipes, for the search."""
    at_ns: int = 0
    """When the request arrived, for schemes that name their own end of validity."""


@dataclass(frozen=True, slots=True)
class Match:
    """The answer."""

    found: Found
    problem: Problem | None = None
    """Why no comparison took place; None when one did."""
    key: Key | None = None
    """The key that gives one of the signatures; None: none does."""
    time_ns: int | None = None
    """The signed time, nanoseconds since the epoch."""
    content: bytes | None = None
    expected: str | None = None
    """What the first key (or the one that matched) gives."""
    covers_body: bool | None = None
    """Whether a change of the body is noticed, where only the request says so; None: the recipe knows."""

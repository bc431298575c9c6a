"""What a step of the search gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from webhook_inspector.providers.model import Recipe
from webhook_inspector.signing.case import Case, Match


@dataclass(frozen=True, slots=True)
class Variation:
    """The case with one thing changed."""

    reason: str
    """Stable code of the cause."""
    matches_if: str
    """What was changed, as the end of "it would match if ..."."""
    case: Case


Step = Callable[[Case, Match], Iterator[Variation]]


def with_recipe(case: Case, recipe: Recipe, reason: str, what: str) -> Variation:
    """The case under a recipe with one field changed."""
    return Variation(reason, what, replace(case, recipe=recipe))


def with_body(case: Case, body: bytes, reason: str, what: str) -> Variation:
    """The case with another body."""
    return Variation(reason, what, replace(case, request=replace(case.request, body=body)))

"""Signature schemes that need code: one file each, named as the `code` key of recipes, with `_` for `-`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import cache
from typing import cast

from webhook_inspector.core.registry import discover
from webhook_inspector.core.verification import VerificationStatus
from webhook_inspector.providers.model import Recipe
from webhook_inspector.signing.case import Match
from webhook_inspector.signing.found import Found, Problem
from webhook_inspector.signing.schemes.api import Scheme


@cache
def schemes() -> Mapping[str, Scheme]:
    """Every scheme by its name in provider files."""
    found = discover(sys.modules[__name__], "SCHEME")
    return {name.replace("_", "-"): cast("Scheme", scheme) for name, scheme in found.items()}


def scheme_of(recipe: Recipe) -> Scheme | None:
    """The scheme that a recipe names; None when it names none, or one that is not known."""
    return None if recipe.code is None else schemes().get(recipe.code)


def unknown_scheme(recipe: Recipe) -> Match:
    """The answer for a recipe whose scheme is not part of this program."""
    what = f"The scheme {recipe.code} of {recipe.name} is not known here; known are: {', '.join(schemes()) or 'none'}."
    return Match(Found(), Problem(VerificationStatus.UNSUPPORTED, "unsupported_scheme", what))

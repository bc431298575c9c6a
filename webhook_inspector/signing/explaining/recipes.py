"""The other recipes of the provider: another version of its scheme was used than the request or the user says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from webhook_inspector.providers.fields import Fields
from webhook_inspector.signing.case import Case, Match
from webhook_inspector.signing.explaining.api import Variation
from webhook_inspector.signing.keys import read_keys


def other_recipe(case: Case, _result: Match) -> Iterator[Variation]:
    """The same request read by each other recipe."""
    fields = Fields(case.request)
    for recipe in case.others:
        keys = read_keys(recipe, case.secrets, None)
        able = keys and all(fields.raw(field) for field in recipe.requires)
        if able and recipe.name != case.recipe.name:
            what = f"it were read as {recipe.name}, not as {case.recipe.name}"
            yield Variation("wrong_scheme_version", what, replace(case, recipe=recipe, keys=keys))

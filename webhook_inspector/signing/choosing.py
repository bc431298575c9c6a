"""Which recipe of a provider fits a request."""

from __future__ import annotations

from collections.abc import Sequence

from webhook_inspector.core.request import Request
from webhook_inspector.core.secret import Secret
from webhook_inspector.providers.fields import Fields, detect_score
from webhook_inspector.providers.model import Provider, Recipe
from webhook_inspector.signing.found import find
from webhook_inspector.signing.keys import read_keys

_READABLE = 300
_PRESENT = 100
_KEY_FITS = 60
_PREFIX_FITS = 20


def ranked(
    provider: Provider,
    request: Request,
    secrets: Sequence[Secret],
    *,
    scheme: str | None = None,
    public_key: str | None = None,
) -> list[Recipe]:
    """The recipes of a provider, the one that fits best first; at equal points in the order of the file.

    Args:
        provider: Has at least one recipe.
        request: What was received.
        secrets: What is configured: a recipe for which a key is there goes before one for which none is.
        scheme: Name of a recipe that is to be taken; a name that is not known, or that of a
            recipe that lacks what it requires, is ignored.
        public_key: A configured public key.
    """
    if len(provider.recipes) == 1:
        return list(provider.recipes)
    fields = Fields(request)
    able = [recipe for recipe in provider.recipes if all(fields.raw(field) for field in recipe.requires)]
    named = [recipe for recipe in able if recipe.name == scheme]
    if named:
        return named
    points = {recipe.name: _points(recipe, request, secrets, public_key) for recipe in able}
    return sorted(able or provider.recipes, key=lambda recipe: -points.get(recipe.name, 0))


def _points(recipe: Recipe, request: Request, secrets: Sequence[Secret], public_key: str | None) -> int:
    fields = Fields(request)
    found = find(recipe, fields)
    points = detect_score(recipe.detect, fields)
    if found.problem is None:
        points += _READABLE
    elif found.texts:
        points += _PRESENT
    if read_keys(recipe, secrets, public_key):
        points += _KEY_FITS
    if secrets and recipe.key.strip:
        prefixed = any(secret.value.startswith(recipe.key.strip) for secret in secrets)
        points += _PREFIX_FITS if prefixed else -_PREFIX_FITS
    return points

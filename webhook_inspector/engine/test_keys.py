"""The user's own key pairs, one of each kind, that stand in for the private keys of providers.

They are made when one is first needed and stay the same, so that a handler is given their public half once. They
stand beside the log in the user's data folder, readable by the user only.
"""

from __future__ import annotations

from pathlib import Path

from webhook_inspector.adapters.files import write_private
from webhook_inspector.config import paths
from webhook_inspector.core.display import show
from webhook_inspector.core.folders import make_folder
from webhook_inspector.core.secret import Secret
from webhook_inspector.errors import InspectorError, UsageError
from webhook_inspector.providers.model import Provider, Recipe
from webhook_inspector.signing.resigning import obstacle
from webhook_inspector.signing.testkeys import family, generate, public_text


def private_key(kind: str) -> str:
    """The private key of a kind, as PEM; it is made when there is none.

    Args:
        kind: One of `signing.testkeys.FAMILIES`.

    Raises:
        UsageError: It cannot be read or kept.
        ConfigError: There is no data folder.
    """
    path = paths.test_keys_folder() / f"{kind}.pem"
    try:
        if not path.exists():
            _make(path, kind)
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise UsageError(f"The test key {show(str(path), 300)} cannot be used ({reason}): remove it.") from None


def public_keys(provider: Provider) -> list[tuple[Recipe, str]]:
    """The public halves for a provider's recipes, each in the form in which the provider hands out its own.

    Raises:
        UsageError: None of its recipes has a public key, or a key cannot be read or kept.
    """
    recipes = [recipe for recipe in provider.recipes if recipe.uses_public_key]
    able = [recipe for recipe in recipes if obstacle(recipe, private_key=True) is None]
    if not able:
        raise UsageError(f"{provider.title} signs with a shared secret: replays are signed again with yours.")
    try:
        return [(recipe, public_text(recipe, private_key(family(recipe)))) for recipe in able]
    except ValueError:
        folder = show(str(paths.test_keys_folder()), 300)
        raise UsageError(f"A test key in {folder} is damaged: remove it, and a new one is made.") from None


def public_halves(provider: Provider) -> list[Secret]:
    """The public halves of the user's keys for a provider's recipes. None is made, and a damaged one is left out."""
    found = []
    for recipe in provider.recipes:
        if not recipe.uses_public_key or obstacle(recipe, private_key=True) is not None:
            continue
        kind = family(recipe)
        try:
            if (paths.test_keys_folder() / f"{kind}.pem").exists():
                found.append(Secret(public_text(recipe, private_key(kind)), f"your {kind} test key"))
        except (InspectorError, OSError, ValueError):
            continue
    return found


def _make(path: Path, kind: str) -> None:
    make_folder(path.parent)
    try:
        write_private(path, generate(kind).encode("ascii"), replace=False)
    except FileExistsError:
        return  # another process made it at the same moment: that one holds

"""Inheritance between provider tables: `base`, `rename`, and short forms. Tables in, tables out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from webhook_inspector.core.display import show
from webhook_inspector.errors import ConfigError
from webhook_inspector.providers.table import nearest

NOT_INHERITED = ("detect", "rename", "base", "title", "name", "docs", "checked", "note")
RECIPE_KEYS = (
    "algorithm",
    "signed",
    "key",
    "signature",
    "timestamp",
    "url_variants",
    "body_digest",
    "trusted_url",
    "scope",
    "refuse_empty_body",
    "params",
    "requires",
    "resign",
    "code",
    "options",
)
SIGNATURE_SHORT = {"header": "from", "encoding": "encoding", "prefix": "prefix"}

Lookup = Callable[[str], Mapping[str, Any] | None]


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with the values of `over`; tables are merged, everything else is replaced, `false` switches off."""
    result = dict(base)
    for key, value in over.items():
        old = result.get(key)
        result[key] = merge(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return result


def rename_headers(value: Any, names: Mapping[str, str]) -> Any:
    """The value with header names in fields and templates replaced; `names` has lower-case keys."""
    if isinstance(value, str):
        return re.sub(
            r"\b(headers?:)([A-Za-z0-9_.*!#$%&'+^`|~-]+)",
            lambda match: match.group(1) + names.get(match.group(2).lower(), match.group(2)),
            value,
        )
    if isinstance(value, Mapping):
        return {
            key: names.get(inner.lower(), inner)
            if key == "header" and isinstance(inner, str)
            else rename_headers(inner, names)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [rename_headers(inner, names) for inner in value]
    return value


def expand(table: Mapping[str, Any], where: str, lookup: Lookup, seen: tuple[str, ...] = ()) -> dict[str, Any]:
    """A provider's table with everything that it inherits, without `base` of recipes, `rename` and short forms.

    Raises:
        ConfigError: A base that is not known, or a circle of bases.
    """
    result = dict(table)
    base_name = result.get("base")
    rename = _names(result.pop("rename", {}), where)
    if isinstance(base_name, str):
        base = _base(base_name, where, lookup, seen)
        rules = base["detect"] if isinstance(base.get("detect"), list) else []
        inherited = {key: value for key, value in base.items() if key not in NOT_INHERITED}
        result = merge(rename_headers(inherited, rename), result)
        if rename and "detect" not in result:
            # Only hints that were renamed say something about the new provider; the others fit its base as well.
            renamed = [(old, rename_headers(old, rename)) for old in rules]
            result["detect"] = [new for old, new in renamed if new != old]
    result = _short_forms(result, where)
    recipes = result.get("recipes")
    if isinstance(recipes, Mapping):
        result["recipes"] = {
            name: _expand_recipe(recipe, where, lookup, seen) if isinstance(recipe, Mapping) else recipe
            for name, recipe in recipes.items()
        }
    return result


def _expand_recipe(recipe: Mapping[str, Any], where: str, lookup: Lookup, seen: tuple[str, ...]) -> dict[str, Any]:
    result = dict(recipe)
    base_name = result.pop("base", None)
    rename = _names(result.pop("rename", {}), where)
    if base_name is None:
        return rename_headers(result, rename) if rename else result
    path = str(base_name)
    if path in seen:
        raise ConfigError(f"{where}: base `{show(path)}` leads back to itself; take another base")
    provider_name, _, recipe_name = path.partition("/")
    table = lookup(provider_name)
    if table is None:
        raise ConfigError(f"{where}: base `{show(path)}` is not a recipe; write PROVIDER/RECIPE")
    recipes = table.get("recipes", {})
    if isinstance(table.get("base"), str) and recipe_name not in recipes:
        recipes = _base(provider_name, where, lookup, seen).get("recipes", {})
    if not isinstance(recipes, Mapping) or not isinstance(recipes.get(recipe_name, {}), Mapping):
        raise ConfigError(f"{where}: base `{show(path)}` is not a table")
    if recipe_name not in recipes:
        known = [f"{provider_name}/{name}" for name in recipes]
        raise ConfigError(f"{where}: base `{show(path)}` is not a recipe; {nearest(path, known)}")
    base = _expand_recipe(recipes[recipe_name], where, lookup, (*seen, path))
    inherited = {key: value for key, value in base.items() if key not in {"note", "source", "checked"}}
    return merge(rename_headers(inherited, rename), result)


def _base(name: str, where: str, lookup: Lookup, seen: tuple[str, ...]) -> dict[str, Any]:
    if name in seen:
        raise ConfigError(f"{where}: base `{show(name)}` leads back to itself; take another base")
    table = lookup(name)
    if table is None:
        raise ConfigError(f"{where}: base `{show(name)}` is not a provider; see `providers list`")
    return expand(table, f"{where} (base {show(name)})", lookup, (*seen, name))


def _names(rename: object, where: str) -> dict[str, str]:
    if not isinstance(rename, Mapping) or not all(isinstance(value, str) for value in rename.values()):
        raise ConfigError(f"{where}: key `rename` must be a table of header names, old = new")
    return {str(key).lower(): value for key, value in rename.items()}


def _short_forms(table: dict[str, Any], where: str) -> dict[str, Any]:
    """Recipe keys written at the top belong to the first recipe: `header = "X-Acme-Signature"`."""
    result = dict(table)
    short: dict[str, Any] = {key: result.pop(key) for key in RECIPE_KEYS if key in result}
    signature = {SIGNATURE_SHORT[key]: result.pop(key) for key in SIGNATURE_SHORT if key in result}
    if isinstance(signature.get("from"), str):
        signature["from"] = f"header:{signature['from']}"
    if signature:
        whole = short.get("signature", {})
        short["signature"] = merge(whole, signature) if isinstance(whole, Mapping) else whole
    if not short:
        return result
    recipes = result.get("recipes")
    if not isinstance(recipes, Mapping) or not recipes:
        result["recipes"] = {str(result.get("name", "custom")): short}
        return result
    first = next(iter(recipes))
    if not isinstance(recipes[first], Mapping):
        raise ConfigError(f"{where}: key `recipes.{first}` must be a table")
    result["recipes"] = {**recipes, first: merge(recipes[first], short)}
    return result

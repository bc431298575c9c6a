"""Provider files: complete, strict, and the folder is the registry."""

from __future__ import annotations

import ast
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import webhook_inspector.providers
from tests.support.factories import T0_NS, make_request
from tests.support.vectors import FOLDER as VECTORS
from tests.support.vectors import all_vectors, vectors_of
from webhook_inspector.core.secret import Secret
from webhook_inspector.core.verification import VerificationStatus
from webhook_inspector.errors import ConfigError
from webhook_inspector.providers.load import builtin, load_provider, with_custom
from webhook_inspector.signing import sign, verify

FOLDER = Path(webhook_inspector.providers.__file__).parent
STATUSES = set(VerificationStatus)


def load(**table: Any) -> Any:
    return load_provider(table, where="webhook-inspector.toml", name="acme")


def test_folder_and_registry_agree() -> None:
    assert set(builtin()) == {path.stem for path in FOLDER.glob("*.toml")}
    assert {"stripe", "github", "shopify", "slack", "standard-webhooks", "svix", "squarespace", "gitlab"} <= set(
        builtin()
    )
    assert all(name == provider.name for name, provider in builtin().items())


@pytest.mark.parametrize("provider", builtin().values(), ids=lambda provider: provider.name)
def test_every_provider_says_where_its_facts_come_from(provider: Any) -> None:
    generic = provider.name in {"hmac", "shared-token"}
    assert date.fromisoformat(provider.checked).year >= 2026
    assert generic or provider.docs.startswith("https://")
    assert generic or provider.detect
    assert provider.retry is None or provider.retry.source or provider.retry.note
    assert provider.events.type
    assert provider.events.id
    for recipe in provider.recipes:
        assert generic or (recipe.source and date.fromisoformat(recipe.checked).year >= 2026)
    for vector in vectors_of(provider.name):
        assert vector.expect in STATUSES
        assert provider.recipe(vector.recipe)
    header_rules = [rule for rule in provider.detect if rule.weight > 0]
    assert generic or sum(rule.weight for rule in header_rules) >= 50


def test_every_provider_has_vectors_whose_ids_are_unique() -> None:
    names = [vector.id for _, vector in all_vectors()]
    assert len(names) == len(set(names))
    assert {path.stem for path in VECTORS.glob("*.toml")} == set(builtin())


def test_a_provider_reads_only_its_own_file() -> None:
    code = (
        "from webhook_inspector.providers.load import _table, builtin; builtin()['slack']; print(_table.cache_info())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "currsize=1" in done.stdout


def test_no_other_module_reads_files() -> None:
    readers = []
    for path in FOLDER.glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if any(isinstance(node, ast.Attribute) and node.attr in {"read_text", "read_bytes"} for node in ast.walk(tree)):
            readers.append(path.name)
    assert readers == ["load.py"]


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"titel": "x"}, ["key `titel`", "did you mean `title`"]),
        ({"recipes": {"a": {"algoritm": "token"}}}, ["key `recipes.a.algorithm` is required", "is `algoritm` meant"]),
        ({"header": "X-A", "algorithm": "hmac-sha257", "signed": "{body}"}, ["cannot be `hmac-sha257`", "hmac-sha256"]),
        ({"header": "X-A", "algorithm": "hmac-sha256", "signed": "{bdoy}"}, ["recipes.acme.signed", "bdoy"]),
        ({"header": "X-A", "algorithm": "hmac-sha256", "signed": "{body"}, ["recipes.acme.signed", "brace"]),
        ({"header": "X-A", "algorithm": "hmac-sha256", "signed": "{header}"}, ["needs a name"]),
        ({"header": "X-A", "algorithm": "hmac-sha256"}, ["`recipes.acme.signed` is required"]),
        ({"algorithm": "hmac-sha256", "signed": "{body}"}, ["`recipes.acme.signature` is required"]),
        ({"header": "X-A", "algorithm": "sha256", "signed": "{body}"}, ["{secret}"]),
        ({"header": "X-A", "algorithm": "none", "signed": "{body}"}, ["without `code`"]),
        ({"header": 5, "algorithm": "token"}, ["must be text, not a number"]),
        ({"signature": "X-A", "algorithm": "token"}, ["must be a table, not text"]),
        ({"signature": {"from": "X-A"}, "algorithm": "token"}, ["`X-A` is not a field"]),
        ({"signature": {"from": "header:A", "pick": "v1"}, "algorithm": "token"}, ["required beside `pick`"]),
        ({"signature": {"from": "header:A", "items": ""}, "algorithm": "token"}, ["must not be empty"]),
        ({"base": "strip"}, ["base `strip` is not a provider"]),
        ({"recipes": {"a": {"base": "stripe/stripe-v2"}}}, ["stripe/stripe-v2", "did you mean `stripe/stripe-v1`"]),
        ({"recipes": {"a": {"base": "nowhere/x"}}}, ["nowhere/x"]),
        ({"events": {"tpye": "json:/a"}}, ["events.tpye", "did you mean `type`"]),
        ({"events": {"time": {"from": "json:/a", "unit": "sec"}}}, ["events.time.unit", "`sec`"]),
        ({"detect": [{"header": "A", "wieght": 1}]}, ["detect[0].wieght", "weight"]),
        ({"detect": {"header": "A"}}, ["must be a list of tables"]),
        ({"volatile": ["data.id"]}, ["volatile", "data.id"]),
        ({"retry": {"automatic": "yes"}}, ["retry.automatic", "true or false"]),
        ({"retry": {"automatic": True, "delays": ["5s"]}}, ["retry.delays", "list of numbers"]),
        ({"base": "stripe", "timestamp": {"past": "5m"}}, ["recipes.stripe-v1.timestamp.past", "must be a number"]),
        ({"base": "stripe", "timestamp": {"past": 10**30}}, ["ordinary size"]),
        ({"base": "stripe", "rename": ["a"]}, ["rename"]),
        ({"name": "Big Name"}, ["small letters"]),
        ({"recipes": []}, ["recipes", "must be a table"]),
    ],
)
def test_errors_name_file_key_and_nearest_known_key(table: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        load(**table)
    assert caught.value.message.startswith("webhook-inspector.toml")
    assert "\n" not in caught.value.message
    for word in words:
        assert word in caught.value.message, caught.value.message


def test_unknown_key_of_a_recipe_names_its_nearest() -> None:
    with pytest.raises(ConfigError, match=r"`recipes\.a\.signd` is not known; did you mean `signed`\?"):
        load(recipes={"a": {"algorithm": "token", "signature": {"from": "header:A"}, "signd": "x"}})


def test_circle_of_bases_is_refused() -> None:
    tables = {"a": {"base": "b"}, "b": {"base": "a"}}
    with pytest.raises(ConfigError, match="leads back to itself"):
        with_custom(tables, where="w.toml")
    recipes = {"a": {"recipes": {"y": {"base": "b/y"}}}, "b": {"recipes": {"y": {"base": "a/y"}}}}
    with pytest.raises(ConfigError, match="leads back to itself"):
        with_custom(recipes)


def test_own_provider_from_hmac_in_a_few_lines() -> None:
    table = {"base": "hmac", "header": "X-Acme", "algorithm": "hmac-sha512", "encoding": "base64", "prefix": "v9="}
    provider = with_custom({"acme": table})["acme"]
    signed = sign(make_request(), provider, Secret("k"), now_ns=T0_NS)
    assert (signed.headers.get("x-acme") or "").startswith("v9=")
    assert verify(signed, provider, [Secret("k")], at_ns=T0_NS).valid
    assert provider.recipes[0].algorithm == "hmac-sha512"
    assert "hmac" in with_custom({"acme": table})


def test_own_token_header() -> None:
    provider = load(base="shared-token", header="Authorization", prefix="Bearer ")
    request = make_request(headers=[("Authorization", "Bearer abc")])
    result = verify(request, provider, [Secret("abc")], at_ns=T0_NS)
    assert result.valid
    assert result.covers_body is False
    assert "not covered" in result.explanation
    wrong = verify(make_request(headers=[("Authorization", "abc")]), provider, [Secret("abc")], at_ns=T0_NS)
    assert (wrong.status, wrong.reason) == ("malformed", "prefix_missing")


def test_base_with_renamed_headers_keeps_only_renamed_hints() -> None:
    provider = load(base="stripe", rename={"stripe-signature": "Acme-Signature"}, timestamp={"past": 60})
    assert [rule.source.name for rule in provider.detect] == ["Acme-Signature"]
    recipe = provider.recipes[0]
    assert recipe.signature is not None
    assert recipe.signature.source.name == "Acme-Signature"
    assert recipe.timestamp is not None
    assert recipe.timestamp.past == 60
    assert provider.events == builtin()["stripe"].events
    assert load(base="stripe").detect == ()


def test_false_switches_an_inherited_part_off() -> None:
    provider = load(recipes={"plain": {"base": "standard-webhooks/standard-webhooks-v1", "timestamp": False}})
    assert provider.recipes[0].timestamp is None
    assert provider.recipes[0].key.strip == ("whsec_",)


def test_own_provider_may_build_on_another_own_one_and_replace_a_built_in_one() -> None:
    tables: dict[str, Any] = {
        "one": {"base": "hmac", "header": "X-One"},
        "two": {"base": "one", "encoding": "base64"},
        "stripe": {"base": "stripe", "timestamp": {"past": 5}},
    }
    providers = with_custom(tables)
    spec = providers["two"].recipes[0].signature
    assert spec is not None
    assert (spec.source.name, spec.encoding) == ("X-One", "base64")
    timestamp = providers["stripe"].recipes[0].timestamp
    assert timestamp is not None
    assert (timestamp.past, timestamp.source.name) == (5, "t")


scalars = st.none() | st.booleans() | st.integers(-5, 5) | st.floats() | st.text(max_size=8)
trees = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
)
KEYS = [
    "name", "title", "recipes", "detect", "events", "retry", "base", "rename", "signature", "header",
    "signed", "algorithm", "timestamp", "key", "volatile", "accept", "options", "params", "resign", "discriminator",
]  # fmt: skip


tables = st.dictionaries(st.sampled_from(KEYS), trees | st.sampled_from(["stripe", "other", "stripe/stripe-v1"]))


@settings(max_examples=100)
@given(tables, tables)
def test_any_table_is_read_or_refused_in_one_sentence(table: dict[str, Any], other: dict[str, Any]) -> None:
    try:
        provider = load_provider(table, where="w.toml", name="acme", tables={"other": other})
    except ConfigError as error:
        assert error.message.startswith("w.toml")
    else:
        assert verify(make_request(), provider, [Secret("x")], at_ns=T0_NS).explanation

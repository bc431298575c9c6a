"""How the signature is written: prefix, case, encoding, algorithm."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from webhook_inspector.providers.model import HASHES, HMACS, SignatureSpec
from webhook_inspector.signing.case import Case, Match
from webhook_inspector.signing.explaining.api import Variation, with_recipe


def written_signature(case: Case, _result: Match) -> Iterator[Variation]:
    """Prefix, case, encoding and algorithm of the signature."""
    recipe, spec = case.recipe, case.recipe.signature
    assert spec is not None
    if spec.prefix:
        yield _with_spec(case, replace(spec, prefix=""), "prefix_missing", f"it started with `{spec.prefix}`")
    if recipe.algorithm == "token":
        for word in ("Bearer ", "Basic ", "Token "):
            if word != spec.prefix:
                changed = replace(spec, prefix=word)
                yield _with_spec(case, changed, "wrong_encoding", f"the value were sent without `{word.strip()}`")
        return
    if spec.encoding == "text":
        return
    if spec.encoding == "hex" and spec.case == "exact":
        yield _with_spec(case, replace(spec, case="fold"), "hex_case", "its hex digits were in lower case")
    for encoding in ("hex", "base64", "base64url"):
        if encoding != spec.encoding:
            changed = replace(spec, encoding=encoding, case="fold" if encoding == "hex" else "exact")
            what = f"it were written in {spec.encoding}, not in {encoding}"
            yield _with_spec(case, changed, "wrong_encoding", what)
    family = next((names for names in (HMACS, HASHES) if recipe.algorithm in names), ())
    for algorithm in family:
        if algorithm != recipe.algorithm:
            what = f"it were {_title(recipe.algorithm)}, not {_title(algorithm)}"
            yield with_recipe(case, replace(recipe, algorithm=algorithm), "wrong_algorithm", what)


def _with_spec(case: Case, spec: SignatureSpec, reason: str, what: str) -> Variation:
    return with_recipe(case, replace(case.recipe, signature=spec), reason, what)


def _title(algorithm: str) -> str:
    return algorithm.replace("hmac-", "HMAC-").replace("sha", "SHA-").replace("md5", "MD5")

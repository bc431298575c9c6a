"""Every recipe of every provider: what was changed is named, and nothing else is claimed."""

from __future__ import annotations

import base64
import json
import random
from dataclasses import replace
from functools import cache, cached_property
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.vectors import Vector, all_vectors
from webhook_inspector.core.clock import NS_PER_S
from webhook_inspector.core.request import Request
from webhook_inspector.core.secret import Secret
from webhook_inspector.core.verification import Verification, VerificationStatus
from webhook_inspector.providers.model import HMACS, Provider, Recipe
from webhook_inspector.signing import sign, verify
from webhook_inspector.signing.testkeys import family, generate, public_text

DOCUMENT = {"type": "a.b", "id": "é/1", "n": [1, 2, {"z": True, "a": None}], "b": {}}
SPACED = json.dumps(DOCUMENT, ensure_ascii=False).encode()
COMPACT = json.dumps(DOCUMENT, ensure_ascii=False, separators=(",", ":")).encode()
SORTED = json.dumps(DOCUMENT, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
ESCAPED = json.dumps(DOCUMENT, separators=(",", ":")).encode()
URL = "https://hooks.example.test/in/hook?a=1"
WEAK = {
    *("wrong_secret", "none_of_several_signatures", "body_tampered", "secret_unreadable", "body_transcoded"),
    *("no_secret", "claim_missing", "header_missing", "header_malformed", "timestamp_malformed", "timestamp_missing"),
    *("stale_timestamp", "future_timestamp", "wrong_algorithm", "cert_url_not_trusted", "key_id_not_found"),
}
"""What may be said of any corruption: a form that is seen to be broken, or that nothing can be told."""
WRONG = Secret("not the secret that signed it")
private_key = cache(generate)


class _Other(dict[str, str]):
    """Another key of each kind, made when it is asked for."""

    def __missing__(self, kind: str) -> str:
        self[kind] = generate(kind)
        return self[kind]


OTHER = _Other()


class Signer:
    """A recipe, with the secret that signs by it and the one that verifies."""

    def __init__(self, provider: Provider, vector: Vector) -> None:
        recipe = provider.recipe(vector.recipe)
        assert recipe is not None
        self.recipe: Recipe = recipe
        self.provider = replace(provider, recipes=(recipe,))
        self.vector = vector
        self.url = URL if recipe.needs_url else None

    @cached_property
    def own(self) -> Secret:
        """What it signs by."""
        public = self.recipe.uses_public_key
        return Secret(private_key(family(self.recipe))) if public else self.vector.named_secrets[-1]

    @cached_property
    def secret(self) -> Secret:
        """What it is verified with."""
        public = self.recipe.uses_public_key
        return Secret(public_text(self.recipe, self.own.value)) if public else self.own

    def signed(self, body: bytes | None = None, *, at_ns: int | None = None, url: str | None = None) -> Request:
        request = self.vector.request if body is None else replace(self.vector.request, body=body)
        at = self.vector.now_ns if at_ns is None else at_ns
        return sign(request, self.provider, self.own, now_ns=at, url=url or self.url, params=self.vector.params)

    def look(
        self, request: Request, *secrets: Secret, url: str | None = None, at_ns: int | None = None
    ) -> Verification:
        return verify(
            request,
            self.provider,
            list(secrets) or [self.secret],
            at_ns=self.vector.now_ns if at_ns is None else at_ns,
            url=url or self.url,
            params=self.vector.params,
        )


SIGNERS = {
    f"{provider.name}/{vector.recipe}": Signer(provider, vector)
    for provider, vector in all_vectors()
    if vector.expect == "valid"
}


def signs_the_body_itself(recipe: Recipe) -> bool:
    """Whether the bytes of the body are part of what is signed, and nothing in it is read for it."""
    if recipe.code is not None or recipe.signed is None:
        return recipe.code == "contentful"
    kinds = {part.kind for part in recipe.signed.fields}
    timed_inside = recipe.timestamp is not None and recipe.timestamp.source.kind == "json"
    whole = bool(kinds & {"body", "body_sha256", "body_crc32"})
    return whole and not kinds & {"form", "json", "form_sorted"} and not timed_inside


BODY = {name: one for name, one in SIGNERS.items() if signs_the_body_itself(one.recipe)}
TEXT_KEYS = {name: one for name, one in SIGNERS.items() if not one.recipe.uses_public_key}
HMAC_HEADERS = {
    name: one
    for name, one in TEXT_KEYS.items()
    if one.recipe.algorithm in HMACS
    and one.recipe.signature
    and one.recipe.signature.source.kind == "header"
    and one.recipe.signature.encoding != "text"
}
TIMED = {
    name: one
    for name, one in SIGNERS.items()
    if one.recipe.timestamp is not None and one.recipe.timestamp.past is not None
}
URLS = {name: one for name, one in SIGNERS.items() if one.recipe.needs_url and one.recipe.name != "twilio-json"}

MUTATIONS = [
    ("trailing_newline_changed", COMPACT, COMPACT + b"\n"),
    ("trailing_newline_changed", COMPACT + b"\n", COMPACT),
    ("line_endings_changed", b'{"a":1,\n"b":2}', b'{"a":1,\r\n"b":2}'),
    ("line_endings_changed", b'{"a":1,\r\n"b":2}', b'{"a":1,\n"b":2}'),
    ("body_reserialized", COMPACT, SPACED),
    ("body_reserialized", SPACED, COMPACT),
    ("body_reserialized_key_order", SORTED, COMPACT),
    ("body_reserialized_escapes", ESCAPED, COMPACT),
    ("body_reserialized_escapes", COMPACT, ESCAPED),
    ("bom_added", COMPACT, b"\xef\xbb\xbf" + COMPACT),
    ("bom_removed", b"\xef\xbb\xbf" + COMPACT, COMPACT),
]


@pytest.mark.parametrize("name", BODY)
def test_what_became_of_the_body_is_named(name: str) -> None:
    signer = BODY[name]
    for reason, sent, arrived in MUTATIONS:
        request = signer.signed(sent)
        assert signer.look(request).valid
        result = signer.look(replace(request, body=arrived))
        assert result.reason == reason, (sent, arrived, result)
        assert len(result.matches_if) == 1
        assert result.explanation == f"It would match if {result.matches_if[0]}."
        assert result.advice
        assert result.matching_content != result.signed_content


@pytest.mark.parametrize("name", TEXT_KEYS)
def test_what_stands_around_the_secret_is_named(name: str) -> None:
    signer = TEXT_KEYS[name]
    for form in (" {}", "{}\n", "\ufeff{}", '"{}"'):
        result = signer.look(signer.signed(), Secret(form.format(signer.secret.value)))
        if result.valid:  # base64 is read without its white space, as official libraries do
            assert signer.recipe.key.decode == "base64"
            continue
        assert result.reason == "secret_has_surrounding_whitespace", (form, result)
        assert result.matches_if


@pytest.mark.parametrize("name", SIGNERS)
def test_the_secret_of_another_source_is_named(name: str) -> None:
    signer = SIGNERS[name]
    label = "env:B of the source pay"
    spare = [Secret("something else", "env:A"), Secret(signer.secret.value, label)]
    vector: Any = signer.vector
    wrong = Secret(public_text(signer.recipe, OTHER[family(signer.recipe)])) if signer.recipe.uses_public_key else WRONG
    if signer.recipe.key.decode in {"hex", "base64"} and not signer.recipe.uses_public_key:
        wrong = Secret("ab" * 16)
    result = verify(
        signer.signed(),
        signer.provider,
        [wrong],
        at_ns=vector.now_ns,
        url=signer.url,
        params=vector.params,
        spare=spare,
    )
    assert (result.status, result.reason) == (VerificationStatus.INVALID, "other_source_secret"), result
    assert result.matches_if == (f"it were checked with {label}",)
    spare = spare[:1]
    result = verify(
        signer.signed(),
        signer.provider,
        [wrong],
        at_ns=vector.now_ns,
        url=signer.url,
        params=vector.params,
        spare=spare,
    )
    assert not result.matches_if


@pytest.mark.parametrize("name", TEXT_KEYS)
def test_a_secret_that_was_or_was_not_decoded_is_named(name: str) -> None:
    signer = TEXT_KEYS[name]
    if signer.recipe.key.decode == "utf8" or signer.recipe.algorithm not in HMACS or signer.recipe.code:
        return
    plain = replace(signer.recipe, key=replace(signer.recipe.key, decode="utf8", strip=()))
    other = replace(signer.provider, recipes=(plain,))
    request = sign(signer.vector.request, other, signer.own, now_ns=signer.vector.now_ns, params=signer.vector.params)
    result = signer.look(request)
    assert result.reason == "secret_not_decoded", result


@pytest.mark.parametrize("name", HMAC_HEADERS)
def test_algorithm_encoding_and_case_are_named(name: str) -> None:
    signer = HMAC_HEADERS[name]
    recipe = signer.recipe
    spec = recipe.signature
    assert spec is not None

    def by(other: Recipe) -> Verification:
        provider = replace(signer.provider, recipes=(other,))
        request = sign(
            signer.vector.request,
            provider,
            signer.own,
            now_ns=signer.vector.now_ns,
            url=signer.url,
            params=signer.vector.params,
        )
        return signer.look(request)

    algorithm = "hmac-sha512" if recipe.algorithm != "hmac-sha512" else "hmac-sha256"
    assert by(replace(recipe, algorithm=algorithm)).reason == "wrong_algorithm"
    encoding = "hex" if spec.encoding == "base64" else "base64"
    assert by(replace(recipe, signature=replace(spec, encoding=encoding))).reason == "wrong_encoding"
    request = signer.signed()
    good = signer.look(request).received[-1]
    if spec.encoding == "hex" and spec.case == "exact":
        pairs = [[key, value.replace(good, good.upper())] for key, value in request.headers.text_pairs()]
        shouted = replace(request, headers=type(request.headers).from_text(pairs))
        assert signer.look(shouted).reason == "hex_case"
    names = [[key.swapcase(), value] for key, value in request.headers.text_pairs()]
    assert signer.look(replace(request, headers=type(request.headers).from_text(names))).valid


@pytest.mark.parametrize("name", URLS)
@pytest.mark.parametrize(
    ("reason", "seen"),
    [
        ("url_mismatch_scheme", URL.replace("https", "http")),
        ("url_mismatch_port", URL.replace(".test/", ".test:8080/")),
        ("url_mismatch_path", URL.replace("/hook?", "/hook/?")),
    ],
)
def test_what_differs_in_the_url_is_named(name: str, reason: str, seen: str) -> None:
    signer = URLS[name]
    request = signer.signed(url=URL)
    assert signer.look(request, url=URL).valid
    result = signer.look(request, url=seen)
    only_path = signer.recipe.code == "contentful" and reason != "url_mismatch_path"
    if result.valid:  # Twilio's own check tries both
        assert only_path or "no-port" in signer.recipe.url_variants
        return
    assert result.reason == reason, result
    assert "the URL were https://hooks.example.test/in/hook?a=1" in result.matches_if[0]
    here = signer.look(request, url="http://127.0.0.1:4400/in/hook?a=1")
    assert here.reason == "url_mismatch_host" or here.valid
    assert not here.matches_if


@pytest.mark.parametrize("name", TIMED)
def test_stale_future_and_wrong_units_are_named(name: str) -> None:
    signer = TIMED[name]
    spec = signer.recipe.timestamp
    assert spec is not None
    assert spec.past is not None
    now = signer.vector.now_ns
    request = signer.signed()
    late = signer.look(request, at_ns=now + int((spec.past + 2) * NS_PER_S))
    assert (late.status, late.reason) == (VerificationStatus.STALE, "stale_timestamp")
    if spec.future is not None:
        early = signer.look(request, at_ns=now - int((spec.future + 2) * NS_PER_S))
        assert (early.status, early.reason) == (VerificationStatus.STALE, "future_timestamp")
    if spec.unit in {"s", "ms"} and signer.recipe.code is None and (spec.future is not None or spec.unit == "ms"):
        wrong = now // 1000 if spec.unit == "ms" else now * 1000
        result = signer.look(signer.signed(at_ns=wrong))
        assert result.reason == "timestamp_wrong_unit", result


@settings(max_examples=150, deadline=None)
@given(name=st.sampled_from(sorted(SIGNERS)), seed=st.integers(0, 10**9), what=st.sampled_from(["body", "secret"]))
def test_any_other_corruption_is_never_explained(name: str, seed: int, what: str) -> None:
    signer = SIGNERS[name]
    rng = random.Random(seed)
    request = signer.signed()
    secret = signer.secret
    if what == "body" and request.body:
        index = rng.randrange(len(request.body))
        other = bytes([request.body[index] ^ rng.randrange(1, 128)])
        request = replace(request, body=request.body[:index] + other + request.body[index + 1 :])
    elif not signer.recipe.uses_public_key:
        secret = Secret(base64.b64encode(rng.randbytes(24)).decode())
    result = signer.look(request, secret)
    if result.valid:
        assert what == "body" or signer.recipe.uses_public_key
        assert what == "secret" or not signer.recipe.covers_body or signer.recipe.signed is not None
        return
    assert not result.matches_if, result
    assert result.reason in WEAK, result

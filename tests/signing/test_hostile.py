"""Whatever is in a request, a verification comes out, with a reason and one sentence."""

from __future__ import annotations

import ast
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import webhook_inspector.signing
from tests.support.factories import T0_NS, make_request
from tests.support.vectors import vector, vectors_of
from webhook_inspector.core.headers import Headers
from webhook_inspector.core.request import Request
from webhook_inspector.core.secret import Secret
from webhook_inspector.core.verification import VerificationStatus
from webhook_inspector.providers.load import builtin
from webhook_inspector.providers.model import Provider
from webhook_inspector.signing import verify

NAMES = sorted(
    {
        field.name
        for provider in builtin().values()
        for recipe in provider.recipes
        for field in (
            *(recipe.signed.fields if recipe.signed else ()),
            *([recipe.signature.source] if recipe.signature else ()),
        )
        if field.kind == "header"
    }
)
junk = st.one_of(
    st.binary(max_size=80),
    st.text(max_size=40).map(lambda text: text.encode("utf-8", "replace")),
    st.sampled_from(
        [b"", b",", b"=", b"t=,v1=", b"v1,", b"sha256=", b"v0=", b"t=1" * 500, b"v1," * 400, b"9" * 400, b"\xff\xfe"]
    ),
)
headers = st.lists(st.tuples(st.sampled_from(NAMES).map(str.encode), junk), max_size=6)


@settings(max_examples=100)
@given(
    provider=st.sampled_from(list(builtin().values())),
    pairs=headers,
    body=junk,
    secrets=st.lists(st.text(max_size=20), max_size=3),
    public_key=st.none() | st.text(max_size=60),
    at=st.integers(-(10**20), 10**20),
    url=st.none() | st.text(max_size=30),
)
def test_garbage_never_raises_and_never_verifies(
    provider: Provider,
    pairs: list[tuple[bytes, bytes]],
    body: bytes,
    secrets: list[str],
    public_key: str | None,
    at: int,
    url: str | None,
) -> None:
    request = Request("POST", body[:20], Headers(tuple(pairs)), body)
    result = verify(
        request, provider, [Secret(text) for text in secrets], at_ns=at, now_ns=at, url=url, public_key=public_key
    )
    assert not result.valid or result.covers_body is False  # a token of one character can be guessed
    assert result.reason
    assert result.explanation.endswith(".")


@pytest.mark.parametrize("name", builtin())
def test_statuses_without_what_is_needed(name: str) -> None:
    provider = builtin()[name]
    if not provider.recipes:
        assert verify(make_request(), provider, [Secret("x")], at_ns=T0_NS).reason == "not_signed"
        return
    missing = verify(make_request(), provider, [Secret("some secret")], at_ns=T0_NS)
    assert (missing.status, missing.reason) == (VerificationStatus.MISSING, "header_missing")
    unasked = verify(make_request(), provider, [], at_ns=T0_NS)
    assert (unasked.status, unasked.reason) == (VerificationStatus.UNSIGNED, "header_missing")
    valid = [one for one in vectors_of(name) if one.expect == "valid" and one.secrets]
    if not valid:
        return
    signed = valid[0].request
    for nothing in ([], [Secret("")], [Secret(" \n")]):
        result = verify(signed, provider, nothing, at_ns=T0_NS)
        assert (result.status, result.reason) == (VerificationStatus.NO_SECRET, "no_secret"), result


def test_no_provider_is_unsigned() -> None:
    assert verify(make_request(), None, [Secret("x")], at_ns=T0_NS).status is VerificationStatus.UNSIGNED


def test_an_empty_secret_never_verifies_what_was_signed_with_an_empty_key() -> None:
    import hashlib
    import hmac

    text = "sha256=" + hmac.new(b"", b"{}", hashlib.sha256).hexdigest()
    request = make_request(b"{}", headers=[("X-Hub-Signature-256", text)])
    for secrets in ([], [Secret("")], [Secret("\t")]):
        assert not verify(request, builtin()["github"], secrets, at_ns=T0_NS).valid


@pytest.mark.parametrize(
    ("provider", "header", "one", "two"),
    [
        ("github", "X-Hub-Signature-256", "sha256=" + "a" * 64, "sha256=" + "b" * 64),
        ("stripe", "Stripe-Signature", "t=1,v1=" + "a" * 64, "t=2,v1=" + "b" * 64),
        ("shared-token", "X-Webhook-Token", "a", "b"),
    ],
)
def test_repeated_header_with_different_values_is_ambiguous(provider: str, header: str, one: str, two: str) -> None:
    request = make_request(headers=[(header, one), (header, two)])
    result = verify(request, builtin()[provider], [Secret("a")], at_ns=T0_NS)
    assert (result.status, result.reason) == (VerificationStatus.MALFORMED, "ambiguous_header")
    same = make_request(headers=[(header, one), (header, one)])
    assert verify(same, builtin()[provider], [Secret("a")], at_ns=T0_NS).reason != "ambiguous_header"


def test_repeated_signed_header_is_ambiguous_and_a_repeated_list_is_one_list() -> None:
    provider = builtin()["standard-webhooks"]
    good = vector("sw-good")
    pairs = list(good.headers)
    secrets = [Secret(good.secrets[0])]
    listed = Request("POST", b"/", Headers.from_text([*pairs, ("webhook-signature", "v1,AAAA")]), good.body)
    assert verify(listed, provider, secrets, at_ns=T0_NS).valid
    other_id = Request("POST", b"/", Headers.from_text([*pairs, ("Webhook-Id", "other")]), good.body)
    assert verify(other_id, provider, secrets, at_ns=T0_NS).reason == "ambiguous_header"


def test_verification_tells_now_from_arrival_and_what_was_signed() -> None:
    provider = builtin()["stripe"]
    good = vector("stripe-good")
    request = make_request(good.body, headers=good.headers)
    secrets = [Secret("wrong", "env:OLD"), Secret(good.secrets[0], "env:NEW")]
    result = verify(request, provider, secrets, at_ns=T0_NS + 2_100_000_000, now_ns=T0_NS + 10**13)
    assert result.valid
    assert result.valid_now is False
    assert result.skew_seconds == pytest.approx(2.1)
    assert result.secret_label == "env:NEW"
    assert result.covers_body is True
    assert result.signed_content == b"1795000000." + good.body
    assert result.expected in result.received
    assert verify(request, provider, secrets, at_ns=T0_NS).valid_now is None
    assert verify(request, provider, secrets, at_ns=T0_NS + 10**13, now_ns=T0_NS).valid_now is True
    stale = verify(request, provider, secrets, at_ns=T0_NS + 412_000_000_000)
    assert stale.explanation == "Signed 412 s before it arrived; the limit is 300 s."


def test_a_huge_header_is_read_quickly() -> None:
    request = make_request(headers=[("Stripe-Signature", "t=1795000000" + ",v1=" * 200_000)])
    start = time.thread_time()
    assert not verify(request, builtin()["stripe"], [Secret("x")], at_ns=T0_NS).valid
    assert time.thread_time() - start < 10  # a quadratic search takes minutes


SUSPECTS = ("signature", "expected", "digest", "wanted", "given", "received", "mac")


def comparisons(source: str) -> list[str]:
    """Uses of compare_digest, and of ==, != and in between things whose names are those of signatures."""
    found: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr == "compare_digest":
            found.append(f"{node.lineno}: compare_digest")
        if isinstance(node, ast.Compare) and any(isinstance(op, (ast.Eq, ast.NotEq, ast.In)) for op in node.ops):
            operands = [node.left, *node.comparators]
            names = {one.id for one in operands if isinstance(one, ast.Name)}
            names |= {one.attr for one in operands if isinstance(one, ast.Attribute)}
            found += [f"{node.lineno}: {name}" for name in names if any(word in name for word in SUSPECTS)]
    return found


def test_signatures_are_compared_in_one_place_in_constant_time() -> None:
    folder = Path(webhook_inspector.signing.__file__).parent
    found = {path.name: comparisons(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.py"))}
    assert {name for name, lines in found.items() if lines} == {"compare.py"}, found
    assert len(found["compare.py"]) == 1


@pytest.mark.parametrize("bad", ["expected == text", "x.received != y", "text in signatures", "h.compare_digest(a, b)"])
def test_the_check_for_comparisons_sees_a_careless_one(bad: str) -> None:
    assert comparisons(bad)


def test_public_keys_load_cryptography_only_when_they_are_used() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from webhook_inspector.signing import verify;"
        "from webhook_inspector.providers.load import builtin; builtin(); sys.exit('cryptography' in sys.modules)"
    )
    root = Path(webhook_inspector.signing.__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0

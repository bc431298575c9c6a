"""What is tampered with never verifies, whatever the provider."""

from __future__ import annotations

import json

import pytest

from tests.support.vectors import Vector, all_vectors
from webhook_inspector.core.request import Request
from webhook_inspector.core.secret import Secret
from webhook_inspector.core.verification import Verification
from webhook_inspector.providers.model import Provider
from webhook_inspector.signing import verify
from webhook_inspector.signing.tampering import tampered_body, tampered_signature, without_signature

VALID = [pytest.param(provider, vector, id=vector.id) for provider, vector in all_vectors() if vector.expect == "valid"]


def looked_at(provider: Provider, vector: Vector, request: Request) -> Verification:
    return verify(
        request, provider, [Secret(text) for text in vector.secrets], at_ns=vector.now_ns, url=vector.url,
        params=vector.params, public_key=vector.public_key, scheme=vector.recipe,
    )  # fmt: skip


@pytest.mark.parametrize(("provider", "vector"), VALID)
def test_nothing_that_was_changed_verifies(provider: Provider, vector: Vector) -> None:
    before = looked_at(provider, vector, vector.request)
    assert before.valid
    if before.covers_body:
        assert not looked_at(provider, vector, tampered_body(vector.request)).valid
    assert not looked_at(provider, vector, tampered_signature(vector.request, provider)).valid
    bare = without_signature(vector.request, provider)
    assert bare != vector.request
    assert not looked_at(provider, vector, bare).valid


def test_json_stays_json() -> None:
    for document in ({"id": "evt_1", "n": 1}, {"n": 10}, [True, None], {"a": {"b": ["x"]}}, "text"):
        body = json.dumps(document).encode()
        changed = tampered_body(Request("POST", b"/", body=body)).body
        assert changed != body
        if '"' in body.decode().replace('": ', ""):
            json.loads(changed)
    assert tampered_body(Request("POST", b"/", body=b"")).body == b" "
    assert tampered_body(Request("POST", b"/", body=b"\xff\x00")).body == b"\xff\x00 "

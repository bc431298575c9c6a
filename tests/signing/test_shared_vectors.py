"""The reference vectors: those of the known providers come out as expected, the others never raise."""

from __future__ import annotations

import json

from tests.support.shared import shared_json
from webhook_inspector.providers.load import builtin
from webhook_inspector.signing.requests_file import parse_requests, verify_item

INDISTINGUISHABLE = {
    "body_tampered": "wrong_secret",
    "event_id_altered": "wrong_secret",
    "rotated_secret_not_accepted": "none_of_several_signatures",
    "body_reserialized_key_order": "wrong_secret",
    "body_reserialized_form_order": "wrong_secret",
    "body_reserialized_number_precision": "wrong_secret",
}
"""Causes that cannot be proved from the request and the secret alone, and what is said instead."""


def test_reference_vectors_come_out_as_expected() -> None:
    raw = shared_json("signatures/vectors.json")
    items = parse_requests(json.dumps(raw).encode(), where="vectors.json")
    providers = builtin()
    checked = 0
    for item, expected in zip(items, raw, strict=True):
        result = verify_item(item, providers, 0)
        if item.provider not in providers:
            assert result.status == "unsupported", item.id
            assert not result.valid
            continue
        checked += 1
        assert result.valid == (expected["expected"] == "valid"), (item.id, result)
        reason = expected["reason"]
        wanted = "ok" if reason.startswith("ok") else INDISTINGUISHABLE.get(reason, reason)
        assert result.reason == wanted, (item.id, result)
    assert checked >= 50


def test_reference_vectors_under_every_known_provider_never_raise() -> None:
    raw = shared_json("signatures/vectors.json")
    for name, provider in builtin().items():
        renamed = [{**one, "provider": name} for one in raw]
        for item in parse_requests(json.dumps(renamed).encode(), where="vectors.json"):
            assert verify_item(item, {name: provider}, 0).explanation

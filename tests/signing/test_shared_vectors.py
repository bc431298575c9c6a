"""The reference vectors: those of the known providers come out as expected, the others never raise."""

from __future__ import annotations

import json

from tests.support.shared import shared_json
from webhook_inspector.providers.load import builtin
from webhook_inspector.signing.requests_file import parse_requests, verify_item, verify_items


def test_reference_vectors_come_out_as_expected() -> None:
    raw = shared_json("signatures/vectors.json")
    items = parse_requests(json.dumps(raw).encode(), where="vectors.json")
    providers = builtin()
    checked = 0
    for (item, result), expected in zip(verify_items(items, providers, 0), raw, strict=True):
        checked += 1
        assert result.valid == (expected["expected"] == "valid"), (item.id, result)
        reason = expected["reason"]
        assert result.reason == ("ok" if reason.startswith("ok") else reason), (item.id, result)
        if reason == "ok_body_not_covered":
            assert result.covers_body is False
    assert checked == 157


def test_reference_vectors_under_every_known_provider_never_raise() -> None:
    raw = shared_json("signatures/vectors.json")
    for name, provider in builtin().items():
        renamed = [{**one, "provider": name} for one in raw]
        for item in parse_requests(json.dumps(renamed).encode(), where="vectors.json"):
            assert verify_item(item, {name: provider}, 0).explanation

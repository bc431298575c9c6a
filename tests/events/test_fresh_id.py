"""Delivery ids of copies: another one of the same form, and a signature that still holds."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.factories import T0_NS, make_request
from webhook_inspector.core.request import Request
from webhook_inspector.core.secret import Secret
from webhook_inspector.events.extraction import extract
from webhook_inspector.events.fresh_id import with_fresh_id
from webhook_inspector.providers.load import builtin
from webhook_inspector.signing import sign, verify


def fresh(name: str, header: str, value: str, seed: str = "1") -> str | None:
    request = with_fresh_id(make_request(headers=[(header, value), ("X-Other", value)]), builtin()[name], seed)
    if request is None:
        return None
    assert request.headers.get("X-Other") == value
    return request.headers.get(header)


def test_the_id_keeps_its_form() -> None:
    old = "72d3162e-cc78-11e3-81ab-4c9367dc0958"
    new = fresh("github", "x-github-delivery", old)
    assert new is not None
    assert new != old
    assert [len(part) for part in new.split("-")] == [8, 4, 4, 4, 12]
    assert set(new) <= set(string.hexdigits + "-")
    assert new == new.lower()
    assert new == fresh("github", "X-GitHub-Delivery", old)
    assert new != fresh("github", "X-GitHub-Delivery", old, seed="2")
    assert (fresh("svix", "svix-id", "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W") or "").startswith("msg_")


def test_an_event_without_an_id_of_its_delivery_keeps_its_id() -> None:
    request = make_request(b'{"id":"evt_1","type":"invoice.paid"}')
    assert with_fresh_id(request, builtin()["stripe"], "1") is None
    assert with_fresh_id(request, builtin()["github"], "1") is None  # none came with it
    for provider in builtin().values():
        changed = with_fresh_id(request, provider, "1")
        assert changed is None or changed.body == request.body


def test_a_signed_id_is_signed_again() -> None:
    provider = builtin()["standard-webhooks"]
    secret = Secret("whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    captured = sign(make_request(headers=[("webhook-id", "msg_abc123")]), provider, secret, now_ns=T0_NS)
    changed = with_fresh_id(captured, provider, "1")
    assert changed is not None
    assert not verify(changed, provider, [secret], at_ns=T0_NS).valid
    again = sign(changed, provider, secret, now_ns=T0_NS)
    assert verify(again, provider, [secret], at_ns=T0_NS).valid
    assert extract(again, provider).id == changed.headers.get("webhook-id") != "msg_abc123"


@given(st.text(alphabet=st.characters(codec="latin-1", exclude_characters="\r\n\0"), min_size=1), st.text())
def test_any_id_is_replaced_by_one_of_its_length(old: str, seed: str) -> None:
    new = fresh("github", "X-GitHub-Delivery", old.strip() or "1", seed)
    assert new is not None
    assert len(new) == len(old.strip() or "1")


@pytest.mark.parametrize("name", sorted(builtin()))
def test_signatures_are_never_taken_for_ids(name: str) -> None:
    provider = builtin()[name]
    places = {recipe.signature.source.name for recipe in provider.recipes if recipe.signature is not None}
    for place in places:
        if place and "*" not in place and "/" not in place:
            request: Request = make_request(headers=[(place, "abc123")])
            changed = with_fresh_id(request, provider, "1")
            assert changed is None or changed.headers.get(place) == "abc123"

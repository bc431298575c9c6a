"""Every member of a sample is one that real payloads of its type have, with a type that they have there.

Only names and types are compared: no value of the reference data stands in a sample. Where the data is absent, these
tests skip.
"""

from __future__ import annotations

import json
import random
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

import pytest

from tests.samples.known import FILES, GITLAB_TITLES, Node, bodies, joined, unknown
from tests.support.factories import T0_NS
from webhook_inspector.samples import catalogue, sample

ALL = [(provider, event) for provider in FILES for event in catalogue()[provider]]
NEWER = {
    "discord": {
        "$.event.data.starts_at": "of the entitlement object, on a page of its own",
        "$.event.data.ends_at": "of the entitlement object, on a page of its own",
    },
    "gitlab": {
        "$.merge_request": "the data has comments on commits only",
        "$.object_attributes.action": "newer than the data",
        "$.object_attributes.internal": "newer than the data",
    },
    "lemon-squeezy": {"$.data.attributes.first_order_item.id": "of the order item object, on a page of its own"},
    "sendgrid": {"$[].sg_machine_open": "newer than the data", "$[].type": "newer than the data"},
    "slack": {"$.is_enterprise_install is string": "a form has only text"},
    "stripe": {
        "$.data.object.automatic_payment_methods.allow_redirects": "the fixtures leave optional members out",
        "$.data.object.last_payment_error.payment_method.billing_details.tax_id": "newer than whole events of the data",
        "$.data.object.metadata": "the user's own",
    },
}
"""Places that the data does not have, and why they are right."""


def document(provider: str, event: str) -> Any:
    request = sample(provider, event, now_ns=T0_NS, rng=random.Random(1))
    if request.content_type == "application/json":
        return json.loads(request.body)
    return dict(parse_qsl(request.body.decode(), keep_blank_values=True))


@cache
def envelope(provider: str, without: str) -> Node:
    """What is known of the whole payloads of a provider, but for their `data`."""
    whole = joined(*(node for name, node in bodies(provider).items() if not name.startswith(without)))
    assert whole is not None
    return whole.replacing("data", Node(scalars={"object"}))


def known_parts(provider: str, event: str) -> list[tuple[Node | None, Any, str]]:
    """Parts of a sample beside what is known of them, and where they stand."""
    known, body = bodies(provider), document(provider, event)
    if provider == "stripe":
        # The newest objects are there by themselves, whole events only with older ones.
        thing = body["data"]["object"]
        whole = envelope(provider, "resource:")
        own = known.get(event)
        seen = own.members["data"].members["object"] if own is not None else None
        return [
            (whole, body, "$"),
            (joined(known.get(f"resource:{thing['object']}"), seen), thing, "$.data.object"),
        ]
    if provider == "paddle":
        whole = envelope(provider, "entity:")
        own = known.get(event)
        entity = joined(known.get(f"entity:{event}"), own.members["data"] if own is not None else None)
        return [(whole, body, "$"), (entity, body["data"], "$.data")]
    if provider == "slack" and event == "block_actions":
        return [(known["interactive:block_actions"], json.loads(body["payload"]), "$")]
    if provider == "sendgrid":
        return [(joined(*known.values()), body, "$")]
    return [(joined(*(known.get(name) for name in names(provider, event))), body, "$")]


def names(provider: str, event: str) -> list[str]:
    """What the reference data calls an event."""
    return {
        "bitbucket": [event.replace(":", "."), "pullrequest.updated" if event == "pullrequest:created" else ""],
        "discord": [event.replace("interaction.", "interaction:"), f"webhook_event:{event}"],
        "gitlab": [event, GITLAB_TITLES.get(event, "")],
        "slack": [event, "interactive:SlashCommand" if event == "slash_command" else ""],
        "twilio": ["incoming_message" if event == "message.received" else ""],
    }.get(provider, [event])


@cache
def places(provider: str, event: str) -> set[str] | None:
    """The places of a sample that the data does not have; None: it has no such payload."""
    checked = [(node, value, where) for node, value, where in known_parts(provider, event) if node is not None]
    return {place for node, value, where in checked for place in unknown(node, value, where)} if checked else None


@pytest.mark.parametrize(("provider", "event"), ALL)
def test_every_member_of_a_sample_is_known(provider: str, event: str) -> None:
    excused = NEWER.get(provider, {})
    strange = places(provider, event)
    if strange is None:
        pytest.skip("the reference data has no payload of this type")
    assert not {place for place in strange if not any(place.startswith(one) for one in excused)}


@pytest.mark.parametrize("provider", NEWER)
def test_no_exception_is_left_over(provider: str) -> None:
    strange = {place for event in catalogue()[provider] for place in places(provider, event) or ()}
    assert {one for one in NEWER[provider] if not any(place.startswith(one) for place in strange)} == set()


def test_a_strange_member_and_a_strange_type_are_seen() -> None:
    whole = known_parts("github", "push")[0][0]
    assert whole is not None
    body = document("github", "push")
    assert not list(unknown(whole, body))
    body["repository"]["full_nam"] = "x"
    body["commits"][0]["id"] = 3
    assert list(unknown(whole, body)) == ["$.repository.full_nam", "$.commits[].id is number, known as string"]

"""Requests from a JSON file."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.factories import T0_NS
from tests.support.vectors import vector
from webhook_inspector.errors import InputError
from webhook_inspector.providers.load import builtin
from webhook_inspector.signing.requests_file import parse_requests, verify_item

VECTOR = vector("stripe-good")
GOOD: dict[str, Any] = {
    "id": "one",
    "provider": "stripe",
    "secret": VECTOR.secrets[0],
    "method": "POST",
    "url": "https://example.test/in?a=1",
    "headers": dict(VECTOR.headers),
    "body_base64": base64.b64encode(VECTOR.body).decode(),
    "now_epoch": VECTOR.now,
    "whatever": ["is", "ignored"],
}


def parse(document: object) -> Any:
    return parse_requests(json.dumps(document).encode(), where="requests.json")


def test_one_object_and_a_list() -> None:
    assert parse(GOOD) == parse([GOOD])
    item = parse(GOOD)[0]
    assert item.request.target == b"/in?a=1"
    assert item.url == GOOD["url"]
    assert verify_item(item, builtin(), 0).valid
    assert verify_item(item, builtin(), 0).valid_now is True
    assert parse([]) == []


def test_secrets_of_which_any_may_match_and_the_present_as_clock() -> None:
    item = parse({**GOOD, "secret": ["other", GOOD["secret"]], "now_epoch": None})[0]
    assert verify_item(item, builtin(), T0_NS).valid
    assert verify_item(item, builtin(), T0_NS + 10**12).status == "stale"


def test_repeated_headers_and_numbers_without_id() -> None:
    items = parse([{**GOOD, "headers": {"A": ["1", "2"]}}, {key: GOOD[key] for key in GOOD if key != "id"}])
    assert items[0].request.headers.get_all("a") == ["1", "2"]
    assert items[1].id == "2"


def test_unknown_provider_and_unknown_scheme() -> None:
    result = verify_item(parse({**GOOD, "provider": "acme\x1b"})[0], builtin(), 0)
    assert (result.status, result.reason) == ("unsupported", "unknown_provider")
    assert "\x1b" not in result.explanation
    assert verify_item(parse({**GOOD, "scheme": "hint-of-another-name"})[0], builtin(), 0).valid


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"provider": None}, "item 1 (one): key `provider` must be text"),
        ({"url": 5}, "key `url` must be text"),
        ({"body_base64": "***"}, "key `body_base64` is not base64"),
        ({"headers": []}, "key `headers` must be an object"),
        ({"headers": {"A": 1}}, "headers: key `A` must be text or a list of texts"),
        ({"secret": [1]}, "key `secret` must be text or a list of texts"),
        ({"params": []}, "key `params` must be an object"),
        ({"now_epoch": "soon"}, "key `now_epoch` must be a number"),
        ({"now_epoch": 1e40}, "key `now_epoch` must be a number"),
        ({"now_epoch": True}, "key `now_epoch` must be a number"),
        ({"method": {}}, "key `method` must be text"),
    ],
)
def test_errors_name_item_and_key(change: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as caught:
        parse([{**GOOD, **change}])
    assert words in caught.value.message
    assert caught.value.message.startswith("requests.json")


def test_missing_key_and_item_that_is_no_object() -> None:
    with pytest.raises(InputError, match="item 2: key `provider` is missing"):
        parse([GOOD, {"url": "https://a.example/"}])
    with pytest.raises(InputError, match="item 1 must be an object"):
        parse([5])
    with pytest.raises(InputError, match="not JSON"):
        parse_requests(b"{", where="f")


@settings(max_examples=100)
@given(data=st.data())
def test_any_json_is_read_or_refused(data: st.DataObject) -> None:
    junk = (
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.lists(st.text(max_size=5))
    )
    document = {key: data.draw(junk) if data.draw(st.booleans()) else GOOD[key] for key in GOOD}
    try:
        items = parse(document)
    except InputError as error:
        assert "\n" not in error.message
    else:
        assert verify_item(items[0], builtin(), 0).explanation

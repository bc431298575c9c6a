"""Pseudonyms: nothing of the original leaves, everything that a test needs survives."""

from __future__ import annotations

import base64
import ipaddress
import json
import random
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.redaction.hostile import any_request
from tests.support.factories import make_request
from tests.support.shared import SHARED, shared_json, shared_jsonl
from webhook_inspector.core.formats import classify
from webhook_inspector.core.headers import Headers
from webhook_inspector.core.request import Request
from webhook_inspector.core.secret import Secret
from webhook_inspector.redaction import originals
from webhook_inspector.redaction.keeping import API_HOSTS
from webhook_inspector.redaction.originals import left_over
from webhook_inspector.redaction.permute import Permutation
from webhook_inspector.redaction.pseudonyms import Pseudonyms, luhn
from webhook_inspector.redaction.redact import redact
from webhook_inspector.shapes.summary import Summary, add, places, settled

KEY = bytes(range(32))
JSON = [("Content-Type", "application/json")]


@pytest.fixture
def style() -> Pseudonyms:
    return Pseudonyms(KEY)


def clean(document: Any, style: Pseudonyms) -> Any:
    return json.loads(redact(make_request(json.dumps(document).encode(), headers=JSON), style=style)[0].body)


@pytest.mark.parametrize("size", [2, 3, 9, 10, 26, 90, 101, 1000, 6760])
def test_the_mapping_is_one_to_one_and_moves_everything(size: int) -> None:
    mapped = [Permutation(KEY).number("k", value, size) for value in range(size)]
    assert sorted(mapped) == list(range(size))
    assert all(value != new for value, new in enumerate(mapped))
    if size > 9:
        assert mapped != [Permutation(b"x" * 32).number("k", value, size) for value in range(size)]
        assert mapped != [Permutation(KEY).number("other", value, size) for value in range(size)]


CLASSES = [
    "octocat", "octocat/Hello-World", "Ada Lovelace", "ada.lovelace+shop@acme-corp.com", "cus_9s6XKzkNRiz8i3",
    "550e8400-e29b-41d4-a716-446655440000", "d6cde92930d4715a2b49857d24b940956b26d2d3", "+15551234567",
    "+4915112345678", "2026-11-20T10:00:00.123Z", "2026-11-20", "Fri, 20 Nov 2026 10:00:00 GMT",
    "git@github.com:octocat/Hello.git", "https://shop.acme-corp.com/orders/4211?email=ada%40acme.com#top",
    "https://api.github.com/repos/octocat/Hello-World/issues/1347{/number}", "gid://shopify/Order/820982911946154508",
    "<p>Dear Ada</p>", "Привет мир", "日本語テキスト", "Zoë Müller", "eyJhbGciOi.eyJzdWIi.c2ln", "4242424242424242",
]  # fmt: skip


@pytest.mark.parametrize("text", CLASSES)
def test_class_and_length_survive_and_no_word_does(text: str, style: Pseudonyms) -> None:
    fake = style.fake(text)
    assert fake != text
    assert (str(classify(fake)), len(fake)) == (str(classify(text)), len(text))
    assert fake == Pseudonyms(KEY).fake(text)
    assert fake != Pseudonyms(b"other key of the same user......").fake(text)
    for word in ("octocat", "Hello", "Ada", "Lovelace", "acme", "Müller", "Привет", "9s6XKzkNRiz8i3"):
        assert word.lower() not in fake.lower()


def test_what_is_not_of_equal_length_is_still_of_its_class(style: Pseudonyms) -> None:
    assert style.fake("10.1.2.3").startswith("10.1.")
    assert style.fake("127.0.0.1") == "127.0.0.1"
    assert style.fake("8.8.8.8").rpartition(".")[0] in {"192.0.2", "198.51.100", "203.0.113"}
    assert style.fake("2001:4860:4860::8888").startswith("2001:db8::")
    assert style.fake("myshop.myshopify.com").endswith(".test")
    assert style.fake("bob@a.io").endswith(".test")
    assert style.fake("+15551234567")[5:10] == "55501"
    assert luhn(style.fake("4242424242424242")) == 0
    iban = style.fake("Konto DE89370400440532013000").split()[1]
    assert int("".join(str(int(char, 36)) for char in iban[4:] + iban[:4])) % 97 == 1
    assert style.fake("U061F7AUR")[0] == "U"


def test_what_belonged_together_still_does(style: Pseudonyms) -> None:
    found = clean(
        {
            "sender": {"login": "octocat", "id": 583231123, "url": "https://api.github.com/users/octocat"},
            "repository": {"full_name": "octocat/Hello-World", "name": "Hello-World", "owner": {"id": 583231123}},
            "note": "octocat wrote to ada@acme-corp.com about cus_9s6XKzkNRiz8i3",
            "customer": "cus_9s6XKzkNRiz8i3",
            "email": "ada@acme-corp.com",
        },
        style,
    )
    login, name = found["sender"]["login"], found["repository"]["name"]
    assert found["sender"]["url"] == f"https://api.github.com/users/{login}"
    assert found["repository"]["full_name"] == f"{login}/{name}"
    assert found["sender"]["id"] == found["repository"]["owner"]["id"] != 583231123
    assert login in found["note"]
    assert found["customer"] in found["note"]
    assert found["email"] in found["note"]


def test_what_a_handler_decides_by_stays(style: Pseudonyms) -> None:
    document = {
        "type": "invoice.paid", "object": "event", "livemode": False, "status": "requires_action", "currency": "eur",
        "amount": 4200, "total": "42.00", "quantity": 3, "billing_reason": "subscription_create",
        "payment_method_types": ["card"],
    }  # fmt: skip
    assert clean(document, style) == document


def test_what_may_be_somebodys_does_not_stay(style: Pseudonyms) -> None:
    document = {
        "host": "adas-macbook", "node": "adas-macbook.local", "url": "http://intranet/x", "plan": "Acme Gold",
        "code": "SUMMERADA", "model": "Ada", "mode": "Ada Lovelace", "v6": "http://[2001:4860:4860::8888]:80/x",
    }  # fmt: skip
    text = json.dumps(clean(document, style)).lower()
    for word in ("ada", "macbook", "intranet", "acme", "gold", "4860"):
        assert word not in text
    kept = {"country_code": "NL", "error_code": "card_declined", "event": "Merge Request Hook", "host": "localhost"}
    assert clean(kept, style) == kept | {"host": clean(kept, style)["host"]}


def test_moments_move_together(style: Pseudonyms) -> None:
    found = clean(
        {"created": 1700000000, "expires_at": 1700003600000, "at": "2023-11-14T22:13:20Z", "day": "2023-11-14"}, style
    )
    days = style.moments.days
    assert -366 < days < 0
    assert found["created"] == 1700000000 + days * 86_400
    assert found["expires_at"] == 1700003600000 + days * 86_400_000
    assert found["at"].endswith("T22:13:20Z")
    assert found["at"].startswith(found["day"])


def test_bytes_outside_of_values_survive(style: Pseudonyms) -> None:
    body = b'{ "amount" : 1.0,\n "name":"Ada" ,"total":12345678, "n":1e400,"a":1,"a":2, "id": 98765432109876543210 }'
    made = redact(make_request(body, headers=JSON), style=style)[0].body
    name = style.fake("Ada").encode()
    start, end = made.split(b'"id": ')
    assert start == body.split(b'"id": ')[0].replace(b"Ada", name)
    assert len(end) == len(b"98765432109876543210 }")
    assert b"98765432109876543210" not in end


def test_headers_query_path_forms_and_parts(style: Pseudonyms) -> None:
    request = Request(
        "POST",
        b"/hooks/acme-7781/in?customer=cus_9s6XKzkNRiz8i3&mode=test",
        Headers.from_text([
            ("Content-Type", "application/x-www-form-urlencoded"), ("X-GitHub-Event", "push"),
            ("X-Shop-Domain", "ada-shop.myshopify.com"), ("X-Forwarded-For", "8.8.8.8"), ("Host", "localhost:4400"),
            ("Stripe-Signature", "t=1700000000,v1=" + "ab12" * 16),
        ]),
        b"From=%2B15551234567&Body=Hello+Ada&customer=cus_9s6XKzkNRiz8i3",
    )  # fmt: skip
    made, what = redact(request, style=style)
    customer = style.fake("cus_9s6XKzkNRiz8i3").encode()
    assert made.target.startswith(b"/hooks/")
    assert b"acme" not in made.target
    assert made.target.endswith(b"?customer=" + customer + b"&mode=test")
    assert b"customer=" + customer in made.body
    assert b"Ada" not in made.body
    assert made.headers.get("x-github-event") == "push"
    assert made.headers.get("host") == "localhost:4400"
    assert (made.headers.get("x-shop-domain") or "").endswith(".test")
    signature = made.headers.get("stripe-signature") or ""
    assert signature.startswith(("t=16", "t=17"))
    assert "ab12ab12" not in signature
    assert ",v1=" in signature
    assert {"the path", "query parameter customer", "form field Body", "header X-Forwarded-For"} <= set(what)
    plain = redact(make_request(b"", target=b"/webhooks/stripe?x=1"), style=style)[0]
    assert plain.target == b"/webhooks/stripe?x=1"


def test_files_and_xml(style: Pseudonyms) -> None:
    head = b'--B\r\nContent-Disposition: form-data; name="doc"; filename="Ada Lovelace.pdf"\r\n'
    head += b"Content-Type: application/pdf\r\n\r\n"
    request = make_request(
        head + b"%PDF\xff\xfe\r\n--B--\r\n", headers=[("Content-Type", "multipart/form-data; boundary=B")]
    )
    made = redact(request, style=style)[0].body
    assert b"Ada" not in made
    assert b"PDF\xff" not in made
    assert len(made) == len(request.body)
    xml = make_request(
        b'<o id="ord_9s6XKzkNRiz8i3"><name>Ada &amp; Co</name><status>paid</status></o>',
        headers=[("Content-Type", "text/xml")],
    )
    made = redact(xml, style=style)[0].body
    assert b"Ada" not in made
    assert b"<status>paid</status>" in made
    assert b"&amp;" in made


def test_json_in_texts_and_base64_is_looked_into(style: Pseudonyms) -> None:
    inner = {"login": "octocat", "type": "User"}
    found = clean({"payload": json.dumps(inner), "data": base64.b64encode(json.dumps(inner).encode()).decode()}, style)
    assert json.loads(found["payload"]) == json.loads(base64.b64decode(found["data"])) == clean(inner, style)


def test_enumerations_that_were_seen_often_stay() -> None:
    style = Pseudonyms(KEY, ["$.pet"])
    assert clean({"pet": "hamster", "dog": "hamster"}, style)["pet"] == "hamster"
    assert clean({"pet": "hamster", "dog": "hamster"}, style)["dog"] != "hamster"


def test_corpus(style: Pseudonyms) -> None:
    for case in shared_json("corpora/own/redaction/cases.json")["items"]:
        asked = case["request"]
        request = Request(
            asked["method"], asked["target"].encode(), Headers.from_text(asked["headers"]), asked["body"].encode()
        )
        secrets = [Secret(asked["configured_secret"], "env:X")] if "configured_secret" in asked else []
        raw = redact(request, secrets=secrets, style=style)[0].raw().decode("utf-8", "replace")
        for canary in case["must_not_appear"]:
            forms = {
                canary,
                quote(canary, safe=""),
                base64.b64encode(canary.encode()).decode(),
                json.dumps(canary)[1:-1],
            }
            assert not [form for form in forms if form in raw], case["id"]


def described(document: Any) -> dict[str, Any]:
    """Paths with types, format classes and lengths."""
    made = settled_summary(document)
    return {path: (place.types(), place.formats, dict(place.counts)) for path, place in places(made.root)}


def renamed(document: Any, style: Pseudonyms) -> Any:
    """A document whose members that are data have their pseudonyms."""
    if isinstance(document, dict):
        return {style.key(key) or key: renamed(value, style) for key, value in document.items()}
    return [renamed(value, style) for value in document] if isinstance(document, list) else document


def settled_summary(document: Any) -> Summary:
    made = Summary()
    add(made, document, 1)
    return settled(made)


def test_real_payloads_keep_their_shape_and_nothing_else() -> None:
    if not SHARED.exists():
        pytest.skip("the reference data is not here")
    rows = [row for file in sorted((SHARED / "data").glob("*.jsonl")) for row in shared_jsonl(f"data/{file.name}")]
    for row in random.Random(7).sample(rows, 200):
        style = Pseudonyms(KEY)  # of its own, so that what is looked for stays little
        request = make_request(json.dumps(row["body"]).encode(), headers=JSON)
        made = redact(request, style=style)[0]
        found, wanted = described(json.loads(made.body)), described(renamed(row["body"], style))
        assert found.keys() == wanted.keys()
        differing = [path for path in wanted if found[path] != wanted[path]]
        assert not differing, (row["event_type"], differing[:3])
        assert left_over(made.body, style.originals(), style.kept) == [], row["event_type"]


def test_a_value_that_is_left_is_found_in_every_form(style: Pseudonyms) -> None:
    text = "ada@acme-corp.com"
    style.fake(text)
    for form in (
        text, text.upper(), quote(text, safe=""), "".join(f"\\u{ord(char):04x}" for char in text), text.encode().hex(),
        base64.b64encode(f"x {text} y".encode()).decode(), base64.urlsafe_b64encode(f"{text}".encode()).decode(),
    ):  # fmt: skip
        assert left_over(f'{{"a": "{form}"}}'.encode(), style.originals(), ()) == [text], form
    assert left_over(text.encode(), style.originals(), [f"write to {text}"]) == []
    assert left_over(style.fake(text).encode(), style.originals(), ()) == []


def test_very_many_values_in_very_much_text_are_looked_for_too(
    style: Pseudonyms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(originals, "_MOST_WORK", 1000)
    texts = [f"person-{n}@acme-corp.com" for n in range(100)]
    data = json.dumps({"a": [style.fake(text) for text in texts], "b": quote(texts[7], safe="")}).encode()
    assert left_over(data, texts, ()) == [texts[7]]


def is_nobodys(text: str) -> bool:
    """Whether it is an address that every machine has."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified or address.is_multicast


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=60)


@example("::1", "")
@example("224.0.0.1", "name")
@settings(max_examples=300, deadline=None)
@given(TEXTS, st.sampled_from(["", "name", "id", "created_at", "type", "email", "amount"]))
def test_any_text_gets_a_text_of_its_own(text: str, name: str) -> None:
    style = Pseudonyms(KEY)
    new = style.value(name, "$.x", text)
    assert new is None or new != text
    assert style.value(name, "$.x", text) == new
    fake = style.fake(text)
    stays = is_nobodys(text) or text.lower() in API_HOSTS
    tells = any(char.isascii() and char.isalnum() and char != "0" for char in text)
    assert tells <= (fake != text or stays)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.from_regex(r"[a-z0-9]{1,5}", fullmatch=True), unique=True, max_size=30))
def test_different_words_get_different_pseudonyms(words: list[str]) -> None:
    style = Pseudonyms(KEY)
    assert len({style.tokens.word(word) for word in words}) == len(words)


@settings(max_examples=100, deadline=None)
@given(any_request)
def test_no_bytes_raise(request: Request) -> None:
    redact(request, style=Pseudonyms(KEY))

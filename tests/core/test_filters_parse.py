"""The filter language: what is understood, and what is said when it is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.factories import T0_NS
from webhook_inspector.core.clock import NS_PER_S
from webhook_inspector.core.filters import KEYS, nodes, parse
from webhook_inspector.core.filters.query import Query
from webhook_inspector.errors import QueryError


def read(text: str) -> Query:
    return parse(text, now_ns=T0_NS)


def root(text: str) -> nodes.Node | None:
    return read(text).root


def word(text: str) -> nodes.Word:
    return nodes.Word((text.encode(),))


def text(field: str, *pieces: str) -> nodes.Text:
    return nodes.Text(field, nodes.Pattern(tuple(piece.encode() for piece in pieces)))


@pytest.mark.parametrize(
    ("written", "understood"),
    [
        ("", None),
        ("  ", None),
        ("hello", word("hello")),
        ("HeLLo", word("hello")),
        ('"hello world"', word("hello world")),
        ('"a\\"b\\\\c"', word('a"b\\c')),
        ('"type:x"', word("type:x")),
        ('"42"', word("42")),
        ('"last"', word("last")),
        ("10:30", word("10:30")),
        ("a*b", nodes.Word((b"a", b"b"))),
        ("a b", nodes.And((word("a"), word("b")))),
        ("a and b", nodes.And((word("a"), word("b")))),
        ("a or b c", nodes.Or((word("a"), nodes.And((word("b"), word("c")))))),
        ("-a", nodes.Not(word("a"))),
        ("--a", word("a")),
        ("-(a or b)", nodes.Not(nodes.And((nodes.Or((word("a"), word("b"))),)))),
        ("(a or b) c", nodes.And((nodes.And((nodes.Or((word("a"), word("b"))),)), word("c")))),
        ("-", word("-")),
        ("type:invoice.paid", text("event_type", "invoice.paid")),
        ("TYPE:Invoice.*", text("event_type", "invoice.", "")),
        ("type:a,b*", nodes.Or((text("event_type", "a"), text("event_type", "b", "")))),
        ('type:"a,b*"', text("event_type", "a,b*")),
        ('type:""', text("event_type", "")),
        ('source:"my shop"', text("source", "my shop")),
        ("id:evt_1", text("event_id", "evt_1")),
        ("size:10k", nodes.Number("body_size", 10_000, 10_000)),
        ("size:>1KiB", nodes.Number("body_size", 1025, None)),
        ("size:<=1.5k", nodes.Number("body_size", None, 1500)),
        ("size:<2.5", nodes.Number("body_size", None, 2)),
        ("size:1..2k", nodes.Number("body_size", 1, 2000)),
        ("status:5xx", nodes.Number("last_status", 500, 599)),
        ("status:>=500", nodes.Number("last_status", 500, None)),
        ("status:200,404", nodes.Or((nodes.Number("last_status", 200, 200), nodes.Number("last_status", 404, 404)))),
        ("state:failed", nodes.Choice("state", ("failed",))),
        ("sig:ok", nodes.Choice("sig", ("valid",))),
        ("sig:bad", nodes.Choice("sig", ("invalid", "stale", "missing", "malformed"))),
        ("dup:yes", nodes.Flag("dup")),
        ("late:no", nodes.Not(nodes.Flag("late"))),
        ("header.X-Foo:bar*", nodes.Header(b"x-foo", nodes.Pattern((b"bar", b"")))),
        ("body.data.object.id:in_1", nodes.Body(("data", "object", "id"), nodes.Pattern((b"in_1",)))),
        ("body.items.*.id:*", nodes.Body(("items", None, "id"), None)),
        ('body."a.b".c:x', nodes.Body(("a.b", "c"), nodes.Pattern((b"x",)))),
        ("body.n:>1.5", nodes.Body(("n",), None, low=1.5, open_low=True)),
        ("body.n:<=-3", nodes.Body(("n",), None, high=-3.0)),
        ("after:2h", nodes.Number("received_ns", T0_NS - 7200 * NS_PER_S, None)),
        ("after:1h30m", nodes.Number("received_ns", T0_NS - 5400 * NS_PER_S, None)),
        ("before:2026-11-20", nodes.Number("received_ns", None, 1_795_132_800 * NS_PER_S - 1)),
        ("42", nodes.Ids(((42, 42),))),
        ("1 2 5..9", nodes.Ids(((1, 1), (2, 2), (5, 9)))),
        ("1 type:a 2", nodes.And((nodes.Ids(((1, 1), (2, 2))), text("event_type", "a")))),
        ("-7", nodes.Not(nodes.Ids(((7, 7),)))),
        ("1234567890", word("1234567890")),
    ],
)
def test_what_is_understood(written: str, understood: nodes.Node | None) -> None:
    assert root(written) == understood


def test_last_and_numbers_stand_beside_the_rest() -> None:
    assert read("last") == Query("last", None, 1)
    assert read("type:a last:3") == Query("type:a last:3", text("event_type", "a"), 3)
    assert read("3 1 3 -2 (4 or 5)").ids == (3, 1, 4, 5)


@pytest.mark.parametrize(
    ("written", "position", "says"),
    [
        ("tipe:x", 0, "nearest is `type:`"),
        ("a providr:x", 2, "nearest is `provider:`"),
        ("size:big", 5, "number"),
        ("after:yesterdayish", 6, "time"),
        ("state:done", 6, "received, processed, failed, quarantined"),
        ("sig:maybe", 4, "ok, bad"),
        ("dup:perhaps", 4, "yes or no"),
        ("type:", 5, "value is expected"),
        ("type:a,", 7, "value is expected"),
        ("header:x", 0, "header.user-agent"),
        ("header.:x", 0, "header.user-agent"),
        ("type.x:y", 0, "type:invoice"),
        ("body.n:>x", 8, "number after the comparison"),
        ("(a", 0, "not closed"),
        ("a)", 1, "closes nothing"),
        ("()", 1, "expected after ("),
        ("or a", 0, "expected"),
        ("a or", 4, "the end"),
        ("a and", 5, "expected after and"),
        ('a "b', 2, "quote"),
        ("last:0", 5, "how many"),
        ("last:x", 5, "how many"),
        ("last last", 5, "twice"),
        ("-last", 1, "picks from all"),
        ("a or last", 5, "picks from all"),
        ("(last)", 1, "picks from all"),
        ("(" * 40 + "a" + ")" * 40, 30, "deeper"),
        ("a " * 201, 400, "200 terms"),
    ],
)
def test_errors_say_where_and_what_was_expected(written: str, position: int, says: str) -> None:
    with pytest.raises(QueryError) as caught:
        read(written)
    assert caught.value.position == position
    assert says in caught.value.message


def test_the_example_of_each_key_is_understood_and_uses_it() -> None:
    for name, key in KEYS.items():
        assert key.name == name
        assert key.help
        assert key.example.startswith(name)
        assert root(key.example) is not None
        for choice in key.choices:
            assert root(f"{name}:{choice}") is not None


@given(st.text(max_size=60) | st.text('ab:*"()- <>=,.5klast\\', max_size=40))
def test_no_text_does_worse_than_a_query_error(written: str) -> None:
    try:
        query = read(written)
    except QueryError as error:
        assert 0 <= error.position <= len(written)
    else:
        assert query.text == written


@given(st.text(min_size=1, max_size=30))
def test_any_text_can_be_searched_in_quotes(written: str) -> None:
    quoted = '"' + written.replace("\\", "\\\\").replace('"', '\\"') + '"'
    assert isinstance(root(quoted), nodes.Word)

from __future__ import annotations

import copy
import json
import random
import time
from typing import Any

import jsonpatch
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.factories import make_request
from webhook_inspector.core.payload import FORM
from webhook_inspector.core.request import Request
from webhook_inspector.shapes import Change, PayloadDiff, diff_requests
from webhook_inspector.shapes.model import KINDS

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from([0.0, 1.0, 1.5])
    | st.text("ab/~\u00e9", max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("ab/~ ", max_size=2), inner, max_size=4),
    max_leaves=20,
)


def diff(before: Any, after: Any, **options: Any) -> PayloadDiff:
    return diff_requests(make_request(json.dumps(before).encode()), make_request(json.dumps(after).encode()), **options)


def brief(changes: tuple[Change, ...]) -> list[tuple[str, str]]:
    return [(change.kind, change.path) for change in changes]


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("paid", "open", "changed"),
        (1, 2, "changed"),
        (True, False, "changed"),
        (1, True, "type_changed"),
        (1, "x", "type_changed"),
        (None, {"a": 1}, "type_changed"),
        ([1], {"a": 1}, "type_changed"),
        (4200, "4200", "number_text"),
        ("42.50", 42.5, "number_text"),
        (4200, "42.00", "type_changed"),
        (1, 1.0, "same_number"),
        ("2026-11-20T21:31:55Z", "2026-11-20T22:31:55.000+01:00", "same_time"),
        ("2026-11-20T21:31:55Z", "Fri, 20 Nov 2026 21:31:55 GMT", "same_time"),
    ],
)
def test_kinds_of_two_values(before: Any, after: Any, kind: str) -> None:
    result = diff({"state": before}, {"state": after})
    assert brief(result.changes) == [(kind, "$.state")]
    assert result.differs
    assert kind in KINDS


def test_members_come_and_go() -> None:
    result = diff({"a": 1, "gone": {"x": 1}, "was_null": None, "z": 0}, {"a": 1, "new": [1], "is_null": None, "z": 0})
    assert brief(result.changes) == [
        ("removed", "$.gone"),
        ("null_added", "$.is_null"),
        ("added", "$.new"),
        ("null_removed", "$.was_null"),
    ]
    assert result.equal_paths == 2


def test_volatile_values_are_hidden() -> None:
    before = {
        "id": "evt_1PqX7a2eZvKYlo2C",
        "created": 1763647331,
        "uuid": "9f1c2d3e-0000-4000-8000-00000000000a",
        "sha": "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "updated_at": "2026-11-20T21:31:55Z",
        "url": "https://example.test/orders/1001?x=1",
        "order_id": 17,
        "amount": 1763647331,
        "listed": "a",
        "deep": {"er": [{"n": "x"}]},
    }
    after = {
        "id": "evt_1PqX7a2eZvKYlo2D",
        "created": 1763647399,
        "uuid": "9f1c2d3e-0000-4000-8000-00000000000b",
        "sha": "aa39a3ee5e6b4b0d3255bfef95601890afd80709",
        "updated_at": "2026-11-20T21:32:55Z",
        "url": "https://example.test/orders/1002?x=1",
        "order_id": 18,
        "amount": 1763647399,
        "listed": "b",
        "deep": {"er": [{"n": "y"}]},
    }
    result = diff(before, after, volatile=["$.listed", "$.deep.er[]", "header:x"])
    assert brief(result.changes) == [("changed", "$.amount")]
    assert {change.path: change.why_hidden for change in result.hidden} == {
        "$.id": "id",
        "$.created": "time",
        "$.uuid": "id",
        "$.sha": "hash",
        "$.updated_at": "time",
        "$.url": "id",
        "$.order_id": "id",
        "$.listed": "listed",
        "$.deep.er[0].n": "listed",
    }
    assert not diff(before, before | {"id": "evt_1PqX7a2eZvKYlo2E"}).differs


def test_a_new_prefix_or_form_of_a_value_is_shown() -> None:
    before = {"id": "evt_1PqX7a2eZvKYlo2C", "at": "2026-11-20T21:31:55Z", "n": "1"}
    after = {"id": "ev_1PqX7a2eZvKYlo2Cxx", "at": "2026-11-20T21:31:59+00:00", "n": "x"}
    assert brief(diff(before, after).changes) == [("changed", "$.at"), ("changed", "$.id"), ("changed", "$.n")]


def test_elements_are_matched_by_id() -> None:
    before = {"items": [{"id": "a", "n": 1}, {"id": "b", "n": 2}, {"id": "c", "n": 3}]}
    after = {"items": [{"id": "x", "n": 0}, {"id": "a", "n": 1}, {"id": "c", "n": 4}]}
    result = diff(before, after)
    assert brief(result.changes) == [
        ("added", "$.items[0]"),
        ("removed", "$.items[1]"),
        ("changed", "$.items[2].n"),
    ]
    assert result.changes[2].pattern == "$.items[].n"
    swapped = diff(before, {"items": before["items"][::-1]})
    assert brief(swapped.changes) == [("reordered", "$.items")]


def test_elements_without_partners_are_compared_by_position() -> None:
    before = {"lines": [{"id": "il_1PqX7a2eZvKYlo2C", "amount": 1}]}
    after = {"lines": [{"id": "il_1PqX7a2eZvKYlo2D", "amount": 2}]}
    assert brief(diff(before, after).changes) == [("changed", "$.lines[0].amount")]


def test_elements_are_matched_by_content() -> None:
    before = {"tags": ["a", "b", "c", "d"]}
    assert brief(diff(before, {"tags": ["new", "a", "b", "c", "d"]}).changes) == [("added", "$.tags[0]")]
    assert brief(diff(before, {"tags": ["a", "c", "d"]}).changes) == [("removed", "$.tags[1]")]
    assert brief(diff(before, {"tags": ["a", "B", "c", "d"]}).changes) == [("changed", "$.tags[1]")]
    assert brief(diff(before, {"tags": ["b", "a", "d", "c"]}).changes) == [("reordered", "$.tags")]
    assert brief(diff({"a": [1, 1, 2]}, {"a": [1, 2, 2]}).changes) == [("changed", "$.a[1]")]


def test_very_repetitive_arrays_are_compared_by_position() -> None:
    result = diff({"a": [0, *[1] * 3000]}, {"a": [*[1] * 3000, 0, 2]})
    assert "compared by position" in result.note


def test_very_many_differences_are_cut() -> None:
    result = diff({f"a{number}": 1 for number in range(30_000)}, {f"b{number}": 1 for number in range(30_000)})
    assert len(result.changes) == 20_000
    assert "first 20,000 differences" in result.note
    assert len(result.patch()) == 60_000


def test_deep_documents() -> None:
    deep = '{"a":' * 499 + "%s" + "}" * 499
    first, second = (make_request((deep % value).encode()) for value in ("1", "2"))
    assert [change.kind for change in diff_requests(first, second).changes] == ["changed"]


def test_moved_subtrees_are_one_change() -> None:
    charge = {"id": "ch_1", "paid": True, "amount": 5}
    result = diff({"a": {"charge": charge}, "b": {}}, {"a": {}, "b": {"latest": charge}})
    assert brief(result.changes) == [("moved", "$.b.latest")]
    assert result.changes[0].moved_from == "$.a.charge"
    small = diff({"a": {"x": {"n": 1}}, "b": {}}, {"a": {}, "b": {"x": {"n": 1}}})
    assert {change.kind for change in small.changes} == {"added", "removed"}


def test_headers_and_target_in_their_own_terms() -> None:
    first = make_request(
        b"{}",
        target=b"/hooks?x=1&request_id=1",
        headers=[
            ("Content-Type", "application/json"),
            ("X-GitHub-Event", "push"),
            ("X-Hub-Signature-256", "sha256=1"),
            ("X-GitHub-Delivery", "1"),
            ("Content-Length", "2"),
            ("X-Tag", "a"),
            ("X-Tag", "b"),
        ],
    )
    second = make_request(
        b"{}",
        method="PUT",
        target=b"/hooks?x=2&request_id=2",
        headers=[
            ("content-type", "application/json"),
            ("x-hub-signature-256", "sha256=2"),
            ("x-github-event", "issues"),
            ("x-github-delivery", "2"),
            ("x-tag", "a"),
            ("x-mine", "2"),
        ],
    )
    result = diff_requests(first, second, volatile=["header:X-Mine"])
    assert [(change.where, change.kind, change.path) for change in result.changes] == [
        ("target", "changed", "method"),
        ("target", "changed", "query.x"),
        ("header", "changed", "x-github-event"),
        ("header", "changed", "x-tag"),
    ]
    assert result.changes[3].before == ["a", "b"]
    assert [(change.path, change.why_hidden) for change in result.hidden] == [
        ("query.request_id", "id"),
        ("content-length", "transport"),
        ("x-github-delivery", "id"),
        ("x-hub-signature-256", "signature"),
        ("x-mine", "listed"),
    ]


def test_forms_are_compared_as_objects() -> None:
    headers = [("Content-Type", FORM)]
    first = make_request(b"a=1&payload=%7B%22n%22%3A1%7D", headers=headers)
    second = make_request(b"payload=%7B%22n%22%3A2%7D&a=1", headers=headers)
    assert brief(diff_requests(first, second).changes) == [("changed", "$.payload.n")]


def test_xml_and_multipart_are_compared_by_meaning() -> None:
    xml = [("Content-Type", "application/xml")]
    first = make_request(b"<o><id>1</id><state>new</state></o>", headers=xml)
    second = make_request(b"<o>\n <id>1</id>\n <state>paid</state><at/></o>", headers=xml)
    assert brief(diff_requests(first, second).changes) == [("added", "$.o.at"), ("changed", "$.o.state")]
    head = b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n'
    parts = [("Content-Type", "multipart/form-data; boundary=B")]
    first = make_request(head + b"1\r\n--B--\r\n", headers=parts)
    second = make_request(head + b"2\r\n--B--\r\n", headers=parts)
    assert brief(diff_requests(first, second).changes) == [("changed", "$.a")]
    assert diff_requests(first, make_request(b'{"a":"1"}', headers=[])).note.endswith(
        "is a multipart form, the second JSON."
    )


def test_other_bodies_are_compared_as_bytes() -> None:
    first, second = make_request(b"hello", headers=[]), make_request(b"help", headers=[])
    result = diff_requests(first, second)
    assert brief(result.changes) == [("changed", "$")]
    assert (result.changes[0].before, result.changes[0].after) == ("hello", "help")
    assert "first difference is at byte 3" in result.note
    assert not diff_requests(first, first).differs
    assert brief(diff_requests(first, make_request(b'{"a":1}', headers=[])).changes) == [("type_changed", "$")]
    assert brief(diff_requests(make_request(b"", headers=[]), first).changes) == [("added", "$")]
    assert result.patch() == []


def test_writing_alone_is_no_difference() -> None:
    result = diff_requests(make_request(b'{"a":1,"b":[ ]}'), make_request(b'{"b":[],  "a":1}'))
    assert not result.differs
    assert "how they are written" in result.note


def _sorted_like_json(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


@given(VALUES, VALUES)
@settings(max_examples=100, deadline=None)
def test_patch_is_exact(before: Any, after: Any) -> None:
    before, after = {"v": before}, {"v": after}
    result = diff(before, after)
    patched = jsonpatch.apply_patch(copy.deepcopy(before), result.patch())
    assert _sorted_like_json(patched) == _sorted_like_json(after)


@given(VALUES, VALUES)
@settings(max_examples=100, deadline=None)
def test_a_diff_is_empty_only_for_equal_documents(before: Any, after: Any) -> None:
    before, after = {"v": before}, {"v": after}
    result = diff(before, after)
    equal = _sorted_like_json(before) == _sorted_like_json(after)
    assert (not result.changes and not result.hidden) == equal
    again = diff(before, after)
    assert again.changes == result.changes
    back = diff(after, before)
    assert bool(back.changes) == bool(result.changes)


@given(st.binary(max_size=60), st.binary(max_size=60), st.text(max_size=20))
@settings(max_examples=100, deadline=None)
def test_no_bytes_raise(first: bytes, second: bytes, content_type: str) -> None:
    headers = [("Content-Type", content_type), ("Content-Encoding", "gzip" if first[:1] < b"\x40" else "")]
    diff_requests(make_request(first, headers=headers, target=first), make_request(second, target=second)).patch()


def _seconds(first: Request, second: Request) -> float:
    started = time.perf_counter()
    diff_requests(first, second)
    return time.perf_counter() - started


def test_speed() -> None:
    rows = [
        {"id": f"x_{n}", "amount": n, "tags": ["a", str(n)], "o": {"created": "2026-01-01T00:00:00Z", "n": None}}
        for n in range(8500)
    ]
    changed = copy.deepcopy(rows)
    for row in changed[::100]:
        row["amount"] = -1
    random.Random(1).shuffle(changed)
    small = (
        make_request(json.dumps({"rows": rows[:250]}).encode()),
        make_request(json.dumps({"rows": changed[:250]}).encode()),
    )
    large = make_request(json.dumps({"rows": rows}).encode()), make_request(json.dumps({"rows": changed}).encode())
    for (first, second), limit in ((small, 0.05), (large, 1.0)):  # ten times the goal: machines that run tests are busy
        assert min(_seconds(first, second) for _ in range(3)) < limit

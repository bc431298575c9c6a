from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from webhook_inspector.core.delivery import Event
from webhook_inspector.events import Earlier, relate

EVENTS = st.builds(
    Event,
    type=st.sampled_from([None, "a", "b"]),
    id=st.sampled_from([None, "1", "2"]),
    time_ns=st.none() | st.integers(1, 5),
    attempt=st.none() | st.integers(1, 3),
)
EARLIER = st.builds(
    Earlier,
    id=st.integers(1, 100),
    event=EVENTS,
    response_status=st.sampled_from([None, 200, 500]),
    refused=st.booleans(),
    object_key=st.sampled_from([None, "x", "y"]),
)


def test_nothing_earlier() -> None:
    found = relate(Event("a", "1", 5), [])
    assert (found.duplicate_of, found.retry_of, found.late) == (None, None, False)


def test_the_same_event_id_is_a_duplicate_of_the_first() -> None:
    earlier = [Earlier(3, Event("a", "1")), Earlier(5, Event("a", "1")), Earlier(6, Event("a", "2"))]
    found = relate(Event("a", "1"), earlier)
    assert (found.duplicate_of, found.retry_of) == (3, None)
    assert relate(Event("a", None), [Earlier(1, Event("a", None))]).duplicate_of is None


def test_retries() -> None:
    ok, failed = Earlier(3, Event("a", "1")), Earlier(4, Event("a", "1"), response_status=500)
    assert relate(Event("a", "1", attempt=2), [ok]).retry_of == 3
    assert relate(Event("a", "1"), [ok, failed]).retry_of == 3
    assert relate(Event("a", "1"), [Earlier(3, Event("a", "1"), refused=True)]).retry_of == 3
    imported = relate(Event("a", "1"), [Earlier(3, Event("a", "1"), response_status=None)])
    assert (imported.duplicate_of, imported.retry_of) == (3, None)
    assert relate(Event("a", "1"), [failed, Earlier(7, Event("a", "1"))]).retry_of is None
    assert relate(Event("a", "9", attempt=2), [ok]).retry_of is None


def test_late_is_judged_by_object() -> None:
    paid = Earlier(1, Event("invoice.paid", "2", 200), object_key="in_1")
    assert relate(Event("invoice.created", "1", 100), [paid], key="in_1").late
    assert not relate(Event("invoice.created", "1", 100), [paid], key="in_2").late
    assert not relate(Event("invoice.created", "1", 200), [paid], key="in_1").late
    assert not relate(Event("invoice.created", "1", None), [paid], key="in_1").late


def test_late_is_judged_by_type_where_objects_are_not_known() -> None:
    newer = Earlier(1, Event("a", "2", 200))
    assert relate(Event("a", "1", 100), [newer]).late
    assert not relate(Event("b", "1", 100), [newer]).late
    assert not relate(Event(None, "1", 100), [Earlier(1, Event(None, "2", 200))]).late


def test_a_duplicate_of_an_accepted_event_is_not_late() -> None:
    first, newer = Earlier(1, Event("a", "1", 100), object_key="x"), Earlier(2, Event("b", "2", 200), object_key="x")
    assert not relate(Event("a", "1", 100), [first, newer], key="x").late
    refused = Earlier(1, Event("a", "1", 100), response_status=500, object_key="x")
    found = relate(Event("a", "1", 100), [refused, newer], key="x")
    assert found.late
    assert found.retry_of == 1


@given(EVENTS, st.lists(EARLIER, max_size=6, unique_by=lambda each: each.id), st.sampled_from([None, "x"]))
@settings(max_examples=100, deadline=None)
def test_relations_hold_together(event: Event, earlier: list[Earlier], key: str | None) -> None:
    found = relate(event, earlier, key=key)
    assert found == relate(event, sorted(earlier, key=lambda each: each.id), key=key)
    if found.retry_of is not None:
        assert found.retry_of == found.duplicate_of
    if found.duplicate_of is not None:
        assert found.duplicate_of == min(each.id for each in earlier if each.event.id == event.id)
    if found.late:
        assert any(each.event.time_ns and event.time_ns and each.event.time_ns > event.time_ns for each in earlier)

"""The list keeps its promises: the cursor is a delivery, arrivals move nothing, pages are read as they are seen."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.message import Message

from tests.support.factories import T0_NS
from tests.support.screen import screen_text
from webhook_inspector.core.clock import NS_PER_S
from webhook_inspector.core.delivery import State, Summary
from webhook_inspector.core.verification import VerificationStatus
from webhook_inspector.errors import StoreError
from webhook_inspector.tui import theme
from webhook_inspector.tui.safe import Line, cells
from webhook_inspector.tui.widgets import list_rows
from webhook_inspector.tui.widgets.delivery_list import DeliveryList
from webhook_inspector.tui.widgets.list_rows import Columns


def summary(number: int, **changes: object) -> Summary:
    fields: dict[str, object] = {
        "id": number,
        "received_ns": T0_NS + number * NS_PER_S,
        "source": "default",
        "provider": "stripe",
        "method": "POST",
        "target": "/hooks?x=1",
        "event_type": f"type.{number}",
        "event_id": f"evt_{number}",
        "sig": VerificationStatus.VALID,
        "state": State.RECEIVED,
        "last_status": None,
        "last_outcome": None,
        "attempts": 0,
        "duplicate_of": None,
        "retry_of": None,
        "late": False,
        "drift": False,
        "body_size": 1234,
        "refused": None,
    }
    return Summary(**{**fields, **changes})  # type: ignore[arg-type]  # the fields are those of the record


class Shelf(App[None]):
    def __init__(self, count: int) -> None:
        super().__init__()
        self.ids = array("q", range(1, count + 1))
        self.read: list[int] = []
        self.broken = False
        for made in theme.THEMES:
            self.register_theme(made)
        self.theme = theme.DARK_NAME

    def fetch(self, ids: Sequence[int]) -> list[Summary]:
        if self.broken:
            raise StoreError("The log cannot be read.")
        self.read.extend(ids)
        return [summary(number) for number in ids]

    def compose(self) -> ComposeResult:
        yield DeliveryList(self.fetch, lambda: T0_NS + 3600 * NS_PER_S)

    def on_mount(self) -> None:
        self.list.focus()
        self.list.set_ids(array("q", self.ids))

    @property
    def list(self) -> DeliveryList:
        return self.query_one(DeliveryList)


async def test_only_what_is_seen_is_read() -> None:
    app = Shelf(200_000)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert app.list.current == 200_000
        assert len(app.read) < 300
        await pilot.press("g")
        assert app.list.current == 1
        assert "type.1 " in screen_text(app)[0]
        await pilot.press("ctrl+d", "pagedown", "k")
        assert len(app.read) < 1000


async def test_the_view_stays_when_others_arrive() -> None:
    app = Shelf(500)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("k", "k", "k")
        before = [row[:78].rstrip() for row in screen_text(app)]
        app.list.add(range(501, 600))
        await pilot.pause()
        assert [row[:78].rstrip() for row in screen_text(app)] == before
        assert app.list.unseen == 99
        await pilot.press("F")
        assert app.list.current == 599
        assert app.list.unseen == 0


async def test_following_shows_each_newest() -> None:
    app = Shelf(5)
    async with app.run_test(size=(80, 24)) as pilot:
        for number in range(6, 60):
            app.list.add([number])
        await pilot.pause()
        assert app.list.current == 59
        assert "type.59" in screen_text(app)[23]


async def test_a_log_that_cannot_be_read_shows_rows_without_words() -> None:
    app = Shelf(0)
    app.broken = True
    async with app.run_test(size=(80, 24)) as pilot:
        app.list.set_ids(array("q", [1, 2]))
        await pilot.pause()
        assert "#2 cannot be read" in screen_text(app)[1]
        app.broken = False
        app.list.forget([2])
        await pilot.pause()
        assert "type.2" in screen_text(app)[1]


async def test_a_click_selects_and_a_second_one_opens() -> None:
    app = Shelf(10)
    opened: list[int] = []

    def heard(message: Message) -> None:
        if isinstance(message, DeliveryList.Opened):
            opened.append(message.id)

    async with app.run_test(size=(80, 24), message_hook=heard) as pilot:
        await pilot.click(DeliveryList, offset=(10, 3))
        assert app.list.current == 4
        assert not app.list.following
        await pilot.click(DeliveryList, offset=(10, 3))
        await pilot.pause()
        assert opened
        assert set(opened) == {4}


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("add"), st.lists(st.integers(1, 60), max_size=6)),
            st.tuples(st.just("step"), st.integers(-8, 8)),
            st.tuples(st.just("find"), st.lists(st.integers(1, 60), max_size=20)),
            st.tuples(st.just("follow"), st.just(0)),
        ),
        max_size=25,
    )
)
@settings(max_examples=100, deadline=None)
def test_the_cursor_is_a_delivery(steps: list[tuple[str, object]]) -> None:
    rows = DeliveryList(lambda _ids: [], lambda: 0)
    rows.post_message = lambda message: message is not None  # type: ignore[method-assign]  # no app here
    shown: set[int] = set()
    for kind, what in steps:
        before, following = rows.current, rows.following
        if kind == "add":
            assert isinstance(what, list)
            rows.add(what)
            shown.update(what)
            if before and not following:
                assert rows.current == before
        elif kind == "find":
            assert isinstance(what, list)
            shown = set(what)
            rows.set_ids(array("q", sorted(shown)))
            if before in shown and not following:
                assert rows.current == before
        elif kind == "step":
            assert isinstance(what, int)
            rows.step(what)
        else:
            rows.action_follow()
        assert list(rows.ids) == sorted(shown)
        assert (rows.current in shown) if shown else rows.current == 0
        if rows.following and shown:
            assert rows.current == max(shown)


@pytest.mark.parametrize("width", [20, 40, 58, 79, 80, 120])
@pytest.mark.parametrize("source", [True, False])
def test_a_row_is_as_wide_as_its_columns(width: int, source: bool) -> None:
    columns = Columns.for_width(width, source=source)
    heading = columns.heading(age=False)
    made = list_rows.row(
        summary(42, event_type="日本語" * 40, duplicate_of=3, drift=True),
        columns,
        now_ns=None,
        chosen=True,
        focused=True,
        marked=True,
    )
    assert made.width == heading.width
    assert made.width <= max(width, 19)
    if width >= 36:
        assert heading.text.index("SIG") == cells(made.text[: made.text.index("✓")])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"last_status": 200, "attempts": 1}, "200"),
        ({"last_status": 503, "attempts": 1}, "503"),
        ({"last_outcome": "refused", "attempts": 1}, "err"),
        ({"last_outcome": "timed_out", "attempts": 1}, "t/o"),
        ({"last_outcome": "from a later version", "attempts": 1}, "err"),
        ({"attempts": 1}, "…"),
        ({}, "—"),
        ({"duplicate_of": 1}, "×2"),
        ({"retry_of": 1, "drift": True}, "×Δ"),
        ({"late": True}, "‹"),
        ({"refused": "The body is too large."}, "refused: "),
        ({"event_type": None}, "POST /hooks "),
    ],
)
def test_what_a_row_says(changes: dict[str, object], words: str) -> None:
    made = list_rows.row(
        summary(1, **changes), Columns.for_width(80), now_ns=None, chosen=False, focused=False, marked=False
    )
    assert words in made.text


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({}, False),
        ({"sig": VerificationStatus.NO_SECRET}, False),
        ({"sig": VerificationStatus.INVALID}, True),
        ({"last_status": 404}, True),
        ({"last_status": 204}, False),
        ({"last_outcome": "reset"}, True),
        ({"refused": "No."}, True),
    ],
)
def test_what_counts_as_a_problem(changes: dict[str, object], problem: bool) -> None:
    assert list_rows.is_problem(summary(1, **changes)) is problem


async def test_the_newest_problem_is_found_first() -> None:
    app = Shelf(3000)
    bad = {7, 1500}
    app.fetch = lambda ids: [  # type: ignore[method-assign]  # another log
        summary(n, sig=VerificationStatus.INVALID if n in bad else VerificationStatus.VALID) for n in ids
    ]
    async with app.run_test(size=(80, 24)):
        app.list._fetch = app.fetch
        assert app.list.problem_before(None) == 1500
        assert app.list.problem_before(1500) == 7
        assert app.list.problem_before(7) is None


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (59, "59 s"), (60, "1 min"), (7200, "2 h"), (90_000, "1 d")]
)
def test_ages_are_short(seconds: int, words: str) -> None:
    assert list_rows.age_text(0, seconds * NS_PER_S) == words


def test_times_out_of_range_are_no_error() -> None:
    assert list_rows.clock_text(10**30) == "--:--:--"
    assert Line.of(list_rows.clock_text(-(10**30))).width == 8

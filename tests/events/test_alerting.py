"""Alert rules: each says once that something begins, and once that it is over."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook_inspector.core.clock import NS_PER_S
from webhook_inspector.core.display import one_line
from webhook_inspector.core.registry import discover
from webhook_inspector.events.alerting import kinds as folder
from webhook_inspector.events.alerting.api import Answered, Arrived, Backlog, Change, Fact, Passed, Rule
from webhook_inspector.events.alerting.grammar import RuleError, kinds, read_rule

HOSTILE = "\x1b[31m[/]\n\u202e"
SIGS = st.sampled_from(["valid", "invalid", "stale", "missing", "malformed", "no_secret", "unsigned", "unsupported"])
GAP = st.integers(0, 400).map(lambda s: s * NS_PER_S)


def arrived(
    at_s: float = 0, sig: str = "valid", source: str = "shop", *, new: bool = False, kind: str = "m"
) -> Arrived:
    return Arrived(int(at_s * NS_PER_S), 7, source, kind, sig, new)


def answered(at_s: float, *, good: bool, source: str = "shop") -> Answered:
    return Answered(int(at_s * NS_PER_S), 7, source, good)


def passed(at_s: float, *waiting: Backlog, free: int | None = None) -> Passed:
    return Passed(int(at_s * NS_PER_S), waiting, free, None if free is None else 100_000_000_000)


def told(rule: Rule, *facts: Fact) -> list[tuple[bool, str]]:
    return [(change.begins, change.words) for fact in facts for change in rule.see(fact)]


@st.composite
def histories(draw: st.DrawFn) -> list[Fact]:
    now, facts = 0, []
    for _ in range(draw(st.integers(0, 60))):
        now += draw(GAP)
        source = draw(st.sampled_from(["shop", "git"]))
        one: Fact
        match draw(st.integers(0, 2)):
            case 0:
                one = Arrived(now, draw(st.integers(1, 99)), source, "m", draw(SIGS), draw(st.booleans()))
            case 1:
                one = Answered(now, draw(st.integers(1, 99)), source, draw(st.booleans()))
            case _:
                late = [Backlog(name, 1, 1, draw(GAP)) for name in draw(st.sets(st.sampled_from(["a", "b"])))]
                one = Passed(now, tuple(late), draw(st.integers(0, 2 * 10**9)), 10**11)
        facts.append(one)
    return facts


@given(histories())
def test_a_rule_begins_and_ends_in_turn(facts: list[Fact]) -> None:
    for text in ("failures 20% in 5m", "silence 5m", "silence 5m shop", "undelivered 2m", "disk 500MB or 5%"):
        rule = read_rule(text)
        begins: dict[str, list[bool]] = {}
        for fact in facts:
            for change in rule.see(fact):
                begins.setdefault(change.words.split(":")[0] if text.startswith("undelivered") else "", []).append(
                    change.begins
                )
        for turns in begins.values():
            assert turns == [at % 2 == 0 for at in range(len(turns))], text


@given(st.lists(SIGS), st.integers(1, 5))
def test_signatures_in_a_row_are_those_without_a_good_one_between(sigs: list[str], wanted: int) -> None:
    rule = read_rule(f"signatures {wanted} in a row")
    found = [[change.begins for change in rule.see(arrived(n, sig))] for n, sig in enumerate(sigs)]
    in_a_row, expected = 0, []
    for sig in sigs:
        before = in_a_row
        in_a_row = 0 if sig == "valid" else in_a_row + (sig in {"invalid", "stale", "missing", "malformed"})
        if in_a_row == wanted and before < wanted:
            expected.append([True])
        else:
            expected.append([False] if before >= wanted and in_a_row == 0 else [])
    assert found == expected


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), max_size=80))
def test_no_share_is_said_that_no_window_has(steps: list[tuple[int, bool]]) -> None:
    rule = read_rule("failures 50% in 1m")
    now, seen = 0.0, []
    for gap, good in steps:
        now += gap
        seen.append((now, good))
        begins = [change for change in rule.see(answered(now, good=good)) if change.begins]
        window = [good for at, good in seen if at > now - 60]
        if begins:
            assert len(window) >= 5
            assert window.count(False) * 2 >= len(window)


def test_failures_begin_and_are_over() -> None:
    rule = read_rule("failures 20% in 5m")
    facts = [answered(n, good=n not in {3, 8}) for n in range(10)]
    assert told(rule, *facts) == [(True, "1 of 5 in 5 min were not answered 2xx")]
    (over,) = told(rule, *(answered(10 + n, good=True) for n in range(15)))
    assert over == (False, "2 of 21 in 5 min fail: over")
    rule = read_rule("failures 20% in 5m shop")
    assert told(rule, *(answered(n, good=False, source="git") for n in range(9))) == []
    (begun,) = [change for n in range(9) for change in rule.see(answered(n, good=False))]
    assert (begun.query, begun.delivery) == ("source:shop state:failed", 7)
    assert told(rule, passed(200), passed(400)) == [(False, "shop: no answer in 5 min: over")]


def test_silence_counts_from_the_beginning_and_from_the_last() -> None:
    rule = read_rule("silence 10m shop")
    assert told(rule, passed(0), passed(599)) == []
    assert told(rule, passed(600), passed(1200)) == [(True, "nothing came from shop for 10 min")]
    assert told(rule, arrived(1300, source="git")) == []
    assert told(rule, arrived(1320)) == [(False, "a delivery came from shop again, after 22 min")]
    assert told(rule, passed(1900)) == []
    assert told(rule, passed(1920)) == [(True, "nothing came from shop for 10 min")]


def test_what_waits_too_long_is_said_by_target() -> None:
    rule = read_rule("undelivered 5m")
    late = Backlog("http://a", 2, 3, 300 * NS_PER_S)
    assert told(rule, passed(0, Backlog("http://a", 1, 3, 299 * NS_PER_S))) == []
    assert told(rule, passed(5, late), passed(10, late)) == [
        (True, "http://a: 2 deliveries wait, the oldest for 5 min or more")
    ]
    assert told(rule, passed(15)) == [(False, "http://a: nothing waits that long any more")]


def test_a_disk_that_fills_is_said_and_that_it_has_room_again() -> None:
    rule = read_rule("disk 500MB or 5%")
    gigabyte = 10**9
    assert told(rule, passed(0, free=3 * gigabyte), passed(5)) == []
    assert told(rule, passed(10, free=1 * gigabyte), passed(15, free=2 * gigabyte)) == [
        (True, "the disk of the log is nearly full: 1.0 GB free; `prune` makes room")
    ]
    assert told(rule, passed(20, free=3 * gigabyte)) == [(False, "the disk of the log has 3.0 GB free again")]
    small = Passed(0, (), 550_000_000, 10 * gigabyte)
    assert told(read_rule("disk 500MB or 5%"), small) == []


def test_new_shapes_are_said_each_and_of_a_source() -> None:
    (change,) = read_rule("new_shape").see(arrived(new=True))
    assert change == Change(begins=True, words="#7 is the first m of a new shape", delivery=7, query="type:m")
    assert told(read_rule("new_shape git"), arrived(new=True)) == []
    assert told(read_rule("new_shape"), arrived()) == []


@pytest.mark.parametrize("text", ["new_shape", "signatures 1 in a row"])
def test_names_of_senders_are_safe_to_show(text: str) -> None:
    rule = read_rule(text)
    ((_, words),) = told(rule, arrived(sig="invalid", source=HOSTILE, kind=HOSTILE, new=True))
    assert not {"\x1b", "\n", "\u202e"} & set(words)


def test_the_folder_is_the_registry_and_every_example_is_read() -> None:
    assert (
        {kind.form.split()[0] for kind in discover(folder, "KIND").values()}
        == set(kinds())
        == set(discover(folder, "KIND"))
    )
    for kind in kinds().values():
        rule = read_rule(kind.example)
        assert rule.see(Passed(0)) == []
        assert kind.help


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is no alert; known: "),
        ("failure 20% in 5m", 'did you mean "failures 20% in 5m"?'),
        ("failures 0% in 5m", "0% is not a share"),
        ("failures 101% in 5m", "101% is not a share"),
        ("failures 20% within 5m", "within stands where in is expected"),
        ("failures 20% in 5", "5 is not a time"),
        ("failures 20% in 8d", "8d is not a time"),
        ("failures 20% in 0s", "0s is not a time"),
        ("failures 20% in 5m a b", "it goes on too long"),
        ("signatures 0 in a row", "0 is not a number from 1"),
        ("silence", "it ends too early"),
        ("silence 5m ../x", "../x is not the name of a source"),
        ("disk 500 or 5%", "500 is not a size"),
        ("new_shape " + "x" * 300, "is not the name of a source"),
        ("\x1b[31m", "is no alert"),
    ],
)
def test_what_cannot_be_read_is_said_with_how_it_is_written(text: str, words: str) -> None:
    with pytest.raises(RuleError) as caught:
        read_rule(text)
    assert words in str(caught.value)
    assert "\x1b" not in str(caught.value)


@given(st.text(max_size=300))
def test_no_text_fails_in_another_way(text: str) -> None:
    try:
        read_rule(text)
    except RuleError as error:
        assert one_line(str(error)) == str(error)

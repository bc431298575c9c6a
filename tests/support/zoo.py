"""Handlers, right ones and wrong ones, as small machines: what they store and answer, without a socket.

Each takes events with `id`, `object`, `kind` (created, updated, deleted), `version` (the order in which they happened),
`amount` and `at` (whole seconds), and keeps a state. `check` must pass the right ones and name what is wrong with the
others. `begin` and `finish` are the two halves of the work: what runs between them may be another request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Event = Mapping[str, Any]


@dataclass
class Machine:
    """A handler's memory."""

    state: dict[str, Any] = field(default_factory=dict)
    """What a probe prints."""
    seen: list[str] = field(default_factory=list)
    """What it remembers of ids; a probe does not print it."""

    def work(self, event: Event) -> Iterator[None]:
        """One event, in steps; an exception is answered 500. Between steps other requests may run."""
        raise NotImplementedError

    def answer(self, event: Event) -> int:
        """The status that a first copy gets."""
        return 200

    aborts = False
    """Whether the work stops where it is when the sender goes away."""


def _add(state: dict[str, Any], event: Event) -> None:
    state["total"] = state.get("total", 0) + event["amount"]


def _upsert(state: dict[str, Any], event: Event) -> None:
    known = state.get(event["object"])
    if known is None or event["version"] > known["version"]:
        gone = event["kind"] == "deleted"
        state[event["object"]] = {"version": event["version"], "amount": None if gone else event["amount"]}


# Right ones


class Ledger(Machine):
    """Adds each event once; ids are kept for ever, in the same step as the sum."""

    def work(self, event: Event) -> Iterator[None]:
        if event["id"] not in self.seen:
            self.seen.append(event["id"])
            _add(self.state, event)
        yield


class Versioned(Machine):
    """Keeps the newest version of each object, and remembers what was deleted."""

    def work(self, event: Event) -> Iterator[None]:
        _upsert(self.state, event)
        yield


class SetOfIds(Machine):
    """Collects ids: a set knows neither order nor copies."""

    def work(self, event: Event) -> Iterator[None]:
        self.state[event["id"]] = True
        yield


class Stateless(Machine):
    """Does nothing, and says so."""

    def work(self, event: Event) -> Iterator[None]:
        yield


class WaitsForTheFirst(Machine):
    """Refuses what comes before its object was made; the sender tries again, and then it is there."""

    def work(self, event: Event) -> Iterator[None]:
        if event["kind"] != "created" and event["object"] not in self.state:
            raise LookupError
        _upsert(self.state, event)
        yield


class MarksAfterWork(Machine):
    """Work and mark in one step after a pause: nothing is half done when the sender goes away."""

    aborts = True

    def work(self, event: Event) -> Iterator[None]:
        yield
        if event["id"] not in self.seen:
            _add(self.state, event)
            self.seen.append(event["id"])


# Wrong ones


class NoDedupe(Machine):
    """Adds every copy."""

    def work(self, event: Event) -> Iterator[None]:
        _add(self.state, event)
        yield


class RemembersOne(Machine):
    """Knows only the last id."""

    room = 1

    def work(self, event: Event) -> Iterator[None]:
        if event["id"] not in self.seen:
            _add(self.state, event)
            self.seen = [*self.seen, event["id"]][-self.room :]
        yield


class RemembersTwo(RemembersOne):
    """Knows the last two ids."""

    room = 2


class ChecksThenActs(Machine):
    """Looks, waits, and then writes: two copies at once both find nothing."""

    def work(self, event: Event) -> Iterator[None]:
        known = event["id"] in self.seen
        yield
        if not known:
            self.seen.append(event["id"])
            _add(self.state, event)


class ReadsThenWrites(Machine):
    """Dedupes well, but loses its own write when another event runs between reading and writing."""

    def work(self, event: Event) -> Iterator[None]:
        if event["id"] in self.seen:
            return
        total = self.state.get("total", 0)
        yield
        self.seen.append(event["id"])
        self.state["total"] = total + event["amount"]
        self.state["writes"] = self.state.get("writes", 0) + 1


class LastWriteWins(Machine):
    """Believes whatever came last; ids are deduped."""

    def work(self, event: Event) -> Iterator[None]:
        if event["id"] not in self.seen:
            self.seen.append(event["id"])
            gone = event["kind"] == "deleted"
            self.state[event["object"]] = None if gone else event["amount"]
        yield


class NeedsAnEarlierEvent(Machine):
    """Drops what comes before its object was made, and answers 200."""

    def work(self, event: Event) -> Iterator[None]:
        if event["kind"] == "created" or event["object"] in self.state:
            _upsert(self.state, event)
        yield


class WholeSeconds(Machine):
    """Compares times of one second: of two in the same second the last to arrive wins."""

    def work(self, event: Event) -> Iterator[None]:
        known = self.state.get(event["object"])
        if known is None or event["at"] >= known["at"]:
            self.state[event["object"]] = {"at": event["at"], "amount": event["amount"]}
        yield


class RefusesDuplicates(Machine):
    """Answers 409 to a copy, so that the sender never stops."""

    def work(self, event: Event) -> Iterator[None]:
        if event["id"] in self.seen:
            raise ValueError
        self.seen.append(event["id"])
        _add(self.state, event)
        yield


class ResurrectsDeleted(Machine):
    """Forgets what it deleted, so that a late update makes it again."""

    def work(self, event: Event) -> Iterator[None]:
        known = self.state.get(event["object"])
        if event["kind"] == "deleted":
            self.state.pop(event["object"], None)
        elif known is None or event["version"] > known["version"]:
            self.state[event["object"]] = {"version": event["version"], "amount": event["amount"]}
        yield


class MarksBeforeWork(Machine):
    """Marks an id as done, then works; when the sender goes away in between, the work is lost."""

    aborts = True

    def work(self, event: Event) -> Iterator[None]:
        if event["id"] in self.seen:
            return
        self.seen.append(event["id"])
        yield
        _add(self.state, event)


class HalfDone(Machine):
    """Two writes with a pause between them and no mark: what was aborted is done twice in part."""

    aborts = True

    def work(self, event: Event) -> Iterator[None]:
        if event["id"] in self.seen:
            return
        self.state["charges"] = self.state.get("charges", 0) + 1
        yield
        self.state["mails"] = self.state.get("mails", 0) + 1
        self.seen.append(event["id"])


class CountsDeliveries(Machine):
    """A right total, and a counter of requests beside it that a copy moves."""

    def work(self, event: Event) -> Iterator[None]:
        self.state["requests"] = self.state.get("requests", 0) + 1
        if event["id"] not in self.seen:
            self.seen.append(event["id"])
            _add(self.state, event)
        yield


class Appends(Machine):
    """Writes a list in the order of arrival."""

    def work(self, event: Event) -> Iterator[None]:
        if event["id"] not in self.seen:
            self.seen.append(event["id"])
            self.state.setdefault("log", []).append(event["id"])
        yield


RIGHT: tuple[type[Machine], ...] = (Ledger, Versioned, SetOfIds, Stateless, WaitsForTheFirst, MarksAfterWork)
WRONG: Mapping[type[Machine], tuple[frozenset[str], int]] = {
    NoDedupe: (frozenset({"idempotent", "concurrent", "retry"}), 2),
    RemembersOne: (frozenset({"idempotent"}), 3),
    RemembersTwo: (frozenset({"idempotent"}), 4),
    ChecksThenActs: (frozenset({"concurrent"}), 2),
    ReadsThenWrites: (frozenset({"concurrent"}), 2),
    LastWriteWins: (frozenset({"order"}), 2),
    NeedsAnEarlierEvent: (frozenset({"order"}), 2),
    WholeSeconds: (frozenset({"order"}), 2),
    RefusesDuplicates: (frozenset({"idempotent"}), 2),
    ResurrectsDeleted: (frozenset({"order"}), 2),
    MarksBeforeWork: (frozenset({"retry"}), 2),
    HalfDone: (frozenset({"retry"}), 2),
    CountsDeliveries: (frozenset({"idempotent", "concurrent", "retry"}), 2),
    Appends: (frozenset({"order"}), 2),
}
"""Of each wrong one: the properties that must be named, and the length of the smallest sequence."""

STORY: tuple[Event, ...] = (
    {"id": "e1", "object": "a", "kind": "created", "version": 1, "amount": 1, "at": 100},
    {"id": "e2", "object": "a", "kind": "updated", "version": 2, "amount": 20, "at": 100},
    {"id": "e3", "object": "b", "kind": "created", "version": 3, "amount": 300, "at": 101},
    {"id": "e4", "object": "a", "kind": "deleted", "version": 4, "amount": 4000, "at": 102},
)
"""Four events, in the order in which they happened."""

Make = Callable[[], Machine]


STATUSES = {LookupError: 404, ValueError: 409}


def step(work: Iterator[None]) -> int | None:
    """Advance one event's work; its status when it ended."""
    try:
        next(work)
    except StopIteration:
        return 200
    except (LookupError, ValueError) as error:
        return STATUSES[type(error)]
    return None

"""A log's whole life in any order: what was acknowledged, less what was deleted, is there, byte for byte."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.support.posting import post
from tests.support.recording import recording, split_request
from tests.torture.results import record
from tests.torture.variants import catches
from webhook_inspector.config.model import Config
from webhook_inspector.core.delivery import Delivery
from webhook_inspector.engine.deleting import Deleting
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.engine.replay_options import ReplayOptions
from webhook_inspector.store.log import Log
from webhook_inspector.store.packing import unpack_body

Broken = Callable[[pytest.MonkeyPatch], None]
EXAMPLES = 25
STEPS = 20
BODIES = st.binary(max_size=60) | st.sampled_from([b'{"type":"a.b","id":"evt_1"}', b"\0" * 300, b"x" * 70_000])
PICK = st.integers(0, 10**6)
_counted = {"steps": 0, "crashes": 0}


class Life(RuleBasedStateMachine):
    """The log, and what a careful reader remembers of it."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="life-"))
        self.log = self.folder / "log.db"
        self.inspector = self._open()
        self.bodies: dict[int, bytes] = {}
        """Number to body of every delivery that must be there."""
        self.notes: dict[int, str] = {}
        self.pinned: set[int] = set()
        self.undo: list[dict[int, bytes]] = []
        """What `undo` brings back, the last of it first."""
        self.ever = 0

    def _open(self) -> Inspector:
        return Inspector.open(Config(path=None, log=self.log), env={})

    def teardown(self) -> None:
        self.inspector.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _chosen(self, pick: int) -> int:
        return sorted(self.bodies)[pick % len(self.bodies)]

    def _learn(self, body: bytes) -> None:
        """A delivery came in: it has a number that no other one ever had."""
        (number,) = set(self.inspector.ids()) - set(self.bodies)
        assert number > self.ever, "a number was given twice"
        self.ever = number
        self.bodies[number] = body

    @initialize()
    def begin(self) -> None:
        self.inspector.listen(port=0)

    @rule(body=BODIES)
    def capture(self, body: bytes) -> None:
        _counted["steps"] += 1
        assert self.inspector.listening is not None
        status, _ = post(self.inspector.listening.url + "/in", body)
        assert status == 200
        self._learn(body)

    @rule(body=BODIES)
    def bring_in(self, body: bytes) -> None:
        line = {"method": "POST", "target": "/in", "headers": [], "body_base64": base64.b64encode(body).decode()}
        report = self.inspector.import_data(json.dumps(line).encode(), "in.jsonl")
        assert len(report.ids) == 1
        self._learn(body)

    @precondition(lambda self: self.bodies)
    @rule(pick=PICK, text=st.text(max_size=20).filter(str.strip))
    def note(self, pick: int, text: str) -> None:
        number = self._chosen(pick)
        kept = self.inspector.annotating.note(number, text)
        self.notes[number] = kept or ""

    @precondition(lambda self: self.bodies)
    @rule(pick=PICK, pinned=st.booleans())
    def pin(self, pick: int, pinned: bool) -> None:
        number = self._chosen(pick)
        self.inspector.annotating.pin([number], pinned=pinned)
        (self.pinned.add if pinned else self.pinned.discard)(number)

    @precondition(lambda self: self.bodies)
    @rule(picks=st.lists(PICK, min_size=1, max_size=3))
    def delete(self, picks: list[int]) -> None:
        chosen = {self._chosen(pick) for pick in picks}
        self.inspector.deleting.delete(sorted(chosen))
        self.undo.append({number: self.bodies.pop(number) for number in chosen})

    @rule()
    def bring_back(self) -> None:
        back = self.inspector.deleting.undo()
        wanted = self.undo.pop() if self.undo else {}
        assert sorted(back) == sorted(wanted), "undo brought back something else"
        self.bodies |= wanted

    @precondition(lambda self: len(self.bodies) > 2)
    @rule(keep=st.integers(1, 20))
    def prune(self, keep: int) -> None:
        chosen = self.inspector.to_prune(list(self.inspector.ids()), keep=keep)
        self.inspector.prune(chosen)
        left = set(self.inspector.ids())
        gone = set(self.bodies) - left
        assert not gone & self.pinned, "what is pinned was pruned"
        unpinned = sorted(set(self.bodies) - self.pinned)
        kept = [number for number in unpinned if number in left]
        assert kept == unpinned[len(unpinned) - len(kept) :], "not the oldest went"
        assert len(left) >= min(keep, len(self.bodies)), "more went than were asked for"
        for number in gone:
            del self.bodies[number]

    @precondition(lambda self: self.bodies)
    @rule(pick=PICK)
    def replay(self, pick: int) -> None:
        number = self._chosen(pick)
        with recording() as target:
            run = self.inspector.start_run(
                self.inspector.plan([number], ReplayOptions(speed=None, seed=1)), target.url + "/x"
            )
            run.wait(30)
            assert [split_request(data)[3] for data in target.take()] == [self.bodies[number]]
        assert len(self.inspector.attempts(number)) >= 1

    @precondition(lambda self: self.bodies)
    @rule(pick=PICK)
    def export(self, pick: int) -> None:
        number = self._chosen(pick)
        assert self.inspector.export([number], "raw", redact=False).endswith(self.bodies[number])
        self.inspector.export([number], "curl")

    @rule(text=st.sampled_from(["type:a.b", '"evt_1"', "-pinned:yes", "note:*", "size:>100", "POST"]))
    def filtered(self, text: str) -> None:
        found = set(self.inspector.ids(text))
        assert found <= set(self.bodies), "something that is gone is found"
        if text == "-pinned:yes":
            assert found == set(self.bodies) - self.pinned
        if text == '"evt_1"':
            assert found >= {number for number, body in self.bodies.items() if b"evt_1" in body}

    @rule()
    def end_and_reopen(self) -> None:
        """In order: what was deleted is gone for good."""
        self.inspector.close()
        self.undo.clear()
        self.inspector = self._open()
        self.inspector.listen(port=0)

    @rule()
    def crash_and_reopen(self) -> None:
        """As `kill -9` leaves it: the files as they are at this moment, without an orderly end."""
        _counted["crashes"] += 1
        after = self.folder / f"after-{_counted['crashes']}"
        after.mkdir()
        names = (self.log.name, f"{self.log.name}-wal")
        for _ in range(50):  # as they are at one moment: until nothing was written while they were copied
            before = self._written()
            for name in names:
                if (self.log.parent / name).exists():
                    shutil.copy(self.log.parent / name, after / name)
            if self._written() == before:
                break
        self.inspector.close()
        self.log = after / "log.db"
        self.inspector = self._open()
        self.inspector.listen(port=0)

    def _written(self) -> list[tuple[int, int]]:
        found = [path.stat() for path in sorted(self.log.parent.glob(f"{self.log.name}*")) if path.is_file()]
        return [(one.st_size, one.st_mtime_ns) for one in found]

    @invariant()
    def all_is_there(self) -> None:
        with closing(sqlite3.connect(f"file:{self.log}?mode=ro", uri=True)) as connection:
            rows = connection.execute(
                "SELECT id, body, body_size, body_sha256 FROM deliveries WHERE id NOT IN (SELECT id FROM trash)"
            ).fetchall()
        found = {number: unpack_body(bytes(body), size) for number, body, size, _ in rows}
        assert found == self.bodies, f"{sorted(set(found) ^ set(self.bodies))} differ"
        for number, _, _, digest in rows:
            assert digest == hashlib.sha256(found[number]).digest(), f"{number} has another hash"
        assert set(self.inspector.ids()) == set(self.bodies)
        for number in set(self.notes) & set(self.bodies):
            assert self.inspector.record(number).facts.note == self.notes[number]


def _live(examples: int, steps: int, phases: Sequence[Phase] = tuple(Phase)) -> None:
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck),
            print_blob=False, derandomize=True, database=None, phases=phases,
        ),
    )  # fmt: skip


def test_a_short_life() -> None:
    _live(2, 8)


@pytest.mark.torture
@pytest.mark.timeout(300)
def test_many_lives() -> None:
    _counted.update(steps=0, crashes=0)
    _live(EXAMPLES, STEPS, (Phase.generate,))
    record("LIFE", lives=EXAMPLES, captured=_counted["steps"], crashes=_counted["crashes"], lost=0)


def _deletes_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Deleting.undo
    monkeypatch.setattr(Deleting, "undo", lambda self: real(self)[:0])


def _cuts_bodies(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Log.append

    def cut(self: Log, deliveries: Sequence[Delivery]) -> list[int]:
        return real(
            self, [replace(one, request=replace(one.request, body=one.request.body[:50])) for one in deliveries]
        )

    monkeypatch.setattr(Log, "append", cut)


@pytest.mark.torture
@pytest.mark.parametrize("broken", [_deletes_too_much, _cuts_bodies])
def test_a_log_that_forgets_is_caught(monkeypatch: pytest.MonkeyPatch, broken: Broken) -> None:
    broken(monkeypatch)
    caught = catches(lambda: _live(60, 20, (Phase.generate,)))
    record("LIFE", caught=caught)

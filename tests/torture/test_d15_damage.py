"""D15: damage is told in a sentence, nothing is changed, and `salvage` brings back what can be read."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.support import Cli, make_cli
from tests.support.factories import make_attempt
from tests.torture.damaging import (
    COUNT,
    DAMAGES,
    bodies,
    body_of,
    harm_at_random,
    make_log,
    make_log_in_use,
    overwrite,
)
from tests.torture.results import record
from webhook_inspector.core.clock import ManualClock
from webhook_inspector.errors import StoreError
from webhook_inspector.store import salvage as salvage_module
from webhook_inspector.store.check import Health
from webhook_inspector.store.log import Log
from webhook_inspector.store.salvage import Salvaged, salvage

WATCHED = {"log.db", "log.db-wal"}


def foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE deliveries (id)")
        connection.commit()


def newer(path: Path) -> None:
    make_log(path, 3)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
        connection.commit()


@pytest.fixture
def cli(capsysbinary: pytest.CaptureFixture[bytes]) -> Cli:
    return make_cli(capsysbinary)


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    folder = tmp_path / "damaged"
    folder.mkdir()
    make_log(folder / "log.db")
    return folder / "log.db"


def check(path: Path) -> Health:
    log = Log.open(path, clock=ManualClock(), readonly=True)
    try:
        return log.check()
    finally:
        log.close()


def wrongly_saved(new: Path, damaged: list[int]) -> list[int]:
    """Deliveries of a salvaged log that are not what they were and are not named as damaged."""
    return [number for number, body in bodies(new).items() if body != body_of(number) and number not in damaged]


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_told_kept_and_salvaged(cli: Cli, damaged: Path, tmp_path: Path, name: str) -> None:
    damage = DAMAGES[name]
    damage.harm(damaged)
    before = {path.name: path.read_bytes() for path in damaged.parent.iterdir() if path.name in WATCHED}
    new = tmp_path / "new.db"
    ran = cli("salvage", str(damaged), "-o", str(new), "--json")
    (said,) = ran.records
    assert {path.name: path.read_bytes() for path in damaged.parent.iterdir() if path.name in WATCHED} == before
    whole = said["saved"] - len(said["damaged"])
    assert damage.least_saved <= whole <= said["saved"] <= COUNT
    assert wrongly_saved(new, said["damaged"]) == []
    assert stat.S_IMODE(new.stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["damaged", "new.db"]
    health = check(new)
    assert not health.problems
    assert list(health.damaged) == said["damaged"]
    if said["lost"] is not None:
        assert said["saved"] + said["lost"] >= COUNT
    everything = said["saved"] == COUNT and not said["damaged"] and not said["problems"]
    assert ran.code == (0 if everything and said["lost"] == 0 else 1)
    told = cli("doctor", "--log", str(damaged))
    assert (told.code == 1) == bool(damage.says)
    assert damage.says in told.out.decode()
    assert "Traceback" not in told.out.decode() + told.err
    record("D15", kinds_of_damage=1, deliveries_salvaged=said["saved"], named_as_damaged=len(said["damaged"]))


@pytest.mark.timeout(240)
@pytest.mark.parametrize("count", [8, pytest.param(60, marks=pytest.mark.torture)])
def test_random_damage_never_gives_a_wrong_delivery(tmp_path: Path, count: int) -> None:
    origin = tmp_path / "origin"
    origin.mkdir()
    make_log_in_use(origin / "log.db")
    rng = random.Random(count)
    saved = 0
    for number in range(count):
        folder = tmp_path / str(number)
        shutil.copytree(origin, folder)
        harm_at_random(folder / "log.db", rng)
        before = {path.name: path.read_bytes() for path in folder.iterdir() if path.name in WATCHED}
        new = folder / "new.db"
        try:
            found = salvage(folder / "log.db", new)
        except StoreError as error:
            assert "salvage" in error.message
        else:
            saved += found.saved - len(found.damaged)
            assert wrongly_saved(new, found.damaged) == []
            assert not check(new).problems
            # Where the end of a -wal is cut off, nothing says that there was more.
            cut = len(before["log.db-wal"]) < (origin / "log.db-wal").stat().st_size
            assert cut or found.unknown or found.problems or found.saved + found.lost >= COUNT
        assert {path.name: path.read_bytes() for path in folder.iterdir() if path.name in WATCHED} == before
        shutil.rmtree(folder)
    assert saved > count * COUNT // 2
    record("D15", random_damages=count, of_their_deliveries_percent_saved=f"{100 * saved // (count * COUNT)}")


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: path.write_bytes(b""), "it is empty"),
        (lambda path: path.write_text("a text of somebody's own\n" * 1000), "no delivery can be read"),
        (lambda path: path.mkdir(), "there is no such file"),
        (lambda path: None, "there is no such file"),
        (foreign, "database of another program"),
        (newer, "a newer release"),
    ],
)
def test_what_is_no_damaged_log_is_refused(cli: Cli, tmp_path: Path, make: object, says: str) -> None:
    assert callable(make)
    old, new = tmp_path / "old.db", tmp_path / "new.db"
    make(old)
    before = old.read_bytes() if old.is_file() else None
    ran = cli("salvage", str(old), "-o", str(new))
    assert ran.code == 3
    assert says in ran.sentence()
    assert not new.exists()
    assert (old.read_bytes() if old.is_file() else None) == before
    record("D15", other_files_refused=1)


def test_a_name_that_is_taken_is_refused(cli: Cli, damaged: Path, tmp_path: Path) -> None:
    new = tmp_path / "new.db"
    new.write_text("mine")
    assert "is there already" in (ran := cli("salvage", str(damaged), "-o", str(new))).sentence()
    assert ran.code == 2
    assert new.read_text() == "mine"


def test_what_hangs_on_deliveries_comes_with_them(damaged: Path, tmp_path: Path) -> None:
    log = Log.open(damaged, clock=ManualClock())
    run = log.begin_run(json.dumps({}), 7, "http://127.0.0.1:9", 1)
    attempt = make_attempt(5)
    log.begin_attempt(attempt)
    log.acknowledge("invoice.paid", [("new", "/a")], 1)
    log.delete([COUNT])
    log.close()
    found = salvage(damaged, tmp_path / "new.db")
    assert (found.saved, found.lost, found.damaged, found.problems) == (COUNT - 1, 0, [], [])
    assert found.complete
    new = Log.open(tmp_path / "new.db", clock=ManualClock())
    assert new.run(run) is not None
    assert [one.delivery_id for one in new.attempts(5)] == [5]
    assert new.acknowledged("invoice.paid") == {("new", "/a")}
    from tests.support.factories import make_delivery

    assert new.append([make_delivery()]) == [COUNT + 1]  # a number is never used twice
    new.close()


def test_a_deleted_delivery_does_not_come_back_from_a_sound_log(damaged: Path, tmp_path: Path) -> None:
    log = Log.open(damaged, clock=ManualClock())
    log.delete(list(range(1, 101)))
    log.close()
    assert salvage(damaged, tmp_path / "new.db").saved == COUNT - 100


def test_the_same_test_catches_a_salvage_that_trusts_what_it_reads(
    damaged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broken variant: no hash is compared."""

    def trusting(self: salvage_module._Rescue) -> Salvaged:
        found = honest(self)
        found.damaged.clear()
        return found

    honest = salvage_module._Rescue.run
    monkeypatch.setattr(salvage_module._Rescue, "run", trusting)
    place = damaged.read_bytes().index(b"canary00042")
    overwrite(damaged, place, b"C")
    found = salvage(damaged, tmp_path / "new.db")
    caught = wrongly_saved(tmp_path / "new.db", found.damaged) == [42]
    record("D15", caught=caught)

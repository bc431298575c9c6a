"""Ranges of a real log."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.support.factories import T0_NS, make_delivery
from tests.support.fault_target import unused_port
from tests.support.handler import handler
from tests.support.patience import PATIENCE_S
from tests.support.replaying import inspecting, line
from webhook_inspector.config.model import Config
from webhook_inspector.core.clock import NS_PER_S, ManualClock
from webhook_inspector.core.delivery import Event, Facts
from webhook_inspector.core.verification import Verification, VerificationStatus
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.engine.replay_options import ReplayOptions
from webhook_inspector.engine.series import RANGES, bucket_json, csv_of, finding_json, query_of, query_of_kind
from webhook_inspector.errors import QueryError, UsageError
from webhook_inspector.events.series import Series
from webhook_inspector.store.log import Log

ASAP = ReplayOptions(speed=None, seed=1)
HOSTILE = '=cmd|"\x1b[2J[/]'


def of(inspector: Inspector, over: str = "all", query: str = "", *, coarse: bool = False) -> Series:
    found = inspector.series(over, query, coarse=coarse).series
    assert found is not None
    return found


def fill(path: Path, count: int, *, age_s: int, status: VerificationStatus, reason: str, name: str = "paid") -> None:
    """Deliveries, a second apart, the last of them so many seconds before the clock of `opened`."""
    clock = ManualClock(T0_NS)
    log = Log.open(path, clock=clock)
    try:
        first = T0_NS - (age_s + count) * NS_PER_S
        numbers = log.append([make_delivery(received_ns=first + n * NS_PER_S, source="shop") for n in range(count)])
        facts = Facts(event=Event(name, None, None, None), verification=Verification(status, reason=reason))
        log.save_facts([(number, facts, None) for number in numbers])
    finally:
        log.close()


def opened(folder: Path) -> Inspector:
    return Inspector.open(Config(path=None, log=folder / "log.db"), env={}, clock=ManualClock(T0_NS))


def test_a_range_holds_what_came_in_it_and_every_step_says_what_the_log_says(tmp_path: Path) -> None:
    fill(tmp_path / "log.db", 40, age_s=30, status=VerificationStatus.VALID, reason="ok")
    fill(tmp_path / "log.db", 7, age_s=7200, status=VerificationStatus.VALID, reason="ok")
    with opened(tmp_path) as inspector:
        counts = {name: of(inspector, name).deliveries for name in RANGES}
        assert counts == {"10m": 40, "1h": 40, "1d": 47, "1w": 47, "all": 47}
        assert inspector.series("10m").last_minute == 30
        for name in RANGES:
            for coarse in (False, True):
                series = of(inspector, name, coarse=coarse)
                assert len(series.buckets) <= RANGES[name].buckets // (2 if coarse else 1)
        for bucket in bucket_json(inspector.series("10m")):
            assert bucket["deliveries"] == inspector.count(f"after:{bucket['from']} before:{bucket['to']}")


def test_a_filter_holds_and_what_it_cannot_be_is_refused(tmp_path: Path) -> None:
    with inspecting(tmp_path, [line(n) for n in range(1, 13)]) as inspector:
        for query in ("type:invoice.paid", "last:5", "invoice", "type:invoice.* -type:invoice.paid", "absent", "3..7"):
            found = inspector.series("all", query).series
            assert (0 if found is None else found.deliveries) == inspector.count(query)
        with pytest.raises(QueryError):
            inspector.series("all", "after:whenever")
        with pytest.raises(UsageError, match="known: 10m, 1h"):
            inspector.series("2h")


def test_answers_and_failures_stand_where_their_deliveries_came(tmp_path: Path) -> None:
    def answer(_number: int, body: bytes) -> tuple[int, bytes]:
        return (500 if json.loads(body)["id"] in {"evt_2", "evt_3", "evt_5"} else 200), b""

    with (
        handler(answer) as target,
        inspecting(tmp_path, [line(n, type="paid", gap_ms=1000) for n in range(1, 7)]) as inspector,
    ):
        inspector.start_run(inspector.plan(list(range(1, 7)), ASAP), target.url).wait(PATIENCE_S)
        inspector.start_run(inspector.plan([6], ASAP), f"http://127.0.0.1:{unused_port()}").wait(PATIENCE_S)
        series = of(inspector)
        assert [one.arrivals for one in series.buckets] == [1] * 6
        assert [one.failures for one in series.buckets] == [0, 1, 1, 0, 1, 1]
        taken = [[one.duration_ms for one in inspector.attempts(n) if one.status] for n in range(1, 7)]
        assert [[one.p50] for one in series.buckets] == taken
        total = inspector.stats().total
        assert total is not None
        assert series.latency_ms == total.latency_ms
        assert series.failures == round((total.failed_share or 0) * total.sent) == 4
        (found,) = inspector.series("all").findings
        assert (found.kind, found.event_type, found.about, found.of) == ("failing", "paid", 4, 6)
        assert list(inspector.ids(query_of(found))) == [2, 3, 5, 6]


def test_one_reason_for_all_signatures_is_found_and_leads_to_them(tmp_path: Path) -> None:
    fill(tmp_path / "log.db", 5, age_s=30, status=VerificationStatus.INVALID, reason="wrong_secret")
    with opened(tmp_path) as inspector:
        (found,) = inspector.series("1h").findings
        assert (found.kind, found.reason, found.about) == ("signatures", "wrong_secret", 5)
        assert inspector.count(query_of(found)) == 5
        assert finding_json(found)["query"] == "source:shop sig:bad"
    fill(tmp_path / "log.db", 5, age_s=10, status=VerificationStatus.VALID, reason="ok")
    with opened(tmp_path) as inspector:
        assert inspector.series("1h").findings == ()


def test_times_that_lie_centuries_apart_are_all_counted(tmp_path: Path) -> None:
    ends = (-(2**63), -(2**62), -1, 0, T0_NS, 2**62, 2**63 - 1)
    log = Log.open(tmp_path / "log.db", clock=ManualClock(T0_NS))
    numbers = log.append([make_delivery(received_ns=at, source="shop") for at in ends])
    failed = Verification(VerificationStatus.INVALID, reason="wrong_secret")
    log.save_facts([(number, Facts(verification=failed), None) for number in numbers])
    log.close()
    with opened(tmp_path) as inspector:
        for coarse in (False, True):
            report = inspector.series("all", coarse=coarse)
            assert report.series is not None
            assert report.series.deliveries == len(ends)
            assert [one.kind for one in report.findings] == ["signatures"]
            assert csv_of(report)
            assert inspector.count(query_of_kind(report, report.series.kinds[0])) == len(ends)
        assert of(inspector, "10m").deliveries == 1


def test_an_empty_log_has_no_series(tmp_path: Path) -> None:
    with opened(tmp_path) as inspector:
        report = inspector.series("1h")
        assert (report.series, report.findings, bucket_json(report)) == (None, (), [])


@pytest.mark.parametrize("name", [None, HOSTILE, "or", "a b", "*", "last", "-x", "\\"])
def test_a_row_leads_to_its_deliveries_and_no_spreadsheet_runs_it(tmp_path: Path, name: str | None) -> None:
    fill(tmp_path / "log.db", 3, age_s=30, status=VerificationStatus.VALID, reason="ok", name=name)  # type: ignore[arg-type]
    fill(tmp_path / "log.db", 2, age_s=30, status=VerificationStatus.VALID, reason="ok", name="other")
    with opened(tmp_path) as inspector:
        for over in ("1h", "all"):
            report = inspector.series(over)
            assert report.series is not None
            kind = report.series.kinds[0]
            assert (kind.event_type, kind.deliveries) == (name, 3)
            assert list(inspector.ids(query_of_kind(report, kind))) == [1, 2, 3]
        rows = list(csv.reader(io.StringIO(csv_of(report).decode(), newline="")))
        assert rows[1][2:] == ["3", "0", "0", "0", "0", "0"]
        assert not rows[1][1].startswith(("=", "-"))
        assert sum(int(row[2]) for row in rows[5:]) == 5

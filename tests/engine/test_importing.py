"""Imports end in the log: verified at their own time, under their source, known events left out, and never sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.export.import_samples import GITHUB, GOSMEE, GOSMEE_BODY, SAMPLES, STRIPE
from tests.support.factories import T0_NS, make_request
from tests.support.patience import PATIENCE_S
from tests.support.posting import post
from tests.support.recording import recording, split_request
from webhook_inspector.config import load
from webhook_inspector.core.clock import NS_PER_S, ManualClock, iso_utc
from webhook_inspector.core.delivery import Delivery
from webhook_inspector.core.secret import Secret
from webhook_inspector.core.verification import VerificationStatus
from webhook_inspector.engine.announcements import Announcement, AttemptFinished
from webhook_inspector.engine.importing import ImportOptions, ImportReport
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.errors import InputError, UsageError
from webhook_inspector.providers.load import builtin
from webhook_inspector.signing import sign
from webhook_inspector.store.log import Log

SOURCES = """
[sources.pay]
path = "/pay"
provider = "stripe"
secrets = ["env:S"]
[sources.shop]
path = "/shop"
provider = "shopify"
"""


@contextmanager
def inspecting(folder: Path, settings: str = "", wall_ns: int = T0_NS) -> Iterator[Inspector]:
    path = folder / "webhook-inspector.toml"
    path.write_text(f"[listen]\nport = 0\n{settings}", encoding="utf-8")
    config = load(path, {"WEBHOOK_INSPECTOR_LOG": str(folder / "log.db")}, folder)
    with Inspector.open(config, env={"S": "whsec_k"}, clock=ManualClock(wall_ns)) as inspector:
        yield inspector


def take(inspector: Inspector, data: bytes, **options: object) -> ImportReport:
    return inspector.import_data(data, "stdin", ImportOptions(**options))  # type: ignore[arg-type]  # a test's short form


def sent_while_importing(folder: Path) -> list[bytes]:
    """The bodies that reach an app which deliveries are forwarded to, while every kind of file is imported."""
    (folder / GOSMEE_BODY).write_bytes(b"{}")
    (folder / "x.sh").write_bytes(GOSMEE)
    finished = threading.Event()

    def hear(announcement: Announcement) -> None:
        if isinstance(announcement, AttemptFinished):
            finished.set()

    with recording() as recorder:
        for _ in range(2):  # the second start takes up what an earlier one left
            with inspecting(folder) as inspector:
                finished.clear()
                inspector.subscribe(hear)
                inspector.listen(forward=recorder.url)
                assert inspector.listening is not None
                with inspecting(folder) as other:  # as a command beside the app
                    for kind, data in SAMPLES.items():
                        if kind != "gosmee":
                            assert take(other, data).ids
                    given = tuple(folder.iterdir())
                    assert other.import_file(folder / "x.sh", ImportOptions(given=given)).ids
                assert take(inspector, SAMPLES["jsonl"]).ids
                assert post(inspector.listening.url, b"real", headers={"X-A": "1"})[0] == 200
                # What is still under way when it closes would wait in the log.
                assert finished.wait(PATIENCE_S)
        return [split_request(data)[3] for data in recorder.requests]


def test_imports_are_never_sent_on(tmp_path: Path) -> None:
    assert set(sent_while_importing(tmp_path)) == {b"real"}
    with inspecting(tmp_path) as inspector:
        assert inspector.waiting_forwards() == {}
        origins = {inspector.record(number).delivery.origin for number in inspector.ids()}
        assert origins == {"imported", "captured"}


def test_an_import_that_is_put_into_the_outbox_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep = Log.append
    with recording() as recorder:

        def broken(log: Log, deliveries: Sequence[Delivery]) -> list[int]:
            return keep(log, [replace(one, forward_to=recorder.url) for one in deliveries])

        monkeypatch.setattr(Log, "append", broken)
        with inspecting(tmp_path) as inspector:
            take(inspector, SAMPLES["jsonl"])
            assert inspector.waiting_forwards() == {recorder.url: 3}


def test_imports_are_verified_at_their_own_time(tmp_path: Path) -> None:
    request = sign(make_request(target=b"/x"), builtin()["stripe"], Secret("whsec_k"), now_ns=T0_NS)
    entry = {
        "startedDateTime": iso_utc(T0_NS),
        "request": {
            "method": "POST",
            "url": "http://x/",
            "headers": [{"name": name, "value": value} for name, value in request.headers.text_pairs()],
            "postData": {"mimeType": "application/json", "text": request.body.decode()},
        },
    }
    late = {**entry, "startedDateTime": iso_utc(T0_NS + 400 * NS_PER_S)}
    har = json.dumps({"log": {"entries": [entry, late]}}).encode()
    with inspecting(tmp_path, SOURCES, wall_ns=T0_NS + 10_000 * NS_PER_S) as inspector:
        report = take(inspector, har, source="pay")
        first, second = (inspector.record(number) for number in report.ids)
        assert first.facts.verification.status == VerificationStatus.VALID
        assert first.facts.verification.valid_now is False
        assert second.facts.verification.status == VerificationStatus.STALE
        assert first.delivery.source == "pay"
        assert first.facts.state == "received"


def test_the_only_source_of_a_provider_gets_what_it_sent(tmp_path: Path) -> None:
    with inspecting(tmp_path, SOURCES) as inspector:
        (first, *_) = take(inspector, SAMPLES["stripe-events"]).ids
        assert inspector.record(first).delivery.source == "pay"
        (number,) = take(inspector, SAMPLES["github-deliveries"]).ids
        assert inspector.record(number).delivery.source == "default"
        assert inspector.record(number).facts.provider == "github"
        twice = SOURCES + '[sources.pay2]\npath = "/pay2"\nprovider = "stripe"\n'
    with inspecting(tmp_path, twice) as inspector:
        assert inspector.record(take(inspector, SAMPLES["stripe-events"]).ids[0]).delivery.source == "default"


def test_a_source_that_is_not_configured_is_named(tmp_path: Path) -> None:
    with inspecting(tmp_path, SOURCES) as inspector, pytest.raises(UsageError, match="are: pay, shop"):
        take(inspector, SAMPLES["jsonl"], source="nobody")


def test_events_that_the_log_holds_are_left_out(tmp_path: Path) -> None:
    with inspecting(tmp_path, SOURCES) as inspector:
        captured = json.dumps(STRIPE["data"][1]).encode()
        inspector.listen()
        assert inspector.listening is not None
        signed = sign(make_request(captured), builtin()["stripe"], Secret("whsec_k"), now_ns=T0_NS)
        headers = {name.decode(): value.decode() for name, value in signed.headers}
        post(f"{inspector.listening.url}/elsewhere", captured, headers=headers)
        assert inspector.wait_analysed(PATIENCE_S)
        report = take(inspector, SAMPLES["stripe-events"], skip_known=True)
        assert report.skipped == ("Event evt_1 was skipped: it is in the log as delivery 1.",)
        assert (len(report.ids), report.known) == (1, 1)
        again = take(inspector, SAMPLES["stripe-events"], skip_known=True)
        assert (again.ids, again.known) == ((), 2)
        doubled = take(inspector, SAMPLES["stripe-events"])
        assert [inspector.record(number).facts.duplicate_of for number in doubled.ids] != [None, None]


def test_an_id_of_another_provider_is_another_event(tmp_path: Path) -> None:
    with inspecting(tmp_path) as inspector:
        event = json.dumps({**STRIPE["data"][0], "id": GITHUB["guid"]}).encode()
        assert take(inspector, SAMPLES["github-deliveries"], skip_known=True).ids == (1,)
        assert take(inspector, event, skip_known=True).ids == (2,)
        assert take(inspector, SAMPLES["github-deliveries"], skip_known=True).known == 1


def test_a_script_is_read_with_the_body_that_was_given(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    script, body = tmp_path / "x.sh", tmp_path / GOSMEE_BODY
    script.write_bytes(GOSMEE)
    body.write_bytes(b'{"here":1}')
    (elsewhere / GOSMEE_BODY).write_bytes(b"other")
    with inspecting(tmp_path) as inspector:
        with pytest.raises(InputError, match="give both files"):
            inspector.import_file(script, ImportOptions(given=(script, elsewhere / GOSMEE_BODY)))
        assert inspector.import_parts([script, body, elsewhere / GOSMEE_BODY]) == {body}
        (number,) = inspector.import_file(script, ImportOptions(given=(script, body))).ids
        assert inspector.record(number).delivery.request.body == b'{"here":1}'


def test_more_than_the_queue_of_the_log_holds(tmp_path: Path) -> None:
    line = SAMPLES["jsonl"].partition(b"\n")[0] + b"\n"
    with inspecting(tmp_path) as inspector:
        report = inspector._importing.data(line * 9000, "many.jsonl", ImportOptions())
        assert report.ids == tuple(range(1, 9001))

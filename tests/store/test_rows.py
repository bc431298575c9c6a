"""Any bytes come back as they were."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.store.strategies import any_text, deliveries, facts, headers
from tests.support.factories import make_delivery
from webhook_inspector.core.clock import ManualClock
from webhook_inspector.core.delivery import Delivery, Facts
from webhook_inspector.core.headers import Headers
from webhook_inspector.store.log import Log
from webhook_inspector.store.values import pack_headers, pack_text, unpack_headers, unpack_text


@given(any_text)
def test_text(text: str) -> None:
    assert unpack_text(pack_text(text)) == text


@given(headers)
def test_headers(value: Headers) -> None:
    assert unpack_headers(*pack_headers(value)) == value


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(deliveries, facts), min_size=1, max_size=20))
def test_deliveries_and_facts(pairs: list[tuple[Delivery, Facts]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        log = Log.open(Path(folder) / "log.db", clock=ManualClock())
        numbers = log.append([delivery for delivery, _ in pairs])
        log.save_facts([(number, one, None) for number, (_, one) in zip(numbers, pairs, strict=True)])
        records = log.records(numbers)
        summaries = log.summaries(numbers)
        log.close()
    for number, (delivery, one), record, summary in zip(numbers, pairs, records, summaries, strict=True):
        assert record.delivery == replace(delivery, id=number)
        assert record.facts == one
        assert (summary.target, summary.source) == (delivery.request.target_text, delivery.source)


def test_a_body_of_100_mib(log_path: Path) -> None:
    body = b"0123456789abcdef" * (100 * 1024 * 1024 // 16)
    log = Log.open(log_path, clock=ManualClock())
    log.append([make_delivery(body)])
    record = log.record(1)
    assert record is not None
    assert record.delivery.request.body == body
    log.close()

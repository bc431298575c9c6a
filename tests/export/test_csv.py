"""CSV: a reader gets the list back, and no cell begins in a way that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.exporting import record_of
from tests.support.factories import T0_NS, make_request
from webhook_inspector.core.delivery import Delivery, Event, Facts, Record
from webhook_inspector.core.display import one_line
from webhook_inspector.export.api import export_records
from webhook_inspector.export.formats.csv import COLUMNS, cell

RUN = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def rows(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8"), newline=""), strict=True))


def test_golden() -> None:
    request = make_request(b"{}", target=b'/a?x="1",2')
    record = Record(
        Delivery(request, T0_NS, source="shop", id=7, response_status=None),
        Facts(provider="stripe", event=Event(type="=cmd|' /C calc'!A0", id="-1+2")),
    )
    assert export_records([record], "csv", redacted=False).decode() == (
        "id,received_at,source,provider,event_type,event_id,method,target,status,verification,state,size,sha256\r\n"
        "7,2026-11-18T11:06:40.000000Z,shop,stripe,'=cmd|' /C calc'!A0,'-1+2,POST,"
        '"/a?x=""1"",2",,unsigned,received,2,'
        "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\r\n"
    )


@pytest.mark.parametrize("start", RUN)
@pytest.mark.parametrize("before", ["", ";", "a;"])
def test_formulas(start: str, before: str) -> None:
    shown = one_line(start)
    assert cell(f"{before}{start}1") == f"{before}{chr(39) if shown == start else ''}{shown}1"
    assert cell(f"a{start}1") == f"a{shown}1"


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=20))
def test_any_text_stays_one_safe_cell(kind: str, event_id: str, method: str) -> None:
    record = Record(
        Delivery(replace(make_request(), method=method), T0_NS, id=7), Facts(event=Event(type=kind, id=event_id))
    )
    data = export_records([record, record_of(make_request())], "csv", redacted=False)
    head, first, second = rows(data)
    assert head == list(COLUMNS)
    assert len(first) == len(second) == len(COLUMNS)
    for value in first:
        assert all(not part.startswith(RUN) for part in value.split(";"))
        assert "\r" not in value
        assert "\n" not in value


def test_a_naive_writer_is_caught() -> None:
    # The broken variant: the standard library's writer alone lets a formula through.
    text = io.StringIO(newline="")
    csv.writer(text).writerow(["=1+1"])
    assert rows(text.getvalue().encode())[0][0].startswith("=")

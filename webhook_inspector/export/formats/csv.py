"""The list as CSV (RFC 4180): one row a delivery, without headers and body.

A spreadsheet runs a cell that begins with `=`, `+`, `-`, `@`, tab or carriage return. Such cells get a leading
apostrophe, which also spreadsheets show as text, and so does what follows a semicolon or a line end: programs that
divide cells at semicolons see a cell begin there (OWASP, "CSV Injection"; read November 2026). Control characters are
shown as in the list.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

from webhook_inspector.core.clock import iso_utc
from webhook_inspector.core.delivery import Record
from webhook_inspector.core.display import one_line
from webhook_inspector.export.api import ExportContext

COLUMNS = (
    "id",
    "received_at",
    "source",
    "provider",
    "event_type",
    "event_id",
    "method",
    "target",
    "status",
    "verification",
    "state",
    "size",
    "sha256",
)
_RUN = re.compile(r"(^|[;\t\r\n])(?=[=+\-@\t\r\uff0b\uff0d\uff1d\uff20])")


class CsvFormat:
    """A header row and one row a delivery."""

    name = "csv"
    suffix = ".csv"
    help = "the list for a spreadsheet; cells that one would run get a leading '"

    def render(self, records: Sequence[Record], context: ExportContext) -> bytes:  # noqa: ARG002 (the protocol's)
        """UTF-8, lines ended by CR LF."""
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(COLUMNS)
        writer.writerows([cell(value) for value in _row(record)] for record in records)
        return text.getvalue().encode("utf-8", "backslashreplace")


def _row(record: Record) -> tuple[str | int | None, ...]:
    delivery, facts = record.delivery, record.facts
    request = delivery.request
    return (
        delivery.id,
        iso_utc(delivery.received_ns),
        delivery.source,
        facts.provider or delivery.provider_hint,
        facts.event.type,
        facts.event.id,
        request.method,
        request.target_text,
        delivery.response_status,
        facts.verification.status.value,
        facts.state.value,
        len(request.body),
        delivery.body_sha256,
    )


def cell(value: str | int | None) -> str:
    """A value as a cell that no spreadsheet runs."""
    if value is None or isinstance(value, int):
        return "" if value is None else str(value)
    return _RUN.sub(r"\1'", one_line(value))


FORMAT = CsvFormat()

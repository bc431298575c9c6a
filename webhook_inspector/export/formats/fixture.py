"""The versioned fixture; see `webhook_inspector.export.fixture`."""

from __future__ import annotations

from collections.abc import Sequence

from webhook_inspector.core.delivery import Record
from webhook_inspector.export import fixture
from webhook_inspector.export.api import ExportContext


class FixtureFormat:
    """JSON for tests, with the body readable when it is text."""

    name = "fixture"
    suffix = ".json"
    help = "a versioned JSON fixture for tests"

    def render(self, records: Sequence[Record], context: ExportContext) -> bytes:
        """One JSON document with all records."""
        entries = [
            (record, context.masked_of(index), context.test_secret_of(index)) for index, record in enumerate(records)
        ]
        return fixture.dump(entries, redacted=context.redacted)


FORMAT = FixtureFormat()

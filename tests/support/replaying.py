"""A real log with deliveries in it, and the real app over it: for tests of screens that replay and compare."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from webhook_inspector.config import Config
from webhook_inspector.core.clock import iso_utc
from webhook_inspector.engine.app_options import AppOptions
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.tui.app import InspectorApp

from .factories import T0_NS

TYPES = ("invoice.created", "invoice.paid", "charge.succeeded")


def line(number: int, *, type: str | None = None, gap_ms: int = 40, **body: Any) -> dict[str, Any]:  # noqa: A002
    """One delivery of an import file."""
    event = {"id": f"evt_{number}", "type": type or TYPES[(number - 1) % 3], **body}
    return {
        "method": "POST",
        "target": "/hooks",
        "headers": [["Content-Type", "application/json"]],
        "body": json.dumps(event),
        "received_at": iso_utc(T0_NS + (number - 1) * gap_ms * 1_000_000),
    }


@contextmanager
def inspecting(folder: Path, lines: Sequence[Mapping[str, Any]], *, forward: str | None = None) -> Iterator[Inspector]:
    """An engine on a log that holds these deliveries as numbers 1, 2, ..."""
    inspector = Inspector.open(Config(path=None, log=folder / "log.db"), env={})
    try:
        file = folder / "in.jsonl"
        file.write_text("".join(json.dumps(one) + "\n" for one in lines), encoding="utf-8")
        report = inspector.import_file(file)
        assert list(report.ids) == list(range(1, len(lines) + 1)), report
        if forward is not None:
            inspector.set_forward(forward)
        yield inspector
    finally:
        inspector.close()


def app_over(inspector: Inspector) -> InspectorApp:
    """The app; it does not listen."""
    return InspectorApp(inspector, AppOptions(config=inspector.config, listen=False))

"""`import`: deliveries from files."""

from __future__ import annotations

from pathlib import Path

import click

from webhook_inspector.cli import diagnostics
from webhook_inspector.cli.group import command
from webhook_inspector.cli.session import Session
from webhook_inspector.core.display import show
from webhook_inspector.core.units import plural
from webhook_inspector.errors import InputError


@command(
    "import",
    examples=[
        ("import captured.jsonl", "Put the requests of a file into the log; prints the numbers they get."),
        ("import a.jsonl b.json --log new.db --json", "Two files into a new log."),
    ],
    exits={2: "usage or configuration, or a file that cannot be read or holds nothing"},
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.pass_obj
def run(session: Session, files: tuple[str, ...]) -> None:
    """Read deliveries from files into the log.

    FILEs are JSON lines or fixtures. They are only parsed; nothing is sent.
    """
    out = session.out
    with session.inspector() as inspector:
        for name in files:
            if "\0" in name:
                raise InputError(f"{show(name)} is not the name of a file.")
            report = inspector.import_file(session.cwd / name)
            for number in report.ids:
                if session.json:
                    out.record({"type": "imported", "id": number, "file": name})
                else:
                    out.line(str(number))
            for sentence in report.skipped:
                if session.json:
                    out.record({"type": "skipped", "file": name, "why": sentence})
                diagnostics.warn(f"left out: {sentence}")
            if not report.ids:
                raise InputError(f"{show(name)} holds no request that can be imported: see README for the formats.")
            diagnostics.say(f"{plural(len(report.ids), 'delivery', 'deliveries')} imported from {Path(name).name}.")


COMMAND = run

"""`import`: deliveries from files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from webhook_inspector.cli import completing, diagnostics
from webhook_inspector.cli.group import HouseCommand, command
from webhook_inspector.cli.session import Session
from webhook_inspector.core.display import show
from webhook_inspector.core.units import plural
from webhook_inspector.errors import InputError, UsageError

if TYPE_CHECKING:
    from webhook_inspector.engine.importing import ImportOptions, ImportReport
    from webhook_inspector.engine.inspector import Inspector

_GITHUB, _STRIPE = "github-deliveries", "stripe-events"


class ImportCommand(HouseCommand):
    """Names the kinds of files in its help."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options and the kinds."""
        from webhook_inspector.export.importing import importers

        super().format_options(ctx, formatter)
        with formatter.section("Kinds of files"):
            formatter.write_dl([(entry.name, entry.help) for entry in importers().values()])


@command(
    "import",
    cls=ImportCommand,
    examples=[
        ("import network.har", "Put the requests of a file into the log; prints the numbers they get."),
        ("import a.jsonl b.json --log new.db --json", "Two files into a new log."),
        ("import --github missed.json", "What GitHub's API says of deliveries, without those that are here."),
        ("import - --as curl --source shop", "Commands from stdin, under a configured source."),
    ],
    exits={2: "usage or configuration, or a file that cannot be read or holds nothing"},
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--as",
    "kind",
    metavar="KIND",
    shell_complete=completing.import_kinds,
    help="The kind of file; else it is recognised.",
)
@click.option("--github", is_flag=True, help=f"The same as --as {_GITHUB} --skip-known.")
@click.option("--stripe", is_flag=True, help=f"The same as --as {_STRIPE} --skip-known.")
@click.option(
    "--source", metavar="NAME", shell_complete=completing.source_names, help="Put all of it under a configured source."
)
@click.option(
    "--skip-known/--no-skip-known",
    default=None,
    help="Leave out events that the log holds already, by the provider's id.",
)
@click.pass_obj
def run(
    session: Session,
    files: tuple[str, ...],
    *,
    kind: str | None,
    github: bool,
    stripe: bool,
    source: str | None,
    skip_known: bool | None,
) -> None:
    """Read deliveries from files into the log.

    They are only parsed; nothing is sent, run or opened besides. - reads stdin.
    """
    if github + stripe + (kind is not None) > 1:
        raise UsageError("--as, --github and --stripe exclude each other.")
    from webhook_inspector.engine.importing import ImportOptions

    kind = _GITHUB if github else _STRIPE if stripe else kind
    for name in files:
        if "\0" in name or not name:
            raise InputError(f"{show(name)!r} is not the name of a file.")
    given = tuple(session.cwd / name for name in files if name != "-")
    options = ImportOptions(kind, source, github or stripe if skip_known is None else skip_known, given)
    with session.inspector() as inspector:
        parts = inspector.import_parts(given, kind) if len(given) > 1 else frozenset()
        for name in files:
            # What another file needs is read with that one, whichever is named first.
            if name == "-" or session.cwd / name not in parts:
                _tell(session, name, _take(session, inspector, name, options))


def _take(session: Session, inspector: Inspector, name: str, options: ImportOptions) -> ImportReport:
    if name != "-":
        return inspector.import_file(session.cwd / name, options)
    from webhook_inspector.engine.importing import MAX_IMPORT_BYTES

    if sys.stdin is None:
        raise InputError("There is no stdin to read; name a file.")
    if sys.stdin.isatty():
        diagnostics.say("Reading from the terminal; Ctrl+D ends it.")
    data = sys.stdin.buffer.read(MAX_IMPORT_BYTES + 1)
    if len(data) > MAX_IMPORT_BYTES:
        raise InputError(f"stdin holds more than {MAX_IMPORT_BYTES} bytes, which is as much as is read at once.")
    return inspector.import_data(data, "stdin", options)


def _tell(session: Session, name: str, report: ImportReport) -> None:
    out = session.out
    for number in report.ids:
        if session.json:
            out.record({"type": "imported", "id": number, "file": name})
        else:
            out.line(str(number))
    for sentence in report.skipped:
        if session.json:
            out.record({"type": "skipped", "file": name, "why": sentence})
        diagnostics.warn(f"left out: {sentence}")
    for sentence in report.notes:
        if session.json:
            out.record({"type": "note", "file": name, "what": sentence})
        diagnostics.warn(sentence)
    if not report.ids and not report.known:
        raise InputError(f"{show(name)} holds no request that can be imported: see README for the formats.")
    shown = "stdin" if name == "-" else Path(name).name
    diagnostics.say(f"{plural(len(report.ids), 'delivery', 'deliveries')} imported from {shown}.")


COMMAND = run

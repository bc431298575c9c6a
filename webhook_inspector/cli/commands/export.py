"""`export`: deliveries as commands, requests and fixtures."""

from __future__ import annotations

import click

from webhook_inspector.cli import completing, diagnostics
from webhook_inspector.cli.files import write_new
from webhook_inspector.cli.group import command, query_argument
from webhook_inspector.cli.queries import several
from webhook_inspector.cli.session import Session
from webhook_inspector.core.units import plural


@command(
    "export",
    examples=[
        ("export last --as curl", "The newest delivery as a command, secrets masked."),
        ("export 42 --as raw --no-redact -o request.http", "The bytes of a request in a new file."),
        ("export type:invoice.paid --as fixture -o paid.json", "Deliveries as a fixture for tests."),
    ],
)
@query_argument(required=True)
@click.option(
    "--as",
    "format_",
    required=True,
    metavar="FORMAT",
    shell_complete=completing.export_formats,
    help="curl, raw or fixture.",
)
@click.option("-o", "--output", metavar="PATH", help="Write to a new file instead of stdout.")
@click.option("--no-redact", is_flag=True, help="Keep secrets and personal data.")
@click.option("--force", is_flag=True, help="Replace the file of -o.")
@click.pass_obj
def run(
    session: Session, query: tuple[str, ...], *, format_: str, output: str | None, no_redact: bool, force: bool
) -> None:
    """Export deliveries, secrets masked.

    QUERY names them: numbers or a filter.
    """
    with session.inspector(readonly=True) as inspector:
        ids = several(inspector, query)
        data = inspector.export(ids, format_, redact=not no_redact)
    if output is None or output == "-":
        session.out.raw(data, what="export")
        return
    write_new(session.cwd / output, data, force=force)
    diagnostics.say(f"{plural(len(ids), 'delivery', 'deliveries')} written to {output}.")


COMMAND = run

"""`export`: deliveries as commands, requests and fixtures."""

from __future__ import annotations

import click

from webhook_inspector.cli import completing, diagnostics
from webhook_inspector.cli.files import write_new
from webhook_inspector.cli.group import command, query_argument
from webhook_inspector.cli.queries import several
from webhook_inspector.cli.session import Session
from webhook_inspector.cli.signing_options import sign_time_option, test_key_option
from webhook_inspector.core.units import plural
from webhook_inspector.errors import UsageError


@command(
    "export",
    examples=[
        ("export last --as curl", "The newest delivery as a command, secrets masked."),
        ("export 42 --as raw --no-redact -o request.http", "The bytes of a request in a new file."),
        ("export 42 --as curl --resign", "Signed again: it passes your handler's own check for some minutes."),
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
@click.option("--resign", is_flag=True, help="Sign what is written again with your secret, so that it verifies.")
@sign_time_option
@test_key_option
@click.option("--no-redact", is_flag=True, help="Keep secrets and personal data.")
@click.option("--force", is_flag=True, help="Replace the file of -o.")
@click.pass_obj
def run(
    session: Session,
    query: tuple[str, ...],
    *,
    format_: str,
    output: str | None,
    resign: bool,
    sign_time: str | None,
    test_key: bool,
    no_redact: bool,
    force: bool,
) -> None:
    """Export deliveries, secrets masked.

    QUERY names them: numbers or a filter.
    """
    if not resign and (sign_time is not None or test_key):
        raise UsageError("--sign-time and --test-key say how to sign: add --resign.")
    sign = (sign_time or "now") if resign else "captured"
    with session.inspector(readonly=True) as inspector:
        ids = several(inspector, query)
        data = inspector.export(ids, format_, redact=not no_redact, sign=sign, test_key=test_key)
    if output is None or output == "-":
        session.out.raw(data, what="export")
        return
    write_new(session.cwd / output, data, force=force)
    diagnostics.say(f"{plural(len(ids), 'delivery', 'deliveries')} written to {output}.")


COMMAND = run

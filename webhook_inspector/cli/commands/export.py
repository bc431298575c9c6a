"""`export`: deliveries as commands, requests, documents and fixtures."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from webhook_inspector.cli import completing, diagnostics
from webhook_inspector.cli.files import write_new
from webhook_inspector.cli.group import command, query_argument
from webhook_inspector.cli.output import Styled
from webhook_inspector.cli.queries import several
from webhook_inspector.cli.session import Session
from webhook_inspector.cli.signing_options import sign_time_option, test_key_option
from webhook_inspector.core.display import show
from webhook_inspector.core.units import plural
from webhook_inspector.errors import UsageError
from webhook_inspector.export.api import find_format, formats, name_of_file

if TYPE_CHECKING:
    from webhook_inspector.engine.exchange import Previewed
    from webhook_inspector.engine.inspector import Inspector
    from webhook_inspector.export.api import ExportFormat


@command(
    "export",
    examples=[
        ("export last --as curl", "The newest delivery as a command, values replaced by pseudonyms."),
        ("export last --preview", "What would be replaced, and what would stay."),
        ("export 42 --as raw --no-redact -o request.http", "The bytes of a request in a new file."),
        ("export 42 --as curl --resign", "Signed again: it passes your handler's own check for some minutes."),
        ("export type:invoice.paid --as fixture -o paid.json", "Deliveries as a fixture for tests."),
        ("export last:5 --as http --to http://localhost:8000/hooks -o requests/", "One file each in a folder."),
    ],
)
@query_argument(required=True)
@click.option(
    "--as",
    "format_",
    metavar="FORMAT",
    shell_complete=completing.export_formats,
    help=f"One of {', '.join(formats())}.",
)
@click.option(
    "-o",
    "--output",
    metavar="PATH",
    help="Write to a new file instead of stdout; to one new file a delivery where PATH is a folder or ends in /.",
)
@click.option("--to", "target", metavar="URL", help="Where commands and modules send to, not asked for now.")
@click.option("--resign", is_flag=True, help="Sign what is written again with your secret, so that it verifies.")
@sign_time_option
@test_key_option
@click.option("--no-redact", is_flag=True, help="Keep secrets and personal data.")
@click.option("--preview", is_flag=True, help="Show what would be replaced and what kept; nothing is written.")
@click.option("--force", is_flag=True, help="Replace files that are there.")
@click.pass_obj
def run(
    session: Session,
    query: tuple[str, ...],
    *,
    format_: str | None,
    output: str | None,
    target: str | None,
    resign: bool,
    sign_time: str | None,
    test_key: bool,
    no_redact: bool,
    preview: bool,
    force: bool,
) -> None:
    """Export deliveries, with pseudonyms.

    QUERY names them: numbers or a filter. All that may be secret or about somebody is replaced. A
    redacted fixture is signed with a published test secret that stands in it.
    """
    if not resign and (sign_time is not None or test_key):
        raise UsageError("--sign-time and --test-key say how to sign: add --resign.")
    sign = (sign_time or "now") if resign else "captured"
    if format_ is None and not preview:
        raise UsageError(f"--as says which format: one of {', '.join(formats())}.")
    name = format_ or "fixture"
    entry = find_format(name)
    with session.inspector(readonly=True) as inspector:
        ids = several(inspector, query)
        if preview:
            _preview(session, inspector.preview(ids))
            return

        def made(some: Sequence[int]) -> bytes:
            return inspector.export(some, name, target=target, redact=not no_redact, sign=sign, test_key=test_key)

        if output is None or output == "-":
            session.out.raw(made(ids), what="export")
            return
        path = session.cwd / output
        if path.is_dir() or output.endswith(("/", os.sep)):
            _write_each(path, {number: _name(inspector, number, entry) for number in ids}, made, force=force)
        else:
            write_new(path, made(ids), force=force)
    diagnostics.say(f"{plural(len(ids), 'delivery', 'deliveries')} written to {show(output, 200)}.")


def _preview(session: Session, previews: Sequence[Previewed]) -> None:
    """What would be replaced and what would stay, delivery by delivery."""
    for one in previews:
        if session.json:
            session.out.record({
                "type": "preview", "id": one.id, "replaced": list(one.replaced), "kept": list(one.kept),
                "target": one.request.target.decode("utf-8", "replace"), "headers": one.request.headers.text_pairs(),
                "body": one.request.body.decode("utf-8", "replace"),
            })  # fmt: skip
            continue
        session.out.line(Styled(f"#{one.id}", "strong"), f"  {plural(len(one.replaced), 'place')} replaced:")
        for place in one.replaced:
            session.out.line(Styled("  ~ ", "warn"), place)
        session.out.line(f"  {plural(len(one.kept), 'text')} kept: ", Styled(", ".join(one.kept), "dim"))


def _name(inspector: Inspector, number: int, entry: ExportFormat) -> str:
    """A file's name: the delivery's number keeps it its own; a path, which may hold a secret, is not in it."""
    record = inspector.record(number)
    return name_of_file(entry, f"{number}-{record.facts.event.type or record.delivery.request.method}")


def _write_each(folder: Path, names: dict[int, str], made: Callable[[Sequence[int]], bytes], *, force: bool) -> None:
    """Write one file a delivery, none when one of them is there already."""
    there = [name for name in names.values() if os.path.lexists(folder / name)]
    if there and not force:
        raise UsageError(
            f"{show(str(folder / there[0]), 300)} is there already: choose another folder, or replace it with --force."
        )
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its name is not valid"
        raise UsageError(f"{show(str(folder), 300)} cannot be made ({reason}): choose another place.") from None
    for number, name in names.items():
        write_new(folder / name, made([number]), force=force)


COMMAND = run

"""`list`: deliveries, newest first."""

from __future__ import annotations

import click

from webhook_inspector.cli.following import write_deliveries
from webhook_inspector.cli.group import command, query_argument
from webhook_inspector.cli.output import Styled
from webhook_inspector.cli.queries import joined
from webhook_inspector.cli.render import LIST_HEADER, Columns
from webhook_inspector.cli.session import Session

_PAGE = 200


@command(
    "list",
    examples=[
        ("list", "Every delivery."),
        ("list type:invoice.* -sig:valid after:2h", "A filter; words are combined with and."),
        ("list last:5 --json", "The newest five, as JSON."),
    ],
)
@query_argument()
@click.option("--limit", type=click.IntRange(1), metavar="N", help="At most N, the newest.")
@click.pass_obj
def run(session: Session, query: tuple[str, ...], limit: int | None) -> None:
    """List deliveries, newest first.

    QUERY is a filter; without one all are listed.
    """
    out = session.out
    columns = Columns(out, right=(0, 8))
    with session.inspector(readonly=True) as inspector:
        ids = list(reversed(inspector.ids(joined(query))))[:limit]
        if ids and out.terminal and not session.json:
            columns.write([[Styled(name, "dim") for name in LIST_HEADER]])
        for start in range(0, len(ids), _PAGE):
            write_deliveries(session, inspector, ids[start : start + _PAGE], columns)


COMMAND = run

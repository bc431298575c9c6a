"""`pin`: keeps deliveries when others go."""

from __future__ import annotations

import click

from webhook_inspector.cli.group import command, query_argument
from webhook_inspector.cli.queries import several
from webhook_inspector.cli.session import Session
from webhook_inspector.core.units import plural


@command(
    "pin",
    examples=[
        ("pin 42", "Delivery 42 stays when old ones are pruned."),
        ("pin type:invoice.* state:failed", "Everything that matches now; `list pinned:yes` shows it."),
        ("pin 42 --remove", "It may go again."),
    ],
)
@query_argument(required=True)
@click.option("--remove", is_flag=True, help="Unpin them.")
@click.pass_obj
def run(session: Session, query: tuple[str, ...], *, remove: bool) -> None:
    """Keep deliveries when others are deleted by age, count or size.

    QUERY is numbers or a filter. `prune` and `[retention]` leave pinned deliveries alone; `delete` does not.
    """
    with session.inspector() as inspector:
        ids = several(inspector, query)
        changed = inspector.annotating.pin(ids, pinned=not remove)
    if session.json:
        session.out.record({"type": "pinned", "deliveries": len(ids), "changed": changed, "pinned": not remove})
        return
    session.out.line(f"{'Unpinned' if remove else 'Pinned'} {changed} of {plural(len(ids), 'delivery', 'deliveries')}.")


COMMAND = run

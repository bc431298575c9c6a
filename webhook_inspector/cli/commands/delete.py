"""`delete`: takes chosen deliveries out of the log."""

from __future__ import annotations

import click

from webhook_inspector.cli import diagnostics
from webhook_inspector.cli.asking import confirm_deletion
from webhook_inspector.cli.group import command, query_argument
from webhook_inspector.cli.queries import several
from webhook_inspector.cli.session import Session
from webhook_inspector.core.units import plural, size


@command(
    "delete",
    examples=[
        ("delete 42", "Delivery 42, after asking."),
        ("delete provider:stripe sig:bad --yes", "Everything that matches, without asking."),
        ("delete 42 --wipe --yes", "Its bytes are overwritten in the file."),
    ],
)
@query_argument(required=True)
@click.option("--wipe", is_flag=True, help="Overwrite what is deleted with zeros.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def run(session: Session, query: tuple[str, ...], *, wipe: bool, yes: bool) -> None:
    """Delete chosen deliveries.

    QUERY is numbers or a filter. Attempts and notes go too, and pinned deliveries. There is no way back; in the app
    `x` deletes and `u` brings back. What still waits to be sent on stays.
    """
    with session.inspector() as inspector:
        chosen = inspector.to_prune(sorted(several(inspector, query)), include_pinned=True)
        found = f"{plural(len(chosen.ids), 'delivery', 'deliveries')}, about {size(chosen.size)}"
        if chosen.waiting:
            diagnostics.warn(f"{plural(chosen.waiting, 'delivery stays', 'deliveries stay')}: not sent on yet.")
        done = 0
        if chosen.ids:
            confirm_deletion(found, yes=yes, look="look first with `list`")
            done = inspector.prune(
                chosen, wipe=wipe, progress=lambda gone, all_: diagnostics.progress(f"deleted {gone} of {all_}")
            )
            diagnostics.progress("")
    if session.json:
        session.out.record(
            {"type": "deleted", "deliveries": done, "ids": list(chosen.ids), "bytes": chosen.size,
             "waiting": chosen.waiting}
        )  # fmt: skip
    else:
        session.out.line(f"Deleted {found}." if done else "Nothing was deleted.")


COMMAND = run

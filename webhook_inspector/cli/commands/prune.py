"""`prune`: takes deliveries out of the log."""

from __future__ import annotations

import click

from webhook_inspector.cli import diagnostics
from webhook_inspector.cli.asking import confirm_deletion
from webhook_inspector.cli.group import command, query_argument
from webhook_inspector.cli.queries import joined
from webhook_inspector.cli.session import Session
from webhook_inspector.core.display import show
from webhook_inspector.core.units import parse_size, plural, size
from webhook_inspector.errors import UsageError


@command(
    "prune",
    examples=[
        ("prune --older-than 30d --dry-run", "How much would go; nothing is deleted."),
        ("prune --keep 10000", "The newest 10,000 deliveries stay."),
        ("prune --max-size 500MB --yes", "The newest up to 500 MB stay, without asking."),
        ("prune provider:github --older-than 7d", "Only what a filter names."),
    ],
)
@query_argument()
@click.option("--older-than", metavar="TIME", help="What came before: 30d, 12h, or a date.")
@click.option("--keep", type=click.IntRange(0), metavar="N", help="The newest N stay.")
@click.option("--max-size", metavar="SIZE", help="The newest stay, up to SIZE: 500MB, 2GiB.")
@click.option("--include-pinned", is_flag=True, help="Pinned deliveries may go too.")
@click.option("--wipe", is_flag=True, help="Overwrite what is deleted with zeros.")
@click.option("--dry-run", is_flag=True, help="Say what would go, and delete nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def run(
    session: Session,
    query: tuple[str, ...],
    *,
    older_than: str | None,
    keep: int | None,
    max_size: str | None,
    include_pinned: bool,
    wipe: bool,
    dry_run: bool,
    yes: bool,
) -> None:
    """Delete deliveries, with their attempts.

    QUERY names which may go: a filter; all when left out. What still waits to be sent on stays, and what
    is pinned. The space is used again; shapes that were learned stay.
    """
    limit = None if max_size is None else parse_size(max_size)
    if max_size is not None and limit is None:
        raise UsageError(f"--max-size {show(max_size, 40)} is no size: write for example 500MB or 2GiB.")
    if not query and older_than is None and keep is None and limit is None:
        raise UsageError("say what may go: a filter, --older-than, --keep or --max-size; --dry-run only looks.")
    words = [*query, *([f"before:{older_than}"] if older_than is not None else [])]
    with session.inspector(readonly=dry_run) as inspector:
        among = inspector.ids(joined(words))
        chosen = inspector.to_prune(among, keep=keep, max_bytes=limit, include_pinned=include_pinned)
        found = f"{plural(len(chosen.ids), 'delivery', 'deliveries')}, about {size(chosen.size)}"
        if chosen.waiting:
            diagnostics.warn(f"{plural(chosen.waiting, 'delivery stays', 'deliveries stay')}: not sent on yet.")
        if chosen.pinned:
            stay = plural(chosen.pinned, "delivery stays", "deliveries stay")
            diagnostics.warn(f"{stay}: pinned; --include-pinned deletes them too.")
        done = 0
        if not dry_run and chosen.ids:
            confirm_deletion(found, yes=yes, look="look first with --dry-run")
            done = inspector.prune(
                chosen, wipe=wipe, progress=lambda gone, all_: diagnostics.progress(f"deleted {gone} of {all_}")
            )
            diagnostics.progress("")
    if session.json:
        session.out.record({
            "type": "pruned", "deliveries": len(chosen.ids), "bytes": chosen.size, "waiting": chosen.waiting,
            "pinned": chosen.pinned,
            "deleted": done, "first": chosen.ids[0] if chosen.ids else None,
            "last": chosen.ids[-1] if chosen.ids else None,
        })  # fmt: skip
    elif not chosen.ids:
        session.out.line("Nothing would go." if dry_run else "Nothing to delete.")
    else:
        span = f"#{chosen.ids[0]} to #{chosen.ids[-1]}" if len(chosen.ids) > 1 else f"#{chosen.ids[0]}"
        session.out.line(f"{found} ({span}) would go." if dry_run else f"Deleted {found} ({span}).")


COMMAND = run

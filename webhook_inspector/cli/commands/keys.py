"""`keys`: the keyboard of the app, with the ids that `[keys]` of the configuration takes."""

from __future__ import annotations

import click

from webhook_inspector.cli.group import command
from webhook_inspector.cli.output import Styled
from webhook_inspector.cli.session import Session


@command(
    "keys",
    examples=[
        ("keys", "Which key does what, and by which id it is given another."),
        ("keys --json", "The same, one object a line."),
    ],
)
@click.pass_obj
def run(session: Session) -> None:
    """List the keys of the app.

    `[keys]` in webhook-inspector.toml gives an id other keys: replay = "x", or down = ["down", "ctrl+n"].
    """
    group = ""
    for row in session.app_keys(session.config):
        if session.json:
            session.out.record(
                {
                    "type": "key",
                    "id": row.id,
                    "keys": list(row.keys),
                    "does": row.does,
                    "group": row.group,
                    "changed": row.changed,
                }
            )
            continue
        if row.group != group:
            if group:
                session.out.line()
            session.out.line(Styled(row.group, "strong"))
            group = row.group
        keys = " ".join(row.keys) + ("  (changed)" if row.changed else "")
        session.out.line(f"  {row.id:<16}  {keys:<18}  {row.does}")


COMMAND = run

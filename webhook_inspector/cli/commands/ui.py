"""`ui`: the app. Also what the program does without a command."""

from __future__ import annotations

from typing import Any

import click

from webhook_inspector.cli.app_command import app_options, start_app
from webhook_inspector.cli.group import HouseCommand
from webhook_inspector.cli.session import Session


@click.pass_obj
def _ui(session: Session, /, **options: Any) -> int:
    return start_app(session, **options)


COMMAND = HouseCommand(
    "ui",
    callback=_ui,
    params=app_options(),
    help="Open the app, listening; the same as no command.",
    examples=[
        ("ui --demo", "Watch the app receive sample deliveries; they go to a log of their own."),
        ("ui --forward http://127.0.0.1:3000 --source stripe=stripe", "Capture and send on to an app."),
        ("ui --no-listen --log run.db", "Look at a log."),
    ],
    exits={2: "usage or configuration, or there is no terminal"},
)

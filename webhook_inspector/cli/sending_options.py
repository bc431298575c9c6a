"""The options of every command that sends to a handler."""

from __future__ import annotations

import click

timeout_option = click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    default=30.0,
    metavar="SECONDS",
    help="How long an answer may take.",
)

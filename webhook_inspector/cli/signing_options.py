"""The options of every command that signs again."""

from __future__ import annotations

import click

sign_time_option = click.option(
    "--sign-time",
    type=click.Choice(["now", "keep", "stale"]),
    help="Which time is signed: the present (default), the captured one, or one that handlers should refuse.",
)
test_key_option = click.option(
    "--test-key",
    is_flag=True,
    help="Let a key pair of your own stand in where only the provider has the private key; see `providers test-key`.",
)

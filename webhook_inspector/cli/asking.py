"""Asking before something is deleted."""

from __future__ import annotations

import sys

import click

from webhook_inspector.errors import UsageError


def confirm_deletion(found: str, *, yes: bool, look: str) -> None:
    """Ask once; where nobody can answer, `--yes` has to be said.

    Args:
        found: What would be deleted.
        yes: It was said.
        look: How to look first, after "or".

    Raises:
        UsageError: The answer is no, or nobody can answer.
    """
    if yes:
        return
    if sys.stdin is None or not sys.stdin.isatty() or not sys.stderr.isatty():
        raise UsageError(f"{found} would be deleted: say --yes, or {look}.")
    if not click.confirm(f"Delete {found}?", default=False, err=True):
        raise UsageError("nothing was deleted.")

"""`backup`: a copy of the log while it is in use."""

from __future__ import annotations

from pathlib import Path

import click

from webhook_inspector.cli import diagnostics
from webhook_inspector.cli.group import command
from webhook_inspector.cli.session import Session
from webhook_inspector.core.display import show
from webhook_inspector.core.units import plural, size
from webhook_inspector.errors import StoreError


@command(
    "backup",
    examples=[
        ("backup before-upgrade.db", "A copy of the log, also while something listens."),
        ("backup mine.db --log other.db", "Of another log; a copy is a log like any other."),
    ],
    exits={0: "copied, and the copy is whole", 1: "copied, but the log is damaged"},
)
@click.argument("path", type=click.Path(path_type=Path))
@click.pass_obj
def run(session: Session, path: Path) -> int:
    """Copy the log to a new file.

    The copy holds everything that was answered before the command began. Capture goes on meanwhile. Copying the file
    itself would miss what lies in the files beside it.
    """
    from webhook_inspector.engine.copies import back_up

    log = session.config.log
    if not log.exists():
        raise StoreError(f"There is no log at {show(str(log))}: capture something first, or choose one with --log.")
    target = session.cwd / path.expanduser()
    health = back_up(log, target, lambda done, of: diagnostics.progress(f"copied {100 * done // max(of, 1)} %"))
    diagnostics.progress("")
    for problem in health.problems:
        diagnostics.warn(f"the copy is damaged, as the log is: {problem}")
    if health.damaged:
        numbers = ", ".join(str(number) for number in health.damaged[:10])
        what = plural(len(health.damaged), "body is", "bodies are")
        diagnostics.warn(f"{what} not as received, by SHA-256, in the log and in the copy: deliveries {numbers}")
    if session.json:
        session.out.record({
            "type": "backup", "path": str(target), "deliveries": health.deliveries, "bytes": health.log_bytes,
            "damaged": list(health.damaged), "problems": list(health.problems),
        })  # fmt: skip
    else:
        copied = plural(health.deliveries, "delivery", "deliveries")
        session.out.line(f"Copied {copied} ({size(health.log_bytes)}) to {show(str(target), 300)}.")
    return 0 if health.whole else 1


COMMAND = run

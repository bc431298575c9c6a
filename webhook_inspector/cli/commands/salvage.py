"""`salvage`: what can be read of a damaged log, in a new one."""

from __future__ import annotations

from pathlib import Path

import click

from webhook_inspector.cli import diagnostics
from webhook_inspector.cli.group import command
from webhook_inspector.cli.session import Session
from webhook_inspector.core.display import show
from webhook_inspector.core.units import plural


@command(
    "salvage",
    examples=[
        ("salvage -o saved.db", "What can be read of the log, as a new log."),
        ("salvage damaged.db -o saved.db", "The same of another file."),
    ],
    exits={0: "everything was saved, as it was received", 1: "something is lost or damaged"},
)
@click.argument("damaged", type=click.Path(path_type=Path), required=False, metavar="[LOG]")
@click.option(
    "-o", "--output", "target", type=click.Path(path_type=Path), required=True, metavar="NEW",
    help="The new log; it must not be there yet.",
)  # fmt: skip
@click.pass_obj
def run(session: Session, damaged: Path | None, target: Path) -> int:
    """Read what can be read of a damaged log into a new one.

    The damaged file stays as it is, byte for byte. Rows that SQLite cannot reach are looked for in the pages
    themselves, where deleted deliveries may still lie too; a body whose SHA-256 is wrong is saved and named.
    """
    from webhook_inspector.engine.copies import salvage_log

    old = session.config.log if damaged is None else session.cwd / damaged.expanduser()
    new = session.cwd / target.expanduser()
    found = salvage_log(old, new, lambda saved: diagnostics.progress(f"saved {saved}"))
    diagnostics.progress("")
    if session.json:
        session.out.record({
            "type": "salvaged", "log": str(old), "new": str(new), "saved": found.saved,
            "damaged": found.damaged, "lost": None if found.unknown else found.lost, "problems": found.problems,
        })  # fmt: skip
        return 0 if found.complete else 1
    session.out.line(f"Saved {plural(found.saved, 'delivery', 'deliveries')} to {show(str(new), 300)}.")
    if found.damaged:
        numbers = ", ".join(str(number) for number in found.damaged[:10])
        what = plural(len(found.damaged), "body is", "bodies are")
        session.out.line(f"Of these {what} not as received, by SHA-256: deliveries {numbers}.")
    if found.unknown:
        session.out.line("How many deliveries there were cannot be read.")
    elif found.lost:
        session.out.line(f"Lost {plural(found.lost, 'delivery', 'deliveries')} that cannot be read.")
    for problem in found.problems:
        session.out.line(f"Of {show(old.name, 100)}: {problem}.")
    return 0 if found.complete else 1


COMMAND = run

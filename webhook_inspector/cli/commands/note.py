"""`note`: writes a note on a delivery."""

from __future__ import annotations

import click

from webhook_inspector.cli.group import QueryWord, command
from webhook_inspector.cli.queries import one
from webhook_inspector.cli.session import Session
from webhook_inspector.errors import UsageError


@command(
    "note",
    examples=[
        ('note 42 "ask Jan why this one came twice"', "Writes the note, in the place of an earlier one."),
        ("note last checked", "On the newest delivery; `list note:checked` finds it."),
        ("note 42 --remove", "Takes the note away."),
    ],
)
@click.argument("delivery", metavar="ID", type=QueryWord())
@click.argument("text", nargs=-1, metavar="TEXT")
@click.option("--remove", is_flag=True, help="Take the note away.")
@click.pass_obj
def run(session: Session, delivery: str, text: tuple[str, ...], *, remove: bool) -> None:
    """Write a note on a delivery.

    ID is its number, or a filter that names one, such as `last`. `list`, `show` and the app show the note; the filter
    `note:WORD` finds it.
    """
    words = " ".join(text)
    if remove == bool(words.strip()):
        raise UsageError("say what to note, as in `note 42 TEXT`, or --remove.")
    with session.inspector() as inspector:
        number = one(inspector, (delivery,))
        note = inspector.annotating.note(number, None if remove else words)
    if session.json:
        session.out.record({"type": "noted", "id": number, "note": note})
    else:
        session.out.line(f"#{number}: {note}" if note is not None else f"#{number} has no note now.")


COMMAND = run

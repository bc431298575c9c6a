"""`filters`: filters kept by name."""

from __future__ import annotations

import click

from webhook_inspector.cli.group import HouseCommand, HouseGroup, QueryWord
from webhook_inspector.cli.output import Styled
from webhook_inspector.cli.queries import joined
from webhook_inspector.cli.render import Columns
from webhook_inspector.cli.session import Session

_EXAMPLES = [
    ("filters save failing state:failed -type:ping", "From now on `@failing` stands for it: `list @failing after:1h`."),
    ("filters list", "All of them."),
    ("filters remove failing", "Forgets one."),
]


@click.pass_obj
def _list(session: Session) -> None:
    """List the saved filters."""
    with session.inspector(readonly=True) as inspector:
        found = inspector.annotating.filters()
    if session.json:
        for name, query in found.items():
            session.out.record({"type": "filter", "name": name, "query": query})
    else:
        Columns(session.out).write([[Styled(f"@{name}", "strong"), query] for name, query in found.items()])


@click.pass_obj
def _save(session: Session, name: str, query: tuple[str, ...]) -> None:
    """Keep a filter under a name, in the place of an earlier one.

    `@NAME` then stands for it wherever a filter is written, in this log. What it holds is read as if in parentheses.
    """
    name, text = name.removeprefix("@"), joined(query)
    with session.inspector() as inspector:
        inspector.annotating.save_filter(name, text)
    if session.json:
        session.out.record({"type": "filter", "name": name, "query": text})
    else:
        session.out.line(f"@{name} stands for: {text}")


@click.pass_obj
def _remove(session: Session, name: str) -> None:
    """Forget a saved filter."""
    with session.inspector() as inspector:
        inspector.annotating.remove_filter(name)
    if session.json:
        session.out.record({"type": "filter", "name": name.removeprefix("@"), "query": None})
    else:
        session.out.line(f"Forgot @{name.removeprefix('@')}.")


_NAME = click.Argument(["name"], metavar="NAME")
COMMAND = HouseGroup(
    "filters",
    help="Filters kept in the log by name.",
    examples=_EXAMPLES,
    commands=[
        HouseCommand("list", callback=_list, help=_list.__doc__, examples=[_EXAMPLES[1]]),
        HouseCommand(
            "save",
            callback=_save,
            help=_save.__doc__,
            params=[_NAME, click.Argument(["query"], nargs=-1, required=True, type=QueryWord(), metavar="QUERY...")],
            examples=[_EXAMPLES[0]],
        ),
        HouseCommand("remove", callback=_remove, help=_remove.__doc__, params=[_NAME], examples=[_EXAMPLES[2]]),
    ],
)

"""`diff`: what differs between two deliveries."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from webhook_inspector.cli.group import QueryWord, command
from webhook_inspector.cli.output import Output, Styled
from webhook_inspector.cli.queries import one
from webhook_inspector.cli.session import Session
from webhook_inspector.core.display import show
from webhook_inspector.core.units import plural

if TYPE_CHECKING:
    from webhook_inspector.shapes import Change

_MARKS = {"added": ("+", "ok"), "removed": ("−", "bad"), "type_changed": ("!", "warn")}
_VALUE_WIDTH = 160


@command(
    "diff",
    examples=[
        ("diff 41 42", "What differs, without fields that differ every time."),
        ("diff 41 42 --all --json", "Those too, one JSON object a change."),
    ],
    exits={0: "they mean the same", 1: "they differ beyond volatile fields"},
)
@click.argument("a", type=QueryWord())
@click.argument("b", type=QueryWord())
@click.option("--all", "everything", is_flag=True, help="Print volatile fields too (times, request ids, signatures).")
@click.pass_obj
def run(session: Session, a: str, b: str, everything: bool) -> int:
    """Compare two deliveries by structure.

    A and B are numbers, or filters that name one delivery each. Bodies are compared by structure, headers and
    target by value.
    """
    from webhook_inspector.engine.contract import change_json

    out = session.out
    with session.inspector(readonly=True) as inspector:
        first, second = one(inspector, [a]), one(inspector, [b])
        diff = inspector.diff(first, second)
    shown = [(change, False) for change in diff.changes]
    if everything:
        shown += [(change, True) for change in diff.hidden]
    for change, volatile in shown:
        if session.json:
            out.record(change_json(change) | {"volatile": volatile})
        else:
            _line(out, change, volatile=volatile)
    if session.json:
        out.record(
            {
                "type": "verdict",
                "a": first,
                "b": second,
                "differs": diff.differs,
                "changes": len(diff.changes),
                "volatile": len(diff.hidden),
                "equal_paths": diff.equal_paths,
                "note": diff.note,
            }
        )
    else:
        if diff.note:
            out.line(Styled(diff.note, "warn"))
        hidden = f", {plural(len(diff.hidden), 'volatile change')}" if diff.hidden else ""
        hint = " (--all shows them)" if diff.hidden and not everything else ""
        changes = plural(len(diff.changes), "change") if diff.differs else "no change"
        out.line(f"#{first} and #{second}: {changes}{hidden}{hint}, {plural(diff.equal_paths, 'equal path')}")
    return 1 if diff.differs else 0


def _line(out: Output, change: Change, *, volatile: bool) -> None:
    mark, style = _MARKS.get(change.kind, ("~", "warn"))
    where = "" if change.where == "body" else f"{change.where} "
    before, after = _value(change.before), _value(change.after)
    if change.kind == "added":
        value = after
    elif change.kind == "removed":
        value = before
    else:
        value = f"{before} → {after}"
    kind = "" if change.kind in {"added", "removed", "changed"} else f"  {change.kind.replace('_', ' ')}"
    out.line(Styled(mark, style), f" {where}{change.path}  {value}{kind}", "  volatile" if volatile else "")


def _value(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return show(json.dumps(text, ensure_ascii=False) if isinstance(value, str) else text, _VALUE_WIDTH)


COMMAND = run

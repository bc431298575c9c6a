"""A Python module that sends deliveries: pure ASCII, nothing of a delivery is code, not even in a comment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pprint import pformat

from webhook_inspector.core.delivery import Record
from webhook_inspector.core.request import Request
from webhook_inspector.export import shell
from webhook_inspector.export.api import ExportContext
from webhook_inspector.export.sendable import masked_note, title, wanted_target

_WIDTH = 110


@dataclass(frozen=True, slots=True)
class Sending:
    """One request as the module hands it to its library."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes


Plan = Callable[[Request, str, list[str]], Sending]
"""From a request and a target to what is sent; the list gets the differences."""


def module(
    records: Sequence[Record], context: ExportContext, *, imports: str, send: str, plan: Plan, library: str
) -> bytes:
    """The source of a module.

    Args:
        records: What to send, in order.
        context: The target and what was masked.
        imports: Lines of the module's imports.
        send: Its functions and its main part; they find `ORIGIN` and `DELIVERIES`.
        plan: What the library can send.
        library: Its name, for the first line.
    """
    origin, _ = wanted_target(Request("GET", b"/"), context.target, [])
    lines = [
        f'"""Written by webhook-inspector: sends captured deliveries with {library}."""',
        "",
        "from __future__ import annotations",
        "",
        imports,
        "",
        f"ORIGIN = {origin!a}",
        '"""Scheme, host and port that the deliveries are sent to."""',
        "",
        "# Name: method, target, headers in order, body.",
        "DELIVERIES: dict[str, tuple[str, str, list[tuple[str, str]], bytes]] = {",
    ]
    taken: set[str] = set()
    for index, record in enumerate(records):
        notes: list[str] = []
        sending = plan(record.delivery.request, context.target, notes)
        notes = [title(record), *masked_note(context, index), *notes]
        lines += [f"    {shell.comment(note)}" for note in notes]
        lines += _entry(_name(record, taken), sending)
    lines += ["}", "", "", send.rstrip("\n")]
    return ("\n".join(lines) + "\n").encode("ascii")


def _name(record: Record, taken: set[str]) -> str:
    """A name for a delivery, its number; a counter is added where records share one."""
    name, number = str(record.delivery.id), 1
    while name in taken:
        number += 1
        name = f"{record.delivery.id}-{number}"
    taken.add(name)
    return name


def _entry(name: str, sending: Sending) -> list[str]:
    lines = [f"    {name!a}: (", f"        {sending.method!a},", f"        {sending.target!a},"]
    if sending.headers:
        lines.append("        [")
        lines += [f"            ({header!a}, {value!a})," for header, value in sending.headers]
        lines.append("        ],")
    else:
        lines.append("        [],")
    body = pformat(sending.body, width=_WIDTH - 8).splitlines() if sending.body else ["b''"]
    return [*lines, *(f"        {line}" for line in body[:-1]), f"        {body[-1]},", "    ),"]

"""`show`: one delivery."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from webhook_inspector.cli import completing
from webhook_inspector.cli.group import command, query_argument
from webhook_inspector.cli.output import Output, Styled
from webhook_inspector.cli.queries import one
from webhook_inspector.cli.render import Cell, fields, signature, state, when
from webhook_inspector.cli.session import Session
from webhook_inspector.core.clock import iso_utc
from webhook_inspector.core.display import one_line
from webhook_inspector.core.headers import decode_header
from webhook_inspector.core.units import size
from webhook_inspector.errors import UsageError

if TYPE_CHECKING:
    from webhook_inspector.bodies import BodyText
    from webhook_inspector.core.attempt import Attempt
    from webhook_inspector.core.delivery import Record
    from webhook_inspector.engine.inspector import Inspector
    from webhook_inspector.replay.observed import Tries


@command(
    "show",
    examples=[
        ("show 42", "What is known of delivery 42, its headers and its body."),
        ("show last --json", "Everything about the newest delivery, the body in base64."),
        ("show 42 --body > body.bin", "Exactly the bytes of the body."),
        ("show 42 --raw > request.http", "The request as it was received."),
    ],
)
@query_argument(required=True)
@click.option("--body", is_flag=True, help="Write exactly the body's bytes to stdout.")
@click.option("--raw", is_flag=True, help="Write the request as it was received to stdout.")
@click.option(
    "--view",
    metavar="NAME",
    shell_complete=completing.body_views,
    help="Show the body as json, form, multipart, xml, text or hex.",
)
@click.pass_obj
def run(session: Session, query: tuple[str, ...], body: bool, raw: bool, view: str | None) -> None:
    """Show one delivery.

    QUERY is its number, or a filter that names one.
    """
    if sum((body, raw, session.json)) > 1:
        raise UsageError("--body, --raw and --json exclude each other: choose one.")
    out = session.out
    with session.inspector(readonly=True) as inspector:
        number = one(inspector, query)
        record = inspector.record(number)
        request = record.delivery.request
        if body:
            out.raw(request.body, what="body")
        elif raw:
            # A refused delivery keeps the bytes that came, which may be no request at all.
            out.raw(request.raw() if request.method else request.body, what="request")
        elif session.json:
            from webhook_inspector.engine.contract import delivery_json, tries_json

            handshaken = inspector.handshake(record.delivery)
            row = delivery_json(record, body=True, handshake=handshaken.name if handshaken else None)
            out.record(row | {"tries": tries_json(inspector.tries(record))})
        else:
            target, check = inspector.sources.access.shown(request.target_text), _check(inspector, record)
            attempts = inspector.attempts(number)
            _text(out, record, inspector.body(number, view), attempts, target=target, check=check)
            _tries(out, inspector.tries(record))
            _broken(out, inspector, record)


def _check(inspector: Inspector, record: Record) -> str:
    """The endpoint check that the delivery is, and what is left to do; empty when it is none."""
    from webhook_inspector.engine.handshake import what_to_do

    handshaken = inspector.handshake(record.delivery)
    if handshaken is None:
        return ""
    return f"answered as {handshaken.name} expects. {what_to_do(record.delivery, handshaken)}".rstrip()


def _text(out: Output, record: Record, body: BodyText, attempts: list[Attempt], *, target: str, check: str) -> None:
    delivery, facts = record.delivery, record.facts
    request, event = delivery.request, facts.event
    out.line(Styled(f"#{delivery.id}  {event.type or 'no event type'}", "strong"))
    pairs: list[tuple[str, Cell]] = [
        ("received", when(delivery.received_ns)),
        ("from", delivery.remote or delivery.origin),
        ("request", f"{request.method} {one_line(target)} HTTP/{request.http_version}"),
        ("source", delivery.source),
        ("provider", facts.provider or "not recognised"),
        ("event", event.id or "no id"),
        ("event time", iso_utc(event.time_ns) if event.time_ns is not None else ""),
        ("attempt", str(event.attempt or "")),
        ("signature", signature(facts.verification.status)),
        ("", facts.verification.explanation),
        ("duplicate of", str(facts.duplicate_of or "")),
        ("retry of", str(facts.retry_of or "")),
        ("late", "yes: an event that happened later arrived before it" if facts.late else ""),
        ("shape", "differs from the previous delivery of this type" if facts.drift else ""),
        ("refused", delivery.refused or ""),
        ("answered", str(delivery.response_status or "nothing")),
        ("handshake", check),
        ("pinned", "yes: it stays when others are pruned" if facts.pinned else ""),
        ("note", facts.note or ""),
        ("state", state(facts.state, facts.last_status, facts.last_outcome)),
    ]
    fields(out, [pair for pair in pairs if pair[1]])
    if len(request.headers):
        out.line()
        out.line(Styled("Headers", "strong"))
        for name, value in request.headers:
            out.line("  ", Styled(decode_header(name), "accent"), ": ", decode_header(value))
    _attempts(out, attempts)
    out.line()
    out.line(Styled(f"Body  {body.view}  {size(body.total_bytes)}", "strong"))
    if body.note:
        out.line(Styled(f"  {body.note}", "warn"))
    for line in body.lines:
        out.line("  " * (line.indent + 1), line.text)


def _broken(out: Output, inspector: Inspector, record: Record) -> None:
    """How it breaks a pin."""
    facts = record.facts
    found = inspector.quarantine.violations(record.delivery, facts.provider, facts.event.type)
    if found:
        out.line()
        out.line(Styled("Breaks its pin", "bad" if any(one.breaking for one in found) else "warn"))
        for one in found:
            out.line(f"  {one.path}  {one.keyword}: {one.message}")
        out.line(Styled(f"  `shapes accept {record.delivery.id}` widens the pin", "dim"))


def _tries(out: Output, tries: Tries) -> None:
    lines = tries.lines()
    if lines:
        out.line()
        out.line(Styled("Tries of this event", "strong"))
        for line in lines:
            out.line(f"  {line}")


def _attempts(out: Output, attempts: list[Attempt]) -> None:
    if not attempts:
        return
    out.line()
    out.line(Styled("Attempts", "strong"))
    for attempt in attempts:
        outcome = str(attempt.status or (attempt.outcome.value.replace("_", " ") if attempt.outcome else "unknown"))
        run = f"run {attempt.run_id}" if attempt.run_id else "live"
        out.line(f"  {when(attempt.started_ns)}  {run}  {', '.join(attempt.labels)}  {outcome}  {attempt.url}")


COMMAND = run

"""One delivery in plain lines, for a chat or an issue: what came, whether its signature holds, what became of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from webhook_inspector.core.attempt import Attempt
from webhook_inspector.core.clock import iso_utc
from webhook_inspector.core.delivery import Record
from webhook_inspector.core.display import show
from webhook_inspector.core.units import duration, size
from webhook_inspector.tui.widgets.answers import answer_sentence

_MOST_ATTEMPTS = 20


def delivery_report(record: Record, attempts: Sequence[Attempt], shown_target: Callable[[str], str] = str) -> str:
    """The report. Text from outside is in its safe form; bodies, secrets and signatures are not in it.

    Args:
        record: The delivery.
        attempts: Everything that was sent on from it, oldest first.
        shown_target: Makes a request target fit to be shown to others.
    """
    delivery, facts = record.delivery, record.facts
    request, event, verification = delivery.request, facts.event, facts.verification
    media = f" {show(request.content_type, 60)}" if request.content_type else ""
    target = show(shown_target(request.target_text), 200)
    lines = [
        f"Delivery {delivery.id}  {show(event.type or '', 120)}".rstrip(),
        f"received   {iso_utc(delivery.received_ns)}, source {show(delivery.source, 60)}"
        + (f", provider {show(facts.provider, 60)}" if facts.provider else ""),
        f"request    {show(request.method, 30)} {target}, {size(len(request.body))}{media}",
        f"sha256     {delivery.body_sha256}",
    ]
    if event.id:
        lines.append(f"event id   {show(event.id, 120)}")
    lines.append(f"signature  {verification.status.value}: {show(verification.explanation, 300)}".rstrip(": "))
    lines += [f"           would match if {show(words, 200)}" for words in verification.matches_if]
    if delivery.refused:
        lines.append(f"refused    {show(delivery.refused, 200)}")
    if facts.duplicate_of is not None:
        lines.append(f"duplicate  of delivery {facts.duplicate_of}")
    if facts.retry_of is not None:
        lines.append(f"retry      of delivery {facts.retry_of}")
    if facts.late:
        lines.append("late       a later event arrived before it")
    if facts.drift:
        lines.append("shape      differs from the delivery before of this type")
    shown = attempts[-_MOST_ATTEMPTS:]
    if len(shown) < len(attempts):
        lines.append(f"attempts   {len(attempts)}, the last {len(shown)} of them:")
    lines += [f"attempt    {_attempt(attempt)}" for attempt in shown]
    return "\n".join(lines) + "\n"


def _attempt(attempt: Attempt) -> str:
    run = f"run {attempt.run_id}" if attempt.run_id is not None else "live"
    took = f" after {duration(attempt.duration_ms)}" if attempt.duration_ms is not None else ""
    return (
        f"{iso_utc(attempt.started_ns)} {run}, {show(', '.join(attempt.labels), 80)}: {answer_sentence(attempt)}{took}"
    )

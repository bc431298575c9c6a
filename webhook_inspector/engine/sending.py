"""From what came back to the attempt that is kept."""

from __future__ import annotations

from dataclasses import replace

from webhook_inspector.core.attempt import Attempt, classify_failure
from webhook_inspector.net.sender import Sent


def finished(attempt: Attempt, sent: Sent) -> Attempt:
    """An attempt with the outcome of its send."""
    return replace(
        attempt,
        outcome=sent.outcome,
        status=sent.status,
        failure=classify_failure(sent.outcome, sent.status),
        duration_ms=sent.duration_ms,
        response_headers=sent.headers,
        response_body=sent.body,
        detail=sent.detail,
        differences=(*attempt.differences, *sent.differences),
    )

"""What may be done with one send of a plan, besides sending it whole."""

from __future__ import annotations

SEND = "send"
SLOW_BODY = "slow-body"
"""The body arrives a little at a time."""
FRESH_ID = "fresh-id"
"""The same event under a new delivery id, where its provider has one apart from the event."""
ANSWERED = (SEND, SLOW_BODY, FRESH_ID)
"""Sends whose answers are judged."""
BROKEN = ("lost-answer", "cut-body", "reset")
"""Sends that end before their answer: the connection is closed after the request, closed in the middle of the body, or
reset there."""
MUST_BE_REFUSED = ("tampered-body", "tampered-signature", "no-signature", "stale-time")
"""Sends that a handler must answer with 4xx."""
ACTS = (*ANSWERED, *BROKEN, *MUST_BE_REFUSED)

"""What may be done with one send of a plan, besides sending it whole."""

from __future__ import annotations

SEND = "send"
BROKEN = ("lost-answer", "cut-body")
"""Sends that end before their answer: the connection is closed after the request, or in the middle of the body."""
MUST_BE_REFUSED = ("tampered-body", "tampered-signature", "no-signature", "stale-time")
"""Sends that a handler must answer with 4xx."""
ACTS = (SEND, *BROKEN, *MUST_BE_REFUSED)

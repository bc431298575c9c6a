"""Azure Event Grid subscription checks, own schema (recalled 2026-11-20)."""

from __future__ import annotations

from dataclasses import replace

from webhook_inspector.signing.handshakes.api import Ask, HandshakeAnswer, answer_json, bounded, member


class _Responder:
    help = "POST SubscriptionValidation: its code as validationResponse"
    unmistakable = b"aeg-event-type"

    def answer(self, ask: Ask) -> HandshakeAnswer | None:
        """See `help`."""
        if ask.request.method != "POST" or ask.header("aeg-event-type") != "SubscriptionValidation":
            return None
        document = ask.json()
        event = document[0] if isinstance(document, list) and len(document) == 1 else None
        code = bounded(member(event, "data", "validationCode"))
        if code is None:
            return None
        return replace(
            answer_json({"validationResponse": code}), open_url=bounded(member(event, "data", "validationUrl"))
        )


HANDSHAKE = _Responder()

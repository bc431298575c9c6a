"""Okta event hook checks (documentation, read 2026-11-20)."""

from __future__ import annotations

from webhook_inspector.signing.handshakes.api import Ask, HandshakeAnswer, answer_json


class _Responder:
    help = "GET with x-okta-verification-challenge: it, as JSON"
    unmistakable = b"x-okta-verification-challenge"

    def answer(self, ask: Ask) -> HandshakeAnswer | None:
        """See `help`."""
        challenge = ask.header("x-okta-verification-challenge")
        if ask.request.method != "GET" or challenge is None:
            return None
        return answer_json({"verification": challenge})


HANDSHAKE = _Responder()

"""Slack's `url_verification` (Slack SDK, read 2026-11-20)."""

from __future__ import annotations

from webhook_inspector.signing.handshakes.api import Ask, HandshakeAnswer, answer_json, bounded, member


class _Responder:
    help = "POST with type url_verification: the challenge as JSON"
    unmistakable = b"url_verification"

    def answer(self, ask: Ask) -> HandshakeAnswer | None:
        """See `help`."""
        document = ask.json()
        challenge = bounded(member(document, "challenge"))
        if ask.request.method != "POST" or member(document, "type") != "url_verification" or challenge is None:
            return None
        return answer_json({"challenge": challenge})


HANDSHAKE = _Responder()

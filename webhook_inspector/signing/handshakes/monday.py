"""monday.com endpoint checks (recalled 2026-11-20)."""

from __future__ import annotations

from webhook_inspector.signing.handshakes.api import Ask, HandshakeAnswer, answer_json, bounded


class _Responder:
    help = "POST with a challenge alone: the same JSON"
    unmistakable = b""

    def answer(self, ask: Ask) -> HandshakeAnswer | None:
        """See `help`."""
        document = ask.json()
        challenge = bounded(document.get("challenge")) if isinstance(document, dict) and len(document) == 1 else None
        if ask.request.method != "POST" or challenge is None:
            return None
        return answer_json({"challenge": challenge})


HANDSHAKE = _Responder()

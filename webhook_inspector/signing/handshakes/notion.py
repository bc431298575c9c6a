"""Notion hands over the key of its signatures (SDK comment, read 2026-11-20)."""

from __future__ import annotations

from webhook_inspector.signing.handshakes.api import Ask, HandshakeAnswer, bounded


class _Responder:
    help = "POST verification_token: 200; a person pastes it into Notion, and it is the signing secret"
    unmistakable = b""

    def answer(self, ask: Ask) -> HandshakeAnswer | None:
        """See `help`."""
        document = ask.json()
        token = (
            bounded(document.get("verification_token")) if isinstance(document, dict) and len(document) == 1 else None
        )
        return HandshakeAnswer(200, gained=token) if ask.request.method == "POST" and token is not None else None


HANDSHAKE = _Responder()

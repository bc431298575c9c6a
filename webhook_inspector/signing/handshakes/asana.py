"""Asana hands over the key of its signatures (documentation, read 2026-11-20)."""

from __future__ import annotations

from webhook_inspector.signing.handshakes.api import Ask, HandshakeAnswer


class _Responder:
    help = "POST with X-Hook-Secret: the same header back; its value is the signing secret"
    unmistakable = b""

    def answer(self, ask: Ask) -> HandshakeAnswer | None:
        """See `help`."""
        secret = ask.header("X-Hook-Secret")
        if ask.request.method != "POST" or secret is None:
            return None
        return HandshakeAnswer(200, (("X-Hook-Secret", secret),), gained=secret)


HANDSHAKE = _Responder()

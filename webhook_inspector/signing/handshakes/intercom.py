"""Intercom looks at the address and pings it (third parties, read 2026-11-20)."""

from __future__ import annotations

from webhook_inspector.signing.handshakes.api import Ask, HandshakeAnswer, member


class _Responder:
    help = "HEAD, or POST with topic ping: 200"
    unmistakable = b""

    def answer(self, ask: Ask) -> HandshakeAnswer | None:
        """See `help`."""
        ping = ask.request.method == "POST" and member(ask.json(), "topic") == "ping"
        return HandshakeAnswer(200) if ping or ask.request.method == "HEAD" else None


HANDSHAKE = _Responder()

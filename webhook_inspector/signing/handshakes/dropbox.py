"""Dropbox endpoint checks (documentation, read 2026-11-20)."""

from __future__ import annotations

from webhook_inspector.signing.handshakes.api import Ask, HandshakeAnswer, echo


class _Responder:
    help = "GET challenge: echoed as plain text"
    unmistakable = b""

    def answer(self, ask: Ask) -> HandshakeAnswer | None:
        """See `help`."""
        challenge = ask.query("challenge")
        return echo(challenge) if ask.request.method == "GET" and challenge is not None else None


HANDSHAKE = _Responder()

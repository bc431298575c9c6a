"""Xero tells right from wrong signatures on purpose (documentation, read 2026-11-20)."""

from __future__ import annotations

from webhook_inspector.signing.handshakes.api import Ask, HandshakeAnswer


class _Responder:
    help = "POST with x-xero-signature: 200 when it holds, 401 when not, both empty"
    unmistakable = b""

    def answer(self, ask: Ask) -> HandshakeAnswer | None:
        """See `help`."""
        if ask.request.method != "POST" or not ask.request.headers.get_all("x-xero-signature") or not ask.secrets:
            return None
        return HandshakeAnswer(200 if ask.verified() else 401)


HANDSHAKE = _Responder()

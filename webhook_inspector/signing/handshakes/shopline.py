"""SHOPLINE endpoint checks (documentation, read 2026-11-20)."""

from __future__ import annotations

import base64

from webhook_inspector.signing.handshakes.api import Ask, HandshakeAnswer, echo, member


class _Responder:
    help = "POST topic webhook/verification: base64 of the app or merchant id set as params.app_id"
    unmistakable = b""

    def answer(self, ask: Ask) -> HandshakeAnswer | None:
        """See `help`."""
        app = ask.params.get("app_id")
        if ask.request.method != "POST" or member(ask.json(), "topic") != "webhook/verification" or not app:
            return None
        return echo(base64.b64encode(app.encode()).decode("ascii"))


HANDSHAKE = _Responder()

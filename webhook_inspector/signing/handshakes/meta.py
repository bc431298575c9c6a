"""Meta (Facebook, Instagram, WhatsApp) subscription checks (documentation, read 2026-11-20)."""

from __future__ import annotations

from webhook_inspector.signing.compare import same
from webhook_inspector.signing.handshakes.api import Ask, HandshakeAnswer, echo


class _Responder:
    help = "GET hub.challenge: echoed when hub.verify_token is the one set as params.verify_token, else 403"
    unmistakable = b""

    def answer(self, ask: Ask) -> HandshakeAnswer | None:
        """See `help`."""
        challenge, token = ask.query("hub.challenge"), ask.query("hub.verify_token")
        if ask.request.method != "GET" or ask.query("hub.mode") != "subscribe" or challenge is None or token is None:
            return None
        ours = ask.params.get("verify_token")
        if ours is None:
            return None
        return echo(challenge) if same(ours.encode(), token.encode("utf-8", "replace")) else HandshakeAnswer(403)


HANDSHAKE = _Responder()

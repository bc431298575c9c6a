"""Twitch EventSub callback checks (third parties, read 2026-11-20)."""

from __future__ import annotations

from webhook_inspector.signing.handshakes.api import Ask, HandshakeAnswer, bounded, echo, member


class _Responder:
    help = "POST webhook_callback_verification: the challenge as plain text; 403 when its signature does not hold"
    unmistakable = b""

    def answer(self, ask: Ask) -> HandshakeAnswer | None:
        """See `help`."""
        kind = ask.header("Twitch-Eventsub-Message-Type")
        challenge = bounded(member(ask.json(), "challenge"))
        if ask.request.method != "POST" or kind != "webhook_callback_verification" or challenge is None:
            return None
        return echo(challenge) if not ask.secrets or ask.verified() else HandshakeAnswer(403)


HANDSHAKE = _Responder()

"""WebSub intent checks (W3C Recommendation, recalled 2026-11-20)."""

from __future__ import annotations

from webhook_inspector.signing.handshakes.api import Ask, HandshakeAnswer, echo


class _Responder:
    help = "GET hub.challenge: echoed when hub.topic is the one set as params.topic (any when none is set), else 404"
    unmistakable = b""

    def answer(self, ask: Ask) -> HandshakeAnswer | None:
        """See `help`."""
        challenge, topic = ask.query("hub.challenge"), ask.query("hub.topic")
        mode = ask.query("hub.mode")
        if (
            ask.request.method != "GET"
            or mode not in {"subscribe", "unsubscribe"}
            or challenge is None
            or topic is None
        ):
            return None
        ours = ask.params.get("topic")
        return echo(challenge) if ours in {None, topic} else HandshakeAnswer(404)


HANDSHAKE = _Responder()

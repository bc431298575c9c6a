"""Discord pings, and wrong signatures that it sends on purpose (documentation, read 2026-11-20)."""

from __future__ import annotations

from webhook_inspector.signing.handshakes.api import Ask, HandshakeAnswer, answer_json


class _Responder:
    help = "POST: 401 when the signature does not hold; PING 204, or type 1 for interactions"
    unmistakable = b""

    def answer(self, ask: Ask) -> HandshakeAnswer | None:
        """See `help`."""
        names = ("X-Signature-Ed25519", "X-Signature-Timestamp")
        document = ask.json()
        if (
            ask.request.method != "POST"
            or not any(ask.request.headers.get_all(name) for name in names)
            or not ask.secrets
        ):
            return None
        if not ask.verified():
            return HandshakeAnswer(401)
        kind = document.get("type") if isinstance(document, dict) else None
        if kind == 1 and isinstance(document, dict) and "event" not in document:
            return answer_json({"type": 1})
        event = kind == 0 or (isinstance(document, dict) and "event" in document)
        return HandshakeAnswer(204, (("Content-Type", "application/json"),)) if event else None


HANDSHAKE = _Responder()

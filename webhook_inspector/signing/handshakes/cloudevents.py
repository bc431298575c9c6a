"""CloudEvents web hook abuse protection (specification, read 2026-11-20)."""

from __future__ import annotations

from webhook_inspector.signing.handshakes.api import Ask, HandshakeAnswer


class _Responder:
    help = "OPTIONS with WebHook-Request-Origin: that origin is allowed"
    unmistakable = b"webhook-request-origin"

    def answer(self, ask: Ask) -> HandshakeAnswer | None:
        """See `help`."""
        origin = ask.header("WebHook-Request-Origin")
        if ask.request.method != "OPTIONS" or origin is None:
            return None
        rate = ask.header("WebHook-Request-Rate")
        headers = (("WebHook-Allowed-Origin", origin), ("WebHook-Allowed-Rate", rate or "*"), ("Allow", "POST"))
        return HandshakeAnswer(200, headers, open_url=ask.header("WebHook-Request-Callback"))


HANDSHAKE = _Responder()

"""Zoom's `endpoint.url_validation`, repeated every 72 hours (guides, read 2026-11-20)."""

from __future__ import annotations

import hashlib
import hmac

from webhook_inspector.signing.handshakes.api import Ask, HandshakeAnswer, answer_json, bounded, member


class _Responder:
    help = "POST endpoint.url_validation: the token with its HMAC by the secret token"
    unmistakable = b""

    def answer(self, ask: Ask) -> HandshakeAnswer | None:
        """See `help`."""
        document = ask.json()
        token = bounded(member(document, "payload", "plainToken"))
        if member(document, "event") != "endpoint.url_validation" or token is None or not ask.secrets:
            return None
        key = ask.secrets[0].value.encode("utf-8", "replace")
        digest = hmac.new(key, token.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
        return answer_json({"plainToken": token, "encryptedToken": digest})


HANDSHAKE = _Responder()

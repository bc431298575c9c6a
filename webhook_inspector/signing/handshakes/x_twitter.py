"""X (Twitter) challenge-response checks (third parties, read 2026-11-20)."""

from __future__ import annotations

import base64
import hashlib
import hmac

from webhook_inspector.signing.handshakes.api import Ask, HandshakeAnswer, answer_json


class _Responder:
    help = "GET crc_token: its HMAC by the consumer secret, as JSON"
    unmistakable = b""

    def answer(self, ask: Ask) -> HandshakeAnswer | None:
        """See `help`."""
        token = ask.query("crc_token")
        if ask.request.method != "GET" or token is None or not ask.secrets:
            return None
        key = ask.secrets[0].value.encode("utf-8", "replace")
        digest = hmac.new(key, token.encode("utf-8", "replace"), hashlib.sha256).digest()
        return answer_json({"response_token": f"sha256={base64.b64encode(digest).decode()}"})


HANDSHAKE = _Responder()

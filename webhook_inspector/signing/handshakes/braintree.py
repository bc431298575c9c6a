"""Braintree destination checks of older accounts (SDK, read 2026-11-20)."""

from __future__ import annotations

import hashlib
import hmac
import re

from webhook_inspector.signing.handshakes.api import Ask, HandshakeAnswer, echo


class _Responder:
    help = "GET bt_challenge: public key and HMAC by the private key"
    unmistakable = b""

    def answer(self, ask: Ask) -> HandshakeAnswer | None:
        """See `help`."""
        challenge = ask.query("bt_challenge") or ""
        public = ask.params.get("public_key_id")
        if (
            ask.request.method != "GET"
            or not re.fullmatch("[0-9a-f]{20,32}", challenge)
            or not ask.secrets
            or not public
        ):
            return None
        key = hashlib.sha1(ask.secrets[0].value.encode("utf-8", "replace")).digest()  # noqa: S324 (their key derivation)
        return echo(f"{public}|{hmac.new(key, challenge.encode(), hashlib.sha1).hexdigest()}")


HANDSHAKE = _Responder()

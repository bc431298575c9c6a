"""Microsoft Graph subscription checks (documentation, read 2026-11-20)."""

from __future__ import annotations

from webhook_inspector.signing.handshakes.api import Ask, HandshakeAnswer, echo


class _Responder:
    help = "POST validationToken in the query: echoed, decoded, as plain text"
    unmistakable = b"validationToken"

    def answer(self, ask: Ask) -> HandshakeAnswer | None:
        """See `help`."""
        token = ask.query("validationToken")
        return echo(token) if ask.request.method == "POST" and token is not None else None


HANDSHAKE = _Responder()

"""Trello looks at the callback address (documentation, read 2026-11-20)."""

from __future__ import annotations

from webhook_inspector.signing.handshakes.api import Ask, HandshakeAnswer


class _Responder:
    help = "HEAD: 200, else the hook is not made"
    unmistakable = b""

    def answer(self, ask: Ask) -> HandshakeAnswer | None:
        """See `help`."""
        return HandshakeAnswer(200) if ask.request.method in {"HEAD", "GET"} else None


HANDSHAKE = _Responder()

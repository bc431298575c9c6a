"""Amazon SNS subscription confirmations: the user opens the address (SDK, read 2026-11-20)."""

from __future__ import annotations

from urllib.parse import urlsplit

from webhook_inspector.signing.handshakes.api import Ask, HandshakeAnswer, bounded, member


class _Responder:
    help = "POST SubscriptionConfirmation: 200; you open its SubscribeURL to confirm"
    unmistakable = b"x-amz-sns-message-type"

    def answer(self, ask: Ask) -> HandshakeAnswer | None:
        """See `help`."""
        kinds = {"SubscriptionConfirmation", "UnsubscribeConfirmation"}
        if ask.request.method != "POST" or ask.header("x-amz-sns-message-type") not in kinds:
            return None
        url = bounded(member(ask.json(), "SubscribeURL"))
        return HandshakeAnswer(200, open_url=url if url is not None and _of_sns(url) else None)


def _of_sns(url: str) -> bool:
    """Whether an address is one of SNS itself."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    return (
        parts.scheme == "https" and host.startswith("sns.") and host.endswith((".amazonaws.com", ".amazonaws.com.cn"))
    )


HANDSHAKE = _Responder()

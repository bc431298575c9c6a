"""A small shop: a handler that checks signatures and counts each payment once, and a webhook of its own."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
import urllib.request
from collections.abc import Callable, Iterable
from typing import Any

TOLERANCE_S = 300


class Shop:
    """Takes payments at any path. Broken variants are made by changing one method."""

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self.url = ""
        self.paid: dict[str, int] = {}
        self.seen: set[str] = set()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        if not self.is_signed(environ.get("HTTP_STRIPE_SIGNATURE", ""), body):
            start_response("400 Bad Request", [("Content-Type", "text/plain")])
            return [b"no signature that holds"]
        self.take(json.loads(body))
        start_response("200 OK", [("Content-Type", "application/json")])
        return [b"{}"]

    def is_signed(self, header: str, body: bytes) -> bool:
        """Whether a header has the HMAC of a time and a body, and the time is now."""
        parts = dict(part.split("=", 1) for part in header.split(",") if "=" in part)
        content = parts.get("t", "").encode() + b"." + body
        wanted = hmac.new(self.secret.encode(), content, hashlib.sha256).hexdigest()
        fresh = parts.get("t", "").isdigit() and abs(time.time() - int(parts["t"])) <= TOLERANCE_S
        return fresh and hmac.compare_digest(wanted, parts.get("v1", ""))

    def take(self, event: dict[str, Any]) -> None:
        """Count one event, unless it was counted."""
        if event["id"] in self.seen:
            return
        self.seen.add(event["id"])
        invoice = event["data"]["object"]
        self.paid[invoice["customer"]] = self.paid.get(invoice["customer"], 0) + invoice["amount_paid"]

    def clear(self) -> None:
        """Forget every payment."""
        self.paid.clear()
        self.seen.clear()

    def ship(self, order: str, tell: str) -> None:
        """Tell somebody that an order is on its way."""
        body = json.dumps({"type": "order.shipped", "order": order}).encode()
        request = urllib.request.Request(tell, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=5):
            pass

"""Deliveries with fixed times and identifiers."""

from __future__ import annotations

import random
from collections.abc import Sequence

from webhook_inspector.core.attempt import Attempt
from webhook_inspector.core.clock import NS_PER_S
from webhook_inspector.core.delivery import Delivery
from webhook_inspector.core.headers import Headers
from webhook_inspector.core.request import Request

T0_NS = 1_795_000_000 * NS_PER_S
"""A fixed moment: 2026-11-18T11:06:40Z."""


def noise(size: int, seed: int = 0) -> bytes:
    """Bytes that no compression makes shorter."""
    return random.Random(seed).randbytes(size)


def make_request(
    body: bytes = b'{"id":"evt_1","type":"invoice.paid"}',
    *,
    method: str = "POST",
    target: bytes = b"/hooks",
    headers: Sequence[tuple[str, str]] = (("Content-Type", "application/json"),),
) -> Request:
    return Request(method=method, target=target, headers=Headers.from_text(headers), body=body)


def make_delivery(
    body: bytes = b'{"id":"evt_1","type":"invoice.paid"}',
    *,
    id: int = 0,  # noqa: A002 (the field's name)
    method: str = "POST",
    target: bytes = b"/hooks",
    headers: Sequence[tuple[str, str]] = (("Content-Type", "application/json"),),
    received_ns: int = T0_NS,
    source: str = "default",
    refused: str | None = None,
    forward_to: str | None = None,
) -> Delivery:
    return Delivery(
        request=make_request(body, method=method, target=target, headers=headers),
        received_ns=received_ns,
        source=source,
        remote="127.0.0.1:50000",
        refused=refused,
        forward_to=forward_to,
        id=id,
    )


def make_attempt(
    delivery_id: int, *, labels: tuple[str, ...] = ("original",), url: str = "http://127.0.0.1:9/"
) -> Attempt:
    """One that has begun."""
    return Attempt(1, delivery_id, None, labels, url, 0, started_ns=T0_NS)

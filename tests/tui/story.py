"""What is in the log of a scenario: the same deliveries every time."""

from __future__ import annotations

import base64
import json
import random
from dataclasses import replace
from typing import Any

from tests.support.factories import T0_NS
from webhook_inspector.core.clock import NS_PER_S, iso_utc
from webhook_inspector.core.request import Request
from webhook_inspector.engine.sources import SAMPLE_HEADER, sample_secret
from webhook_inspector.providers.load import builtin
from webhook_inspector.samples import sample
from webhook_inspector.signing import sign


class Story:
    """Deliveries of a morning, the same every time."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self._rng = random.Random(11)

    def add(self, age_s: float, provider: str, event: str, tail: bytes = b"", **values: str) -> Request:
        """A signed sample that arrived `age_s` seconds ago; `tail` is added on the way."""
        now_ns = T0_NS - int(age_s * NS_PER_S)
        overrides = {key.replace("__", "."): value for key, value in values.items()}
        request = sample(provider, event, now_ns=now_ns, rng=self._rng, overrides=overrides)
        entry = builtin()[provider]
        request = replace(request, headers=request.headers.replaced(SAMPLE_HEADER, provider))
        request = sign(request, entry, sample_secret(entry), now_ns=now_ns)
        self.again(age_s, provider, replace(request, body=request.body + tail))
        return request

    def again(self, age_s: float, provider: str, request: Request) -> None:
        """A request as it arrived."""
        self.rows.append(
            {
                "received_at": iso_utc(T0_NS - int(age_s * NS_PER_S)),
                "source": provider,
                "method": request.method,
                "target": f"/{provider}",
                "headers": request.headers.text_pairs(),
                "body_base64": base64.b64encode(request.body).decode(),
            }
        )


def morning() -> list[dict[str, Any]]:
    """What the pictures show."""
    story = Story()
    for n, age in enumerate((1490, 1320, 1205, 1100)):
        story.add(age, "stripe", "invoice.paid", data__object__id=f"in_{n}")
        story.add(age - 31, "shopify", "orders/create")
    story.add(905, "github", "pull_request")
    story.add(840, "slack", "app_mention")
    first = story.add(611, "stripe", "payment_intent.succeeded")
    story.again(609.5, "stripe", first)
    story.add(470, "squarespace", "order.create")
    story.add(402, "gitlab", "push")
    story.add(366, "stripe", "charge.refunded")
    story.add(241, "shopify", "products/update")
    story.add(10.4, "github", "issues")
    story.add(
        9.1, "stripe", "invoice.paid", data__object__amount_paid='"42.00"', data__object__discount='{"id":"di_1"}'
    )
    story.add(7.6, "slack", "message")
    story.add(4.2, "github", "push", tail=b"\n")
    return story.rows


def two_weeks() -> list[dict[str, Any]]:
    """An event type whose payload changed in the middle."""
    rows = []
    for n in range(70):
        customer = f"cus_{n:012d}Ab"
        order: dict[str, Any] = {"id": f"ord_{n:012d}Ab", "total": 4200 + n, "currency": "eur"}
        if n < 44:
            order |= {"customer": customer, "coupon": "SUMMER"}
        else:
            order |= {"customer": {"id": customer, "vip": n % 3 == 0}, "discounts": list[str]()}
        if n >= 58:
            order |= {"channel": "web"}
        body = json.dumps({"id": f"evt_{n:012d}Ab", "type": "order.paid", "data": {"object": order}})
        age_s = (70 - n) * 4.6 * 3600
        rows.append({
            "received_at": iso_utc(T0_NS - int(age_s * NS_PER_S)), "method": "POST", "target": "/orders",
            "headers": [["Content-Type", "application/json"]], "body": body,
        })  # fmt: skip
    return rows

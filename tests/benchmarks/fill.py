"""A realistic log of any size, quickly, through the store."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path

from webhook_inspector.core.attempt import Attempt, Outcome
from webhook_inspector.core.clock import NS_PER_MS, NS_PER_S, SystemClock
from webhook_inspector.core.delivery import Delivery, Event, Facts
from webhook_inspector.core.headers import Headers
from webhook_inspector.core.request import Request
from webhook_inspector.core.verification import Verification, VerificationStatus
from webhook_inspector.engine.indexing import Indexer
from webhook_inspector.shapes.summary import CODEC
from webhook_inspector.store.log import Log

START_NS = 1_795_000_000 * NS_PER_S
TYPES = {
    "stripe": ["invoice.paid", "invoice.created", "charge.succeeded", "charge.refunded", "customer.updated"],
    "github": ["push", "pull_request.opened", "issues.closed", "release.published"],
    "shopify": ["orders/create", "orders/paid", "products/update"],
    "slack": ["message", "app_mention"],
}
_WORDS = [
    *("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "haven", "inlet"),
    *("juniper", "kelp", "lagoon", "meadow", "north", "orchid", "pine", "quartz"),
]
_STATUSES = [VerificationStatus.VALID] * 17 + [VerificationStatus.INVALID, VerificationStatus.STALE]
_CHUNK = 1000


def make(number: int, rng: random.Random) -> tuple[Delivery, Facts]:
    """One delivery of about 1 KiB with its facts."""
    provider = rng.choice(list(TYPES))
    event_type = rng.choice(TYPES[provider])
    event_id = f"evt_{number:09d}"
    body = {
        "id": event_id,
        "type": event_type,
        "created": START_NS // NS_PER_S + number,
        "data": {
            "object": {
                "id": f"in_{rng.randrange(10**6):06d}",
                "amount": rng.randrange(100, 100_000),
                "currency": rng.choice(["eur", "usd", "gbp"]),
                "customer": {"name": " ".join(rng.choices(_WORDS, k=2)), "email": f"{rng.choice(_WORDS)}@example.com"},
                "lines": [{"sku": rng.choice(_WORDS), "quantity": rng.randrange(1, 9)} for _ in range(8)],
                "note": " ".join(rng.choices(_WORDS, k=rng.randrange(30, 90))),
            }
        },
    }
    headers = [
        ("Host", "127.0.0.1:4400"),
        ("User-Agent", f"{provider.title()}/1.0"),
        ("Content-Type", "application/json"),
        ("Accept", "*/*"),
        ("X-Signature", f"t={number},v1={rng.getrandbits(256):064x}"),
        ("X-Event-Type", event_type),
    ]
    request = Request("POST", f"/{provider}?n={number}".encode(), Headers.from_text(headers), json.dumps(body).encode())
    delivery = Delivery(
        request, START_NS + number * 100 * NS_PER_MS, source=provider, remote=f"127.0.0.1:{50_000 + number % 9000}"
    )
    facts = Facts(
        provider=provider,
        event=Event(event_type, event_id, START_NS + number * 100 * NS_PER_MS, 1),
        verification=Verification(
            rng.choice(_STATUSES),
            provider=provider,
            scheme=f"{provider}-v1",
            explanation="The signature was looked at.",
        ),
        duplicate_of=number - 1 if number > 1 and rng.random() < 0.02 else None,
        late=rng.random() < 0.01,
        drift=rng.random() < 0.005,
        shape=f"{rng.randrange(40):016x}",
    )
    return delivery, facts


def fill(path: Path, n: int, *, seed: int = 1, attempts: int = 500, learned: bool = False) -> None:
    """Make a log with `n` analysed deliveries of four providers, 100 ms apart, some of them sent on.

    About 15 000 a second. Every 1000th body holds the word `zebra`.

    Args:
        path: A file that does not exist yet.
        n: Number of deliveries.
        seed: The same seed gives the same log.
        attempts: Number of attempts, spread over the log.
        learned: Leave it with its word index, and as if its shapes had been learned, as a log is that grew; else that
            work begins when the log is first listened on.
    """
    rng = random.Random(seed)
    log = Log.open(path, clock=SystemClock())
    try:
        for start in range(1, n + 1, _CHUNK):
            pairs = [make(number, rng) for number in range(start, min(start + _CHUNK, n + 1))]
            deliveries = [
                replace(one, request=replace(one.request, body=one.request.body[:-1] + b',"rare":"zebra"}'))
                if number % 1000 == 0
                else one
                for number, (one, _) in enumerate(pairs, start)
            ]
            numbers = log.append(deliveries)
            log.save_facts([(number, facts, None) for number, (_, facts) in zip(numbers, pairs, strict=True)])
        for number in range(1, n + 1, max(1, n // max(attempts, 1)))[:attempts]:
            attempt = Attempt(1, number, None, ("forward",), "http://127.0.0.1:3000/", 0, started_ns=START_NS)
            begun = replace(attempt, id=log.begin_attempt(attempt))
            log.finish_attempt(replace(begun, outcome=Outcome.RESPONDED, status=rng.choice([200, 200, 200, 404, 503])))
        if learned:
            log.forget_shapes(CODEC)
            log.replace_shapes([], codec=CODEC, was=0, upto=n)
            Indexer(log, SystemClock(), wanted=True).catch_up()
    finally:
        log.close()

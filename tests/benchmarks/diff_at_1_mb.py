"""How long the diff of two payloads takes, at 30 KB and at 1 MB.

`python -m tests.benchmarks.diff_at_1_mb` prints the slowest of several pairs of each size. Goals: 5 ms and 100 ms.
"""

from __future__ import annotations

import copy
import json
import random
from time import perf_counter
from typing import Any

from webhook_inspector.core.headers import Headers
from webhook_inspector.core.request import Request
from webhook_inspector.shapes import diff_requests

GOALS_MS = {30_000: 5.0, 1_000_000: 100.0}
_PAIRS = 12


def record(dice: random.Random) -> dict[str, Any]:
    """An order's line, about 400 bytes."""
    return {
        "id": f"li_{dice.randrange(10**14):014d}",
        "object": "line_item",
        "quantity": dice.randrange(1, 9),
        "price": {"amount": dice.randrange(100, 99_000), "currency": dice.choice(["eur", "usd", "gbp"]), "tax": None},
        "title": f"Thing number {dice.randrange(10**6)}",
        "url": f"https://shop.example/things/{dice.randrange(10**9)}?from=mail",
        "created_at": f"2026-11-{dice.randrange(1, 28):02d}T{dice.randrange(24):02d}:00:00Z",
        "attributes": {f"a{n}": dice.random() < 0.5 for n in range(6)},
        "tags": [f"tag{dice.randrange(50)}" for _ in range(3)],
    }


def pair(size: int, dice: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two payloads of about so many bytes: some members changed, a record moved, one gone, one new."""
    before: dict[str, Any] = {"id": "evt_00000000000001", "type": "order.updated", "lines": []}
    length = 0
    while length < size:
        before["lines"].append(record(dice))
        length += len(json.dumps(before["lines"][-1]))
    after = copy.deepcopy(before)
    lines = after["lines"]
    for line in dice.sample(lines, max(2, len(lines) // 20)):
        line["quantity"] += 1
        line["price"]["currency"] = "chf"
        line["new"] = {"member": 1}
    lines.insert(0, lines.pop(dice.randrange(len(lines))))
    lines.pop(dice.randrange(len(lines)))
    lines.insert(dice.randrange(len(lines)), record(dice))
    return before, after


def request(document: Any) -> Request:
    """A delivery of a document."""
    headers = Headers.from_text([("Content-Type", "application/json")])
    return Request("POST", b"/in", headers, json.dumps(document).encode())


def measure(size: int) -> tuple[float, int]:
    """Milliseconds of the slowest pair, reading both bodies included, and how many changes the last one had."""
    dice = random.Random(size)
    slowest, count = 0.0, 0
    for _ in range(_PAIRS):
        before, after = (request(document) for document in pair(size, dice))
        start = perf_counter()
        found = diff_requests(before, after)
        slowest = max(slowest, 1000 * (perf_counter() - start))
        count = len(found.changes)
    return slowest, count


def main() -> None:
    """Print a line for each size."""
    for size, goal in GOALS_MS.items():
        slowest, count = measure(size)
        print(f"{size // 1000} KB: slowest of {_PAIRS} pairs {slowest:.1f} ms (goal {goal:.0f} ms), {count} changes")


if __name__ == "__main__":
    main()

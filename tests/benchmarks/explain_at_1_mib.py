"""How long it takes to say why a signature fails: every recipe, with the wrong secret, at 10 KiB and 1 MiB.

Nothing matches, so the whole search is walked: the slowest case there is.

    python -m tests.benchmarks.explain_at_1_mib
"""

from __future__ import annotations

import json
import time
from dataclasses import replace

from tests.support.vectors import all_vectors
from webhook_inspector.core.secret import Secret
from webhook_inspector.providers.model import Provider
from webhook_inspector.signing import verify

SIZES = {"10 KiB": 10 * 1024, "1 MiB": 1024 * 1024}
ROUNDS = 3


def body_of(size: int) -> bytes:
    """A JSON document of about that size, in ordinary pieces."""
    rows: list[dict[str, object]] = []
    room = size - 40
    while room > 0:
        rows.append({"id": f"item_{len(rows)}", "amount": len(rows) * 7, "name": "Grüße", "tags": ["a", "b"]})
        room -= len(json.dumps(rows[-1], ensure_ascii=False).encode()) + 2
    return json.dumps({"id": "evt_1", "type": "a.b", "rows": rows}, ensure_ascii=False).encode()


def seconds(provider: Provider, body: bytes, name: str) -> float:
    """Processor time of one recipe, the best of some rounds."""
    vector = next(
        one for owner, one in all_vectors() if owner is provider and one.recipe == name and one.expect == "valid"
    )
    recipe = provider.recipe(name)
    assert recipe is not None
    request = vector.request if recipe.covers_body is False else replace(vector.request, body=body)
    wrong = Secret(vector.secrets[0][:-4] + "AAA=") if vector.secrets else Secret("none")
    times = []
    for _ in range(ROUNDS):
        started = time.process_time()
        verify(request, provider, [wrong], at_ns=vector.now_ns, scheme=name, url=vector.url, params=vector.params,
               public_key=vector.public_key)  # fmt: skip
        times.append(time.process_time() - started)
    return min(times)


def slowest(size: int) -> list[tuple[float, str]]:
    """Seconds and name of every recipe, the slowest first."""
    recipes = {(provider.name, one.recipe): provider for provider, one in all_vectors() if one.expect == "valid"}
    body = body_of(size)
    timed = [(seconds(provider, body, name), f"{owner}/{name}") for (owner, name), provider in recipes.items()]
    return sorted(timed, reverse=True)


def main() -> None:
    """Print the slowest recipes at each size."""
    for label, size in SIZES.items():
        timed = slowest(size)
        median = timed[len(timed) // 2][0]
        print(f"{label}: {len(timed)} recipes, slowest {timed[0][0] * 1000:.0f} ms, median {median * 1000:.1f} ms")
        for spent, name in timed[:5]:
            print(f"  {spent * 1000:6.1f} ms  {name}")


if __name__ == "__main__":
    main()

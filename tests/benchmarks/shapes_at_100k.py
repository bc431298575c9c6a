"""How fast shapes are learned: `python -m tests.benchmarks.shapes_at_100k`.

Payloads like those of GitHub are made here (about 8 KiB and 180 values each, ids, times and addresses fresh every
time): how many a second are added to summaries, with and without parsing; then a log of 100,000 deliveries is learned
from end to end. Last, how fast the log keeps deliveries while it is learned from, and while it is not.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from pathlib import Path
from typing import Any

from webhook_inspector.config.model import Config
from webhook_inspector.core.clock import SystemClock
from webhook_inspector.core.delivery import Delivery
from webhook_inspector.core.headers import Headers
from webhook_inspector.core.jsondoc import load_json
from webhook_inspector.core.request import Request
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.shapes.summary import Summary, add
from webhook_inspector.store.log import Log

KINDS = 20


def payload(kind: int, n: int, dice: random.Random) -> dict[str, Any]:
    """Something like a GitHub event."""
    login = f"user-{dice.randrange(50)}"
    base = f"https://api.example.test/repos/{login}/repo-{dice.randrange(200)}"
    links = {f"{name}_url": f"{base}/{name}/{{id}}" for name in LINKS}
    who = {"login": login, "id": dice.randrange(10**7), "type": "User", "site_admin": False, **USER_LINKS}
    return {
        "id": f"evt_{n:014d}Ab",
        "type": f"kind_{kind}.happened",
        "action": dice.choice(["opened", "closed", "edited"]),
        "number": dice.randrange(10**4),
        "created_at": f"2026-11-{1 + n % 28:02d}T{n % 24:02d}:{n % 60:02d}:00Z",
        "repository": {"id": dice.randrange(10**8), "private": False, "topics": ["a", "b"], "owner": who, **links},
        "sender": who,
        "changes": {"title": {"from": f"text {dice.random()}"}} if n % 3 else {},
        "labels": [{"id": m, "name": f"label {m}", "color": "ffffff"} for m in range(n % 4)],
        "body": "words " * (n % 40),
        "milestone": None,
    }


LINKS = [f"resource{n}" for n in range(45)]
USER_LINKS = {f"user{n}_url": f"https://api.example.test/users/x/{n}" for n in range(14)}


def payloads() -> list[bytes]:
    """Some thousand payloads of some kinds."""
    dice = random.Random(1)
    return [json.dumps(payload(n % KINDS, n, dice)).encode() for n in range(5000)]


def rates(bodies: list[bytes]) -> tuple[float, float]:
    """Payloads a second that are added, and that are parsed and added: of processor time, whatever else runs."""
    found = []
    for parsed in (True, False):
        documents = [load_json(body) for body in bodies] if parsed else []
        summaries = [Summary() for _ in range(KINDS)]
        started = time.process_time()
        for n, body in enumerate(bodies):
            add(summaries[n % KINDS], documents[n] if parsed else load_json(body), n)
        found.append(len(bodies) / (time.process_time() - started))
    return found[0], found[1]


def _deliveries(bodies: list[bytes], now_ns: int) -> list[Delivery]:
    headers = Headers.from_text([("Content-Type", "application/json"), ("User-Agent", "bench")])
    return [Delivery(Request("POST", b"/hooks", headers, body), now_ns) for body in bodies]


def _kept_a_second(path: Path, bodies: list[bytes], *, learning: bool) -> float:
    clock = SystemClock()
    with Inspector.open(Config(path=None, log=path), env={}) as inspector:
        log = Log.open(path, clock=clock)
        started = time.perf_counter()
        for start in range(0, len(bodies), 200):
            log.append(_deliveries(bodies[start : start + 200], clock.wall_ns()))
            if learning:
                inspector._late_learner().notice()
        rate = len(bodies) / (time.perf_counter() - started)
        log.close()
        return rate


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deliveries", type=int, default=100_000)
    count: int = parser.parse_args().deliveries
    bodies = payloads()
    print(f"{len(bodies)} payloads of {sum(map(len, bodies)) // len(bodies):,} bytes")
    added, parsed = rates(bodies)
    print(f"  added: {added:,.0f} payloads/s, parsed and added: {parsed:,.0f} payloads/s")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.db"
        with Inspector.open(Config(path=None, log=path), env={}) as inspector:
            log = Log.open(path, clock=SystemClock())
            for start in range(0, count, 500):
                chunk = [bodies[(start + n) % len(bodies)] for n in range(min(500, count - start))]
                ids = log.append(_deliveries(chunk, SystemClock().wall_ns()))
                inspector._analyst.analyse(ids)
            log.close()
            started = time.perf_counter()
            learned = inspector.shapes.learn()
            spent = time.perf_counter() - started
            print(f"one pass over a log: {learned:,} deliveries in {spent:.1f} s, {learned / spent:,.0f}/s")
        quiet = _kept_a_second(Path(folder) / "a.db", bodies, learning=False)
        busy = _kept_a_second(Path(folder) / "b.db", bodies, learning=True)
        print(f"kept in batches of 200: {quiet:,.0f}/s, while learning {busy:,.0f}/s")


if __name__ == "__main__":
    main()

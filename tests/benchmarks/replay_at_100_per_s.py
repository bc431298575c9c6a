"""How exactly a replay keeps its plan, and how fast it can send beside aiohttp's own client.

python -m tests.benchmarks.replay_at_100_per_s
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import aiohttp
from aiohttp import web

from webhook_inspector.config.model import Config
from webhook_inspector.core.clock import iso_utc
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.engine.replay_options import ReplayOptions
from webhook_inspector.net.loop_thread import LoopThread

SENDS = 1000
ROUNDS = 5
GAP_NS = 10_000_000
START_NS = 1_795_000_000 * 10**9
BODY = json.dumps({"id": "evt_1", "type": "invoice.paid", "pad": "x" * 900})


async def _serve() -> tuple[web.ServerRunner, str]:
    async def answer(request: web.BaseRequest) -> web.Response:
        await request.read()
        return web.Response(text="ok")

    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}/hooks"


async def _plain(url: str, count: int, together: int) -> float:
    """Sends a second of aiohttp's own client, a connection for each send as in a replay."""
    gate = asyncio.Semaphore(together)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True, limit=0)) as session:

        async def one() -> None:
            async with gate, session.post(url, data=BODY) as response:
                await response.read()

        started = time.perf_counter()
        await asyncio.gather(*(one() for _ in range(count)))
        return count / (time.perf_counter() - started)


@dataclass(frozen=True)
class Figures:
    """What was measured."""

    late_ms: list[float]
    """How late each send of a plan of 100 a second was, ascending."""
    rate: dict[int, tuple[float, float]]
    """By sends in flight: our sends a second without gaps, and those of aiohttp's client; medians of some rounds."""
    share: dict[int, float]
    """Median of the ratios."""


def _import(inspector: Inspector, folder: Path) -> list[int]:
    lines = [
        json.dumps({
            "method": "POST", "target": "/hooks", "headers": [["Content-Type", "application/json"]], "body": BODY,
            "received_at": iso_utc(START_NS + n * GAP_NS),
        })
        for n in range(SENDS)
    ]  # fmt: skip
    file = folder / "in.jsonl"
    file.write_text("\n".join(lines), encoding="utf-8")
    return list(inspector.import_file(file).ids)


def measure() -> Figures:
    """Everything, in about half a minute."""
    target = LoopThread("target")
    target.start()
    _, url = target.submit(_serve()).result()
    rounds: dict[int, list[tuple[float, float]]] = {1: [], 16: []}
    with (
        tempfile.TemporaryDirectory() as folder,
        Inspector.open(Config(path=None, log=Path(folder) / "log.db"), env={}) as inspector,
    ):
        ids = _import(inspector, Path(folder))
        plan = inspector.plan(ids, ReplayOptions(speed=1, seed=1, concurrency=16))
        run = inspector.start_run(plan, url)
        run.wait(120)
        late = sorted((one.sent_at_ms or 0) - one.planned_at_ms for one in run.attempts)
        for _ in range(ROUNDS):
            for together, seen in rounds.items():
                plan = inspector.plan(ids, ReplayOptions(speed=None, seed=1, concurrency=together))
                started = time.perf_counter()
                inspector.start_run(plan, url).wait(120)
                ours = SENDS / (time.perf_counter() - started)
                seen.append((ours, asyncio.run(_plain(url, SENDS, together))))
    target.stop()
    rates = {n: (median(one for one, _ in seen), median(other for _, other in seen)) for n, seen in rounds.items()}
    return Figures(late, rates, {n: median(one / other for one, other in seen) for n, seen in rounds.items()})


def main() -> None:
    """Print lateness at 100 sends a second, and sends a second without gaps."""
    found = measure()
    late = found.late_ms
    print(f"{SENDS} sends at 100/s: late p50 {late[SENDS // 2]:.1f} ms, p95 {late[int(SENDS * 0.95)]:.1f} ms,"
          f" worst {late[-1]:.1f} ms")  # fmt: skip
    for together, (ours, theirs) in found.rate.items():
        print(f"without gaps, {together} in flight: {ours:.0f} sends/s, aiohttp's client alone {theirs:.0f}/s,"
              f" {found.share[together]:.2f}")  # fmt: skip


if __name__ == "__main__":
    main()

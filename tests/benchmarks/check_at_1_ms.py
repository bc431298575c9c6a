"""How many trials a second `check` makes against a handler that takes 1 ms: `python -m tests.benchmarks.check_at_1_ms`.

Two deliveries; copies, other orders and copies at once. Lost answers are left out: after each the check waits on
purpose. The handler answers from a thread of this process, so it takes part of what is measured.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from pathlib import Path

from aiohttp import web

from webhook_inspector.config.model import Config
from webhook_inspector.engine.checking import CheckOptions
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.net.loop_thread import LoopThread

DELIVERIES = 2


async def _serve() -> str:
    async def answer(request: web.BaseRequest) -> web.Response:
        await request.read()
        await asyncio.sleep(0.001)
        return web.Response(text="ok")

    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return f"http://127.0.0.1:{runner.addresses[0][1]}/hooks"


def trials_a_second(budget: int) -> float:
    """Passes over the deliveries a second."""
    handler = LoopThread("handler")
    handler.start()
    url = handler.submit(_serve()).result()
    bodies = [json.dumps({"id": f"evt_{n}"}) for n in range(DELIVERIES)]
    lines = [json.dumps({"method": "POST", "target": "/", "headers": [], "body": body}) for body in bodies]
    try:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "in.jsonl"
            file.write_text("\n".join(lines), encoding="utf-8")
            with Inspector.open(Config(path=None, log=Path(folder) / "log.db"), env={}) as inspector:
                ids = inspector.import_file(file).ids
                options = CheckOptions(budget=budget, properties=("idempotent", "order", "concurrent"))
                begun = time.perf_counter()
                report = inspector.check(ids, url, options)
                return report.passes / (time.perf_counter() - begun)
    finally:
        handler.stop()


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--budget", type=int, default=300, help="passes at most")
    print(f"{trials_a_second(parser.parse_args().budget):.0f} trials/s")


if __name__ == "__main__":
    main()

"""The program with a heart: how long its loop was ever busy without a break, which is how long a key or a frame waits.

`python -m tests.benchmarks.beating ARGUMENTS` is `webhook-inspector ARGUMENTS`; on SIGUSR1 it begins to count, and on
SIGUSR2 it writes the gaps since then, in milliseconds, to the file that `BEATS` names.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

from webhook_inspector.__main__ import main
from webhook_inspector.tui import app as app_module

BEAT_S = 0.002


class BeatingApp(app_module.InspectorApp):
    """The app, and a note of each gap between two turns of its loop."""

    def on_mount(self) -> None:
        """Begin to beat."""
        super().on_mount()
        self._gaps: list[float] = []
        self._last = time.perf_counter()
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGUSR1, self._gaps.clear)
        loop.add_signal_handler(signal.SIGUSR2, self._say)
        self._beat()

    def _beat(self) -> None:
        now = time.perf_counter()
        self._gaps.append((now - self._last - BEAT_S) * 1000)
        self._last = now
        asyncio.get_running_loop().call_later(BEAT_S, self._beat)

    def _say(self) -> None:
        file = Path(os.environ["BEATS"])
        whole = file.with_suffix(".part")
        whole.write_text("\n".join(f"{gap:.2f}" for gap in self._gaps), encoding="ascii")
        whole.rename(file)


if __name__ == "__main__":
    app_module.InspectorApp = BeatingApp  # type: ignore[misc]
    main()

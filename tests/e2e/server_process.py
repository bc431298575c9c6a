"""A wrong listener in a process of its own, which the tests must catch."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from webhook_inspector.config import Config, load
from webhook_inspector.core.delivery import Delivery
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.errors import StoreError
from webhook_inspector.store.log import Log


def _answer_before_the_commit() -> None:
    """The broken variant: a sender hears 200 when its delivery is queued, not when it is on disk."""
    real = Log.submit

    def eager(self: Log, delivery: Delivery, done: Callable[[int | StoreError], None]) -> None:
        def ignore(_result: int | StoreError) -> None:
            return

        done(1)
        # As a lazy flush would: the commit follows a moment later.
        threading.Timer(0.02, real, (self, delivery, ignore)).start()

    Log.submit = eager  # type: ignore[method-assign]


def main() -> None:
    log = Path(sys.argv[1])
    _answer_before_the_commit()
    config: Config = load(None, {"WEBHOOK_INSPECTOR_LOG": str(log)}, log.parent)
    inspector = Inspector.open(config)
    print(json.dumps({"type": "listening", "url": inspector.listen(port=0).url}), flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()

"""A wrong listener in a process of its own: it keeps what waits for the app in its memory alone."""

from __future__ import annotations

import sys

from webhook_inspector.__main__ import main
from webhook_inspector.engine.forward import Forwarder


def _forget() -> None:
    Forwarder.durable = property(lambda _self: False)  # type: ignore[assignment,method-assign]


if __name__ == "__main__":
    _forget()
    log, *options = sys.argv[1:]
    sys.argv[1:] = ["listen", "--port", "0", "--json", "--log", log, *options]
    sys.exit(main())

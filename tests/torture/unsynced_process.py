"""Broken on purpose: listeners that answer when a commit is in the write-ahead log, synced or not. `LOG [MODE]`."""

from __future__ import annotations

import sqlite3
import sys

from webhook_inspector.__main__ import main
from webhook_inspector.store import writer


def _loosen(mode: str) -> None:
    real = vars(writer)["open_writer"]

    def loose(*arguments: object) -> sqlite3.Connection:
        connection: sqlite3.Connection = real(*arguments)
        connection.execute(f"PRAGMA synchronous = {mode}")
        return connection

    vars(writer)["open_writer"] = loose


if __name__ == "__main__":
    log, mode, *options = sys.argv[1:]
    _loosen(mode)
    sys.argv[1:] = ["listen", "--port", "0", "--json", "--log", log, *options]
    sys.exit(main())

"""Concurrent senders that remember what they were told, sharing no code with the product."""

from __future__ import annotations

import http.client
import sqlite3
import threading
import urllib.parse
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.stored import stored_bodies


@dataclass
class Ledger:
    """What senders were answered."""

    acknowledged: dict[str, bytes] = field(default_factory=dict)
    """Nonce to the body that was answered 2xx."""
    lock: threading.Lock = field(default_factory=threading.Lock)
    stopped: threading.Event = field(default_factory=threading.Event)
    """Set: senders end after the answer that they wait for."""

    def note(self, nonce: str, body: bytes) -> None:
        with self.lock:
            self.acknowledged[nonce] = body


def send_until_down(url: str, ledger: Ledger, name: str, sizes: tuple[int, ...]) -> None:
    """Post unique bodies over one kept connection until the server is gone or all are to stop; note each 2xx."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    number = 0
    try:
        while not ledger.stopped.is_set():
            nonce = f"{name}-{number}"
            body = (nonce + "|").encode().ljust(sizes[number % len(sizes)], b"x")
            connection.request("POST", "/kill", body=body, headers={"X-Nonce": nonce})
            response = connection.getresponse()
            response.read()
            if 200 <= response.status < 300:
                ledger.note(nonce, body)
            number += 1
    except (OSError, http.client.HTTPException):
        return
    finally:
        connection.close()


def storm(url: str, ledger: Ledger, prefix: str, senders: int = 8) -> list[threading.Thread]:
    """Start concurrent senders with bodies of 20 bytes to 20 kB."""
    sizes = (20, 300, 1_000, 20_000)
    threads = [
        threading.Thread(target=send_until_down, args=(url, ledger, f"{prefix}-{n}", sizes), daemon=True)
        for n in range(senders)
    ]
    for thread in threads:
        thread.start()
    return threads


def missing(log: Path, ledger: Ledger) -> list[str]:
    """Nonces that were acknowledged and are not in the log byte for byte. Reads SQLite by itself."""
    with closing(sqlite3.connect(log)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        kept = set(stored_bodies(connection).values())
    return [nonce for nonce, body in ledger.acknowledged.items() if body not in kept]

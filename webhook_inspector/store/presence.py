"""Who listens for a log: a small file beside it, locked while its writer lives."""

from __future__ import annotations

import json
import os
from pathlib import Path

from webhook_inspector.store.claims import claim, claim_path
from webhook_inspector.store.kept_lock import Lock, new


def _info_path(log: Path) -> Path:
    return log.with_name(log.name + ".listening")


class Presence:
    """A listener's mark beside its log. Ends with `release`, or with the process, however it ends."""

    def __init__(self, log: Path, lock: Lock) -> None:
        self._log = log
        self._lock = lock

    @classmethod
    def claim(cls, log: Path, url: str, fingerprint: bytes = b"") -> Presence | None:
        """Mark this process as the listener of a log; None when another one is marked (both may listen).

        Args:
            log: The file.
            url: Where it listens.
            fingerprint: SHA-256 of its certificate; empty without TLS.
        """
        lock = claim(log, "listening")
        if lock is None:
            return None
        data = json.dumps({"url": url, "pid": os.getpid(), "certificate": fingerprint.hex()}).encode()
        try:
            handle = os.open(_info_path(log), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(data)
        except OSError:
            lock.close()
            return None
        return cls(log, lock)

    def release(self) -> None:
        """Take the mark away."""
        _info_path(self._log).unlink(missing_ok=True)
        self._lock.close()

    @staticmethod
    def listener(log: Path) -> tuple[str, bytes] | None:
        """Address and certificate's fingerprint of the process that listens for a log, or None when none does."""
        info = _info_path(log)
        if not info.exists():
            return None
        lock = new(str(claim_path(log, "listening")))
        try:
            if lock.try_hold():
                return None
        except (OSError, NotImplementedError):
            return None
        finally:
            lock.close()
        try:
            found = json.loads(info.read_text(encoding="utf-8"))
            url, certificate = found.get("url"), bytes.fromhex(found.get("certificate", ""))
        except (OSError, ValueError, AttributeError, TypeError):
            return None
        return (url, certificate) if isinstance(url, str) else None

    @staticmethod
    def listener_url(log: Path) -> str | None:
        """The address of the process that listens for a log, or None when none does."""
        found = Presence.listener(log)
        return None if found is None else found[0]

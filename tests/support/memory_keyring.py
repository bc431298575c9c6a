"""A desktop keyring that lives in memory, and one that is locked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import keyring
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError


class MemoryKeyring(KeyringBackend):
    """Keeps passwords while it lives."""

    priority = 5

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # the library's
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError("none")


class LockedKeyring(MemoryKeyring):
    """Refuses everything, with a text that nobody should print."""

    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringLocked("\x1b]0;locked canary")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise KeyringLocked(f"could not keep {password}")


@contextmanager
def desktop(backend: MemoryKeyring) -> Iterator[MemoryKeyring]:
    """Make it this process's keyring for a while."""
    before = keyring.get_keyring()
    keyring.set_keyring(backend)
    try:
        yield backend
    finally:
        keyring.set_keyring(before)

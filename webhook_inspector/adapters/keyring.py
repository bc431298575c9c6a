"""The desktop's keyring (macOS Keychain, Windows Credential Locker, Secret Service, KWallet), where there is one.

The only user of the `keyring` library, which is loaded when a secret in a keyring is first asked for: finding the
backends takes about 0.1 s. A backend is one that `keyring` itself recommends (priority 1 or more, its
documentation, read 2026-11-21), so that plain-text and null backends are never taken for a safe place.
"""

from __future__ import annotations

from webhook_inspector.errors import UsageError

SERVICE = "webhook-inspector"
"""The service under which secrets stand in the keyring; the user name is the name of the secret."""


def keyring_title() -> str | None:
    """The keyring's name in words, or None when there is no usable one. Never raises."""
    try:
        import keyring  # noqa: PLC0415 (see above)

        backend = keyring.get_keyring()
        return str(backend.name) if backend.priority >= 1 else None
    except Exception:  # noqa: BLE001 (foreign backends raise what they like; each means: not usable)
        return None


def read(name: str) -> str | None:
    """A secret in the keyring, or None when it holds none of that name.

    Raises:
        UsageError: The keyring is locked or fails.
    """
    try:
        import keyring  # noqa: PLC0415 (see above)

        return keyring.get_password(SERVICE, name)
    except Exception as error:  # noqa: BLE001 (as above)
        raise _failed(error) from None


def write(name: str, value: str) -> None:
    """Put a secret into the keyring.

    Raises:
        UsageError: The keyring is locked or fails.
    """
    try:
        import keyring  # noqa: PLC0415 (see above)

        keyring.set_password(SERVICE, name, value)
    except Exception as error:  # noqa: BLE001 (as above)
        raise _failed(error) from None


def delete(name: str) -> None:
    """Take a secret out of the keyring; one that is not there is no error.

    Raises:
        UsageError: The keyring is locked or fails.
    """
    try:
        import keyring  # noqa: PLC0415 (see above)

        if keyring.get_password(SERVICE, name) is not None:
            keyring.delete_password(SERVICE, name)
    except Exception as error:  # noqa: BLE001 (as above)
        raise _failed(error) from None


def _failed(error: Exception) -> UsageError:
    # Only the kind of error: the text of a foreign backend may hold anything.
    return UsageError(f"The desktop keyring did not answer ({type(error).__name__}): unlock it and try again.")

"""Where things live on each system when nothing else is said."""

from __future__ import annotations

from pathlib import Path

import platformdirs

from webhook_inspector.errors import ConfigError

APP = "webhook-inspector"
FILE_NAME = "webhook-inspector.toml"
LOG_VARIABLE = "WEBHOOK_INSPECTOR_LOG"


def default_log() -> Path:
    """The log in the user's data folder.

    Raises:
        ConfigError: The system names no such folder (no home).
    """
    folder = platformdirs.user_data_path(APP, appauthor=False)
    if not folder.is_absolute():
        raise ConfigError(
            f"There is no home folder to keep the log in: choose a file with --log FILE or the variable {LOG_VARIABLE}."
        )
    return folder / "log.db"


def secrets_folder() -> Path:
    """The folder of kept secrets, in the user's data folder.

    Raises:
        ConfigError: The system names no such folder (no home).
    """
    folder = platformdirs.user_data_path(APP, appauthor=False)
    if not folder.is_absolute():
        raise ConfigError("There is no home folder to keep secrets in: use env:NAME or file:PATH.")
    return folder / "secrets"


def test_keys_folder() -> Path:
    """The folder of test keys, in the user's data folder.

    Raises:
        ConfigError: The system names no such folder (no home).
    """
    return secrets_folder().with_name("test-keys")


def tls_folder() -> Path:
    """The folder of the listener's own certificate and key, in the user's data folder.

    Raises:
        ConfigError: The system names no such folder (no home).
    """
    return secrets_folder().with_name("tls")


def pseudonym_key() -> Path:
    """The file of the key for pseudonyms, in the user's data folder.

    Raises:
        ConfigError: The system names no such folder (no home).
    """
    return secrets_folder().with_name("pseudonyms.key")


def problem_folder() -> Path | None:
    """The folder for details of unexpected errors, or None when the system names none."""
    folder = platformdirs.user_state_path(APP, appauthor=False)
    return folder / "problems" if folder.is_absolute() else None


def memory_file() -> Path | None:
    """The file of what the app remembers, or None when the system names no folder for it."""
    folder = platformdirs.user_state_path(APP, appauthor=False)
    return folder / "app.json" if folder.is_absolute() else None


def find_file(cwd: Path) -> Path | None:
    """The nearest `webhook-inspector.toml` from `cwd` upward, or None."""
    for folder in (cwd, *cwd.parents):
        candidate = folder / FILE_NAME
        try:
            if candidate.is_file():
                return candidate
        except OSError:
            continue
    return None

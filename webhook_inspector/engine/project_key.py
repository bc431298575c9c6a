"""The key under which a project's pseudonyms are made: one of the user's own, and the place of the project.

It is made when it is first needed, and stands beside the log in the user's data folder, readable by the user only. It
never leaves: who has an export and not the key cannot tell who is meant, nor link exports of two projects.
"""

from __future__ import annotations

import contextlib
import hashlib
import secrets
from pathlib import Path

from webhook_inspector.adapters.files import write_private
from webhook_inspector.config import paths
from webhook_inspector.config.model import Config
from webhook_inspector.core.folders import make_folder
from webhook_inspector.errors import ConfigError

_BYTES = 32


def project_key(config: Config) -> bytes:
    """The key of a project: of its configuration file, else of its log.

    Where it cannot be kept, a new one is made each time: pseudonyms then differ from export to export.
    """
    project = str(config.path or config.log).encode("utf-8", "surrogateescape")
    return hashlib.blake2b(project, key=_own_key(), digest_size=_BYTES).digest()


def _own_key() -> bytes:
    try:
        return _kept(paths.pseudonym_key())
    except (OSError, ConfigError):
        return secrets.token_bytes(_BYTES)


def _kept(path: Path) -> bytes:
    if not _is_whole(path):
        make_folder(path.parent)
        with contextlib.suppress(FileExistsError):  # another process made it at the same moment: that one holds
            # One that is cut short is of a process that was killed before it used it.
            write_private(path, secrets.token_bytes(_BYTES), replace=path.exists())
    return path.read_bytes()


def _is_whole(path: Path) -> bool:
    return path.exists() and path.stat().st_size == _BYTES

"""The configuration that tests run with: sources and providers of a file, never its log or its port."""

from __future__ import annotations

import os
from pathlib import Path

from webhook_inspector.config.load import load
from webhook_inspector.config.model import Config


def configured(name: str, root: Path) -> Config:
    """The configuration of a file, or an empty one.

    Args:
        name: Path of the file from `root`; empty for none.
        root: Pytest's root folder.

    Raises:
        ConfigError: The file is wrong.
    """
    if not name:
        return Config(path=None, log=root)  # the log is given anew for each test
    return load(Path(name), os.environ, root)

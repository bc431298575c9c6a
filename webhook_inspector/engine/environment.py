"""What this installation runs on, for `doctor`."""

from __future__ import annotations

from webhook_inspector.net.parser import parser_name
from webhook_inspector.store.check import sqlite_version

__all__ = ["parser_name", "sqlite_version"]

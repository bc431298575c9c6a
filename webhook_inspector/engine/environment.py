"""What this installation runs on, for `doctor`."""

from __future__ import annotations

from webhook_inspector.net import limits
from webhook_inspector.net.limits import descriptor_limit
from webhook_inspector.net.parser import parser_name
from webhook_inspector.store.check import sqlite_version

__all__ = ["descriptor_limit", "parser_name", "sqlite_version", "within_descriptors"]


def within_descriptors(connections: int) -> int:
    """How many of so many connections the listener would have open at once here."""
    return limits.within_descriptors(limits.Limits(max_connections=connections)).max_connections

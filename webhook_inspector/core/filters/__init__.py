"""The filter language: one for the list, the app, replay, export and tests."""

from __future__ import annotations

from webhook_inspector.core.filters.keys import KEYS, Key
from webhook_inspector.core.filters.parse import parse
from webhook_inspector.core.filters.predicate import matches
from webhook_inspector.core.filters.query import Query

__all__ = ["KEYS", "Key", "Query", "matches", "parse"]

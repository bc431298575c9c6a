"""The filter language: one for the list, the app, replay, export and tests."""

from __future__ import annotations

from webhook_inspector.core.filters.query import Query

__all__ = ["Query"]

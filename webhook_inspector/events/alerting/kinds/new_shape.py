"""A payload has a structure that its event type never had."""

from __future__ import annotations

from dataclasses import dataclass

from webhook_inspector.core.display import show
from webhook_inspector.core.filters.words import term
from webhook_inspector.events.alerting.api import Arrived, Change, Fact, RuleKind


@dataclass(slots=True)
class NewShape:
    """Says it of each such delivery: the next one of that structure is not new any more."""

    source: str | None = None

    def see(self, fact: Fact) -> list[Change]:
        """A delivery may be the first of its structure."""
        if not isinstance(fact, Arrived) or not fact.new_shape or fact.event_type is None:
            return []
        if self.source is not None and fact.source != self.source:
            return []
        words = f"#{fact.id} is the first {show(fact.event_type, 60)} of a new shape"
        return [Change(begins=True, words=words, delivery=fact.id, query=term("type", fact.event_type))]


KIND = RuleKind(
    "new_shape [SOURCE]",
    "new_shape",
    "a payload of a structure that its event type never had",
    lambda values: NewShape(values.get("SOURCE")),
    frozenset({Arrived}),
)

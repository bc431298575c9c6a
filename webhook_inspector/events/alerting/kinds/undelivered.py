"""Deliveries wait for too long to be sent on."""

from __future__ import annotations

from dataclasses import dataclass, field

from webhook_inspector.core.display import show
from webhook_inspector.core.units import plural
from webhook_inspector.events.alerting.api import Change, Fact, Passed, RuleKind
from webhook_inspector.events.series import step_words


@dataclass(slots=True)
class Undelivered:
    """Looks at the oldest delivery that waits for each target."""

    after_ns: int
    _late: set[str] = field(default_factory=set)

    def see(self, fact: Fact) -> list[Change]:
        """Targets that fall behind, and those that have caught up."""
        if not isinstance(fact, Passed):
            return []
        late = {one.target: one for one in fact.waiting if one.waited_ns >= self.after_ns}
        changes = [
            Change(
                begins=True,
                words=f"{show(one.target, 80)}: {plural(one.deliveries, 'delivery waits', 'deliveries wait')}, "
                f"the oldest for {step_words(self.after_ns)} or more",
                delivery=one.oldest_id,
                query="-state:processed",
            )
            for target, one in late.items()
            if target not in self._late
        ]
        over = sorted(self._late - set(late))
        changes += [
            Change(begins=False, words=f"{show(target, 80)}: nothing waits that long any more") for target in over
        ]
        self._late = set(late)
        return changes


KIND = RuleKind(
    "undelivered TIME",
    "undelivered 5m",
    "a delivery has waited so long to be sent on",
    lambda values: Undelivered(values["TIME"]),
    frozenset({Passed}),
)

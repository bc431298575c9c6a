"""A share of what is sent on live is not answered 2xx."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from webhook_inspector.core.display import show
from webhook_inspector.core.filters.words import term
from webhook_inspector.events.alerting.api import Answered, Change, Fact, Passed, RuleKind
from webhook_inspector.events.series import step_words

LEAST = 5
"""Of fewer answers no share is said."""
_SLOTS = 60
"""The window moves in so many steps: what is kept does not grow with the traffic."""


@dataclass(slots=True)
class Failures:
    """Counts answers in a moving window. It is over when the share is under half, or nothing is answered any more."""

    share: float
    window_ns: int
    source: str | None = None
    _slots: deque[list[int]] = field(default_factory=deque)
    """[number of the slot, answers, failures], oldest first."""
    _holds: bool = False

    def see(self, fact: Fact) -> list[Change]:
        """An answer, or time, moves the share."""
        if not isinstance(fact, Answered | Passed):
            return []
        slot = fact.at_ns // max(1, self.window_ns // _SLOTS)
        if isinstance(fact, Answered):
            if self.source is not None and fact.source != self.source:
                return []
            if not self._slots or self._slots[-1][0] < slot:
                self._slots.append([slot, 0, 0])
            self._slots[-1][1] += 1
            self._slots[-1][2] += not fact.good
        while self._slots and self._slots[0][0] <= slot - _SLOTS:
            self._slots.popleft()
        answers, failures = sum(one[1] for one in self._slots), sum(one[2] for one in self._slots)
        return self._changes(answers, failures, fact.id if isinstance(fact, Answered) else None)

    def _changes(self, answers: int, failures: int, delivery: int | None) -> list[Change]:
        what = "" if self.source is None else f"{show(self.source, 60)}: "
        within = step_words(self.window_ns)
        if not self._holds and answers >= LEAST and failures >= self.share * answers:
            self._holds = True
            query = "" if self.source is None else term("source", self.source) + " "
            words = f"{what}{failures} of {answers} in {within} were not answered 2xx"
            return [Change(begins=True, words=words, delivery=delivery, query=f"{query}state:failed")]
        if self._holds and (not answers or failures < self.share / 2 * answers):
            self._holds = False
            words = f"{what}{failures} of {answers} in {within} fail" if answers else f"{what}no answer in {within}"
            return [Change(begins=False, words=f"{words}: over")]
        return []


KIND = RuleKind(
    "failures SHARE in TIME [SOURCE]",
    "failures 20% in 5m",
    "of what was sent on live in that time, so much was not answered 2xx",
    lambda values: Failures(values["SHARE"], values["TIME"], values.get("SOURCE")),
    frozenset({Answered, Passed}),
)

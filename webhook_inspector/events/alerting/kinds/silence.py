"""Nothing comes for a while."""

from __future__ import annotations

from dataclasses import dataclass

from webhook_inspector.core.clock import NS_PER_MS
from webhook_inspector.core.display import show
from webhook_inspector.core.filters.words import term
from webhook_inspector.core.units import duration
from webhook_inspector.events.alerting.api import Arrived, Change, Fact, Passed, RuleKind
from webhook_inspector.events.series import step_words


@dataclass(slots=True)
class Silence:
    """Counts from the first fact that it is told, then from each delivery."""

    after_ns: int
    source: str | None = None
    _since_ns: int | None = None
    _silent: bool = False

    def see(self, fact: Fact) -> list[Change]:
        """A delivery ends it, time begins it."""
        whence = "" if self.source is None else f" from {show(self.source, 60)}"
        if isinstance(fact, Arrived) and self.source in {None, fact.source}:
            silent, since = self._silent, self._since_ns
            self._silent, self._since_ns = False, fact.at_ns
            if not silent or since is None:
                return []
            lasted = duration(max(0, fact.at_ns - since) / NS_PER_MS)
            return [Change(begins=False, words=f"a delivery came{whence} again, after {lasted}", delivery=fact.id)]
        if self._since_ns is None:
            self._since_ns = fact.at_ns
        if self._silent or not isinstance(fact, Passed) or fact.at_ns - self._since_ns < self.after_ns:
            return []
        self._silent = True
        query = "" if self.source is None else term("source", self.source)
        return [Change(begins=True, words=f"nothing came{whence} for {step_words(self.after_ns)}", query=query)]


KIND = RuleKind(
    "silence TIME [SOURCE]",
    "silence 10m stripe",
    "nothing came for so long, from a source or from anywhere",
    lambda values: Silence(values["TIME"], values.get("SOURCE")),
    frozenset({Arrived, Passed}),
)

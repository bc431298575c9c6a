"""Signatures of a source do not hold, several in a row."""

from __future__ import annotations

from dataclasses import dataclass, field

from webhook_inspector.core.display import show
from webhook_inspector.core.filters.words import term
from webhook_inspector.core.units import plural
from webhook_inspector.core.verification import VerificationStatus
from webhook_inspector.events.alerting.api import Arrived, Change, Fact, RuleKind
from webhook_inspector.events.statistics import JUDGED_BAD

_MOST_SOURCES = 1000


@dataclass(slots=True)
class Signatures:
    """Counts those on end, for each source; what cannot be judged neither counts nor ends it."""

    wanted: int
    source: str | None = None
    _in_a_row: dict[str, int] = field(default_factory=dict)

    def see(self, fact: Fact) -> list[Change]:
        """A signature holds or not."""
        if not isinstance(fact, Arrived) or (self.source is not None and fact.source != self.source):
            return []
        before = self._in_a_row.get(fact.source, 0)
        if fact.sig == VerificationStatus.VALID:
            self._in_a_row.pop(fact.source, None)
            if before < self.wanted:
                return []
            words = f"{show(fact.source, 60)}: a signature holds again, after {before} that did not"
            return [Change(begins=False, words=words, delivery=fact.id)]
        if fact.sig not in JUDGED_BAD or (before == 0 and len(self._in_a_row) >= _MOST_SOURCES):
            return []
        self._in_a_row[fact.source] = before + 1
        if before + 1 != self.wanted:
            return []
        words = (
            f"{show(fact.source, 60)}: {plural(self.wanted, 'signature')} in a row did not hold, the last {fact.sig}"
        )
        return [Change(begins=True, words=words, delivery=fact.id, query=f"{term('source', fact.source)} sig:bad")]


KIND = RuleKind(
    "signatures COUNT in a row [SOURCE]",
    "signatures 3 in a row",
    "so many signatures of a source on end do not hold",
    lambda values: Signatures(values["COUNT"], values.get("SOURCE")),
    frozenset({Arrived}),
)

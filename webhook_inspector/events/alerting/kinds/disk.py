"""The disk that holds the log is nearly full."""

from __future__ import annotations

from dataclasses import dataclass

from webhook_inspector.core.units import size
from webhook_inspector.events.alerting.api import Change, Fact, Passed, RuleKind

_LARGE = 2_000_000_000
"""With so many bytes free no share is small."""
_ROOM = 1.2
"""It is over when there is so many times as much."""


@dataclass(slots=True)
class Disk:
    """Looks at the free bytes."""

    least: int
    share: float
    _holds: bool = False

    def see(self, fact: Fact) -> list[Change]:
        """How much is free now."""
        if not isinstance(fact, Passed) or fact.free_bytes is None or fact.disk_bytes is None:
            return []
        least = max(self.least, min(_LARGE, self.share * fact.disk_bytes))
        if not self._holds and fact.free_bytes < least:
            self._holds = True
            words = f"the disk of the log is nearly full: {size(fact.free_bytes)} free; `prune` makes room"
            return [Change(begins=True, words=words)]
        if self._holds and fact.free_bytes >= least * _ROOM:
            self._holds = False
            return [Change(begins=False, words=f"the disk of the log has {size(fact.free_bytes)} free again")]
        return []


KIND = RuleKind(
    "disk SIZE or SHARE",
    "disk 500MB or 5%",
    "less of the disk is free; on unless another size is written, never with 2 GB free",
    lambda values: Disk(values["SIZE"], values["SHARE"]),
    frozenset({Passed}),
)
ALWAYS = KIND.example
"""The rule that holds when none of this kind is written."""

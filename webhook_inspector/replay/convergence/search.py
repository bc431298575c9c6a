"""The search: trials until one breaks its property, then the smallest that does, then whether it always does."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from webhook_inspector.replay.convergence.model import (
    CONCURRENT,
    ORDER,
    Observation,
    Trial,
    reference,
    wrong,
)
from webhook_inspector.replay.convergence.trials import EXHAUSTIVE, every, smaller, trials

CONFIRM = 3
"""How often a counterexample is made in all; it is stable when it always breaks."""
_RACES = 4
"""How often a race is tried before it counts as none: it need not show at once."""
_SMALL = 4
"""Up to this length every shorter sequence is looked at, so that the smallest is really that."""
_MOST_SMALL = 400


class BudgetSpentError(Exception):
    """No more passes may be made."""


@dataclass(frozen=True, slots=True)
class Counterexample:
    """The smallest sequence that was found to break a property."""

    trial: Trial
    what: str
    """`state` or `answer`."""
    got: Observation
    wanted: Observation
    broken: int
    """How many of `tried` passes broke it; fewer than all: it is flaky."""
    tried: int

    @property
    def stable(self) -> bool:
        """Whether it broke every time."""
        return self.broken == self.tried


@dataclass(frozen=True, slots=True)
class PropertyResult:
    """What the search says of one property."""

    property: str
    holds: bool | None
    """None: not tested."""
    trials: int
    """How many ways were tried before it ended."""
    covered: str
    """What that covers, one sentence."""
    counterexample: Counterexample | None = None


class Search:
    """One check of one handler.

    Args:
        ids: The deliveries in captured order.
        observe: Makes one pass: resets, sends, probes. May raise; the error ends the check.
        budget: Passes at most, for all properties together.
        seed: Of random trials.
        on_trial: Told of every trial: its number, the property, and whether it held.
    """

    def __init__(
        self,
        ids: Sequence[int],
        observe: Callable[[Trial], Observation],
        *,
        budget: int,
        seed: int,
        on_trial: Callable[[int, str, bool], None] = lambda _n, _property, _holds: None,
    ) -> None:
        self._ids = sorted(ids)
        self._observe = observe
        self._budget = budget
        self._seed = seed
        self._on_trial = on_trial
        self._references: dict[tuple[int, ...], Observation] = {}
        self.passes = 0
        """Passes made, references included."""
        self.trials = 0

    def reference_is_stable(self) -> bool:
        """Whether two passes in captured order show the same: without that nothing can be compared."""
        ids = tuple(self._ids)
        first, second = self._pass(reference(ids)), self._pass(reference(ids))
        self._references[ids] = first
        return (first.state, first.accepted) == (second.state, second.accepted)

    @property
    def reference(self) -> Observation:
        """What one pass in captured order shows."""
        return self._reference(tuple(self._ids))

    def check(self, property_: str, share: int) -> PropertyResult:
        """Search one property, with so many passes at most for finding a counterexample."""
        if property_ == ORDER and len(self._ids) < 2:
            return PropertyResult(property_, None, 0, "one delivery has no order; choose two or more")
        start, count, complete = self.passes, 0, True
        for trial in trials(property_, self._ids, self._seed):
            if self.passes - start >= share or self.passes >= self._budget:
                complete = False
                break
            count += 1
            found = self._breaks(trial, times=_RACES if property_ == CONCURRENT else 1)
            self.trials += 1
            self._on_trial(self.trials, property_, found is None)
            if found is not None:
                covered = f"broken by trial {count}; the smallest sequence is shown"
                return PropertyResult(property_, False, count, covered, self._smallest(found))
        if not count and not complete:
            return PropertyResult(property_, None, 0, "not tried: the passes were used up before it")
        return PropertyResult(property_, True, count, self._covered(property_, count, complete=complete))

    def repeat(self, trial: Trial) -> PropertyResult:
        """Try one sequence that was found before; not made smaller."""
        found = self._breaks(trial, times=_RACES if trial.kind == CONCURRENT else 1)
        self.trials += 1
        self._on_trial(self.trials, trial.kind, found is None)
        covered = "the one sequence that was given"
        if found is None:
            return PropertyResult(trial.kind, True, 1, covered)
        return PropertyResult(trial.kind, False, 1, covered, self._confirmed(found))

    def _covered(self, property_: str, count: int, *, complete: bool) -> str:
        ways = f"{count} ways tried" if count != 1 else "1 way tried"
        if property_ == ORDER and len(self._ids) <= EXHAUSTIVE and complete:
            return f"{ways}: every order of {len(self._ids)} deliveries"
        return f"{ways}, not all there are"

    def _smallest(self, found: Counterexample) -> Counterexample:
        """Take things away while it still breaks; then look at everything shorter, where that is little."""
        times = _RACES if found.trial.kind == CONCURRENT else 1
        try:
            shrinking = True
            while shrinking:
                shrinking = False
                for trial in smaller(found.trial):
                    other = self._breaks(trial, times=times)
                    if other is not None:
                        found, shrinking = other, True
                        break
            for trial in self._shorter(found.trial):
                other = self._breaks(trial, times=times)
                if other is not None:
                    found = other
                    break
            return self._confirmed(found)
        except BudgetSpentError:
            return found

    def _shorter(self, trial: Trial) -> Iterator[Trial]:
        """Every shorter trial over all deliveries, the shortest first."""
        lengths = range(2, min(len(trial), _SMALL + 1))
        shorter = itertools.chain.from_iterable(every(trial.kind, self._ids, length) for length in lengths)
        return itertools.islice(shorter, _MOST_SMALL)

    def _confirmed(self, found: Counterexample) -> Counterexample:
        broken, last = 1, found
        for _ in range(CONFIRM - 1):
            other = self._breaks(found.trial, times=1)
            if other is not None:
                broken, last = broken + 1, other
        return Counterexample(last.trial, last.what, last.got, last.wanted, broken, CONFIRM)

    def _breaks(self, trial: Trial, *, times: int) -> Counterexample | None:
        wanted = self._reference(trial.deliveries)
        for _ in range(times):
            got = self._pass(trial)
            what = wrong(trial, got, wanted)
            if what is not None:
                return Counterexample(trial, what, got, wanted, 1, 1)
        return None

    def _reference(self, deliveries: tuple[int, ...]) -> Observation:
        if deliveries not in self._references:
            self._references[deliveries] = self._pass(reference(deliveries))
        return self._references[deliveries]

    def _pass(self, trial: Trial) -> Observation:
        # A counterexample that is being shrunk may go on for a while: half a result helps nobody.
        if self.passes >= 3 * self._budget:
            raise BudgetSpentError
        self.passes += 1
        return self._observe(trial)

"""What a convergence check came to."""

from __future__ import annotations

from collections.abc import Mapping

from webhook_inspector.core.display import show
from webhook_inspector.core.units import plural
from webhook_inspector.engine.checking import CheckReport
from webhook_inspector.replay.convergence import PROPERTIES, PropertyResult
from webhook_inspector.replay.convergence.plans import labels

_STATE_SHOWN = 300


class Checked:
    """The report of a check.

    Args:
        report: Of the engine.
        names: What each delivery is called, by its number.
    """

    def __init__(self, report: CheckReport, names: Mapping[int, str]) -> None:
        self.report = report
        self._names = names

    @property
    def converges(self) -> bool:
        """Whether no property was broken."""
        return self.report.holds

    @property
    def properties(self) -> dict[str, PropertyResult]:
        """By name: whether each holds (None: not tested), and the smallest sequence that breaks it."""
        return {result.property: result for result in self.report.results}

    def assert_converges(self) -> None:
        """Assert that the handler ends in the same state however the deliveries arrive.

        Raises:
            AssertionError: Shows the smallest sequence that breaks it, with the states.
        """
        __tracebackhide__ = True
        if self.converges:
            return
        report = self.report
        lines = [f"the handler does not converge: {plural(report.trials, 'trial')}, seed {report.seed}"]
        for result in report.results:
            if result.holds is False:
                lines += [f"  {result.property}: {PROPERTIES[result.property]}", *self._counterexample(result)]
        raise AssertionError("\n".join([*lines, *(f"  {note}" for note in report.notes)]))

    def _counterexample(self, result: PropertyResult) -> list[str]:
        found = result.counterexample
        if found is None:
            return []
        lines = []
        words = labels(found.trial)
        for place, (send, status) in enumerate(zip(found.trial.sends, found.got.statuses, strict=True)):
            answer = "no answer awaited" if status is None else str(status)
            name = show(self._names.get(send.delivery, ""), 60)
            lines.append(f"    {place + 1}. #{send.delivery} {name}  {answer}  {', '.join(words[place])}")
        if found.what == "state":
            lines.append(f"    expected  {show(found.wanted.state or '', _STATE_SHOWN)}")
            lines.append(f"    got       {show(found.got.state or '', _STATE_SHOWN)}")
        else:
            lines.append(
                "    the same deliveries in captured order were answered 2xx; a provider would send this again"
            )
        if not found.stable:
            lines.append(f"    flaky: it broke in {found.broken} of {found.tried} passes, so it is a race")
        return lines

    def __repr__(self) -> str:
        return f"<Checked {'converges' if self.converges else 'does not converge'}>"

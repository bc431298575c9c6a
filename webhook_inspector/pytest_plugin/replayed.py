"""What a replay came to."""

from __future__ import annotations

from webhook_inspector.core.attempt import Attempt
from webhook_inspector.core.display import show
from webhook_inspector.core.units import duration, plural
from webhook_inspector.replay.answers import answer_text
from webhook_inspector.replay.plan import Plan
from webhook_inspector.replay.verdict import Verdict

MOST_SHOWN = 60
"""Rows of a timeline; of a longer one the first and the last are shown."""


class Replayed:
    """One run of a plan.

    Args:
        plan: What was to be sent.
        attempts: What became of it, in the order of sending.
        verdict: The named checks.
        target: Where to.
    """

    def __init__(self, plan: Plan, attempts: tuple[Attempt, ...], verdict: Verdict, target: str) -> None:
        self.plan = plan
        self.attempts = attempts
        self.verdict = verdict
        self.target = target

    @property
    def holds(self) -> bool:
        """Whether no check failed."""
        return self.verdict.holds

    @property
    def statuses(self) -> list[int | None]:
        """The answers in the order of sending; None where there was none."""
        return [attempt.status for attempt in self.attempts]

    def assert_holds(self) -> None:
        """Assert that every check of the verdict holds.

        Raises:
            AssertionError: Names the checks that fail, with the timeline of what was sent.
        """
        __tracebackhide__ = True
        if self.holds:
            return
        count = plural(len(self.attempts), "send")
        head = f"the replay does not hold: {count} to {show(self.target, 100)}, seed {self.plan.seed}"
        failed = [f"  {check.name}: {check.evidence}" for check in self.verdict.checks if check.holds is False]
        raise AssertionError("\n".join([head, *failed, "what was sent:", *self.timeline()]))

    def timeline(self) -> list[str]:
        """One line for each send: when, which delivery, what was answered, and what was done to it."""
        labels = {item.delivery_id: show(item.label, 40) for item in self.plan.items}
        rows = [
            f"  {attempt.n:>3}. {_at(attempt):>8}  {labels.get(attempt.delivery_id, '')}"
            f"  {answer_text(attempt)}  {', '.join(attempt.labels)}"
            + (f"  {show(attempt.detail, 200)}" if attempt.detail else "")
            for attempt in self.attempts
        ]
        if len(rows) > MOST_SHOWN:
            half = MOST_SHOWN // 2
            rows = [*rows[:half], f"  ({len(rows) - 2 * half} more)", *rows[-half:]]
        return rows

    def __repr__(self) -> str:
        word = "holds" if self.holds else "does not hold"
        return f"<Replayed {plural(len(self.attempts), 'send')}, seed {self.plan.seed}, {word}>"


def _at(attempt: Attempt) -> str:
    return "" if attempt.sent_at_ms is None else duration(attempt.sent_at_ms)

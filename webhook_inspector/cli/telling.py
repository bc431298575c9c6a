"""Sends a story of sample events, one line a send."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from webhook_inspector.cli import diagnostics
from webhook_inspector.cli.output import Styled
from webhook_inspector.cli.session import Session
from webhook_inspector.core.attempt import Attempt, Outcome
from webhook_inspector.core.display import show
from webhook_inspector.core.units import duration
from webhook_inspector.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from webhook_inspector.core.secret import Secret
    from webhook_inspector.engine.inspector import Inspector
    from webhook_inspector.engine.story import SentStep, StoryOptions

_PLANNED = ("duplicate", "reorder", "drop", "gap", "speed", "seed")


def asks_for_plan(options: Mapping[str, Any]) -> bool:
    """Whether the options of `send` ask for more than one plain event."""
    return options["story"] is not None or any(options[name] is not None for name in _PLANNED)


def story_options(options: Mapping[str, Any]) -> StoryOptions:
    """The options of `send` as the engine takes them.

    Raises:
        UsageError: The speed is no number.
    """
    from webhook_inspector.engine.story import StoryOptions

    return StoryOptions(
        duplicate=options["duplicate"],
        reorder=options["reorder"],
        drop=options["drop"],
        gap=options["gap"],
        speed=_speed(options["speed"]),
        seed=options["seed"],
    )


def tell(
    session: Session,
    inspector: Inspector,
    provider: str,
    event: str | None,
    options: Mapping[str, Any],
    *,
    to: str | None,
    secret: Secret | None,
    overrides: Mapping[str, str],
) -> int:
    """Send a story, or one event with copies, and print each send. Returns the exit code of `send`."""
    told = inspector.plan_story(provider, options["story"], story_options(options), event=event, overrides=overrides)
    planned = told.plan
    sends = "1 send" if len(planned.attempts) == 1 else f"{len(planned.attempts)} sends"
    steps = "1 step" if len(told.steps) == 1 else f"{len(told.steps)} steps"
    over = f" over {duration(planned.duration_ms)}" if planned.duration_ms else ""
    diagnostics.say(f"Seed {planned.seed}: {steps}, {sends}{over}.")
    attempts: list[Attempt] = []
    width = max(len(step.event) for step in told.steps)
    for sent in inspector.tell_story(told, to=to, secret=secret, allow_remote=options["allow_remote"]):
        attempts.append(sent.attempt)
        _print(session, sent, options["story"], width)
    left = len(planned.attempts) - len(attempts)
    if left:
        diagnostics.warn(f"Nothing listens there: {'1 send is' if left == 1 else f'{left} sends are'} left out.")
    if not all(attempt.outcome is Outcome.RESPONDED for attempt in attempts):
        return 3
    return 0 if all(succeeded(attempt) for attempt in attempts) else 1


def succeeded(attempt: Attempt) -> bool:
    """Whether it was answered 2xx."""
    return attempt.status is not None and 200 <= attempt.status < 300


def answer(attempt: Attempt) -> Styled:
    """How an attempt was answered, in a word."""
    if attempt.outcome is Outcome.RESPONDED:
        return Styled(f"{'✓' if succeeded(attempt) else '✗'} {attempt.status}", "ok" if succeeded(attempt) else "bad")
    return Styled(f"✗ {(attempt.outcome or Outcome.NOT_SENT).value.replace('_', ' ')}", "bad")


def _print(session: Session, sent: SentStep, name: str | None, width: int) -> None:
    from webhook_inspector.engine.contract import attempt_json

    attempt = sent.attempt
    if session.json:
        more = {"url": attempt.url, "story": name, "step": sent.step.n, "event": sent.step.event}
        session.out.record(attempt_json(attempt) | more)
        return
    session.out.line(
        f"{attempt.n:>4}  step {sent.step.n:<3} {sent.step.event:<{width}}  ",
        answer(attempt),
        f"  {duration(attempt.duration_ms or 0)}" if attempt.outcome is Outcome.RESPONDED else f"  {attempt.detail}",
        Styled(f"  {', '.join(attempt.labels)}" if attempt.labels != ("original",) else "", "dim"),
    )


def _speed(text: str | None) -> float | None:
    if text is None or text == "asap":
        return None
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"--speed {show(text, 40)} is not a number or asap: 60 makes a minute a second.") from None

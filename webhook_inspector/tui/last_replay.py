"""The last replay, for `.`: the same plan to the same target, at once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from textual.app import App
from textual.worker import Worker, WorkerCancelled, get_current_worker

from webhook_inspector.core.attempt import Attempt
from webhook_inspector.core.units import duration, plural
from webhook_inspector.errors import InspectorError
from webhook_inspector.tui.safe import Line, clean

if TYPE_CHECKING:
    from webhook_inspector.engine.inspector import Inspector
    from webhook_inspector.engine.replay_options import SendOptions
    from webhook_inspector.engine.run import Run
    from webhook_inspector.engine.run_result import RunResult
    from webhook_inspector.replay.plan import Plan
    from webhook_inspector.replay.verdict import Verdict
    from webhook_inspector.tui.replay_form import ReplayForm

_POLL_S = 0.2
_FALLBACK_TARGET = "http://localhost:3000"


@dataclass(frozen=True, slots=True)
class LastReplay:
    """What was sent last."""

    plan: Plan
    target: str
    sending: SendOptions
    form: ReplayForm
    """The choices that made the plan, to edit them again."""
    run_id: int


_LAST: WeakKeyDictionary[App[Any], LastReplay] = WeakKeyDictionary()


def last_replay(app: App[Any]) -> LastReplay | None:
    """What was sent last in this app, or None."""
    return _LAST.get(app)


def remember(app: App[Any], last: LastReplay) -> None:
    """Keep this for `.`."""
    _LAST[app] = last


def default_target(inspector: Inspector, last: LastReplay | None) -> str:
    """Where a replay goes unless the user says otherwise: the last target, else the forward target, else a guess."""
    if last is not None:
        return last.target
    if inspector.forward_target is not None:
        return inspector.forward_target
    with suppress(InspectorError):
        for run in inspector.runs(1):
            return run.target
    forwards = [source.forward for source in inspector.sources.all() if source.forward]
    return forwards[0] if forwards else _FALLBACK_TARGET


def delivery_ids(plan: Plan) -> list[int]:
    """The deliveries of a plan, each once, ascending."""
    return sorted({send.delivery_id for send in plan.attempts})


def where(target: str) -> str:
    """`localhost:3000/hooks`: a target without its scheme, not longer than a line can hold."""
    parts = urlsplit(target)
    return clean(f"{parts.netloc}{parts.path.rstrip('/')}" or target, 60)


def send_plan(
    app: App[Any],
    inspector: Inspector,
    plan: Plan,
    target: str,
    sending: SendOptions,
    *,
    on_start: Callable[[Run], None],
    on_attempt: Callable[[Attempt], None],
    on_end: Callable[[RunResult], None],
    on_error: Callable[[str], None],
) -> Worker[None]:
    """Send a plan from a worker thread.

    Args:
        app: The app.
        inspector: The engine.
        plan: What to send.
        target: Where to.
        sending: How.
        on_start: Called in the app's thread when the run has its number.
        on_attempt: Called in an engine thread as an attempt begins and ends; it must only take note.
        on_end: Called in the app's thread with the result, once.
        on_error: Called in the app's thread with one sentence instead, when it could not be sent or kept.
    """

    def heard(event: Attempt | Verdict) -> None:
        if isinstance(event, Attempt):
            on_attempt(event)

    def ends(callback: Callable[..., None], argument: object) -> None:
        _count(app, -1)
        callback(argument)

    def tell(callback: Callable[..., None], *args: object) -> None:
        try:
            app.call_from_thread(callback, *args)
        except (RuntimeError, WorkerCancelled):
            return  # the app has ended meanwhile

    def work() -> None:
        worker = get_current_worker()
        try:
            run = inspector.start_run(plan, target, send=sending, on_event=heard)
            tell(on_start, run)
            while not worker.is_cancelled:
                try:
                    run.wait(_POLL_S)
                except TimeoutError:
                    continue
                tell(ends, on_end, inspector.run_result(run.id))
                return
        except InspectorError as error:
            tell(ends, on_error, error.message)

    _count(app, 1)
    return app.run_worker(work, thread=True, group="replay", description="replay")


def _count(app: App[Any], step: int) -> None:
    """Quitting asks while runs are under way."""
    if isinstance(getattr(app, "replaying", None), int):
        app.replaying += step  # type: ignore[attr-defined]  # the app's own class counts them


def result_words(result: RunResult) -> Line:
    """A result in one line: `Run 18  ✓ 5 of 5 answered 2xx in 3.2 s`."""
    verdict = result.verdict
    head = f"Run {result.id}  "
    spent = "" if result.finished_ns is None else f" in {duration((result.finished_ns - result.started_ns) / 1e6)}"
    if verdict is None:
        return Line.of(head, ("warn", "! it did not end"))
    if verdict.holds:
        return Line.of(head, ("ok", "✓ "), f"{plural(len(result.attempts), 'request')} answered as expected{spent}")
    return Line.of(head, ("bad", f"✗ {failure_words(result)}"), spent)


def failure_words(result: RunResult) -> str:
    """What did not hold, in a few words."""
    verdict = result.verdict
    if verdict is None:
        return "it did not end"
    wrong = sum(not one.as_expected for one in verdict.deliveries)
    total = len(verdict.deliveries)
    if wrong:
        return f"{wrong} of {plural(total, 'delivery', 'deliveries')} failed" if total > 1 else "failed"
    return next((f"{check.name} does not hold" for check in verdict.checks if check.holds is False), "")


def repeat(
    app: App[Any], inspector: Inspector, say: Callable[[Line], None], done: Callable[[RunResult], None] | None = None
) -> bool:
    """Send the last replay again at once, and say what was sent and what came back.

    Args:
        app: The app.
        inspector: The engine.
        say: Shows a line to the user.
        done: Called with the result, in the app's thread.

    Returns:
        False when nothing was replayed before; that is said too.
    """
    last = last_replay(app)
    if last is None:
        say(Line.of("Nothing was replayed yet  ·  ", ("key", "r"), " replays the selected delivery"))
        return False
    requests = plural(len(last.plan.attempts), "request")

    def started(run: Run) -> None:
        remember(app, LastReplay(last.plan, last.target, last.sending, last.form, run.id))
        say(Line.of(f"Sent run {run.id}: {requests} to {where(last.target)}, as in run {last.run_id}  ·  waiting"))

    def ended(result: RunResult) -> None:
        if done is not None:
            done(result)
        else:
            say(result_words(result) + Line.of("   ", ("key", "R"), ("dim", " runs")))

    say(Line.of(f"Sending {requests} to {where(last.target)} again"))
    send_plan(
        app, inspector, last.plan, last.target, last.sending,
        on_start=started, on_attempt=lambda _: None, on_end=ended,
        on_error=lambda message: say(Line.of(("bad", "✗ "), clean(message))),
    )  # fmt: skip
    return True

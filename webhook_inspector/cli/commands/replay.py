"""`replay`: send captured deliveries again, with faults, and judge the answers."""

from __future__ import annotations

import queue
import re
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from webhook_inspector.cli import diagnostics
from webhook_inspector.cli.files import write_new
from webhook_inspector.cli.following import Ending, ending
from webhook_inspector.cli.group import command, query_argument
from webhook_inspector.cli.output import Output, OutputClosedError, Styled
from webhook_inspector.cli.queries import several
from webhook_inspector.cli.render import holds
from webhook_inspector.cli.sending_options import timeout_option
from webhook_inspector.cli.session import Session
from webhook_inspector.cli.signing_options import sign_time_option, test_key_option
from webhook_inspector.core.attempt import Attempt
from webhook_inspector.core.display import show
from webhook_inspector.core.units import duration
from webhook_inspector.errors import UsageError

if TYPE_CHECKING:
    from webhook_inspector.core.request import Request
    from webhook_inspector.engine.inspector import Inspector
    from webhook_inspector.engine.replay_options import SendOptions
    from webhook_inspector.engine.run import Run
    from webhook_inspector.replay.plan import Plan
    from webhook_inspector.replay.verdict import Verdict

_POLL_S = 0.5
_RATE = re.compile(r"(\d+(?:\.\d+)?)(?:/s)?")


@command(
    "replay",
    examples=[
        ("replay 42 --to http://127.0.0.1:3000/hooks --times 3", "One delivery three times."),
        ("replay last:5 --duplicate 0.5 --jitter 2s --reorder shuffle --seed 7 --dry-run", "Only print the plan."),
        ("replay last --to http://127.0.0.1:3000 --retry-policy svix --speed 3600", "Failures again, a day in 28 s."),
        ("replay provider:stripe --to http://127.0.0.1:3000 --speed asap --json", "All of a provider, without gaps."),
    ],
    exits={0: "every check of the verdict holds", 1: "one does not"},
)
@query_argument()
@click.option(
    "--to", metavar="URL", help="Where to. With a path of its own it is used as it is, else the captured path."
)
@click.option("--times", type=click.IntRange(1), default=1, metavar="N", help="Copies of each delivery.")
@click.option("--concurrent", is_flag=True, help="Send the copies of --times at the same instant.")
@click.option("--duplicate", metavar="P", help="Send a delivery again with this probability, as 0.3 or 1:fresh-id.")
@click.option("--delay", metavar="SPEC", help="Send later, as 500ms or 0-2s.")
@click.option("--jitter", metavar="SPEC", help="Move each send at random, at most so far, as 200ms.")
@click.option("--reorder", metavar="SPEC", help="Mix the order: a window as 3, shuffle, reverse, swap or by-type.")
@click.option("--drop", metavar="P", help="Leave a send out with this probability, as 0.1.")
@click.option("--lose", metavar="P", help="Close after sending with this probability, and send again, as 0.2.")
@click.option("--cut", metavar="P", help="Break off in the middle of the body, and send again, as 0.2.")
@click.option("--reset", metavar="P", help="Reset the connection in the middle, and send again, as 0.2.")
@click.option("--drip", metavar="P", help="Send the body in small pieces over 2 s with this probability, as 0.2.")
@click.option("--burst", metavar="N", help="Hold sends back and let so many leave together.")
@click.option(
    "--tamper", metavar="KIND", help="Add copies that must be refused: body, signature, missing, stale, or all."
)
@click.option("--speed", default="1", metavar="X|asap", help="Shorten the captured gaps: 10 is ten times as fast.")
@click.option("--rate", metavar="N/s", help="At most N sends a second.")
@click.option(
    "--in-flight",
    type=click.IntRange(1, 1000),
    default=1,
    metavar="N",
    help="At most N requests at once; with 1 the target sees the order of the plan.",
)
@click.option(
    "--seed", type=click.IntRange(0), metavar="N", help="Makes the same plan again; drawn and printed when left out."
)
@click.option(
    "--resign/--as-captured", default=True, help="Sign again with the present time, or send what was captured."
)
@sign_time_option
@test_key_option
@click.option(
    "--retry-policy",
    metavar="PROVIDER",
    help="Send failures again as this provider would, its schedule shortened by --speed, as svix or slack.",
)
@click.option("--set-header", "headers", multiple=True, metavar="NAME:VALUE", help="Set a header; repeatable.")
@click.option("--edit", is_flag=True, help="Change the request in $EDITOR first; it is signed again.")
@click.option("--plan", "plan_file", metavar="FILE", help="Run a plan or a scenario that was saved.")
@click.option("--save-plan", metavar="FILE", help="Write the plan to a new file.")
@click.option(
    "--save-scenario", metavar="FILE", help="Write plan and deliveries, redacted, to a file that needs no log."
)
@click.option("--dry-run", is_flag=True, help="Print the plan and send nothing.")
@click.option("--expect", default="2xx", metavar="STATUS", help="What every answer must be, as 2xx or 200.")
@click.option("--allow-remote", is_flag=True, help="Let --to name another machine.")
@click.option("--yes", is_flag=True, help="Do not ask before sending to another machine.")
@timeout_option
@click.pass_obj
def run(session: Session, /, query: tuple[str, ...], to: str | None, **options: Any) -> int:
    """Send deliveries again, with faults, and judge the answers.

    QUERY names them: numbers or a filter.
    """
    if to is None and not options["dry_run"]:
        raise UsageError("say where to with --to URL, or look at the plan with --dry-run.")
    events: queue.SimpleQueue[Any] = queue.SimpleQueue()
    # A scenario's deliveries are put into the log.
    with session.inspector(readonly=bool(options["dry_run"]) and not options["plan_file"]) as inspector:
        plan = _plan(session, inspector, query, options)
        if options["save_plan"]:
            from webhook_inspector.replay import planfile

            write_new(session.cwd / options["save_plan"], planfile.dump(plan), force=False, hint="choose another name")
        if options["save_scenario"]:
            data = inspector.scenario(plan)
            write_new(session.cwd / options["save_scenario"], data, force=False, hint="choose another name")
        for note in plan.notes:
            diagnostics.say(note)
        send = _send_options(options)
        if options["edit"]:
            send = replace(send, edited=_edited(inspector, plan))
        if send.retry_policy is not None:
            diagnostics.say(inspector.retry_outlook(plan, send))
        for sentence in inspector.signing_outlook(plan, to or "http://localhost", send):
            diagnostics.warn(sentence)
        sends = "1 send" if len(plan.attempts) == 1 else f"{len(plan.attempts)} sends"
        diagnostics.say(f"Seed {plan.seed}: {sends} over {duration(plan.duration_ms)}.")
        if options["dry_run"] or to is None:
            _print_plan(session, plan)
            return 0
        _confirm(to, plan, options)
        with ending(events):
            started = inspector.start_run(plan, to, send=send, on_event=events.put)
            return _follow(session, started, events)


def _plan(session: Session, inspector: Inspector, query: tuple[str, ...], options: dict[str, Any]) -> Plan:
    from webhook_inspector.engine.replay_options import ReplayOptions

    if options["plan_file"]:
        if query:
            raise UsageError("a saved plan names its deliveries: leave out QUERY or --plan.")
        return inspector.open_plan(session.cwd / options["plan_file"])
    if not query:
        raise UsageError("name deliveries by number or by a filter, for example `replay last`, or give --plan FILE.")
    chosen = ReplayOptions(
        times=options["times"],
        concurrent=options["concurrent"],
        duplicate=options["duplicate"],
        delay=options["delay"],
        jitter=options["jitter"],
        reorder=options["reorder"],
        drop=options["drop"],
        lose=options["lose"],
        cut=options["cut"],
        reset=options["reset"],
        drip=options["drip"],
        burst=options["burst"],
        tamper=options["tamper"],
        speed=_speed(options["speed"]),
        rate=_rate(options["rate"]),
        concurrency=options["in_flight"],
        seed=options["seed"],
    )
    return inspector.plan(several(inspector, query), chosen)


def _speed(text: str) -> float | None:
    if text == "asap":
        return None
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"--speed {show(text, 40)} is not a number or asap: 2 is twice as fast as captured.") from None


def _rate(text: str | None) -> float | None:
    if text is None:
        return None
    match = _RATE.fullmatch(text.strip())
    if match is None:
        raise UsageError(f"--rate {show(text, 40)} is not a rate: write sends a second, as 10/s.")
    return float(match[1])


def _send_options(options: dict[str, Any]) -> SendOptions:
    from webhook_inspector.engine.replay_options import SendOptions
    from webhook_inspector.replay.answers import parse_expect

    if not options["resign"] and (options["sign_time"] is not None or options["test_key"]):
        raise UsageError("--sign-time and --test-key say how to sign: leave out --as-captured.")
    parse_expect(options["expect"])  # judged at the end, but a mistake in it is told before anything is sent
    headers = []
    for text in options["headers"]:
        name, colon, value = text.partition(":")
        if not colon or not name.strip():
            raise UsageError(f"--set-header {show(text, 80)} is not NAME:VALUE, for example --set-header X-Test:1.")
        headers.append((name.strip(), value.strip()))
    return SendOptions(
        allow_remote=options["allow_remote"],
        sign=(options["sign_time"] or "now") if options["resign"] else "captured",
        test_key=options["test_key"],
        set_headers=tuple(headers),
        expect=options["expect"],
        retry_policy=options["retry_policy"],
        timeout_s=options["timeout"],
    )


def _edited(inspector: Inspector, plan: Plan) -> dict[int, Request]:
    """The delivery of a plan as the user's editor left it."""
    from webhook_inspector.replay.editing import as_text, read_edited

    if len(plan.items) != 1:
        raise UsageError(f"--edit changes one delivery, and {len(plan.items)} are chosen: name one.")
    number = plan.items[0].delivery_id
    request = inspector.record(number).delivery.request
    try:
        text = click.edit(as_text(request), extension=".http")
    except click.ClickException as error:
        raise UsageError(f"the editor failed ({show(error.message, 200)}): set EDITOR to one that works.") from None
    changed = request if text is None else read_edited(text, request)
    if changed is request:
        diagnostics.say("Nothing was changed: it is sent as captured.")
        return {}
    return {number: changed}


def _confirm(to: str, plan: Plan, options: dict[str, Any]) -> None:
    """Ask once before captured data leaves this machine, where a person can answer."""
    from urllib.parse import urlsplit

    from webhook_inspector.config.listen import is_local

    try:
        host = urlsplit(to).hostname or ""
    except ValueError:
        return
    asks = options["allow_remote"] and not options["yes"] and not is_local(host)
    if asks and sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty():
        question = f"Send {len(plan.attempts)} requests with captured data to {show(host)}?"
        if not click.confirm(question, default=False, err=True):
            raise UsageError("nothing was sent.")


def _print_plan(session: Session, plan: Plan) -> None:
    if session.json:
        from webhook_inspector.engine.contract import planned_json

        for planned in plan.attempts:
            session.out.record(planned_json(planned))
        return
    labels = {item.delivery_id: item.label for item in plan.items}
    for planned in plan.attempts:
        session.out.line(
            f"{planned.n:>5}  {_at(planned.at_ms)}  #{planned.delivery_id:<6} ",
            Styled(", ".join(planned.labels), "dim"),
            f"  {labels.get(planned.delivery_id, '')}",
        )


def _at(ms: float | None) -> str:
    return f"{'' if ms is None else f'{ms:.0f} ms':>10}"


def _follow(session: Session, started: Run, events: queue.SimpleQueue[Any]) -> int:
    """Print attempts as they end, then the verdict. A first Ctrl+C stops sending and still gives the verdict."""
    out: Output | None = session.out
    interrupted = False
    ended = 0
    verdict: Verdict | None = None
    while verdict is None:
        try:
            event = events.get(timeout=_POLL_S)
        except queue.Empty:
            if started.done and events.empty():
                verdict = started.wait(0)
            continue
        if isinstance(event, Ending):
            interrupted = True
            started.cancel()
        elif isinstance(event, Attempt):
            if event.outcome is None:
                continue
            ended += 1
            diagnostics.progress("")
            out = _attempt(out, event)
            diagnostics.progress(f"{ended} of {len(started.plan.attempts)}")
        else:
            verdict = event
    diagnostics.progress("")
    _verdict(out, verdict, started)
    if interrupted:
        raise KeyboardInterrupt
    return 0 if verdict.holds else 1


def _attempt(out: Output | None, attempt: Attempt) -> Output | None:
    """Print one attempt; a reader that has gone must not stop the run."""
    from webhook_inspector.engine.contract import attempt_json

    if out is None:
        return None
    try:
        if out.json:
            out.record(attempt_json(attempt))
        else:
            good = attempt.status is not None and 200 <= attempt.status < 300
            word = str(attempt.status or (attempt.outcome.value.replace("_", " ") if attempt.outcome else "unknown"))
            out.line(
                f"{attempt.n:>5}  {_at(attempt.sent_at_ms)}  #{attempt.delivery_id:<6} ",
                Styled(f"{'✓' if good else '✗'} {word}", "ok" if good else "bad"),
                f"  {duration(attempt.duration_ms)}" if attempt.duration_ms is not None else "",
                Styled(f"  {', '.join(attempt.labels)}", "dim"),
                f"  {attempt.detail}" if attempt.detail else "",
            )
    except OutputClosedError:
        return None
    return out


def _verdict(out: Output | None, verdict: Verdict, started: Run) -> None:
    from webhook_inspector.engine.contract import verdict_json

    if out is None:
        return
    if out.json:
        out.record(verdict_json(verdict, run_id=started.id, seed=started.plan.seed))
        return
    out.line()
    for check in verdict.checks:
        out.line("  ", holds(check.holds), f"  {check.name}: {check.evidence}")
    word = Styled("holds", "ok") if verdict.holds else Styled("does not hold", "bad")
    out.line(f"Run {started.id}, seed {started.plan.seed}: the verdict ", word, ".")


COMMAND = run

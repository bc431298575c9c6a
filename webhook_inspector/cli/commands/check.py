"""`check`: does a handler end in the same state however its deliveries arrive?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from webhook_inspector.cli import diagnostics
from webhook_inspector.cli.files import write_new
from webhook_inspector.cli.group import command, query_argument
from webhook_inspector.cli.output import Styled
from webhook_inspector.cli.queries import several
from webhook_inspector.cli.render import holds
from webhook_inspector.cli.sending_options import timeout_option
from webhook_inspector.cli.session import Session
from webhook_inspector.cli.signing_options import sign_time_option, test_key_option
from webhook_inspector.config.reader import nearest
from webhook_inspector.core.display import show
from webhook_inspector.errors import UsageError

if TYPE_CHECKING:
    from webhook_inspector.engine.checking import CheckOptions, CheckReport
    from webhook_inspector.engine.inspector import Inspector
    from webhook_inspector.replay.convergence import PropertyResult

_MANY = 20
_STATE_SHOWN = 300


@command(
    "check",
    examples=[
        (
            "check last:4 --to http://127.0.0.1:3000/hooks --reset 'make reset' --probe 'sqlite3 app.db .dump'",
            "Copies, orders, races and lost answers of four deliveries; the database is compared.",
        ),
        (
            "check last:3 --to http://127.0.0.1:3000 --reset http://127.0.0.1:3000/wipe --probe http://127.0.0.1:3000/db",
            "With URLs of the handler's own: POST resets, GET prints the state.",
        ),
        ("check 7 8 --to http://127.0.0.1:3000 --properties idempotent", "Only answers, only copies."),
    ],
    exits={0: "every property that was tested holds", 1: "one does not"},
)
@query_argument(required=True)
@click.option("--to", metavar="URL", required=True, help="The handler.")
@click.option("--probe", metavar="CMD|URL", help="Prints the state to compare; without it only answers are judged.")
@click.option("--reset", metavar="CMD|URL", help="Puts the handler back to its start (a URL is sent a POST).")
@click.option(
    "--properties", metavar="NAMES", help="Which of idempotent,order,concurrent,retry to check; all when left out."
)
@click.option("--budget", type=click.IntRange(1), metavar="N", help="Passes at most, for all properties; 200.")
@click.option("--seed", type=click.IntRange(0), default=1, metavar="N", help="Makes the same trials again.")
@click.option("--save-plan", metavar="FILE", help="Write the sequence that breaks the handler to a new file.")
@click.option("--save-test", metavar="FILE.py", help="Write it as a pytest module, with fixture and plan beside it.")
@sign_time_option
@test_key_option
@click.option("--allow-remote", is_flag=True, help="Let --to, --probe and --reset name other machines.")
@timeout_option
@click.pass_obj
def run(session: Session, /, query: tuple[str, ...], to: str, **options: Any) -> int:
    """Check that a handler converges, however deliveries arrive.

    The deliveries are sent once in captured order, and the state is kept as the reference. Then come copies, other
    orders, copies at once, and lost answers, each after a reset. What breaks the handler is made as small as it can
    be and sent again to be sure. Only for a handler on test data: it is reset, and gets every delivery many times.
    """
    chosen = _options(options)
    if options["save_test"]:
        from webhook_inspector.cli.saved_test import check_name

        check_name(options["save_test"])
    with session.inspector() as inspector:
        ids = several(inspector, query)
        if len(ids) > _MANY:
            diagnostics.warn(f"{len(ids)} deliveries make long passes: a story of 3 to 6 says more, sooner.")
        plan = _plan_of(inspector, ids)
        for sentence in inspector.signing_outlook(plan, to, chosen.send):
            diagnostics.warn(sentence)

        def told(number: int, kind: str, held: bool) -> None:
            if session.json:
                from webhook_inspector.engine.contract import trial_json

                session.out.record(trial_json(number, kind, holds=held))
            else:
                diagnostics.progress(f"{kind}: trial {number}")

        try:
            report = inspector.check([item.delivery_id for item in plan.items], to, chosen, on_trial=told)
        finally:
            diagnostics.progress("")
        _print(session, report)
        if options["save_plan"]:
            _save(session, report, plan, options["save_plan"])
        if options["save_test"]:
            _save_test(session, inspector, report, plan, to=to, chosen=chosen, name=options["save_test"])
    return 0 if report.holds else 1


def _plan_of(inspector: Inspector, ids: list[int]) -> Any:
    from webhook_inspector.engine.replay_options import ReplayOptions

    return inspector.plan(ids, ReplayOptions(speed=None, seed=1))


def _options(options: dict[str, Any]) -> CheckOptions:
    from webhook_inspector.engine.checking import DEFAULT_BUDGET, CheckOptions
    from webhook_inspector.engine.replay_options import SendOptions
    from webhook_inspector.replay.convergence import PROPERTIES

    named = [name.strip() for name in (options["properties"] or ",".join(PROPERTIES)).split(",") if name.strip()]
    for name in named:
        if name not in PROPERTIES:
            raise UsageError(f"--properties: unknown property {show(name, 40)}, {nearest(name, PROPERTIES)}")
    if not named:
        raise UsageError(f"--properties names none: choose of {', '.join(PROPERTIES)}.")
    if options["probe"] is not None and options["reset"] is None:
        raise UsageError("--probe compares states, so every pass must start alike: give --reset too.")
    return CheckOptions(
        probe=options["probe"],
        reset=options["reset"],
        properties=tuple(dict.fromkeys(named)),
        budget=options["budget"] or DEFAULT_BUDGET,
        seed=options["seed"],
        send=SendOptions(
            allow_remote=options["allow_remote"],
            sign=options["sign_time"] or "now",
            test_key=options["test_key"],
            timeout_s=options["timeout"],
        ),
    )


def _print(session: Session, report: CheckReport) -> None:
    if session.json:
        from webhook_inspector.engine.contract import check_json, property_json

        for result in report.results:
            session.out.record(property_json(result))
        session.out.record(check_json(report))
        return
    from webhook_inspector.replay.convergence import PROPERTIES

    for result in report.results:
        session.out.line(holds(result.holds), "  ", Styled(result.property, "strong"), f"  {result.covered}")
        if result.counterexample is not None:
            session.out.line(Styled(f"    must hold: {PROPERTIES[result.property]}", "dim"))
            _counterexample(session, result)
    for note in report.notes:
        session.out.line(Styled("! ", "warn"), note)
    word = Styled("converges", "ok") if report.holds else Styled("does not converge", "bad")
    session.out.line(f"{report.trials} trials in {report.passes} passes, seed {report.seed}: the handler ", word, ".")


def _counterexample(session: Session, result: PropertyResult) -> None:
    from webhook_inspector.replay.convergence.plans import labels

    found = result.counterexample
    assert found is not None
    out = session.out
    words = labels(found.trial)
    for place, (send, status) in enumerate(zip(found.trial.sends, found.got.statuses, strict=True)):
        answer = "no answer awaited" if status is None else str(status)
        out.line(f"    {place + 1}. #{send.delivery:<6} {answer:<18}", Styled(", ".join(words[place]), "dim"))
    if found.what == "state":
        out.line("    expected  ", Styled(_shown(found.wanted.state), "ok"))
        out.line("    got       ", Styled(_shown(found.got.state), "bad"))
    else:
        out.line("    the same deliveries in captured order were answered 2xx; a provider would send this again")
    if not found.stable:
        out.line(Styled("    flaky: ", "warn"), f"it broke in {found.broken} of {found.tried} passes, so it is a race")


def _shown(state: str | None) -> str:
    return show(state or "", _STATE_SHOWN)


def _save(session: Session, report: CheckReport, plan: Any, name: str) -> None:
    """The first counterexample as a plan."""
    from webhook_inspector.replay import planfile
    from webhook_inspector.replay.convergence.plans import to_plan

    found = next((result.counterexample for result in report.results if result.counterexample), None)
    if found is None:
        diagnostics.say("Nothing broke, so no plan was written.")
        return
    data = planfile.dump(to_plan(found.trial, plan.items, report.seed))
    write_new(session.cwd / name, data, force=False, hint="choose another name")
    diagnostics.say(f"Written to {show(name, 200)}: send it with `webhook-inspector replay --plan {show(name, 200)}`.")


def _save_test(
    session: Session, inspector: Inspector, report: CheckReport, plan: Any, *, to: str, chosen: CheckOptions, name: str
) -> None:
    """The first counterexample as a test."""
    from webhook_inspector.cli.saved_test import save_test

    found = next((result.counterexample for result in report.results if result.counterexample), None)
    if found is None:
        diagnostics.say("Nothing broke, so no test was written.")
        return
    files = save_test(inspector, found, plan.items, chosen, to=to, path=session.cwd / name)
    others = " and ".join(show(file.name, 100) for file in files[1:])
    diagnostics.say(f"Written to {show(name, 200)}, with {others}: run it with `python -m pytest {show(name, 200)}`.")


COMMAND = run

"""`send`: signed sample events and stories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from webhook_inspector.cli import completing, diagnostics
from webhook_inspector.cli.group import command
from webhook_inspector.cli.output import Styled
from webhook_inspector.cli.render import Columns
from webhook_inspector.cli.session import Session
from webhook_inspector.cli.telling import answer, asks_for_plan, succeeded, tell
from webhook_inspector.core.attempt import Attempt, Outcome
from webhook_inspector.core.display import show
from webhook_inspector.core.units import duration
from webhook_inspector.errors import UsageError

if TYPE_CHECKING:
    from webhook_inspector.core.secret import Secret
    from webhook_inspector.engine.inspector import Inspector


@command(
    "send",
    examples=[
        ("send stripe invoice.paid", "Send a signed sample to the listener of this log."),
        ("send github push --to http://127.0.0.1:3000/hooks --secret env:SECRET", "Send one to your app."),
        ("send stripe --story subscription-lifecycle", "Events about one customer, from sign-up to the end."),
        ("send stripe --story dispute --duplicate 0.3 --reorder shuffle --seed 7", "The same, as badly as it comes."),
        ("send stripe --story dispute --set '{customer}=cus_1'", "About a customer of yours."),
        ("send --list", "What can be sent."),
    ],
    exits={0: "all answered 2xx", 1: "answered something else", 3: "nothing answered"},
)
@click.argument("provider", required=False, shell_complete=completing.sample_providers)
@click.argument("event", required=False, shell_complete=completing.sample_events)
@click.option("--to", metavar="URL", help="Where to; the listener of this log when left out.")
@click.option("--secret", metavar="SECRET", help="Sign with this secret, env:NAME, keyring:NAME or file:PATH.")
@click.option(
    "--set",
    "changes",
    multiple=True,
    metavar="PATH=VALUE",
    help="Change a field of the payload, as data.object.id=x, or an id wherever it stands, as {customer}=x.",
)
@click.option(
    "--story",
    metavar="NAME",
    shell_complete=completing.sample_stories,
    help="Send a series of events about the same things, each with its own id, time and state.",
)
@click.option("--duplicate", metavar="P", help="Send a step again with this probability, as 0.3 or times=3.")
@click.option("--reorder", metavar="SPEC", help="Mix the order: a window as 3, shuffle, reverse, swap or by-type.")
@click.option("--drop", metavar="P", help="Leave a send out with this probability, as 0.1.")
@click.option("--gap", metavar="SPEC", help="Time from one step to the next, as 500ms or 0-2s; none when left out.")
@click.option("--speed", metavar="X|asap", help="The story's own distances, shortened: 86400 makes a day a second.")
@click.option("--seed", type=click.IntRange(0), metavar="N", help="Makes the same copies, order and gaps again.")
@click.option("--allow-remote", is_flag=True, help="Let --to name another machine.")
@click.option("--list", "listing", is_flag=True, help="List the samples and stories.")
@click.pass_obj
def run(session: Session, /, provider: str | None, event: str | None, changes: tuple[str, ...], **options: Any) -> int:
    """Send a signed sample EVENT of PROVIDER, or a story of them."""
    if options["listing"] or provider is None:
        if not options["listing"]:
            raise UsageError("name a provider, for example `send stripe`: --list shows what can be sent.")
        return _list(session, provider)
    if event is not None and options["story"] is not None:
        raise UsageError("a story has its own events: leave out EVENT or --story.")
    overrides = dict(_change(change) for change in changes)
    secret = session.secrets([options["secret"]])[0] if options["secret"] is not None else None
    # Sending looks at the log only to find who listens for it; a log that is not there is not made for that.
    with session.inspector(readonly=session.config.log.exists()) as inspector:
        to = options["to"]
        if to is None and inspector.other_listener() is None:
            to = f"http://127.0.0.1:{session.config.listen.port}{inspector.sources.path_of_provider(provider)}"
        _say_key(inspector, provider, secret)
        if asks_for_plan(options):
            return tell(session, inspector, provider, event, options, to=to, secret=secret, overrides=overrides)
        attempt = inspector.send_sample(
            provider, event, to=to, secret=secret, overrides=overrides, allow_remote=options["allow_remote"]
        )
    _print(session, attempt)
    if attempt.outcome is not Outcome.RESPONDED:
        return 3
    return 0 if succeeded(attempt) else 1


def _say_key(inspector: Inspector, provider: str, secret: Secret | None) -> None:
    """Say what a handler needs to check a sample that a key of the user's own signs."""
    from webhook_inspector.engine.sample import is_private_key, test_key_kind

    known = inspector.config.providers.get(provider)
    if known is not None and test_key_kind(known) and not (secret is not None and is_private_key(secret)):
        diagnostics.say(
            f"Signed with your test key: `webhook-inspector providers test-key {show(provider, 60)}` prints the public"
            " half for your handler."
        )


def _print(session: Session, attempt: Attempt) -> None:
    from webhook_inspector.engine.contract import attempt_json

    if session.json:
        session.out.record(attempt_json(attempt) | {"url": attempt.url})
        return
    responded = attempt.outcome is Outcome.RESPONDED
    more = duration(attempt.duration_ms or 0) if responded else attempt.detail
    session.out.line(answer(attempt), f"  {attempt.url}  {more}")


def _change(text: str) -> tuple[str, str]:
    path, equals, value = text.partition("=")
    if not equals or not path:
        raise UsageError(f"--set {show(text, 80)} is not PATH=VALUE, for example --set data.object.id=in_1.")
    return path, value


def _list(session: Session, provider: str | None) -> int:
    from webhook_inspector.samples import describe, describe_stories

    samples = [info for info in describe() if provider in {None, info.provider}]
    stories = [info for info in describe_stories() if provider in {None, info.provider}]
    if not samples:
        known = ", ".join(sorted({info.provider for info in describe()}))
        raise UsageError(f"there are no samples of {show(str(provider), 60)}: there are of {known}.")
    if session.json:
        for info in samples:
            session.out.record({"type": "sample", "provider": info.provider, "event": info.event, "about": info.about})
        for one in stories:
            session.out.record(
                {
                    "type": "story",
                    "provider": one.provider,
                    "story": one.name,
                    "about": one.about,
                    "events": list(one.events),
                    "seconds": one.seconds,
                }
            )
        return 0
    rows: list[list[str | Styled]] = [
        [Styled(info.provider, "strong"), info.event, Styled(info.about, "dim")] for info in samples
    ]
    rows += [
        [Styled(one.provider, "strong"), f"--story {one.name}", Styled(f"{one.about} ({len(one.events)})", "dim")]
        for one in stories
    ]
    Columns(session.out).write(rows)
    return 0


COMMAND = run

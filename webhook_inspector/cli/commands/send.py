"""`send`: signed sample events."""

from __future__ import annotations

import click

from webhook_inspector.cli import completing
from webhook_inspector.cli.group import command
from webhook_inspector.cli.output import Styled
from webhook_inspector.cli.render import Columns
from webhook_inspector.cli.session import Session
from webhook_inspector.core.attempt import Outcome
from webhook_inspector.core.display import show
from webhook_inspector.core.units import duration
from webhook_inspector.errors import UsageError


@command(
    "send",
    examples=[
        ("send stripe invoice.paid", "Send a signed sample to the listener of this log."),
        ("send github push --to http://127.0.0.1:3000/hooks --secret env:SECRET", "Send one to your app."),
        ("send --list", "What can be sent."),
    ],
    exits={0: "answered 2xx", 1: "answered something else", 3: "nothing answered"},
)
@click.argument("provider", required=False, shell_complete=completing.sample_providers)
@click.argument("event", required=False, shell_complete=completing.sample_events)
@click.option("--to", metavar="URL", help="Where to; the listener of this log when left out.")
@click.option("--secret", metavar="SECRET", help="Sign with this secret, env:NAME, keyring:NAME or file:PATH.")
@click.option(
    "--set", "changes", multiple=True, metavar="PATH=VALUE", help="Change a field of the payload, as data.object.id=x."
)
@click.option("--allow-remote", is_flag=True, help="Let --to name another machine.")
@click.option("--list", "listing", is_flag=True, help="List the samples.")
@click.pass_obj
def run(
    session: Session,
    *,
    provider: str | None,
    event: str | None,
    to: str | None,
    secret: str | None,
    changes: tuple[str, ...],
    allow_remote: bool,
    listing: bool,
) -> int:
    """Send a sample EVENT of PROVIDER, correctly signed."""
    if listing or provider is None:
        if not listing:
            raise UsageError("name a provider, for example `send stripe`: --list shows what can be sent.")
        return _list(session, provider)
    overrides = dict(_change(change) for change in changes)
    chosen = session.secrets([secret])[0] if secret is not None else None
    from webhook_inspector.engine.contract import attempt_json

    # Sending looks at the log only to find who listens for it; a log that is not there is not made for that.
    with session.inspector(readonly=session.config.log.exists()) as inspector:
        if to is None and inspector.other_listener() is None:
            to = f"http://127.0.0.1:{session.config.listen.port}{inspector.sources.path_of_provider(provider)}"
        attempt = inspector.send_sample(
            provider, event, to=to, secret=chosen, overrides=overrides, allow_remote=allow_remote
        )
    if session.json:
        session.out.record(attempt_json(attempt) | {"url": attempt.url})
    elif attempt.outcome is Outcome.RESPONDED:
        good = attempt.status is not None and 200 <= attempt.status < 300
        session.out.line(
            Styled(f"{'✓' if good else '✗'} {attempt.status}", "ok" if good else "bad"),
            f"  {attempt.url}  {duration(attempt.duration_ms or 0)}",
        )
    else:
        words = (attempt.outcome or Outcome.NOT_SENT).value.replace("_", " ")
        session.out.line(Styled(f"✗ {words}", "bad"), f"  {attempt.url}  {attempt.detail}")
    if attempt.outcome is not Outcome.RESPONDED:
        return 3
    return 0 if attempt.status is not None and 200 <= attempt.status < 300 else 1


def _change(text: str) -> tuple[str, str]:
    path, equals, value = text.partition("=")
    if not equals or not path:
        raise UsageError(f"--set {show(text, 80)} is not PATH=VALUE, for example --set data.object.id=in_1.")
    return path, value


def _list(session: Session, provider: str | None) -> int:
    from webhook_inspector.samples.load import catalogue

    known = catalogue()
    if provider is not None and provider not in known:
        raise UsageError(f"there are no samples of {show(provider, 60)}: there are of {', '.join(sorted(known))}.")
    pairs = [(name, event) for name in sorted(known) if provider in {None, name} for event in known[name]]
    if session.json:
        for name, event in pairs:
            session.out.record({"type": "sample", "provider": name, "event": event})
    else:
        Columns(session.out).write([[Styled(name, "strong"), event] for name, event in pairs])
    return 0


COMMAND = run

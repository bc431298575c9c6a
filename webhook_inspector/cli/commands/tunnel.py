"""`tunnel`: commands that make the listener reachable from the internet, and one of them run."""

from __future__ import annotations

import queue
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from webhook_inspector.cli import diagnostics
from webhook_inspector.cli.diagnostics import ExitCode
from webhook_inspector.cli.following import Ending, ending
from webhook_inspector.cli.group import command
from webhook_inspector.cli.output import Styled
from webhook_inspector.cli.session import Session
from webhook_inspector.core.display import show
from webhook_inspector.errors import UsageError

if TYPE_CHECKING:
    from webhook_inspector.adapters.tunnels import TunnelProgram

_LAST_LINES = 5


@command(
    "tunnel",
    examples=[
        ("tunnel", "Commands for the programs that are found here."),
        ("tunnel cloudflared --run", "Run one, until Ctrl+C."),
    ],
    exits={3: "the program ended by itself"},
)
@click.argument("name", metavar="[PROGRAM]", required=False)
@click.option("--run", "run_it", is_flag=True, help="Run the program and print the public address.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the listener; that of this log's when it runs.")
@click.pass_obj
def run(session: Session, *, name: str | None, run_it: bool, port: int | None) -> int:
    """Make the listener reachable from the internet.

    With tunnel programs of yours. Whoever knows the public address can then post to the listener. Nothing is started
    without --run.
    """
    from webhook_inspector.adapters.tunnels import PROGRAMS

    chosen = PROGRAMS if name is None else (_named(name),)
    port = port or _port(session)
    if run_it:
        return _run(session, chosen, port)
    for each in chosen:
        if session.json:
            session.out.record(_record(each, port))
        elif each.found():
            session.out.line(each.command(port))
            session.out.line(Styled(f"    {each.name}: {each.caution}", "dim"))
    if not session.json:
        absent = [each for each in chosen if not each.found()]
        if absent:
            session.out.line(Styled("Not found here:", "dim"))
        for each in absent:
            session.out.line(f"{each.name:<15}", Styled(each.get, "dim"))
        _say_what_it_means()
    return ExitCode.DONE


def _named(name: str) -> TunnelProgram:
    from webhook_inspector.adapters.tunnels import PROGRAMS, program
    from webhook_inspector.config.reader import nearest

    found = program(name)
    if found is None:
        raise UsageError(f"unknown tunnel program {show(name, 60)}, {nearest(name, [each.name for each in PROGRAMS])}")
    return found


def _port(session: Session) -> int:
    """The port of the listener of this log, else the one that is configured."""
    from webhook_inspector.config.model import DEFAULT_PORT
    from webhook_inspector.store.presence import Presence

    url = Presence.listener_url(session.config.log)
    if url is not None:
        return urlsplit(url).port or DEFAULT_PORT
    diagnostics.say("Nothing listens for this log yet: start the app or `listen`.")
    return session.config.listen.port or DEFAULT_PORT


def _record(program: TunnelProgram, port: int) -> dict[str, Any]:
    return {
        "type": "tunnel",
        "program": program.name,
        "found": program.found(),
        "command": program.command(port),
        "get": program.get,
        "caution": program.caution,
    }


def _say_what_it_means() -> None:
    from webhook_inspector.adapters.tunnels import EXPOSED
    from webhook_inspector.engine.tunneling import guards

    diagnostics.warn(EXPOSED)
    if guards():
        diagnostics.say(f"[listen] {', '.join(guards())} in the configuration limit who may.")


def _run(session: Session, chosen: tuple[TunnelProgram, ...], port: int) -> int:
    from webhook_inspector.adapters.child import Child

    program = next((each for each in chosen if each.found()), None)
    if program is None:
        what = f"{chosen[0].program} is not" if len(chosen) == 1 else "no tunnel program is"
        raise UsageError(f"{what} on PATH: get {chosen[0].name} from {chosen[0].get}.")
    events: queue.SimpleQueue[Any] = queue.SimpleQueue()
    with ending(events):
        _say_what_it_means()
        diagnostics.say(program.command(port))
        child = Child(program.arguments(port), events.put)
        try:
            return _follow(session, program, port, events, child)
        finally:
            child.end()


def _follow(session: Session, program: TunnelProgram, port: int, events: queue.SimpleQueue[Any], child: Any) -> int:
    """Wait for the address and say it, then for the end."""
    url: str | None = None
    while True:
        event = events.get()
        if isinstance(event, Ending):
            if event.interrupted:
                raise KeyboardInterrupt
            return ExitCode.DONE
        if event is None:
            for line in list(child.lines)[-_LAST_LINES:]:
                diagnostics.say(f"  {show(line, 300)}")
            before = "" if url else " before it gave an address"
            diagnostics.fail(
                f"{program.name} ended with code {child.code}{before}: see what it said, and start it again."
            )
            return ExitCode.UNAVAILABLE
        found = program.public_url(event) if url is None else None
        if found is None:
            continue
        url = found
        if session.json:
            session.out.record({"type": "reachable", "program": program.name, "url": url, "port": port})
        else:
            session.out.line(url)
        diagnostics.say(f"It leads to port {port}. For providers that sign it: sources set NAME public_url={url}")


COMMAND = run

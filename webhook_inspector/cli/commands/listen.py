"""`listen`: capture without a screen."""

from __future__ import annotations

import gc
import queue
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from webhook_inspector.cli import diagnostics
from webhook_inspector.cli.app_command import warn_if_open
from webhook_inspector.cli.following import Ending, ending, write_deliveries
from webhook_inspector.cli.group import command
from webhook_inspector.cli.render import Columns
from webhook_inspector.cli.session import Session
from webhook_inspector.core.units import plural

if TYPE_CHECKING:
    from webhook_inspector.engine.announcements import Announcement
    from webhook_inspector.engine.inspector import Inspector

_POLL_S = 0.5


@command(
    "listen",
    examples=[
        ("listen", "Capture on the configured port until Ctrl+C."),
        ("listen --port 0 --json --max 3", "Pick a free port, print it, end after three deliveries."),
        ("listen --source stripe=stripe --forward http://127.0.0.1:3000", "Send each delivery on to an app."),
        ("listen --respond '503 first 3'", "Fail three times, to see when the provider sends again."),
    ],
    exits={0: "ended by --max or by SIGTERM"},
)
@click.option("--port", type=click.IntRange(0, 65535), help="Port; 0 picks a free one.")
@click.option("--host", metavar="ADDRESS", help="Address to listen on; loopback unless you say otherwise.")
@click.option("--max", "most", type=click.IntRange(1), metavar="N", help="End after N deliveries.")
@click.option("--forward", metavar="URL", help="Send every delivery on to this address as it arrives.")
@click.option("--allow-remote", is_flag=True, help="Let --forward name another machine.")
@click.option(
    "--ack",
    type=click.Choice(["sync", "async"]),
    help="Answer with what the app answers (sync), or once a delivery is kept (async).",
)
@click.option(
    "--respond",
    metavar="SPEC",
    help="What senders are answered: 204, 200:ok, 503 first 3, 429 every 5 retry-after 2, 500 rate 0.2, 200 after 3s, "
    "200 drip 3s, hang, reset every 4.",
)
@click.option("--tls", is_flag=True, help="Speak https, with a certificate made for this machine unless one is set.")
@click.option("--source", "sources", multiple=True, metavar="NAME=PROVIDER", help="Add a source at /NAME.")
@click.pass_obj
def run(
    session: Session,
    *,
    port: int | None,
    host: str | None,
    most: int | None,
    forward: str | None,
    allow_remote: bool,
    ack: str | None,
    respond: str | None,
    tls: bool,
    sources: tuple[str, ...],
) -> int:
    """Capture without a screen, one line a delivery."""
    from webhook_inspector.config.load import with_sources

    config = with_sources(session.config, sources)
    warn_if_open(config, host, tls=tls)
    events: queue.SimpleQueue[Any] = queue.SimpleQueue()
    with ending(events), session.inspector(config=config) as inspector:
        for problem in (*inspector.sources.problems, *inspector.alerts.problems):
            diagnostics.warn(problem)
        own: set[int] = set()
        inspector.subscribe(partial(_hear, events, own))
        listening = inspector.listen(
            host=host, port=port, forward=forward, respond=respond, ack=ack, allow_remote=allow_remote, tls=tls
        )
        if listening.told:
            diagnostics.say(listening.told)
        gc.collect()
        gc.freeze()  # what is loaded now stays: looking through it for garbage would hold up senders
        if session.json:
            session.out.record(
                {"type": "listening", "url": listening.url, "log": str(inspector.log_path)}
                | ({"certificate_sha256": listening.fingerprint.hex()} if listening.fingerprint else {})
                | ({"path_token": True} if listening.prefix else {})
            )
        else:
            session.out.line(f"Listening on {listening.shown}, keeping deliveries in {inspector.log_path}")
        try:
            return _print_deliveries(session, inspector, events, own, most)
        finally:
            if inspector.unkept:
                diagnostics.say(f"{plural(inspector.unkept, 'refused request')} more came and were counted, not kept.")


def _hear(events: queue.SimpleQueue[Any], own: set[int], announcement: Announcement) -> None:
    """Note what this process captured, and queue the rest. A capture wakes nobody: there is nothing to print yet."""
    from webhook_inspector.engine.announcements import Captured

    if isinstance(announcement, Captured):
        own.update(announcement.ids)
    else:
        events.put(announcement)


def _print_deliveries(
    session: Session, inspector: Inspector, events: queue.SimpleQueue[Any], own: set[int], most: int | None
) -> int:
    """Write each delivery that this process captures, once its facts are known."""
    from webhook_inspector.engine.announcements import (
        Alerted,
        Analysed,
        ForwardsInterrupted,
        StoreTrouble,
        TargetHealth,
    )

    columns = Columns(session.out, right=(0, 8))
    printed = 0
    while True:
        try:
            event = events.get(timeout=_POLL_S)
        except queue.Empty:
            if not own or not inspector.wait_analysed(0):
                continue
            # Facts that could not be derived must not hide the delivery.
            event = Analysed(tuple(own.copy()))
        if isinstance(event, Ending):
            if event.interrupted:
                raise KeyboardInterrupt
            return 0
        if isinstance(event, StoreTrouble):
            diagnostics.warn(
                f"deliveries cannot be kept: {event.message}" if event.message else "deliveries are kept again."
            )
        elif isinstance(event, TargetHealth | ForwardsInterrupted):
            diagnostics.say(event.sentence)
        elif isinstance(event, Alerted):
            more = ": `shapes drift` with its event type shows what changed" if "new_shape" in event.rule else ""
            diagnostics.say(f"{event.sentence}{more}.")
        elif isinstance(event, Analysed):
            ids = sorted(one for one in event.ids if one in own)
            own.difference_update(ids)
            ids = ids if most is None else ids[: most - printed]
            if ids:
                write_deliveries(session, inspector, ids, columns)
                _tell_handshakes(inspector, ids)
            printed += len(ids)
            if printed == most:
                return 0


def _tell_handshakes(inspector: Inspector, ids: Sequence[int]) -> None:
    """Say what endpoint checks leave to the user: a secret to keep, an address to open."""
    from webhook_inspector.engine.handshake import what_to_do

    for record in inspector.records(ids):
        handshaken = inspector.handshake(record.delivery)
        sentence = what_to_do(record.delivery, handshaken) if handshaken is not None else ""
        if sentence:
            diagnostics.say(sentence)


COMMAND = run

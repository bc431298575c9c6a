"""The demo: signed samples sent to ourselves through the real listener, with the usual troubles among them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from webhook_inspector.config.model import Config
from webhook_inspector.core.clock import NS_PER_S
from webhook_inspector.core.display import show
from webhook_inspector.core.request import Request
from webhook_inspector.engine.background import Background
from webhook_inspector.engine.demo_app import DemoApp
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.engine.replay_options import ReplayOptions

SEED = 7
_GAP_S = 0.7
_QUICK_GAP_S = 0.05


@dataclass(frozen=True, slots=True)
class Step:
    """One request of the demo."""

    title: str
    """What is special about it, in a few words."""
    make: Callable[[Inspector, dict[str, Request]], Request]
    path: str


_INVOICE = {
    "data__object__id": "in_demo_1",
    "data__object__customer": "cus_demo_1",
    "data__object__number": "DEMO-0001",
    "data__object__lines__url": "/v1/invoices/in_demo_1/lines",
}
"""All invoices are about one object, so that lateness shows and the diff names only what matters."""


def demo_config(config: Config, folder: Path) -> Config:
    """The given configuration on a log of its own: the demo never writes to the user's log."""
    door = replace(config.listen, path_token=None, allow_ips=(), rate=None)
    return replace(config, path=None, log=folder / "demo.db", sources=(), listen=door)


@contextmanager
def demo_folder() -> Iterator[Path]:
    """A private folder that lives as long as the demo."""
    with tempfile.TemporaryDirectory(prefix="webhook-inspector-demo-", ignore_cleanup_errors=True) as name:
        yield Path(name)


def _sample(provider: str, event: str, **overrides: str) -> Callable[[Inspector, dict[str, Request]], Request]:
    def make(inspector: Inspector, made: dict[str, Request]) -> Request:
        assert inspector.listening is not None
        if event == "invoice.paid":
            overrides.update(_INVOICE)
        dotted = {key.replace("__", "."): value for key, value in overrides.items()}
        request = inspector.sample(provider, event, to=inspector.listening.url, overrides=dotted)
        made[f"{provider} {event}"] = request
        return request

    return make


def _again(key: str) -> Callable[[Inspector, dict[str, Request]], Request]:
    return lambda _inspector, made: made[key]


def _late(inspector: Inspector, made: dict[str, Request]) -> Request:
    """An event of the same invoice that happened a minute before the one that already arrived."""
    before = inspector.clock.wall_ns() // NS_PER_S - 60
    make = _sample("stripe", "invoice.paid", created=str(before))
    return make(inspector, made)


def _tampered(inspector: Inspector, made: dict[str, Request]) -> Request:
    """A body that something between sender and receiver changed by one byte."""
    request = _sample("github", "push")(inspector, made)
    return replace(request, body=request.body + b"\n")


STEPS = (
    Step("a paid invoice, signed", _sample("stripe", "invoice.paid"), "/stripe"),
    Step("a push, signed", _sample("github", "push"), "/github"),
    Step("an order, signed", _sample("shopify", "orders/create"), "/shopify"),
    Step("the paid invoice again: a duplicate", _again("stripe invoice.paid"), "/stripe"),
    Step("a message", _sample("slack", "message"), "/slack"),
    Step("an event that happened earlier: late", _late, "/stripe"),
    Step("a push whose body was changed on the way", _tampered, "/github"),
    Step(
        "a paid invoice of another shape",
        _sample("stripe", "invoice.paid", data__object__amount_paid='"42.00"', data__object__discount='{"id":"di_1"}'),
        "/stripe",
    ),
    Step("a site's order", _sample("squarespace", "order.create"), "/squarespace"),
)


class Demo:
    """Plays the steps into an inspector that listens, with a small app to deliver and replay to.

    Args:
        inspector: Must be listening.
        gap_s: Seconds between two steps.
    """

    def __init__(self, inspector: Inspector, gap_s: float = _GAP_S) -> None:
        self._inspector = inspector
        self._gap_s = gap_s
        self._player = Background("demo", self.play)
        self.app = DemoApp(inspector.clock)

    def start(self) -> str:
        """Start the app and, in a thread, the steps. Returns the app's address: the target for replays."""
        url = self.app.start()
        self._inspector.set_forward(url)
        self._player.start()
        return url

    def play(self) -> None:
        """Send every step, with the gap between them, unless stopped."""
        made: dict[str, Request] = {}
        assert self._inspector.listening is not None
        base = self._inspector.listening.url
        for step in STEPS:
            request = step.make(self._inspector, made)
            self._inspector.send_request(base + step.path, request)
            if self._player.wait(self._gap_s):
                return

    def stop(self) -> None:
        """End the steps and the app."""
        self._player.stop()
        self.app.stop()


def run_headless_demo(config: Config, out: Callable[[str], None], *, tls: bool = False) -> None:
    """The whole tour as lines of text: capture, verify, diff, replay, verdict. Takes about two seconds.

    Args:
        config: Its log is left alone: the demo has one of its own, which is removed at the end.
        out: Takes one line at a time.
        tls: Whether the listener speaks https.
    """
    with demo_folder() as folder, Inspector.open(demo_config(config, folder)) as inspector:
        listening = inspector.listen(port=0, tls=tls)
        out(f"Listening on {listening.url}; every request is on disk before it is answered.")
        demo = Demo(inspector, _QUICK_GAP_S)
        target = demo.app.start()
        try:
            demo.play()
            inspector.wait_analysed(10)
            _tell_deliveries(inspector, out)
            _tell_signature(inspector, out)
            _tell_diff(inspector, out)
            _tell_replay(inspector, target, out)
        finally:
            demo.stop()


def _tell_deliveries(inspector: Inspector, out: Callable[[str], None]) -> None:
    out("")
    out("Captured:")
    for row, step in zip(inspector.summaries(inspector.ids()), STEPS, strict=False):
        flags = [
            word
            for word, holds in (
                ("duplicate", row.duplicate_of is not None),
                ("late", row.late),
                ("new shape", row.drift),
            )
            if holds
        ]
        mark = "✓" if row.sig.value == "valid" else "✗"
        name = show(row.event_type or row.method, 28)
        out(
            f"  #{row.id}  {row.provider or '-':<12} {name:<28} {mark} {row.sig:<8} {', '.join(flags):<10} {step.title}"
        )


def _tell_signature(inspector: Inspector, out: Callable[[str], None]) -> None:
    for number in inspector.ids("sig:invalid"):
        verification = inspector.verify(number)
        out("")
        out(f"Why #{number} does not verify: {show(verification.explanation, 300)}")
        for change in verification.matches_if:
            if change not in verification.explanation:
                out(f"  It would match if {show(change, 200)}.")


def _tell_diff(inspector: Inspector, out: Callable[[str], None]) -> None:
    for number in inspector.ids("drift:yes"):
        previous = inspector.previous_of_type(number)
        if previous is None:
            continue
        diff = inspector.diff(previous, number)
        out("")
        out(f"#{number} against #{previous}, the one of its type before: {len(diff.changes)} changes")
        for change in diff.changes[:6]:
            before, after = show(repr(change.before), 30), show(repr(change.after), 30)
            out(f"  {change.kind:<13} {show(change.path, 44):<44} {before} -> {after}")


def _tell_replay(inspector: Inspector, target: str, out: Callable[[str], None]) -> None:
    ids = list(inspector.ids("type:invoice.paid dup:no"))
    options = ReplayOptions(times=2, reorder="shuffle", jitter="50ms", speed=None, seed=SEED)
    plan = inspector.plan(ids, options)
    out("")
    out(f"Replay of {len(ids)} invoices, each twice, shuffled, with jitter, seed {SEED}, to the demo app at {target}:")
    run = inspector.start_run(plan, target)
    verdict = run.wait(30)
    for attempt in run.attempts:
        status = attempt.status if attempt.status is not None else attempt.outcome
        labels = ", ".join(attempt.labels)
        out(f"  {attempt.sent_at_ms or 0:7.0f} ms  #{attempt.delivery_id:<3} {status}  {labels}")
    out("")
    out(f"Verdict: {'holds' if verdict.holds else 'does not hold'}")
    for check in verdict.checks:
        mark = "?" if check.holds is None else "✓" if check.holds else "✗"
        out(f"  {mark} {check.name}: {show(check.evidence, 300)}")

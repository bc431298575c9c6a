"""Replays, checks and single sends, as tests ask for them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from webhook_inspector.core.delivery import Record
from webhook_inspector.core.headers import Headers
from webhook_inspector.core.request import Request
from webhook_inspector.core.secret import Secret
from webhook_inspector.engine.checking import CheckOptions
from webhook_inspector.errors import UsageError
from webhook_inspector.pytest_plugin.answered import Answered
from webhook_inspector.pytest_plugin.checked import Checked
from webhook_inspector.pytest_plugin.choosing import Chooser, Chosen, What
from webhook_inspector.pytest_plugin.options import How, replay_options, send_options, split
from webhook_inspector.pytest_plugin.replayed import Replayed
from webhook_inspector.pytest_plugin.running import Running
from webhook_inspector.replay.convergence import PROPERTIES
from webhook_inspector.replay.convergence.plans import from_plan
from webhook_inspector.replay.plan import Plan
from webhook_inspector.replay.rewrite import outgoing
from webhook_inspector.signing import sign

Called = str | Callable[[], object] | None


@dataclass(frozen=True, slots=True)
class Checking:
    """What is checked, and how."""

    probe: Called
    reset: Called
    properties: Sequence[str] | None
    budget: int
    seed: int
    plan: str | Path | Plan | None


class Sending:
    """Sends what a test names.

    Args:
        running: The engines.
        chooser: Finds what is meant.
        samples: Where files of samples are written.
    """

    def __init__(self, running: Running, chooser: Chooser, samples: Path) -> None:
        self._running = running
        self._chooser = chooser
        self._samples = samples
        self._made = 0

    def replay(
        self,
        what: What,
        to: str,
        *,
        plan: str | Path | Plan | None,
        speed: float | Literal["asap"],
        seed: int,
        options: Mapping[str, Any],
    ) -> Replayed:
        """See `WebhookInspector.replay`."""
        how, faults = split(options)
        if plan is not None and faults:
            raise UsageError(f"A saved plan has its faults in it: leave out {next(iter(faults))}= or plan=.")
        chosen = self._signable(self._chooser.choose(what), how)
        inspector = chosen.inspector
        if plan is not None:
            made = self._chooser.plan(plan, chosen)
        elif chosen.plan is not None and not faults:
            made = paced(chosen.plan, speed)
        else:
            made = inspector.plan(chosen.ids, replay_options(faults, speed=speed, seed=seed))
        run = inspector.start_run(made, to, send=send_options(how))
        try:
            verdict = run.wait()
        except BaseException:
            run.cancel()  # Ctrl+C ends the test, so it ends what it sends too
            raise
        return Replayed(made, run.attempts, verdict, to)

    def check(self, what: What, to: str, checking: Checking, options: Mapping[str, Any]) -> Checked:
        """See `WebhookInspector.check`."""
        how, _ = split(options, How)
        if checking.probe is not None and checking.reset is None:
            raise UsageError("probe= compares states, so every pass must start alike: give reset= too.")
        names = tuple(checking.properties or PROPERTIES)
        unknown = next((name for name in names if name not in PROPERTIES), None)
        if unknown is not None:
            raise UsageError(f"There is no property {unknown!r}; there are {', '.join(PROPERTIES)}.")
        chosen = self._signable(self._chooser.choose(what), how)
        plan = checking.plan
        made = CheckOptions(
            probe=checking.probe,
            reset=checking.reset,
            trial=None if plan is None else from_plan(self._chooser.plan(plan, chosen)),
            properties=names,
            budget=checking.budget,
            seed=checking.seed,
            send=send_options(how),
        )
        report = chosen.inspector.check(chosen.ids, to, made)
        rows = chosen.inspector.summaries(chosen.ids)
        return Checked(report, {row.id: row.event_type or f"{row.method} {row.target}" for row in rows})

    def sample(self, provider: str, event: str | None, changes: Mapping[str, Any], secret: str | None) -> Chosen:
        """A signed sample in the log of what is sent."""
        source = self._running.source_of(provider) if secret is None else self._running.use(provider, secret=secret)
        name = source.provider or provider
        request = self._running.sending.sample(
            name, event, to=f"http://localhost{source.path}", overrides=_texts(changes)
        )
        pairs = [[name, value] for name, value in request.headers.text_pairs()]
        line = {"method": request.method, "target": source.path, "headers": pairs, "body": request.body.decode()}
        self._made += 1
        file = self._samples / f"sample-{self._made}.jsonl"
        file.write_text(json.dumps({**line, "provider": name}) + "\n", encoding="utf-8")
        return self._chooser.choose_file(file)

    def send(
        self,
        provider: str,
        event: str | None,
        to: str,
        changes: Mapping[str, Any],
        *,
        secret: str | None,
        allow_remote: bool,
    ) -> Answered:
        """See `WebhookInspector.send`."""
        source = self._running.source_of(provider) if secret is None else self._running.use(provider, secret=secret)
        attempt = self._running.sending.send_sample(
            source.provider or provider, event, to=to, overrides=_texts(changes), allow_remote=allow_remote
        )
        return Answered(attempt)

    def send_request(self, delivery: Mapping[str, Any], to: str, secret: str | None, *, allow_remote: bool) -> Answered:
        """See `WebhookInspector.send_request`."""
        inspector = self._running.sending
        headers = Headers(tuple((name, value) for name, value in delivery["headers"]))
        request = Request(delivery["method"], delivery["target"], headers, delivery["body"])
        name = delivery.get("provider")
        if secret is not None and name is not None:
            url = outgoing(request, to).url
            now_ns = inspector.clock.wall_ns()
            request = sign(request, inspector.provider(name), Secret(secret), now_ns=now_ns, url=url)
        return Answered(inspector.send_request(to, request, allow_remote=allow_remote))

    def _signable(self, chosen: Chosen, how: How) -> Chosen:
        """See to it that there is a secret for everything that is to be signed again."""
        if how.get("resign", True):
            for record in chosen.inspector.records(chosen.ids):
                self._give_secret(record, how.get("secret"))
        return chosen

    def _give_secret(self, record: Record, secret: str | None) -> None:
        provider = record.facts.provider
        entry = self._running.sending.config.providers.get(provider or "")
        if provider is None or entry is None or not entry.recipes:
            return
        own = self._running.sending.sources.get(record.delivery.source)
        name = own.name if own is not None else provider
        if secret is not None or not self._running.source_of(name).secrets:
            self._running.use(name, secret=secret)


def paced(plan: Plan, speed: float | Literal["asap"]) -> Plan:
    """The plan of a scenario at another speed: the order stays, the gaps shrink."""
    factor = 0.0 if speed == "asap" else 1 / speed
    return replace(plan, attempts=tuple(replace(one, at_ms=one.at_ms * factor) for one in plan.attempts))


def _texts(changes: Mapping[str, Any]) -> dict[str, str]:
    """Values as JSON, so that text stays text."""
    return {path: json.dumps(value) for path, value in changes.items()}

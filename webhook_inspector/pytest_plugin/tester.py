"""The object that the fixture `webhook_inspector` gives: listen, wait, send, replay, check.

Every method that waits has a twin for tests with an event loop: `wait_for` and `await wait_for_async`, and so on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Self, Unpack

from webhook_inspector.config.model import Config
from webhook_inspector.errors import UsageError
from webhook_inspector.pytest_plugin.answered import Answered
from webhook_inspector.pytest_plugin.checked import Checked
from webhook_inspector.pytest_plugin.choosing import Chooser, What
from webhook_inspector.pytest_plugin.delivery import WebhookDelivery
from webhook_inspector.pytest_plugin.looping import in_loop, refuse_in_loop
from webhook_inspector.pytest_plugin.options import ASAP, How, ReplayArguments
from webhook_inspector.pytest_plugin.replayed import Replayed
from webhook_inspector.pytest_plugin.running import Running
from webhook_inspector.pytest_plugin.sending import Called, Checking, Sending
from webhook_inspector.pytest_plugin.serving import Served, WsgiApp
from webhook_inspector.replay.plan import Plan

PATIENCE_S = 5.0
"""How long `wait_for` waits when a test does not say."""
BUDGET = 60
"""Passes that `check` makes at most when a test does not say: some seconds with a quick handler."""


class WebhookInspector:
    """A listener with a log of its own, and what tests do with webhooks. Nothing starts before it is asked for.

    Args:
        config: Sources, secrets and providers.
        folder: Where the logs lie.
        places: Folders where relative file names are looked for, in this order.
    """

    def __init__(self, config: Config, folder: Path, places: Sequence[Path]) -> None:
        self._running = Running(config, folder)
        self._chooser = Chooser(self._running, places)
        self._sending = Sending(self._running, self._chooser, folder)
        self._served: list[Served] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def close(self) -> None:
        """End everything. The fixture does it."""
        self._running.close()
        while self._served:
            self._served.pop().stop()

    # Where, and with which secrets

    @property
    def url(self) -> str:
        """Where it listens, as `http://127.0.0.1:40123`; the first use starts it. Every path is captured."""
        return self._running.inbox.url

    @property
    def log_path(self) -> Path:
        """The log of what arrives, for `webhook-inspector --log`."""
        return self._running.log

    def url_of(self, name: str) -> str:
        """The address of a source, or of a provider: `url_of("stripe")` ends in `/stripe`.

        Raises:
            UsageError: There is no such source and no such provider.
        """
        return self.url + self._running.source_of(name).path.rstrip("/")

    def use(self, name: str, *, secret: str | None = None, path: str | None = None, **more: Any) -> str:
        """Let a provider's deliveries be verified, and sent ones be signed, with a secret.

        Args:
            name: Of a provider, or of a source of the configuration.
            secret: None: a test secret, the same in every run.
            path: Where the listener takes them; `/NAME` when it is new.
            more: `public_url`, `params` or `handshake`, as in the configuration file.

        Returns:
            The address to send to.

        Raises:
            UsageError: There is no such source and no such provider.
        """
        source = self._running.use(name, secret=secret, path=path, **more)
        return self.url + source.path.rstrip("/")

    def secret(self, name: str) -> str:
        """The secret of a provider or source, for the code under test.

        Raises:
            UsageError: Only the provider can sign: `use` takes a private key of your own.
        """
        found = self._running.secret_of(name)
        if found is None:
            raise UsageError(
                f"{name} is not signed with a shared secret: use({name!r}, secret=...) takes what it is checked with."
            )
        return found

    def serve(self, app: WsgiApp) -> str:
        """Run a WSGI app (Flask, Django, a function) on a free port until the test ends; gives its address."""
        self._served.append(Served(app))
        return self._served[-1].url

    # What arrived

    def deliveries(self, query: str = "") -> list[WebhookDelivery]:
        """What arrived so far and matches a filter, oldest first.

        Raises:
            QueryError: The filter cannot be read.
        """
        inbox = self._running.inbox
        return [WebhookDelivery(record, inbox.inspector, self._chooser.find) for record in inbox.records(query)]

    def forget(self) -> None:
        """Look only at what arrives from now on."""
        inbox = self._running.inbox
        inbox.floor = inbox.inspector.newest_id()

    def wait_for(
        self, query: str = "", *, timeout: float = PATIENCE_S, after: WebhookDelivery | None = None
    ) -> WebhookDelivery:
        """Wait until a delivery matches, and give the first that does; what arrived before counts too.

        Args:
            query: A filter, as `type:invoice.paid` or `provider:stripe body.data.object.amount:>1000`.
            timeout: Seconds.
            after: Only what arrived after this delivery counts.

        Raises:
            AssertionError: There was none; says what arrived instead and what keeps each from matching.
            QueryError: The filter cannot be read.
        """
        __tracebackhide__ = True
        refuse_in_loop("wait_for")
        return self._wait(query, 1, timeout, after)[0]

    def wait_for_all(
        self, query: str = "", *, count: int, timeout: float = PATIENCE_S, after: WebhookDelivery | None = None
    ) -> list[WebhookDelivery]:
        """As `wait_for`, until `count` deliveries match; gives the first so many, oldest first."""
        __tracebackhide__ = True
        refuse_in_loop("wait_for_all")
        return self._wait(query, count, timeout, after)

    async def wait_for_async(
        self,
        query: str = "",
        *,
        timeout: float = PATIENCE_S,  # noqa: ASYNC109 (the message of a timeout is ours)
        after: WebhookDelivery | None = None,
    ) -> WebhookDelivery:
        """As `wait_for`; the event loop goes on meanwhile."""
        __tracebackhide__ = True
        return (await asyncio.to_thread(self._wait, query, 1, timeout, after))[0]

    async def wait_for_all_async(
        self,
        query: str = "",
        *,
        count: int,
        timeout: float = PATIENCE_S,  # noqa: ASYNC109 (the message of a timeout is ours)
        after: WebhookDelivery | None = None,
    ) -> list[WebhookDelivery]:
        """As `wait_for_all`; the event loop goes on meanwhile."""
        __tracebackhide__ = True
        return await asyncio.to_thread(self._wait, query, count, timeout, after)

    def _wait(self, query: str, count: int, timeout: float, after: WebhookDelivery | None) -> list[WebhookDelivery]:
        __tracebackhide__ = True
        inbox = self._running.inbox
        found = inbox.wait(query, count=count, timeout_s=timeout, after=after.id if after is not None else 0)
        return [WebhookDelivery(record, inbox.inspector, self._chooser.find) for record in found]

    # What is sent

    def load(self, what: What) -> list[WebhookDelivery]:
        """The deliveries of a fixture file (or of whatever `replay` takes), oldest first; nothing is sent."""
        chosen = self._chooser.choose(what)
        records = chosen.inspector.records(chosen.ids)
        return [WebhookDelivery(record, chosen.inspector, self._chooser.find) for record in records]

    def sample(
        self,
        provider: str,
        event: str | None = None,
        *,
        set: Mapping[str, Any] | None = None,  # noqa: A002 (the word of the command line)
        secret: str | None = None,
    ) -> WebhookDelivery:
        """A signed sample delivery to replay; nothing is sent. Arguments as for `send`."""
        chosen = self._sending.sample(provider, event, set or {}, secret)
        (record,) = chosen.inspector.records(chosen.ids)
        return WebhookDelivery(record, chosen.inspector, self._chooser.find)

    def send(
        self,
        provider: str,
        event: str | None = None,
        *,
        to: str | None = None,
        set: Mapping[str, Any] | None = None,  # noqa: A002 (the word of the command line)
        secret: str | None = None,
        allow_remote: bool = False,
    ) -> Answered:
        """Send a signed sample event and give the answer.

        Args:
            provider: Of which there are samples: `webhook-inspector send --list`.
            event: Event type; the provider's first when None.
            to: Target; this listener when None.
            set: Dotted path in the payload to value, as `{"data.object.amount": 1200}`.
            secret: Signs it from now on; None: `secret(provider)`.
            allow_remote: Whether `to` may be another machine.

        Raises:
            UsageError: No such provider, event or path.
            TargetError: The target may not be used.
        """
        refuse_in_loop("send")
        return self._send(provider, event, to, set or {}, secret=secret, allow_remote=allow_remote)

    async def send_async(
        self,
        provider: str,
        event: str | None = None,
        *,
        to: str | None = None,
        set: Mapping[str, Any] | None = None,  # noqa: A002 (the word of the command line)
        secret: str | None = None,
        allow_remote: bool = False,
    ) -> Answered:
        """As `send`; the event loop goes on meanwhile."""
        more: dict[str, Any] = {"secret": secret, "allow_remote": allow_remote}
        return await asyncio.to_thread(self._send, provider, event, to, set or {}, **more)

    def _send(
        self,
        provider: str,
        event: str | None,
        to: str | None,
        changes: Mapping[str, Any],
        *,
        secret: str | None,
        allow_remote: bool,
    ) -> Answered:
        to = self.url_of(provider) if to is None else to
        return self._sending.send(provider, event, to, changes, secret=secret, allow_remote=allow_remote)

    def send_request(
        self, delivery: Mapping[str, Any], *, to: str, secret: str | None = None, allow_remote: bool = False
    ) -> Answered:
        """Send one request as `webhook-inspector export --as pytest` writes it.

        Args:
            delivery: `method` (text), `target` and `body` (bytes), `headers` (pairs of bytes), `provider` (or None).
            to: Target. With a path of its own it is used as it is, else the captured path.
            secret: Signs it again with the present time; None: it goes out as captured.
            allow_remote: Whether `to` may be another machine.

        Raises:
            TargetError: The target may not be used.
            UsageError: It cannot be signed.
        """
        refuse_in_loop("send_request")
        return self._sending.send_request(delivery, to, secret, allow_remote=allow_remote)

    async def send_request_async(
        self, delivery: Mapping[str, Any], *, to: str, secret: str | None = None, allow_remote: bool = False
    ) -> Answered:
        """As `send_request`; the event loop goes on meanwhile."""
        return await asyncio.to_thread(self._sending.send_request, delivery, to, secret, allow_remote=allow_remote)

    def replay(
        self,
        what: What,
        *,
        to: str,
        plan: str | Path | Plan | None = None,
        speed: float | Literal["asap"] = ASAP,
        seed: int = 1,
        **options: Unpack[ReplayArguments],
    ) -> Replayed:
        """Send deliveries again, with faults, and judge the answers. They are signed again with the test secret.

        Args:
            what: A fixture file (`export --as fixture`, JSON lines, ...), a filter over what arrived, or deliveries.
            to: Target. With a path of its own it is used as it is, else the captured path.
            plan: A plan that was saved, in place of faults; its deliveries are those of the fixture.
            speed: Factor by which the captured gaps are shortened; as soon as possible when left out.
            seed: The same seed gives the same plan.
            options: As those of `webhook-inspector replay`: `duplicate=0.5, reorder="shuffle", expect="200"`.

        Raises:
            InputError: The fixture or the plan cannot be read.
            UsageError: An argument cannot be read, or nothing is selected.
            TargetError: The target may not be used.
        """
        refuse_in_loop("replay")
        return self._sending.replay(what, to, plan=plan, speed=speed, seed=seed, options=options)

    async def replay_async(
        self,
        what: What,
        *,
        to: str,
        plan: str | Path | Plan | None = None,
        speed: float | Literal["asap"] = ASAP,
        seed: int = 1,
        **options: Unpack[ReplayArguments],
    ) -> Replayed:
        """As `replay`, for a handler that runs in the test's own event loop."""
        replay = self._sending.replay
        return await asyncio.to_thread(replay, what, to, plan=plan, speed=speed, seed=seed, options=options)

    def check(
        self,
        what: What,
        *,
        to: str,
        probe: Called = None,
        reset: Called = None,
        properties: Sequence[str] | None = None,
        budget: int = BUDGET,
        seed: int = 1,
        plan: str | Path | Plan | None = None,
        **options: Unpack[How],
    ) -> Checked:
        """Search for a way to send deliveries that ends in another state, or is refused: copies, orders, races.

        Args:
            what: As for `replay`; they are sent many times, so a story of 3 to 6 says most.
            to: Target, as for `replay`.
            probe: Gives the state to compare: a function, called between passes in the test's own thread, or a
                command or URL. None: only answers are judged.
            reset: Puts the handler back to its start: a function, a command, or a URL (POST).
            properties: Of `idempotent`, `order`, `concurrent`, `retry`; all when None.
            budget: Passes at most.
            seed: Of random trials.
            plan: Only the sequence that `check --save-plan` or `--save-test` kept.
            options: `resign`, `secret`, `test_key`, `headers`, `timeout`, `allow_remote`.

        Raises:
            InputError: The fixture or the plan cannot be read.
            UsageError: Probe or reset fails, or nothing can be compared.
            TargetError: The target may not be used.
        """
        refuse_in_loop("check")
        checking = Checking(probe, reset, properties, budget, seed, plan)
        return self._sending.check(what, to, checking, options)

    async def check_async(
        self,
        what: What,
        *,
        to: str,
        probe: Called = None,
        reset: Called = None,
        properties: Sequence[str] | None = None,
        budget: int = BUDGET,
        seed: int = 1,
        plan: str | Path | Plan | None = None,
        **options: Unpack[How],
    ) -> Checked:
        """As `check`; `probe` and `reset` are called in the test's own event loop, and may be coroutine functions."""
        loop = asyncio.get_running_loop()
        probe, reset = (in_loop(each, loop) if callable(each) else each for each in (probe, reset))
        checking = Checking(probe, reset, properties, budget, seed, plan)
        return await asyncio.to_thread(self._sending.check, what, to, checking, options)

"""Which deliveries are sent on live, where to, and whether their senders wait for the app's answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from webhook_inspector.core.delivery import Delivery
from webhook_inspector.engine.sources import Sources
from webhook_inspector.net.answer import Later
from webhook_inspector.replay.targets import check_target

if TYPE_CHECKING:
    from webhook_inspector.engine.forward import Forwarder, Health

ASYNC, SYNC = ACKS = ("async", "sync")


class Forwarding:
    """The targets as they are set, and the forwarder that serves them once a listener runs.

    Args:
        sources: Name targets and ways of their own.
        refuse: Raises TargetError for a target that may not be used.
    """

    def __init__(self, sources: Sources, refuse: Callable[[str], None]) -> None:
        self._sources = sources
        self._refuse = refuse
        self._forwarder: Forwarder | None = None
        self.target: str | None = None
        """Where every delivery goes whose source names no target."""
        self._target_may_be_remote = False
        self.ack = ASYNC
        """When senders are answered, where their source says nothing."""

    def set_target(self, target: str | None, *, allow_remote: bool) -> None:
        """Send every later delivery on to a target, or (None) only those of sources that name one.

        Raises:
            TargetError: It may not be used.
        """
        wanted = None if target is None else check_target(target, allow_remote=allow_remote)
        if wanted is not None:
            self._refuse(wanted)
            if self._forwarder is not None:
                self._forwarder.open(wanted, allow_remote=allow_remote)
        self.target, self._target_may_be_remote = wanted, allow_remote

    def judge(self, *, allow_remote: bool) -> None:
        """Refuse what `start` will not send on to, before anything is opened.

        Raises:
            TargetError: A target may not be used.
        """
        for target in (self.target, *(source.forward for source in self._sources.all())):
            if target is not None:
                self._refuse(check_target(target, allow_remote=allow_remote or self._may_be_remote(target)))

    def start(self, forwarder: Forwarder) -> None:
        """Begin to send on, first what waited.

        Raises:
            TargetError: A target may not be used.
        """
        self._open(forwarder, [self.target, *(source.forward for source in self._sources.all())])
        self._forwarder = forwarder

    def check(self, target: str | None) -> None:
        """Refuse what no source may send on to: not a URL, not an address for a target, this listener itself.

        Raises:
            TargetError: Why.
        """
        if target is not None:
            self._refuse(check_target(target, allow_remote=True))

    def prepare(self, targets: Iterable[str | None]) -> None:
        """Be ready to send on to targets that sources are about to name.

        Raises:
            TargetError: One may not be used.
            StoreError: The log cannot be read or written.
        """
        self._open(self._forwarder, targets)

    def _open(self, forwarder: Forwarder | None, targets: Iterable[str | None]) -> None:
        wanted = [target for target in dict.fromkeys(targets) if target is not None]
        for target in wanted:
            self._refuse(target)
        if forwarder is not None:
            for target in wanted:
                forwarder.open(target, allow_remote=self._may_be_remote(target))

    def _may_be_remote(self, target: str) -> bool:
        return target == self.target and self._target_may_be_remote

    def stop(self) -> None:
        """Send nothing more on; what waits stays in the log."""
        if self._forwarder is not None:
            self._forwarder.stop()
            self._forwarder = None

    def health(self) -> Health | None:
        """How the target of most deliveries is; None when there is none or nothing is sent on."""
        if self._forwarder is None or self.target is None:
            return None
        return self._forwarder.health(self.target)

    def interrupted(self) -> list[str]:
        """What an earlier process was sending when it died, a sentence for each target."""
        return [] if self._forwarder is None else [one.sentence for one in self._forwarder.interrupted]

    # What a listener asks, for each delivery.

    def later(self, delivery: Delivery) -> Later | None:
        """The app's answer, when the sender is to wait for it."""
        target = self._target_of(delivery)
        forwarder = self._forwarder
        if target is None or forwarder is None or self._ack_of(delivery) != SYNC:
            return None
        return Later(partial(forwarder.answer, target=target))

    def noted(self, delivery: Delivery) -> tuple[Delivery, str | None]:
        """A delivery on its way into the log, and where `add` is to send it on to.

        What is refused or scripted to fail is not sent on: its sender will send it again. Neither is what was
        answered by the app already.
        """
        status = delivery.response_status
        target = self._target_of(delivery)
        forwarder = self._forwarder
        # A status that is not known yet is that of the app's answer.
        if target is None or forwarder is None or delivery.refused or status is None or not 200 <= status < 300:
            return delivery, None
        return (replace(delivery, forward_to=target) if forwarder.durable else delivery), target

    def add(self, number: int, target: str) -> None:
        """Send a kept delivery on. Returns at once."""
        if self._forwarder is not None:
            self._forwarder.add(number, target)

    def _target_of(self, delivery: Delivery) -> str | None:
        configured = self._sources.get(delivery.source)
        return (configured.forward if configured else None) or self.target

    def _ack_of(self, delivery: Delivery) -> str:
        configured = self._sources.get(delivery.source)
        return (configured.ack if configured else None) or self.ack

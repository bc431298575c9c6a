"""Which endpoint check a delivery is, and what it is answered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from webhook_inspector.core.delivery import Delivery
from webhook_inspector.core.display import show
from webhook_inspector.engine.sources import Sources
from webhook_inspector.providers.model import Provider
from webhook_inspector.signing import verify
from webhook_inspector.signing.handshakes import Ask, HandshakeAnswer, handshakes, looked_through, unmistakable


@dataclass(frozen=True, slots=True)
class Handshaken:
    """A check that was recognised, and its answer."""

    name: str
    """Of the responder, for example `slack`."""
    answer: HandshakeAnswer


def what_to_do(delivery: Delivery, handshaken: Handshaken) -> str:
    """What the user still has to do after a check was answered, one sentence; empty when nothing."""
    title = handshaken.name
    if handshaken.answer.gained is not None:
        return (
            f"{title} handed over a signing secret in delivery {delivery.id}: keep it with"
            f" `webhook-inspector secrets set {title} --from-delivery {delivery.id}`."
        )
    if handshaken.answer.open_url is not None:
        return f"{title} waits for you to confirm: open {show(handshaken.answer.open_url, 2000)} yourself."
    return ""


class Handshakes:
    """The responders of each source: those it names, else those of its provider, else the unmistakable ones.

    Args:
        sources: Their configuration and secrets.
        providers: All known providers.
    """

    def __init__(self, sources: Sources, providers: Mapping[str, Provider]) -> None:
        self._sources = sources
        self._providers = providers

    def of(self, delivery: Delivery) -> Handshaken | None:
        """The check that a delivery is, or None. Pure but for the clock of its own arrival; never raises."""
        if delivery.refused is not None:
            return None
        for name in self._names(delivery):
            responder = handshakes().get(name)
            answer = None if responder is None else responder.answer(self._ask(delivery))
            if answer is not None:
                return Handshaken(name, answer)
        return None

    def _names(self, delivery: Delivery) -> Iterator[str]:
        source = self._sources.get(delivery.source)
        chosen = source.handshake if source is not None else ("auto",)
        if chosen != ("auto",):
            yield from (name for name in chosen if name != "off")
            return
        provider = self._provider(delivery)
        if provider is not None:
            yield from provider.handshake
            return
        text = looked_through(delivery.request)
        yield from (name for name, clue in unmistakable() if clue in text)

    def _provider(self, delivery: Delivery) -> Provider | None:
        name = self._sources.provider_of(delivery.source)
        return self._providers.get(name) if name else None

    def _ask(self, delivery: Delivery) -> Ask:
        provider = self._provider(delivery)
        secrets = self._sources.secrets_for(delivery, provider)
        params = self._sources.params_for(delivery)

        def verified() -> bool:
            return verify(
                delivery.request,
                provider,
                secrets,
                at_ns=delivery.received_ns,
                url=self._sources.url_for(delivery),
                params=params,
                explained=False,
            ).valid

        return Ask(delivery.request, secrets, params, verified)

"""Verification of a delivery of the log, held against others of its source where that says more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from webhook_inspector.core.clock import Clock
from webhook_inspector.core.delivery import Delivery
from webhook_inspector.core.secret import Secret
from webhook_inspector.core.verification import Verification
from webhook_inspector.engine.sources import Sources
from webhook_inspector.providers.model import Provider
from webhook_inspector.signing import verify
from webhook_inspector.signing.references import Asked, References, can_be_compared
from webhook_inspector.store.log import Log

_OTHERS = 20
"""Verified deliveries of the same source that a failing one is held against."""


class Verifier:
    """Verifies deliveries with what is configured for their source.

    Args:
        log: Where other deliveries are found.
        sources: Gives secrets, public URL and further values.
        clock: For what would hold now.
    """

    def __init__(self, log: Log, sources: Sources, clock: Clock) -> None:
        self._log = log
        self._sources = sources
        self._clock = clock

    def verify(
        self,
        delivery: Delivery,
        provider: Provider | None,
        *,
        scheme: str | None = None,
        secrets: Sequence[Secret] | None = None,
        url: str | None = None,
        params: Mapping[str, str] | None = None,
        held_against_others: bool = False,
    ) -> Verification:
        """The verification of a delivery at its arrival time.

        Args:
            delivery: Of this log.
            provider: Whose signature it should be.
            scheme: Recipe to use; None: the one that fits.
            secrets: Instead of those of its source.
            url: Instead of the public URL of its source.
            params: Over the values of its source.
            held_against_others: Whether a mismatch is compared with other deliveries of the source, which reads them.
        """
        asked = self._asked(delivery, provider, secrets, url, params)
        result = verify(
            delivery.request,
            provider,
            asked.secrets,
            at_ns=delivery.received_ns,
            now_ns=self._clock.wall_ns(),
            scheme=scheme,
            url=asked.url,
            params=asked.params,
            spare=self._sources.spare_secrets(delivery, asked.secrets),
        )
        if not held_against_others or provider is None or not can_be_compared(result):
            return result
        return self._references(delivery, provider).compare(asked, result)

    def _asked(
        self,
        delivery: Delivery,
        provider: Provider | None,
        secrets: Sequence[Secret] | None = None,
        url: str | None = None,
        params: Mapping[str, str] | None = None,
    ) -> Asked:
        return Asked(
            f"#{delivery.id}",
            delivery.request,
            provider or Provider("", ""),
            self._sources.secrets_for(delivery, provider) if secrets is None else secrets,
            url or self._sources.url_for(delivery),
            {**self._sources.params_for(delivery), **(params or {})},
        )

    def _references(self, delivery: Delivery, provider: Provider) -> References:
        """What verifies among the newest deliveries of the source that did so when they arrived."""
        references = References()
        found = [number for number in self._log.valid_of_source(delivery.source, _OTHERS) if number != delivery.id]
        for record in self._log.records(found):
            other = record.delivery
            asked = self._asked(other, provider)
            result = verify(
                other.request, provider, asked.secrets, at_ns=other.received_ns, url=asked.url, params=asked.params
            )
            references.add(replace(asked, label=f"#{other.id}"), result)
        return references

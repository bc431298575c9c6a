"""Signing captured requests again, and saying beforehand where that cannot be done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from webhook_inspector.core.clock import Clock
from webhook_inspector.core.delivery import Delivery, Record
from webhook_inspector.core.request import Request
from webhook_inspector.core.secret import Secret
from webhook_inspector.core.units import plural
from webhook_inspector.engine.sources import Sources, sample_secret
from webhook_inspector.engine.test_keys import private_key
from webhook_inspector.errors import UsageError
from webhook_inspector.providers.model import Provider, Recipe
from webhook_inspector.signing import can_sign, sign
from webhook_inspector.signing.choosing import ranked
from webhook_inspector.signing.tampering import tampered_body, tampered_signature, without_signature
from webhook_inspector.signing.testkeys import family

CAPTURED = "captured"
SIGN_CHOICES = ("now", "keep", "stale", CAPTURED)
"""How a signature is made: with the present time, the captured one, one that is too old; or not made at all."""
_TIMES = {"now": "the present time", "keep": "the captured time", "stale": "a time that is too old"}
_TAMPERED: Mapping[str, Callable[[Request, Provider], Request]] = {
    "tampered-body": lambda request, _provider: tampered_body(request),
    "tampered-signature": tampered_signature,
    "no-signature": without_signature,
}
_NOTES = {
    "tampered-body": "one character of the body was changed after signing",
    "tampered-signature": "one character of the signature was changed",
    "no-signature": "the signature was taken away",
}
_MOST_LOOKED_AT = 1000
"""Deliveries that `outlook` tries; more would make a large replay wait."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A request, signed again or not."""

    request: Request
    note: str = ""
    """What was done, or why nothing was; empty when there is nothing to say. Safe to show."""
    kept_because: str | None = None
    """Why the captured signature stays; None when it was made again or there is none to make."""


class Signer:
    """Makes new signatures for deliveries.

    Args:
        providers: All known providers.
        sources: Their secrets, public URLs and values.
        clock: The present.
    """

    def __init__(self, providers: Mapping[str, Provider], sources: Sources, clock: Clock) -> None:
        self._providers = providers
        self._sources = sources
        self._clock = clock

    def signed(
        self,
        record: Record,
        how: str,
        *,
        url: str | None,
        test_key: bool = False,
        request: Request | None = None,
    ) -> Signed:
        """The request of a delivery with a new signature, or as it is where none can be made.

        Args:
            record: The delivery.
            how: One of `SIGN_CHOICES`.
            url: The address that it goes to, for schemes that sign it; a source's `public_url` goes before it.
            test_key: Whether a key pair of the user's own stands in for a provider's private key.
            request: What stands in for the captured request; None: nothing does.
        """
        delivery = record.delivery
        request = delivery.request if request is None else request
        provider = self._provider(record)
        if how == CAPTURED or provider is None:
            return Signed(request)
        reason = "no secret is known for it" if can_sign(provider) else f"only {provider.title} has the private key"
        for secret in self._secrets(record, provider, test_key=test_key):
            try:
                made = sign(
                    request,
                    provider,
                    secret,
                    now_ns=self._clock.wall_ns(),
                    url=self._sources.url_for(delivery) or url,
                    params=self._sources.params_for(delivery),
                    time=how,
                )
            except UsageError as error:
                reason = error.message.rstrip(".")
                continue
            return Signed(made, f"signed again with {secret.label} and {_TIMES[how]}")
        return Signed(request, f"sent with the captured signature: {reason}", reason)

    def for_tests(self, record: Record) -> tuple[Request, str | None]:
        """A request signed with the provider's published test secret as at its arrival, and that secret.

        As it is, and None, where no shared secret signs.
        """
        provider = self._provider(record)
        if provider is None or not can_sign(provider):
            return record.delivery.request, None
        secret = sample_secret(provider)
        try:
            made = sign(
                record.delivery.request,
                provider,
                secret,
                now_ns=record.delivery.received_ns,
                url=self._sources.url_for(record.delivery),
                params=self._sources.params_for(record.delivery),
                time="now",
            )
        except UsageError:
            return record.delivery.request, None
        return made, secret.value

    def tampered(self, record: Record, signed: Signed, act: str) -> Signed:
        """A signed request changed afterwards, so that a handler must refuse it; as it is for any other act."""
        provider = self._provider(record)
        if provider is None or act not in _TAMPERED:
            return signed
        return replace(signed, request=_TAMPERED[act](signed.request, provider), note=_NOTES[act])

    def outlook(self, records: Sequence[Record], how: str, *, url: str, test_key: bool = False) -> list[str]:
        """What should be known before anything is sent: one sentence for each thing that is not signed as asked."""
        kept: Counter[tuple[str, str]] = Counter()
        timeless: dict[str, None] = {}
        own: dict[str, None] = {}
        for record in records[:_MOST_LOOKED_AT]:
            provider = self._provider(record)
            if provider is None or how == CAPTURED:
                continue
            result = self.signed(record, how, url=url, test_key=test_key)
            recipe = _recipe(provider, record.delivery)
            if result.kept_because is not None:
                hint = "; a test key of your own can stand in" if recipe.uses_public_key and not test_key else ""
                kept[provider.title, f"{result.kept_because}{hint}."] += 1
            elif how == "stale" and recipe.timestamp is None and recipe.code is None:
                timeless[f"{provider.title} signs no time, so its signature cannot be made stale."] = None
            elif recipe.uses_public_key:
                own[provider.name] = None
        sentences = [
            f"{plural(count, 'delivery', 'deliveries')} of {title} {'keeps' if count == 1 else 'keep'} the captured"
            f" signature: {reason}"
            for (title, reason), count in kept.items()
        ]
        sentences += timeless
        sentences += [
            f"{name} is signed with your test key: put the public half, which `webhook-inspector providers test-key"
            f" {name}` prints, into your handler."
            for name in own
        ]
        return sentences

    def _provider(self, record: Record) -> Provider | None:
        provider = self._providers.get(record.facts.provider or "")
        return provider if provider is not None and provider.recipes else None

    def _secrets(self, record: Record, provider: Provider, *, test_key: bool) -> list[Secret]:
        """What to try, in order: the secret that the delivery verified with comes first."""
        secrets = list(self._sources.secrets_for(record.delivery, provider))
        right = record.facts.verification.secret_label
        secrets.sort(key=lambda secret: secret.label != right)
        recipe = _recipe(provider, record.delivery)
        if test_key and recipe.uses_public_key:
            kind = family(recipe)
            secrets.insert(0, Secret(private_key(kind), f"your {kind} test key"))
        return secrets


def _recipe(provider: Provider, delivery: Delivery) -> Recipe:
    return ranked(provider, delivery.request, [])[0]

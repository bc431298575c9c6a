"""Signed samples: requests of our own making that look like a provider's."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace

from webhook_inspector.core.request import Request
from webhook_inspector.core.secret import Secret
from webhook_inspector.engine.sources import SAMPLE_HEADER, sample_secret
from webhook_inspector.engine.test_keys import private_key
from webhook_inspector.providers.model import Provider
from webhook_inspector.samples import sample
from webhook_inspector.signing import can_sign, sign
from webhook_inspector.signing.resigning import obstacle
from webhook_inspector.signing.testkeys import family


def make_sample(
    provider: Provider,
    event: str | None,
    *,
    secret: Secret | None,
    now_ns: int,
    overrides: Mapping[str, str],
    url: str,
) -> Request:
    """See `Inspector.sample`."""
    request = sample(provider.name, event, now_ns=now_ns, rng=random.SystemRandom(), overrides=overrides)
    return sign_sample(request, provider, secret, now_ns=now_ns, url=url)


def sign_sample(request: Request, provider: Provider, secret: Secret | None, *, now_ns: int, url: str) -> Request:
    """A sample with a signature. Without a secret the published sample secret signs, and a header says so.

    For a provider that signs with a private key, a private key that is the secret signs, else the user's own test key.

    Args:
        request: The sample.
        provider: Whose it is.
        secret: Signs it.
        now_ns: The present.
        url: The address that the receiver knows, for schemes that sign it.

    Raises:
        UsageError: The secret does not fit, or there is no test key and none can be kept.
    """
    if any(recipe.needs_url for recipe in provider.recipes):
        # As a proxy does: a receiver that is called over HTTP may still take HTTPS for granted.
        scheme = url.partition("://")[0]
        request = replace(request, headers=request.headers.replaced("X-Forwarded-Proto", scheme))
    if can_sign(provider):
        if secret is None:
            secret = sample_secret(provider)
            request = _marked(request, provider)
        return sign(request, provider, secret, now_ns=now_ns, url=url)
    if secret is not None and is_private_key(secret):
        return sign(request, provider, secret, now_ns=now_ns, url=url)
    kind = test_key_kind(provider)
    if kind is None:
        return request
    key = Secret(private_key(kind), f"your {kind} test key")
    return sign(_marked(request, provider), provider, key, now_ns=now_ns, url=url)


def is_private_key(secret: Secret) -> bool:
    """Whether a secret is a private key as PEM."""
    return "PRIVATE KEY-----" in secret.value


def test_key_kind(provider: Provider) -> str | None:
    """The kind of test key that signs samples of a provider with a private key; None: it shares a secret, or cannot."""
    if can_sign(provider):
        return None
    able = (one for one in provider.recipes if one.uses_public_key and obstacle(one, private_key=True) is None)
    return next((family(recipe) for recipe in able), None)


def _marked(request: Request, provider: Provider) -> Request:
    return replace(request, headers=request.headers.replaced(SAMPLE_HEADER, provider.name))

"""Signed samples: requests of our own making that look like a provider's."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace

from webhook_inspector.core.request import Request
from webhook_inspector.core.secret import Secret
from webhook_inspector.engine.sources import SAMPLE_HEADER, sample_secret
from webhook_inspector.providers.model import Provider
from webhook_inspector.samples import sample
from webhook_inspector.signing import can_sign, sign


def make_sample(
    provider: Provider,
    event: str | None,
    *,
    secret: Secret | None,
    now_ns: int,
    overrides: Mapping[str, str],
    url: str,
) -> Request:
    """See `Inspector.sample`. Without a secret the published sample secret signs, and a header says so."""
    request = sample(provider.name, event, now_ns=now_ns, rng=random.SystemRandom(), overrides=overrides)
    if secret is None:
        secret = sample_secret(provider)
        request = replace(request, headers=request.headers.replaced(SAMPLE_HEADER, provider.name))
    return sign(request, provider, secret, now_ns=now_ns, url=url) if can_sign(provider) else request

"""Endpoint checks of providers: one file each, named as in the `handshake` key of provider files, with `_` for `-`."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from functools import cache
from typing import cast

from webhook_inspector.core.registry import discover
from webhook_inspector.signing.handshakes.api import Ask, Handshake, HandshakeAnswer, looked_through

__all__ = ["Ask", "Handshake", "HandshakeAnswer", "handshakes", "looked_through", "unmistakable"]


@cache
def handshakes() -> Mapping[str, Handshake]:
    """Every responder by its name in provider files and configurations."""
    found = discover(sys.modules[__name__], "HANDSHAKE")
    return {name.replace("_", "-"): cast("Handshake", one) for name, one in found.items()}


@cache
def unmistakable() -> Sequence[tuple[str, bytes]]:
    """Names of responders that need no provider, and what `looked_through` gives of each of their requests."""
    return [(name, one.unmistakable) for name, one in handshakes().items() if one.unmistakable]

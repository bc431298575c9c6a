"""What is known of a request before it is looked into."""

from __future__ import annotations

from typing import NamedTuple


class Label(NamedTuple):
    """Whose request it is."""

    source: str = "default"
    """Name of the configured source; `default` is the catch-all."""
    provider_hint: str | None = None
    """Provider of that source; None: detect."""
    origin: str = "captured"
    """`sample` when this program sent it to itself."""

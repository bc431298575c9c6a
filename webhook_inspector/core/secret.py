"""Secrets that do not show themselves."""

from __future__ import annotations

from dataclasses import dataclass, field

MAX_SECRET_BYTES = 64 * 1024
"""More than any certificate chain or key; what is longer is some other file."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A resolved signing secret. Its value never appears in repr, logs, screens or exports."""

    value: str = field(repr=False)
    label: str = "secret"
    """Where it came from, for example `env:STRIPE_WEBHOOK_SECRET`. Safe to show."""

    def masked(self) -> str:
        """`…9f2c`: the last four characters of a long secret, nothing of a short one."""
        return f"…{self.value[-4:]}" if len(self.value) >= 16 else "…"

    def __str__(self) -> str:
        return f"{self.label} ({self.masked()})"

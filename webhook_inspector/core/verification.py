"""The result of checking one signature."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class VerificationStatus(StrEnum):
    """What came out. Only `VALID` means that the sender knew the secret and the time is right."""

    VALID = "valid"
    INVALID = "invalid"
    """The signature does not match."""
    STALE = "stale"
    """It matches, but its time is outside the window."""
    MISSING = "missing"
    """The signature header (or the timestamp it needs) is not there."""
    MALFORMED = "malformed"
    """It is there but cannot be read."""
    NO_SECRET = "no_secret"  # noqa: S105 (a status, not a secret)
    """No secret is configured for this source."""
    UNSUPPORTED = "unsupported"
    """The scheme is known but cannot be checked here."""
    UNSIGNED = "unsigned"
    """The provider signs nothing, or no provider was recognised."""


@dataclass(frozen=True, slots=True)
class Verification:
    """The verification of one delivery. Never an exception: malformed input is a result too."""

    status: VerificationStatus
    provider: str | None = None
    scheme: str | None = None
    """Name of the recipe, for example `stripe-v1`."""
    reason: str = "ok"
    """Stable code: `ok`, `wrong_secret`, `header_missing`, `stale_timestamp`, ..."""
    explanation: str = ""
    """One plain sentence. Text from the delivery in it is not yet safe to show."""
    matches_if: tuple[str, ...] = ()
    """Changes that would make it match, in plain words."""
    covers_body: bool | None = None
    """Whether the signed content includes the whole body; None when unknown."""
    skew_seconds: float | None = None
    """Arrival time minus the signed time."""
    valid_now: bool | None = None
    """What the same request would give now; None when it does not depend on time or is not known."""
    signed_content: bytes | None = None
    """The bytes that are signed, as this program builds them."""
    expected: str | None = None
    """The signature this program computed. Shown on the user's own screen only; never logged."""
    received: tuple[str, ...] = ()
    """The signatures found in the request."""
    matching_content: bytes | None = None
    """The signed content that a signature of the request does match, where the search found it."""
    advice: tuple[str, ...] = ()
    """Where such a mismatch usually comes from and what to do; general knowledge, not proved for this request."""
    secret_label: str | None = None
    """Masked name of the secret that matched."""

    @property
    def valid(self) -> bool:
        """Whether the delivery is authentic and fresh."""
        return self.status is VerificationStatus.VALID

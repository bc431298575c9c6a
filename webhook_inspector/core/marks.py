"""One glyph and one role for each status, the same on every screen and in every list. Never colour alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from webhook_inspector.core.delivery import State
from webhook_inspector.core.verification import VerificationStatus

Role = Literal["ok", "bad", "warn", "dim", ""]
"""What a colour may add to a glyph."""

SIGNATURE_MARKS: Mapping[VerificationStatus, tuple[str, Role]] = {
    VerificationStatus.VALID: ("✓", "ok"),
    VerificationStatus.INVALID: ("✗", "bad"),
    VerificationStatus.STALE: ("!", "warn"),
    VerificationStatus.MISSING: ("✗", "bad"),
    VerificationStatus.MALFORMED: ("✗", "bad"),
    VerificationStatus.NO_SECRET: ("–", "dim"),
    VerificationStatus.UNSUPPORTED: ("?", "warn"),
    VerificationStatus.UNSIGNED: ("·", "dim"),
}
STATE_MARKS: Mapping[State, tuple[str, Role]] = {
    State.RECEIVED: ("○", ""),
    State.PROCESSED: ("●", "ok"),
    State.FAILED: ("✗", "bad"),
    State.QUARANTINED: ("!", "warn"),
}

"""The one place where a signature is compared, in constant time."""

from __future__ import annotations

import hmac


def same(wanted: bytes, given: bytes) -> bool:
    """Whether two signatures are equal; the time taken does not depend on where they differ."""
    return hmac.compare_digest(wanted, given)

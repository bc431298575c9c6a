"""Where the content that was signed and the content that arrived differ, as bytes to look at."""

from __future__ import annotations

from dataclasses import dataclass

from webhook_inspector.core.verification import Verification

CONTEXT = 16
"""Bytes shown before and after a difference."""
SHOWN = 24
"""Bytes of a difference that are shown."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The first place where two contents differ, with what stands around it."""

    at: int
    """Offset in the signed content, bytes."""
    before: bytes
    """What both have before it; at most `CONTEXT` bytes."""
    signed: bytes
    """What was signed there; empty when something was added since. At most `SHOWN` bytes."""
    here: bytes
    """What arrived there; empty when something was lost. At most `SHOWN` bytes."""
    after: bytes
    """What both have after it; empty when the place was cut to be shown."""
    signed_bytes: int
    """Length of the whole content that was signed."""
    here_bytes: int
    """Length of the content as it arrived."""
    more: bool
    """Whether there is more that differs than is shown."""


def difference(verification: Verification) -> Difference | None:
    """Where the content that matches differs from the one that arrived; None when no other content matches."""
    here, signed = verification.signed_content, verification.matching_content
    if here is None or signed is None or here == signed:
        return None
    start = _common(here, signed)
    longest = min(len(here), len(signed)) - start
    end = min(longest, _common(here[::-1], signed[::-1]))
    cut_here, cut_signed = here[start : len(here) - end], signed[start : len(signed) - end]
    more = max(len(cut_here), len(cut_signed)) > SHOWN
    return Difference(
        at=start,
        before=here[max(0, start - CONTEXT) : start],
        signed=cut_signed[:SHOWN],
        here=cut_here[:SHOWN],
        after=b"" if more else here[len(here) - end :][:CONTEXT],
        signed_bytes=len(signed),
        here_bytes=len(here),
        more=more,
    )


def _common(a: bytes, b: bytes) -> int:
    """How many bytes are equal at the start, by halving: contents may have megabytes."""
    low, high = 0, min(len(a), len(b))
    while low < high:
        middle = (low + high + 1) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low

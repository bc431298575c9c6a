"""What `doctor` has to say about one thing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    status: str
    """`ok`, `note` (good to know) or `wrong`."""
    detail: str
    """What is there and, unless it is well, what to do."""

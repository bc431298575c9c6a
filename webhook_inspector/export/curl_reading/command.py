"""What both shells' readers give: the words of one command, or why it is not understood."""

from __future__ import annotations

from dataclasses import dataclass, field

MAX_WORDS = 20_000
"""Words of one command."""


@dataclass(slots=True)
class Command:
    """One command line."""

    line: int
    """Where it begins, from 1."""
    words: list[bytes] = field(default_factory=list)
    stdin: bytes | None = None
    """What our own script writes into it."""
    problem: str | None = None
    """Why it cannot be taken; safe to show."""

    def refuse(self, reason: str) -> None:
        """Keep the first reason."""
        if self.problem is None:
            self.problem = reason

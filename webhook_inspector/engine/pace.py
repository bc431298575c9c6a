"""How work in the background makes way for deliveries that keep coming."""

from __future__ import annotations

from webhook_inspector.core.clock import NS_PER_S, Clock


class Pace:
    """Says how long to rest between steps. For one thread.

    Args:
        clock: For how long a step took.
        share: When something came during a step, it rests so many times as long as the step took.
    """

    def __init__(self, clock: Clock, share: float) -> None:
        self._clock = clock
        self._share = share
        self._begun = (0, 0)

    def begin(self, seen: int) -> None:
        """A step begins; so many deliveries were ever seen."""
        self._begun = seen, self._clock.monotonic_ns()

    def rest_s(self, seen: int) -> float:
        """How long to rest after the step, in seconds; 0 when nothing came meanwhile."""
        before, begun_ns = self._begun
        return 0.0 if seen == before else self._share * (self._clock.monotonic_ns() - begun_ns) / NS_PER_S

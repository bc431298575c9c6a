"""The choices of a replay, as the command line and the replay screen give them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from webhook_inspector.core.request import Request
from webhook_inspector.replay.faults.api import Fault, kinds, parse_fault


@dataclass(frozen=True, slots=True)
class ReplayOptions:
    """What to do with captured deliveries. Specs are in the words of the command line."""

    times: int = 1
    """Copies of each delivery."""
    concurrent: bool = False
    """Copies at the same instant instead of one after the other."""
    duplicate: str | None = None
    """Probability that a delivery is sent again, for example `0.3`."""
    delay: str | None = None
    jitter: str | None = None
    reorder: str | None = None
    drop: str | None = None
    """Probability that a send is left out."""
    lose: str | None = None
    """Probability that an answer is lost, so that the delivery comes again."""
    cut: str | None = None
    """Probability that a body breaks off in the middle, so that the delivery comes again."""
    reset: str | None = None
    """Probability that a connection is reset in the middle, so that the delivery comes again."""
    drip: str | None = None
    """Probability that a body arrives a little at a time."""
    burst: str | None = None
    """How many sends are held back to leave together."""
    tamper: str | None = None
    """Kinds of copies that must be refused, for example `body,signature`."""
    speed: float | None = 1.0
    """2 is twice as fast as captured; None: as soon as possible."""
    rate: float | None = None
    """At most so many sends a second."""
    concurrency: int = 1
    """At most so many requests in flight; with 1 the target sees the order of the plan."""
    seed: int | None = None
    """None: a new one is drawn and told."""

    def faults(self) -> list[Fault]:
        """The faults that these choices ask for.

        Raises:
            UsageError: A spec cannot be read.
        """
        specs = {name: getattr(self, name) for name in kinds()}
        if self.concurrent:
            copies = f"times={self.times}:concurrent"
            specs["duplicate"] = f"{self.duplicate}:{copies}" if self.duplicate else copies
        return [parse_fault(name, spec) for name, spec in specs.items() if spec is not None]


@dataclass(frozen=True, slots=True)
class SendOptions:
    """How a plan's attempts are sent."""

    allow_remote: bool = False
    sign: str = "now"
    """One of `engine.signer.SIGN_CHOICES`: with which time it is signed again, or `captured`."""
    test_key: bool = False
    """Whether a key pair of the user's own stands in for a provider's private key."""
    set_headers: tuple[tuple[str, str], ...] = ()
    expect: str = "2xx"
    timeout_s: float = 30.0
    edited: Mapping[int, Request] = field(default_factory=dict)
    """Requests that were changed by hand, by delivery; what was captured stays as it is."""
    retry_policy: str | None = None
    """Provider that failures are sent again like; None: nothing is sent again."""

"""Deliveries, the events they carry, and the facts derived from them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum

from webhook_inspector.core.request import Request
from webhook_inspector.core.verification import Verification, VerificationStatus


class State(StrEnum):
    """Where a delivery stands."""

    RECEIVED = "received"
    """Kept, not sent on."""
    PROCESSED = "processed"
    """The latest attempt was answered 2xx."""
    FAILED = "failed"
    """The latest attempt was not answered 2xx."""
    QUARANTINED = "quarantined"
    """It does not fit its pinned schema."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One inbound HTTP request as captured. Immutable."""

    request: Request
    received_ns: int
    """Nanoseconds since the epoch, UTC, when the request was complete."""
    source: str = "default"
    """Name of the configured source whose path prefix matched; `default` is the catch-all."""
    remote: str = ""
    """`127.0.0.1:53212`; empty when imported."""
    origin: str = "captured"
    """`captured`, `imported` or `sample` (sent by this program to itself)."""
    provider_hint: str | None = None
    """Provider named by the source's configuration or by an import; None: detect."""
    refused: str | None = None
    """Why the request was not accepted, one plain sentence; None when it was. A refused delivery's body
    holds the bytes that were received (the whole request where it could not be parsed)."""
    response_status: int | None = 200
    """What the sender was answered; None when nothing could be answered."""
    forward_to: str | None = None
    """Target that it is to be sent on to, kept with it until that is done; only set on the way into the log."""
    id: int = 0
    """Number in the log, in order of arrival, from 1; 0 before it is stored."""

    @property
    def body_sha256(self) -> str:
        """SHA-256 of the body, lower hex."""
        return hashlib.sha256(self.request.body).hexdigest()


@dataclass(frozen=True, slots=True)
class Event:
    """What happened at the provider, as far as the delivery says."""

    type: str | None = None
    """For example `invoice.paid`."""
    id: str | None = None
    """The provider's id: the same on a retry."""
    time_ns: int | None = None
    """When it happened, nanoseconds since the epoch, UTC."""
    attempt: int | None = None
    """Which try this is, from 1, when the provider says so."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What was derived from a delivery behind its acknowledgement. Can be rebuilt from the log."""

    provider: str | None = None
    event: Event = field(default_factory=Event)
    verification: Verification = field(default_factory=lambda: Verification(VerificationStatus.UNSIGNED))
    duplicate_of: int | None = None
    """Number of the first delivery with the same source and event id, when there is an earlier one."""
    retry_of: int | None = None
    """As `duplicate_of`, when the provider marked it as a further try or its earlier try was refused or failed."""
    late: bool = False
    """An event of the same source and object family that happened later arrived before it."""
    shape: str | None = None
    """Digest of the payload's structure; None when the body has none."""
    drift: bool = False
    """The shape differs from that of the previous delivery of the same source and event type."""
    state: State = State.RECEIVED
    attempts: int = 0
    last_status: int | None = None
    """Status of the latest attempt's answer."""
    last_outcome: str | None = None
    """`core.attempt.Outcome` of the latest attempt."""
    note: str | None = None
    """What somebody wrote on it."""
    pinned: bool = False
    """It is kept when others are deleted by age, count or size."""


@dataclass(frozen=True, slots=True)
class Record:
    """A delivery with its facts: what `show` prints and the detail view shows."""

    delivery: Delivery
    facts: Facts


@dataclass(frozen=True, slots=True)
class Summary:
    """One row of the list: a record without headers and body."""

    id: int
    received_ns: int
    source: str
    provider: str | None
    method: str
    target: str
    """As text, not yet safe to show."""
    event_type: str | None
    event_id: str | None
    sig: VerificationStatus
    state: State
    last_status: int | None
    last_outcome: str | None
    attempts: int
    duplicate_of: int | None
    retry_of: int | None
    late: bool
    drift: bool
    body_size: int
    refused: str | None
    note: str | None = None
    pinned: bool = False

"""Deliveries and facts as rows and back."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from webhook_inspector.core.delivery import Delivery, Event, Facts, State, Summary
from webhook_inspector.core.request import Request
from webhook_inspector.core.verification import Verification, VerificationStatus
from webhook_inspector.store.packing import unpack_body
from webhook_inspector.store.values import (
    clamp_int,
    pack_headers,
    pack_optional,
    pack_text,
    unpack_headers,
    unpack_optional,
    unpack_text,
)

DELIVERY_COLUMNS = (
    "id, received_ns, source, remote, origin, provider_hint, refused, response_status, method, target, "
    "http_version, body_size, body_sha256, has_nul, header_cuts, headers, body"
)
CAPTURE_COLUMNS = "id, received_ns, source, method, path, body_size, refused"
"""The columns of `facts` that are known at capture."""
FACT_COLUMNS = (
    "provider, event_type, event_id, event_time_ns, event_attempt, duplicate_of, retry_of, late, drift, shape, "
    "state, attempts, last_status, last_outcome"
)
SUMMARY_COLUMNS = (
    "f.id, f.received_ns, f.source, f.provider, f.method, d.target, f.event_type, f.event_id, f.sig, f.state, "
    "f.last_status, f.last_outcome, f.attempts, f.duplicate_of, f.retry_of, f.late, f.drift, f.body_size, d.refused, "
    "a.note, a.pinned"
)


def delivery_row(delivery: Delivery, row_id: int) -> tuple[Any, ...]:
    """The values of `DELIVERY_COLUMNS` but the last, the body."""
    request = delivery.request
    headers, cuts = pack_headers(request.headers)
    return (
        row_id,
        delivery.received_ns,
        pack_text(delivery.source),
        pack_text(delivery.remote),
        pack_text(delivery.origin),
        pack_optional(delivery.provider_hint),
        pack_optional(delivery.refused),
        delivery.response_status,
        pack_text(request.method),
        request.target,
        pack_text(request.http_version),
        len(request.body),
        hashlib.sha256(request.body).digest(),
        b"\0" in request.body or b"\0" in headers or b"\0" in request.target or "\0" in request.method,
        cuts,
        headers,
    )


def capture_row(delivery: Delivery, row_id: int) -> tuple[Any, ...]:
    """The values of `CAPTURE_COLUMNS`."""
    request = delivery.request
    return (
        row_id,
        delivery.received_ns,
        pack_text(delivery.source),
        pack_text(request.method),
        pack_text(request.path),
        len(request.body),
        delivery.refused is not None,
    )


def read_delivery(row: tuple[Any, ...]) -> Delivery:
    """The delivery of a row of `DELIVERY_COLUMNS`."""
    return Delivery(
        request=Request(
            method=unpack_text(row[8]),
            target=bytes(row[9]),
            headers=unpack_headers(row[15], row[14]),
            body=unpack_body(bytes(row[16]), row[11]),
            http_version=unpack_text(row[10]),
        ),
        received_ns=row[1],
        source=unpack_text(row[2]),
        remote=unpack_text(row[3]),
        origin=unpack_text(row[4]),
        provider_hint=unpack_optional(row[5]),
        refused=unpack_optional(row[6]),
        response_status=row[7],
        id=row[0],
    )


def sig_value(verification: Verification) -> str | None:
    """Column `sig`: the status; NULL for `unsigned`, which is also what a delivery not yet analysed has."""
    return None if verification.status is VerificationStatus.UNSIGNED else verification.status.value


def pack_verification(verification: Verification) -> str:
    """A verification as ASCII JSON.

    Not kept: the signed content and the expected signature. They can be computed again from the delivery, and where
    the signature is a shared token the expected one is the secret itself.
    """
    return json.dumps(
        {
            "status": verification.status.value,
            "provider": verification.provider,
            "scheme": verification.scheme,
            "reason": verification.reason,
            "explanation": verification.explanation,
            "matches_if": list(verification.matches_if),
            "covers_body": verification.covers_body,
            "skew_seconds": verification.skew_seconds,
            "valid_now": verification.valid_now,
            "received": list(verification.received),
            "secret_label": verification.secret_label,
        },
        separators=(",", ":"),
    )


def read_verification(detail: str | None) -> Verification:
    """The verification of column `detail`; unsigned when there is none yet."""
    if detail is None:
        return Verification(VerificationStatus.UNSIGNED)
    fields = json.loads(detail)
    return Verification(
        **{
            **fields,
            "status": VerificationStatus(fields["status"]),
            "matches_if": tuple(fields["matches_if"]),
            "received": tuple(fields["received"]),
        }
    )


def analysis_row(facts: Facts, object_key: str | None) -> tuple[Any, ...]:
    """What `save_facts` writes: all that is derived from the delivery itself, not from its attempts."""
    event = facts.event
    return (
        pack_optional(facts.provider),
        pack_optional(event.type),
        pack_optional(event.id),
        clamp_int(event.time_ns),
        clamp_int(event.attempt),
        sig_value(facts.verification),
        facts.duplicate_of,
        facts.retry_of,
        facts.late,
        facts.drift,
        pack_optional(facts.shape),
        pack_optional(object_key),
        None if facts.state is State.RECEIVED else facts.state.value,
    )


def read_facts(row: tuple[Any, ...], detail: str | None, note: Any = None, pinned: int | None = None) -> Facts:
    """The facts of a row of `FACT_COLUMNS`, of `detail` of `verifications`, and of `annotations`."""
    return Facts(
        provider=unpack_optional(row[0]),
        event=Event(unpack_optional(row[1]), unpack_optional(row[2]), row[3], row[4]),
        verification=read_verification(detail),
        duplicate_of=row[5],
        retry_of=row[6],
        late=bool(row[7]),
        drift=bool(row[8]),
        shape=unpack_optional(row[9]),
        state=State(row[10]),
        attempts=row[11],
        last_status=row[12],
        last_outcome=row[13],
        note=unpack_optional(note),
        pinned=bool(pinned),
    )


def read_summary(row: tuple[Any, ...]) -> Summary:
    """The summary of a row of `SUMMARY_COLUMNS`."""
    return Summary(
        id=row[0],
        received_ns=row[1],
        source=unpack_text(row[2]),
        provider=unpack_optional(row[3]),
        method=unpack_text(row[4]),
        target=Request("", bytes(row[5])).target_text,
        event_type=unpack_optional(row[6]),
        event_id=unpack_optional(row[7]),
        sig=VerificationStatus.UNSIGNED if row[8] is None else VerificationStatus(row[8]),
        state=State(row[9]),
        last_status=row[10],
        last_outcome=row[11],
        attempts=row[12],
        duplicate_of=row[13],
        retry_of=row[14],
        late=bool(row[15]),
        drift=bool(row[16]),
        body_size=row[17],
        refused=unpack_optional(row[18]),
        note=unpack_optional(row[19]),
        pinned=bool(row[20]),
    )

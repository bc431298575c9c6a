"""Arbitrary deliveries, facts and filters."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.support.factories import T0_NS
from webhook_inspector.core.delivery import Delivery, Event, Facts
from webhook_inspector.core.headers import Headers
from webhook_inspector.core.request import Request
from webhook_inspector.core.verification import Verification, VerificationStatus

any_text = st.text(max_size=20) | st.text(st.characters(), max_size=20)
"""Lone surrogates and NULs are among it."""
any_bytes = st.binary(max_size=40)
any_time = st.integers(-(2**63), 2**63 - 1)

headers = st.lists(
    st.tuples(
        any_bytes | st.sampled_from([b"X-A", b"x-a: ", b"a\r\nb"]), any_bytes | st.sampled_from([b"\r\n", b": "])
    ),
    max_size=6,
).map(lambda pairs: Headers(tuple(pairs)))

deliveries = st.builds(
    Delivery,
    request=st.builds(
        Request, method=any_text, target=any_bytes, headers=headers, body=st.binary(max_size=200), http_version=any_text
    ),
    received_ns=any_time,
    source=any_text,
    remote=any_text,
    origin=any_text,
    provider_hint=st.none() | any_text,
    refused=st.none() | any_text,
    response_status=st.none() | st.integers(0, 999),
)

events = st.builds(
    Event, st.none() | any_text, st.none() | any_text, st.none() | any_time, st.none() | st.integers(-9, 9)
)
verifications = st.builds(
    Verification,
    st.sampled_from(VerificationStatus),
    provider=st.none() | any_text,
    scheme=st.none() | any_text,
    reason=any_text,
    explanation=any_text,
    matches_if=st.lists(any_text, max_size=2).map(tuple),
    covers_body=st.none() | st.booleans(),
    skew_seconds=st.none() | st.floats(allow_nan=False),
    valid_now=st.none() | st.booleans(),
    received=st.lists(any_text, max_size=2).map(tuple),
    secret_label=st.none() | any_text,
)
facts = st.builds(
    Facts,
    provider=st.none() | any_text,
    event=events,
    verification=verifications,
    duplicate_of=st.none() | st.integers(1, 99),
    retry_of=st.none() | st.integers(1, 99),
    late=st.booleans(),
    shape=st.none() | any_text,
    drift=st.booleans(),
)

# For filters: few values, so that they meet.

BITS = [
    "a",
    "A",
    "b",
    "ab",
    "aB*",
    "*",
    "a\0b",
    "é",
    "\ud800",
    "x y",
    "",
    "1",
    "1.0",
    "100",
    "inf",
    "true",
    "in_1",
    "Up-Z",
]
few = st.sampled_from([bit for bit in BITS if "*" not in bit])
BODIES = [
    b"",
    b"plain Ab text",
    b"\x00a\xff",
    b'{"a":"b","n":1}',
    b'{"a":{"b":["in_1",{"c":1.0}]},"n":"100"}',
    b'{"\\u0061":"\\u0062","n":1e2}',
    b'{"a":[true,null,1E400]}',
    '{"a":"Up-Z"}'.encode("utf-16"),
    b'{"a":"{\\"b\\":\\"x y\\"}"}',
    b"a=b&n=100&%61=Up%2DZ",
    b'{"a":1e22,"n":-5}',
    b'[{"a":"A"},{"a":"ab"}]',
    b'{"a":["ab"]}',
]
_bodies = st.sampled_from(BODIES)
met_deliveries = st.builds(
    Delivery,
    request=st.builds(
        Request,
        method=st.sampled_from(["POST", "get", "a\0b", "\ud800"]),
        target=st.sampled_from([b"/a", b"/A/b?ab", b"/\xff", b"http://x/ab#f", b"", b"/a\0b"]),
        headers=st.sampled_from(
            [
                Headers(),
                Headers(((b"X-A", b"Ab"), (b"x-a", b"b"))),
                Headers(((b"x-a: b", b""),)),
                Headers(((b"y", b"a\r\nx-a: ab"),)),
                Headers(((b"X-A", b"\xc3\xa9\x00"),)),
            ]
        ),
        body=_bodies,
    ),
    received_ns=st.integers(T0_NS - 5, T0_NS + 5),
    source=few,
    refused=st.none() | st.just("no"),
)
met_facts = st.builds(
    Facts,
    provider=st.none() | few,
    event=st.builds(Event, st.none() | few, st.none() | few),
    verification=st.sampled_from(VerificationStatus).map(Verification),
    duplicate_of=st.none() | st.just(1),
    retry_of=st.none() | st.just(1),
    late=st.booleans(),
    drift=st.booleans(),
    note=st.none() | few,
    pinned=st.booleans(),
)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


_value = st.lists(few.map(_quoted) | st.just("*"), min_size=1, max_size=3).map("".join)
_number = st.sampled_from(["1", ">0", "<=10", "100", "5xx", "200..404", ">=500"])
_term = st.one_of(
    _value,
    _value.map(lambda value: f"xX{value}"[2:]),
    st.tuples(st.sampled_from(["provider", "source", "type", "id", "method", "path", "note"]), _value).map(":".join),
    st.tuples(
        st.sampled_from(["header.x-a", "header.y", "body.a", "body.n", "body.a.b", "body.*", "body.a.b.c"]), _value
    ).map(":".join),
    st.tuples(st.sampled_from(["body.a", "body.n", "body.a.*.c"]), st.sampled_from([">0", "<2", ">=100", "<=-5"])).map(
        ":".join
    ),
    st.tuples(st.sampled_from(["size", "attempts"]), _number.filter(lambda text: "x" not in text)).map(":".join),
    _number.map(lambda text: f"status:{text}"),
    st.sampled_from(["sig:ok", "sig:bad", "sig:unsigned,valid", "state:failed", "state:received,processed"]),
    st.tuples(
        st.sampled_from(["dup", "retry", "late", "drift", "refused", "pinned"]), st.sampled_from(["yes", "no"])
    ).map(":".join),
    st.sampled_from(["1", "2 3", "2..4", "9", "after:1s", "before:0s", "after:2027-01-01"]),
)
queries = st.recursive(
    _term,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(" ".join),
        st.lists(inner, min_size=2, max_size=3).map(" or ".join),
        inner.map(lambda text: f"-({text})"),
        inner.map(lambda text: f"({text})"),
    ),
    max_leaves=5,
)

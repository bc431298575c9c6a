"""Requests of any bytes, under each kind of content that redaction looks into."""

from __future__ import annotations

from hypothesis import strategies as st

from webhook_inspector.core.headers import Headers
from webhook_inspector.core.request import Request

_KINDS = ["", "application/json", "text/xml", "multipart/form-data; boundary=b", "application/x-www-form-urlencoded"]


def _request(body: bytes, target: bytes, kind: str, headers: list[tuple[bytes, bytes]]) -> Request:
    return Request("POST", target, Headers(((b"Content-Type", kind.encode()), *headers)), body)


any_request = st.builds(
    _request,
    st.binary(max_size=80),
    st.binary(max_size=30),
    st.sampled_from(_KINDS),
    st.lists(st.tuples(st.binary(min_size=1, max_size=10), st.binary(max_size=20)), max_size=3),
)

"""The Signature tab: the same facts as `verify --explain`, as lines."""

from __future__ import annotations

from tests.support.factories import make_delivery
from webhook_inspector.core.delivery import Facts, Record
from webhook_inspector.core.verification import Verification, VerificationStatus
from webhook_inspector.tui.tabs.signature import explain


def shown(verification: Verification) -> str:
    document = explain(verification, Record(make_delivery(id=1), Facts()))
    return "\n".join(document.line(index, folded=False).text for index in range(len(document)))


def near_miss(here: bytes, signed: bytes) -> Verification:
    return Verification(
        VerificationStatus.INVALID,
        "stripe",
        "stripe-v1",
        reason="trailing_newline_changed",
        explanation="It would match if the body had no trailing newline.",
        matches_if=("the body had no trailing newline",),
        signed_content=here,
        matching_content=signed,
        advice=("Usually a tool added it.",),
    )


def test_what_was_signed_stands_above_what_arrived() -> None:
    text = shown(near_miss(b'1795000000.{"id":"evt_1"}\n', b'1795000000.{"id":"evt_1"}'))
    signed, arrived = (next(line for line in text.splitlines() if word in line) for word in ("was signed", "arrived  "))
    assert "(nothing)" in signed
    assert "␊" in arrived
    assert signed.index('{"id"') == arrived.index('{"id"')
    assert "from byte 25 of what is signed" in text
    assert "Where this usually comes from" in text
    assert "Usually a tool added it." in text


def test_hostile_bytes_are_made_visible() -> None:
    text = shown(near_miss(b"a\x1b[2Jb", b"a\xe2\x80\xaeb"))
    assert "\x1b" not in text
    assert "␛[2J" in text
    assert "<U+202E>" in text

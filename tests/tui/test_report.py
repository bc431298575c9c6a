from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.factories import T0_NS, make_delivery
from tests.tui.test_hostile import OWN
from webhook_inspector.core.attempt import Attempt, Outcome
from webhook_inspector.core.delivery import Event, Facts, Record
from webhook_inspector.core.verification import Verification, VerificationStatus
from webhook_inspector.tui.report import delivery_report

FACTS = Facts(
    provider="stripe",
    event=Event("invoice.paid", "evt_1"),
    verification=Verification(
        VerificationStatus.INVALID,
        explanation="The signature does not match.",
        matches_if=("the body had no trailing newline",),
        expected="c27f10a4",
        received=("5f0c9b33",),
    ),
    duplicate_of=3,
    late=True,
    drift=True,
)
ATTEMPT = Attempt(
    1, 7, 2, ("original",), "http://localhost:3000/", 0.0, 1.0, Outcome.RESPONDED, status=500, duration_ms=38.0,
    started_ns=T0_NS,
)  # fmt: skip


def test_a_report_says_why_and_what_came_of_it() -> None:
    text = delivery_report(Record(make_delivery(id=7), FACTS), [ATTEMPT, replace(ATTEMPT, run_id=None)])
    assert text.splitlines()[0] == "Delivery 7  invoice.paid"
    assert "signature  invalid: The signature does not match." in text
    assert "           would match if the body had no trailing newline" in text
    assert "duplicate  of delivery 3" in text
    assert "attempt    2026-11-18T11:06:40.000000Z run 2, original: 500 after 38 ms" in text
    assert "live, original" in text
    assert "c27f10a4" not in text
    assert "5f0c9b33" not in text


def test_many_attempts_are_counted() -> None:
    text = delivery_report(Record(make_delivery(id=7), FACTS), [ATTEMPT] * 50)
    assert "attempts   50, the last 20 of them:" in text
    assert text.count("attempt    ") == 20


@pytest.mark.parametrize("words", OWN)
def test_hostile_words_are_in_their_safe_form(words: str) -> None:
    raw = words.encode("utf-8", "surrogatepass")
    facts = replace(
        FACTS, event=Event(words, words), verification=Verification(VerificationStatus.INVALID, explanation=words)
    )
    record = Record(make_delivery(raw, id=7, target=b"/" + raw, method=words, source=words, refused=words), facts)
    text = delivery_report(record, [replace(ATTEMPT, labels=(words,))])
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert not any(0xD800 <= ord(char) < 0xE000 for char in text)
    assert all(line.isprintable() or "\xa0" in line for line in text.split("\n"))

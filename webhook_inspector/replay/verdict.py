"""The verdict of a run: named checks over its attempts, each with its evidence.

Answers alone never prove side effects: what a handler did to its database cannot be seen here, and the words say so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from webhook_inspector.core.attempt import Attempt, Outcome
from webhook_inspector.replay import preview
from webhook_inspector.replay.acts import ANSWERED, BROKEN
from webhook_inspector.replay.answers import Expectation, answer_text, parse_expect, same_answer, was_sent
from webhook_inspector.replay.plan import Plan, PlannedAttempt

LOOKS_SAFE = "looks safe"
DIFFERS = "differs"
REFUSED = "refused"
FAILED = "failed"
NOT_TESTED = "not tested"

_LIMIT = "what your handler stored or did cannot be seen from answers"
CAVEAT = f"{_LIMIT[0].upper()}{_LIMIT[1:]}."
"""Said with every verdict."""

_NOTHING = Attempt(0, 0, None, (), "", 0)
_FAILED_OUTCOMES = frozenset({Outcome.REFUSED, Outcome.TIMED_OUT, Outcome.RESET})


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    """Stable: `expect-2xx`, `duplicates-same-answer`, `duplicates-accepted`, `all-sent`, `order`."""
    holds: bool | None
    """None: not tested."""
    evidence: str
    """One plain sentence, safe to show."""


@dataclass(frozen=True, slots=True)
class DeliveryVerdict:
    """What the answers to one delivery's copies say."""

    delivery_id: int
    word: str
    """`looks safe`, `differs`, `refused`, `failed` or `not tested`: whether it is safe to repeat."""
    evidence: str
    """What that rests on, safe to show."""
    as_expected: bool
    """Every send of it was answered as expected."""
    answers: tuple[str, ...] = ()
    """`200` or the outcome, one for each copy in the order of sending."""
    slowest_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a run ended."""

    holds: bool
    """No check failed. Checks that were not tested do not count."""
    checks: tuple[Check, ...]
    deliveries: tuple[DeliveryVerdict, ...] = field(default=())
    """One for each delivery of the plan, in captured order."""
    caveat: str = CAVEAT

    def as_json(self) -> dict[str, Any]:
        """Plain data; `verdict_from_json` reads it back."""
        return {
            "holds": self.holds,
            "checks": [{"name": c.name, "holds": c.holds, "evidence": c.evidence} for c in self.checks],
            "deliveries": [
                {
                    "delivery": d.delivery_id,
                    "word": d.word,
                    "evidence": d.evidence,
                    "as_expected": d.as_expected,
                    "answers": list(d.answers),
                    "slowest_ms": d.slowest_ms,
                }
                for d in self.deliveries
            ],
            "caveat": self.caveat,
        }


def verdict_from_json(data: Mapping[str, Any]) -> Verdict:
    """The verdict that `Verdict.as_json` wrote (KeyError or TypeError for anything else)."""
    return Verdict(
        holds=bool(data["holds"]),
        checks=tuple(Check(c["name"], c["holds"], c["evidence"]) for c in data["checks"]),
        deliveries=tuple(
            DeliveryVerdict(
                d["delivery"], d["word"], d["evidence"], d["as_expected"], tuple(d["answers"]), d["slowest_ms"]
            )
            for d in data.get("deliveries", ())
        ),
        caveat=data.get("caveat", CAVEAT),
    )


def judge(
    plan: Plan, attempts: Sequence[Attempt], *, expect: str = "2xx", deadlines: Mapping[int, float] | None = None
) -> Verdict:
    """What a run's attempts say about the handler.

    Args:
        plan: What was planned.
        attempts: What became of it, in any order; of two with one number the later counts.
        expect: As `parse_expect` reads it.
        deadlines: Seconds within which the provider of a delivery wants its answer, by delivery.

    Raises:
        UsageError: `expect` cannot be read.
    """
    expected = parse_expect(expect)
    by_n = {attempt.n: attempt for attempt in attempts}
    groups: dict[int, list[tuple[PlannedAttempt, Attempt | None]]] = {}
    for delivery_id in preview.captured_ids(plan):
        groups[delivery_id] = []
    # Sends that ended on purpose before their answer have none to judge.
    answered = replace(plan, attempts=tuple(planned for planned in plan.attempts if planned.act in ANSWERED))
    for planned in answered.attempts:
        groups.setdefault(planned.delivery_id, []).append((planned, by_n.get(planned.n)))
    deliveries = tuple(
        _judge_delivery(delivery_id, [attempt for _, attempt in pairs], expected)
        for delivery_id, pairs in groups.items()
        if pairs
    )
    checks = (
        _check_sent(plan, by_n),
        _check_expect(answered, by_n, expected),
        _check_same(deliveries),
        _check_accepted(groups, expected),
        _check_order(answered, by_n, expected),
        _check_in_time(answered, by_n, deadlines or {}),
        _check_failures(plan, by_n, expected),
        _check_refused("tampering-refused", plan, by_n, ("tampered-body", "tampered-signature", "no-signature")),
        _check_refused("stale-refused", plan, by_n, ("stale-time",)),
    )
    return Verdict(holds=all(check.holds is not False for check in checks), checks=checks, deliveries=deliveries)


def _said(attempt: Attempt | None) -> str:
    """The answer inside a sentence: `answered 409`, or what happened instead."""
    text = answer_text(attempt)
    return f"answered {text}" if text.isdigit() else text


def _times(count: int, word: str = "attempt") -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _judge_delivery(delivery_id: int, attempts: Sequence[Attempt | None], expected: Expectation) -> DeliveryVerdict:
    sent = [attempt for attempt in attempts if attempt is not None and was_sent(attempt)]
    durations = [attempt.duration_ms for attempt in sent if attempt.duration_ms is not None]
    word, evidence = _word(attempts, sent, expected)
    return DeliveryVerdict(
        delivery_id=delivery_id,
        word=word,
        evidence=evidence,
        as_expected=all(expected.met_by(attempt) for attempt in attempts),
        answers=tuple(answer_text(attempt) for attempt in attempts),
        slowest_ms=max(durations, default=None),
    )


def _word(attempts: Sequence[Attempt | None], sent: Sequence[Attempt], expected: Expectation) -> tuple[str, str]:
    if len(attempts) < 2:
        return NOT_TESTED, "sent once; a verdict needs two copies"
    if len(sent) < 2:
        return NOT_TESTED, f"{len(sent)} of {len(attempts)} copies were sent; a verdict needs two"
    for attempt in sent:
        if attempt.outcome in _FAILED_OUTCOMES or ((attempt.status or 0) >= 500 and not _wanted(attempt, expected)):
            return FAILED, f"{_ordinal(attempt, attempts)} copy: {_said(attempt)}"
    for attempt in sent:
        if not 200 <= (attempt.status or 0) < 300 and not _wanted(attempt, expected):
            return REFUSED, (
                f"answered {attempt.status}; a provider reads that as a failure and sends again; "
                "answer 2xx for an event you have"
            )
    for other in sent[1:]:
        if other.status != sent[0].status:
            return DIFFERS, f"{_ordinal(other, attempts)} copy was answered {other.status}, the first {sent[0].status}"
        if not same_answer(sent[0], other):
            return DIFFERS, f"the body of the {_ordinal(other, attempts)} copy's answer is another one"
    return LOOKS_SAFE, f"{len(sent)} copies, same status, same body"


def _wanted(attempt: Attempt, expected: Expectation) -> bool:
    return expected.text != "2xx" and expected.met_by(attempt)


def _ordinal(attempt: Attempt, attempts: Sequence[Attempt | None]) -> str:
    place = next((index for index, other in enumerate(attempts) if other is attempt), 0)
    return ("first", "second", "third")[place] if place < 3 else f"{place + 1}th"


def _check_sent(plan: Plan, by_n: Mapping[int, Attempt]) -> Check:
    total = len(plan.attempts)
    missing = [planned for planned in plan.attempts if not _left(planned, by_n.get(planned.n))]
    if not missing:
        return Check("all-sent", True, f"{total} of {total} sent")
    words = sorted({answer_text(by_n.get(planned.n)) for planned in missing})
    return Check("all-sent", False, f"{total - len(missing)} of {total} sent; the others: {', '.join(words)}")


def _left(planned: PlannedAttempt, attempt: Attempt | None) -> bool:
    """Whether it went out; one that was to end before its answer did so."""
    on_purpose = planned.act in BROKEN and attempt is not None and attempt.outcome is Outcome.CANCELLED
    return on_purpose or was_sent(attempt)


def _check_expect(plan: Plan, by_n: Mapping[int, Attempt], expected: Expectation) -> Check:
    name = f"expect-{expected.text}"
    sent = [planned for planned in plan.attempts if was_sent(by_n.get(planned.n))]
    if not sent:
        return Check(name, None, "nothing was sent")
    wrong = [planned for planned in sent if not expected.met_by(by_n[planned.n])]
    if not wrong:
        what = "answered" if expected.text == "any" else f"answered {expected.text}"
        return Check(name, True, f"{len(sent)} of {len(sent)} {what}")
    first = wrong[0]
    others = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
    answer = _said(by_n[first.n])
    return Check(name, False, f"send {first.n} of delivery {first.delivery_id} (copy {first.copy}): {answer}{others}")


def _check_in_time(plan: Plan, by_n: Mapping[int, Attempt], deadlines: Mapping[int, float]) -> Check:
    """Whether every answer came before its provider would have given up and sent again."""
    timed = [
        (attempt.duration_ms / 1000, deadlines[planned.delivery_id], planned)
        for planned in plan.attempts
        if planned.delivery_id in deadlines
        and (attempt := by_n.get(planned.n)) is not None
        and attempt.duration_ms is not None
        and was_sent(attempt)
    ]
    if not timed:
        return Check("in-time", None, "no provider's deadline is known")
    late = [(spent, limit, planned) for spent, limit, planned in timed if spent > limit]
    if not late:
        spent, limit, _ = max(timed, key=lambda each: each[0] / each[1])
        return Check("in-time", True, f"the slowest answer took {_seconds(spent)} of {_seconds(limit)}")
    spent, limit, planned = late[0]
    what = f"send {planned.n} of delivery {planned.delivery_id} took {_seconds(spent)}"
    return Check("in-time", False, f"{what}; its provider waits {_seconds(limit)}, then sends again")


def _seconds(value: float) -> str:
    return f"{value:.1f} s" if value < 100 and value != int(value) else f"{value:.0f} s"


def _check_failures(plan: Plan, by_n: Mapping[int, Attempt], expected: Expectation) -> Check:
    answered = [planned for planned in plan.attempts if (by_n.get(planned.n) or _NOTHING).status is not None]
    if not answered:
        return Check("no-5xx", None, "nothing was answered")
    attempts = {planned.n: by_n[planned.n] for planned in answered}
    failed = [one for one in answered if (attempts[one.n].status or 0) >= 500 and not expected.met_by(attempts[one.n])]
    if not failed:
        return Check("no-5xx", True, f"{_times(len(answered), 'answer')}, none of them an unexpected 5xx")
    first = failed[0]
    others = f", and {len(failed) - 1} more" if len(failed) > 1 else ""
    return Check("no-5xx", False, f"send {first.n} of delivery {first.delivery_id}: {_said(by_n[first.n])}{others}")


def _check_refused(name: str, plan: Plan, by_n: Mapping[int, Attempt], acts: Sequence[str]) -> Check:
    """Whether what must be refused was: a handler that accepts it does not check the signature, or the time."""
    sent = [planned for planned in plan.attempts if planned.act in acts and was_sent(by_n.get(planned.n))]
    if not sent:
        return Check(name, None, "no such copy was sent; --tamper sends some")
    for planned in sent:
        status = by_n[planned.n].status
        if status is None or not 400 <= status < 500:
            what = f"send {planned.n} of delivery {planned.delivery_id} ({planned.act}): {_said(by_n[planned.n])}"
            return Check(name, False, f"{what}; a handler must answer 4xx to it")
    return Check(name, True, f"{_times(len(sent), 'copy' if len(sent) == 1 else 'copie')} refused with 4xx")


def _check_same(deliveries: Sequence[DeliveryVerdict]) -> Check:
    tested = [verdict for verdict in deliveries if verdict.word != NOT_TESTED]
    if not tested:
        return Check("duplicates-same-answer", None, "no delivery was sent twice")
    tested = [verdict for verdict in tested if any(answer.isdigit() for answer in verdict.answers)]
    if not tested:
        return Check("duplicates-same-answer", None, "no copy was answered")
    # A copy that was refused or failed has its own check; alike is alike, whatever the answer.
    unlike = [verdict for verdict in tested if verdict.word == DIFFERS or len(set(verdict.answers)) > 1]
    if unlike:
        first = unlike[0]
        detail = first.evidence if first.word == DIFFERS else ", ".join(first.answers)
        return Check("duplicates-same-answer", False, f"delivery {first.delivery_id}: {detail}")
    return Check(
        "duplicates-same-answer",
        True,
        f"{_times(len(tested), 'delivery') if len(tested) == 1 else f'{len(tested)} deliveries'} sent more than once, "
        f"the same answer to each copy; {_LIMIT}",
    )


def _check_accepted(
    groups: Mapping[int, Sequence[tuple[PlannedAttempt, Attempt | None]]], expected: Expectation
) -> Check:
    copies = [
        (planned, attempt)
        for pairs in groups.values()
        for planned, attempt in pairs
        if planned.copy > 1 and attempt is not None and was_sent(attempt)
    ]
    if not copies:
        return Check("duplicates-accepted", None, "no duplicate was sent")
    for planned, attempt in copies:
        accepted = attempt.status is not None and 200 <= attempt.status < 300
        if not accepted and not _wanted(attempt, expected):
            return Check(
                "duplicates-accepted",
                False,
                f"copy {planned.copy} of delivery {planned.delivery_id}: {_said(attempt)}; "
                "a provider would send it again",
            )
    return Check("duplicates-accepted", True, f"{_times(len(copies), 'duplicate')} accepted")


def _check_order(plan: Plan, by_n: Mapping[int, Attempt], expected: Expectation) -> Check:
    pairs = preview.swapped_pairs(plan, limit=10_000)
    if not pairs:
        return Check("order", None, "sent in captured order")
    moved = {delivery_id for pair in pairs for delivery_id in pair}
    wrong = [planned for planned in plan.attempts if not expected.met_by(by_n.get(planned.n))]
    if not wrong:
        return Check(
            "order",
            True,
            f"{_times(len(pairs), 'pair')} swapped, every answer as expected; {_LIMIT}",
        )
    if any(planned.delivery_id not in moved for planned in wrong):
        return Check("order", None, "cannot be told: deliveries that kept their place were not answered as expected")
    if len({planned.delivery_id for planned in wrong}) == len(moved) == len({a.delivery_id for a in plan.attempts}):
        return Check("order", None, "cannot be told: no delivery was answered as expected")
    first = wrong[0]
    partner = next((a if b == first.delivery_id else b) for a, b in pairs if first.delivery_id in (a, b))
    return Check(
        "order",
        False,
        f"delivery {first.delivery_id}: {_said(by_n.get(first.n))}, out of order with delivery {partner}; "
        "send it alone to be sure",
    )

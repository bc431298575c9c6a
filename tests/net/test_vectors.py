"""Raw bytes in, deliveries out: whole, cut anywhere, and one byte at a time."""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator
from typing import Any

import pytest

from tests.net.vectors import ACCEPTED, ALL, Vector
from tests.support.listening import Running, listening, statuses
from tests.support.shared import shared_jsonl


@pytest.fixture
def running() -> Iterator[Running]:
    with listening() as running:
        yield running


def check(vector: Vector, running: Running, answers: bytes) -> None:
    deliveries = running.settle()
    answered = statuses(answers)
    if vector.maybe is not None and len(answered) > len(vector.statuses):
        assert answered.pop() == vector.maybe
    assert answered == list(vector.statuses), (answers, deliveries)
    assert len(running.kept.whole) == vector.whole, deliveries
    assert len(running.kept.refused) == vector.refused, deliveries
    for delivery in running.kept.refused:
        assert delivery.refused is not None
        assert vector.says in delivery.refused
        assert "\n" not in delivery.refused
        assert delivery.refused.endswith((".", "?"))
    if vector.body is not None:
        assert running.kept.whole[0].request.body == vector.body
    assert not running.failures


@pytest.mark.parametrize("vector", ALL, ids=lambda vector: vector.name)
def test_whole(vector: Vector, running: Running) -> None:
    check(vector, running, running.send(vector.raw))


# When its bytes come apart, an HTTP/1.0 request without a length is complete before its "body" comes, and a connection
# that its sender wished to be closed is closed before more comes on it.
_WHOLE_ONLY = {"a body without its length in 1.0", "after close"}
CUTTABLE = [v for v in ALL if len(v.raw) < 700 and v.name not in _WHOLE_ONLY]


@pytest.mark.parametrize("vector", CUTTABLE, ids=lambda vector: vector.name)
def test_one_byte_at_a_time(vector: Vector, running: Running) -> None:
    pieces = [vector.raw[index : index + 1] for index in range(len(vector.raw))]
    answers = running.send(vector.raw, pieces=pieces)
    deliveries = running.settle()
    # Where a line is wrong the listener may close before all of it came; never more, never fewer good ones.
    assert len(running.kept.whole) == vector.whole, (answers, deliveries)
    assert len(running.kept.refused) >= min(vector.refused, 1), deliveries


@pytest.mark.parametrize("vector", [v for v in ACCEPTED if len(v.raw) < 700], ids=lambda vector: vector.name)
def test_cut_anywhere(vector: Vector) -> None:
    cuts = range(1, len(vector.raw))
    with listening() as running:
        for cut in cuts:
            answers = running.send(vector.raw, pieces=[vector.raw[:cut], vector.raw[cut:]])
            assert statuses(answers) == list(vector.statuses), cut
        running.settle()
        assert len(running.kept.whole) == vector.whole * len(cuts)
        assert not running.kept.refused


def test_every_byte_of_a_refused_request_is_kept(running: Running) -> None:
    raws = [vector.raw for vector in ALL if vector.refused == 1 and vector.whole == 0]
    for raw in raws:
        running.send(raw)
    for raw, delivery in zip(raws, running.settle(), strict=True):
        head, _, body = raw.partition(b"\r\n\r\n")
        if delivery.request.headers.pairs:  # its head was understood
            assert delivery.request.target == head.split(b" ")[1]
            assert delivery.request.body == body.removeprefix(b"5\r\n")
        else:
            assert delivery.request.body == raw


def _expected(vector: dict[str, Any], running: Running, answers: bytes) -> str | None:
    """What is wrong with how a vector of the reference data was treated, or None."""
    should = vector["product_should"]
    raw = base64.b64decode(vector["raw_b64"])
    whole, refused = running.kept.whole, running.kept.refused
    if should.startswith("store as one complete event"):
        right = len(whole) == 1 and not refused and 200 in statuses(answers)
    elif should.startswith(("answer 400, store as a refused", "answer 4xx, store as a refused")):
        right = not whole and len(refused) == 1 and refused[0].request.body == raw
        right = right and 400 <= statuses(answers)[0] < 500
    elif should == "store three events":
        right = len(whole) == 3 and not refused
    elif should == "store as an incomplete event, no 2xx":
        right = not whole and len(refused) == 1 and 200 not in statuses(answers)
    elif should == "answer 413 at once":
        right = statuses(answers) == [413] and len(refused) == 1
    elif should.startswith(("store the good one", "store the first")):
        right = len(whole) == 1 and len(refused) == 1
    else:
        right = len(whole) + len(refused) == 1
    return None if right else f"{vector['id']}: {should}: {statuses(answers)} {len(whole)} {refused}"


def test_the_reference_vectors() -> None:
    wrong = []
    for vector in shared_jsonl("corpora/own/http/requests.jsonl"):
        with listening() as running:
            answers = running.send(base64.b64decode(vector["raw_b64"]))
            running.settle()
            problem = _expected(vector, running, answers)
        if problem:
            wrong.append(problem)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("mode", ["whole", "two", "bytes"])
def test_the_other_reference_vectors_become_deliveries_or_refusals(mode: str) -> None:
    rng = random.Random(3)
    with listening() as running:
        for vector in shared_jsonl("corpora/registry/gunicorn/requests.jsonl"):
            raw = base64.b64decode(vector["raw_b64"])
            before = len(running.kept.deliveries)
            if mode == "whole":
                pieces = [raw]
            elif mode == "two":
                cut = rng.randrange(1, max(2, len(raw)))
                pieces = [raw[:cut], raw[cut:]]
            else:
                pieces = [raw[index : index + 1] for index in range(min(200, len(raw)))] + [raw[200:]]
            answers = running.send(raw, pieces=[piece for piece in pieces if piece])
            good = len([status for status in statuses(answers) if status == 200])
            kept = running.kept.wait_for(before + 1)[before:] if raw.strip() else []
            assert good == len([delivery for delivery in kept if delivery.refused is None]), vector["id"]

"""What tells forms of one event type apart is proposed, and chance is not."""

from __future__ import annotations

import random
from typing import Any

from tests.support.shared import shared_jsonl
from webhook_inspector.shapes.discriminator import proposals


def union(n: int) -> dict[str, Any]:
    kind = ("opened", "closed", "labeled")[n % 3]
    more: dict[str, dict[str, Any]] = {
        "opened": {"reason": None, "by": "x"},
        "closed": {"closed_at": "y", "merge": {"sha": "z"}},
        "labeled": {"label": "b"},
    }
    return {
        "action": kind,
        "id": f"evt_{n:012d}Ab",
        "repo": {"name": "r"},
        "locale": ("en", "de")[n // 3 % 2],
        **more[kind],
    }


def test_the_member_that_explains_presence_is_found() -> None:
    found = proposals([union(n) for n in range(60)])
    assert [one.path for one in found] == ["$.action"]
    assert dict(found[0].values) == {"closed": 20, "labeled": 20, "opened": 20}
    assert found[0].optional_before > 0.5
    assert found[0].optional_after == 0


def test_chance_explains_nothing() -> None:
    for seed in range(50):
        dice = random.Random(seed)
        documents = [
            {
                **{f"e{n}": dice.choice(["a", "b", "c"]) for n in range(10)},
                **{f"f{n}": 1 for n in range(30) if dice.random() < 0.5},
            }
            for _ in range(60)
        ]
        assert proposals(documents) == []


def test_one_form_few_payloads_and_odd_documents_give_no_proposal() -> None:
    assert proposals([{"a": "x", "b": 1}] * 50) == []
    assert proposals([union(n) for n in range(6)]) == []
    assert proposals([]) == []
    assert proposals([None, 1, "x", [], {}] * 20) == []


def test_the_action_of_real_payloads_is_found() -> None:
    rows = [
        row["body"] for row in shared_jsonl("data/github_octokit.jsonl") if row["event_type"].split(".")[0] == "issues"
    ]
    found = proposals(rows * 4)
    assert "$.action" in [one.path for one in found]

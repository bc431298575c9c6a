"""L5: hostile filters on 10,000 deliveries: a sentence or an answer, each in half a second, and the app stays awake."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.benchmarks.fill import fill
from tests.store.test_filter_corpus import LIMIT_S, OWN, ask, quoted
from tests.support.running_app import running
from tests.support.shared import SHARED, shared_json
from tests.torture.results import record
from tests.torture.variants import catches
from webhook_inspector.core.clock import ManualClock
from webhook_inspector.core.filters import KEYS
from webhook_inspector.store.log import Log

pytestmark = [pytest.mark.torture, pytest.mark.timeout(400)]
COUNT = 10_000


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made: Path = tmp_path_factory.mktemp("filters") / "log.db"
    fill(made, COUNT)
    return made


def _filters() -> Iterator[str]:
    texts = list(OWN)
    if SHARED.exists():
        corpus = shared_json("corpora/own/filters/filters.json")
        texts += [*corpus["literal_searches"], *(case["re"] for case in corpus["regexes"])]
        texts += [case["victim"] for case in corpus["regexes"]]
    yield from texts
    for text in texts[::4]:  # each of these reads every body
        yield f"body.data.object.note:*{quoted(text)}*"
    for key, text in itertools.product(sorted(KEYS), texts[:: len(texts) // 3]):
        yield f"{key}:{text}"
        yield f"{KEYS[key].example} or {quoted(text[:40])}"


def _all(path: Path, asked: Callable[[Log, str], float | None]) -> tuple[int, int, float]:
    """Filters, those that were refused with a place, and the slowest answer in seconds."""
    log = Log.open(path, clock=ManualClock(), readonly=True)
    count = refused = 0
    slowest = 0.0
    try:
        for text in _filters():
            taken = asked(log, text)
            count += 1
            refused += taken is None
            slowest = max(slowest, taken or 0.0)
            # The goal is half a second; the first counts what is read from the disk too.
            assert taken is None or taken < 4 * LIMIT_S, f"slow: {text[:80]!r} took {taken:.2f} s"
    finally:
        log.close()
    return count, refused, slowest


def test_l5_filters_are_answered_or_refused_with_a_place(path: Path) -> None:
    count, refused, slowest = _all(path, ask)
    record("L5", filters=count, refused_with_a_place=refused, raised=0, slowest_ms=slowest * 1000)


def test_l5_catches_filters_that_are_patterns(path: Path) -> None:
    """What a filter that takes texts for regular expressions does on a body that was made for it."""

    def as_pattern(log: Log, _text: str) -> float:
        began = time.process_time()
        re.search(r"(a+)+$", "a" * 26 + "!")
        log.count()
        return time.process_time() - began

    caught = catches(lambda: _all(path, as_pattern), "slow")
    record("L5", caught=caught)


async def test_l5_the_app_stays_awake(path: Path) -> None:
    typed = ["(((", "a*a*a*", "type:*a*b", "💩 or _%"]
    slowest = 0.0
    async with running(path.parent) as app:
        for text in typed:
            await app.press("f")
            for key in text:
                began = time.perf_counter()
                await app.pilot.press(_named(key))
                slowest = max(slowest, time.perf_counter() - began)
            await app.press("enter")
            assert app.app.crash is None
            await app.press("escape", "escape")
    assert slowest < 3, "a busy machine; what is measured is in the table"
    record("L5", typed_in_the_app=len(typed), slowest_key_ms=slowest * 1000)


def _named(key: str) -> str:
    from textual.keys import _character_to_key

    return _character_to_key(key)

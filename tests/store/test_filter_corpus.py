"""Hostile filters on 1,000 deliveries: no exception but a sentence with a place, and none takes long.

The long row L5 asks 10,000.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.benchmarks.fill import START_NS, fill
from tests.support.shared import shared_json
from webhook_inspector.core.clock import ManualClock
from webhook_inspector.core.filters import KEYS, parse
from webhook_inspector.errors import QueryError
from webhook_inspector.store.log import Log

LIMIT_S = 0.5
OWN = [
    *("'", '"', "' OR 1=1 --", "%", "_", "\\", "*", "?", "(", ")", "a AND b", "NOT", "\0", "\ud800", "\udcff"),
    *("💩", "x" * 10_000, "%" * 60 + "a", "*" * 5000 + "a", "a*" * 90, "-" * 5000 + "a", "9" * 5000),
    *("type:" + "a," * 150 + "a", "body." + "a." * 200 + "a:x", "header.x:" + "*a" * 80, "size:" + "9" * 400),
    *("status:..", "after:9999999999d", "before:0001-01-01", "body.a:>" + "9" * 30, " ".join(map(str, range(9000)))),
    *("(" * 30 + "amber" + ")" * 30, "-(" * 30 + "amber" + ")" * 30),
]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Log]:
    path: Path = tmp_path_factory.mktemp("corpus") / "log.db"
    fill(path, 1_000)
    log = Log.open(path, clock=ManualClock(), readonly=True)
    yield log
    log.close()


def ask(log: Log, text: str) -> float | None:
    """Processor seconds of a filter; None when it was refused with a place."""
    try:
        query = parse(text, now_ns=START_NS)
    except QueryError as error:
        assert 0 <= error.position <= len(text)
        assert "\n" not in error.message
        return None
    # Of this process: other programs on the machine do not count.
    start = time.process_time()
    log.ids(query)
    return time.process_time() - start


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def hold(log: Log, texts: list[str]) -> list[bool]:
    """Which of the filters were answered, and not refused."""
    answered = []
    for text in texts:
        taken = ask(log, text)
        assert taken is None or taken < LIMIT_S, ascii(text[:80])
        answered.append(taken is not None)
    with suppress(QueryError):
        log.count(parse(texts[0], now_ns=START_NS))  # the same conditions, put together otherwise
    return answered


@pytest.mark.parametrize("text", OWN, ids=range(len(OWN)))
def test_hostile_filters(log: Log, text: str) -> None:
    hold(log, [text, quoted(text), f"type:{quoted(text)}", f"body.data.object.note:*{quoted(text)}*"])


@pytest.mark.parametrize("key", sorted(KEYS))
def test_every_key(log: Log, key: str) -> None:
    hold(log, [KEYS[key].example, f"-{KEYS[key].example}", f"{KEYS[key].example} or amber"])


def test_the_corpus(log: Log) -> None:
    corpus = shared_json("corpora/own/filters/filters.json")
    searches = [*corpus["literal_searches"], *(case["re"] for case in corpus["regexes"])]
    searches += [case["victim"] for case in corpus["regexes"]]
    for text in searches:
        assert hold(log, [text, quoted(text), f"header.user-agent:{quoted(text)}"])[1], ascii(text[:80])

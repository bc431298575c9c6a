"""Learning shapes behind the acknowledgement: a pass over what is new in the log, in steps, from where it ended last.

A step reads deliveries and the rows they belong to, adds them up outside of any transaction, and stores the rows if
nobody else has learned meanwhile; so each delivery is counted exactly once, whichever processes learn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from webhook_inspector.core.clock import Clock
from webhook_inspector.core.delivery import Record
from webhook_inspector.core.headers import decode_header
from webhook_inspector.engine.background import Background, EndedError
from webhook_inspector.engine.pace import Pace
from webhook_inspector.errors import StoreError
from webhook_inspector.events.kinds import kinds_of
from webhook_inspector.providers.model import Provider
from webhook_inspector.shapes.summary import CODEC, Summary, add, dump, load, merge
from webhook_inspector.store.log import Log
from webhook_inspector.store.shapes import ShapeKey, ShapeRow

STEP = 4000
"""Deliveries of one step: each step reads and writes the rows that it adds to."""
READ_AT_ONCE = 250
REST_S = 2.0
"""The listener's process learns at most so often."""
_NS_PER_DAY = 86_400 * 10**9
_TRIES = 20
BREATH_S = 0.02
"""So long the background rests after each `READ_AT_ONCE` deliveries: a backlog must not slow the app's keys."""
SHARE = 4
"""While deliveries keep coming it rests so many times as long as those took: the facts of new ones come first."""
Progress = Callable[[int, int], None]
"""Told after each step: up to which delivery it has learned, and which is the newest."""
Breathe = Callable[[], None]
"""Called many times within a step."""


def learn(
    log: Log,
    providers: Mapping[str, Provider],
    progress: Progress = lambda _done, _all: None,
    breathe: Breathe = lambda: None,
) -> int:
    """Learn from everything that is new; how many deliveries that were.

    Raises:
        StoreError: The log cannot be read or written.
    """
    total = 0
    tries = 0
    while True:
        codec, upto = log.shape_state()
        if codec != CODEC:
            log.forget_shapes(CODEC)
            continue
        pending = log.first_pending()
        ids = log.ids_between(upto, pending if pending is not None else 2**62, STEP)
        if not ids:
            return total
        rows = _step(log, providers, _read(log, ids, breathe))
        if log.replace_shapes(rows, codec=CODEC, was=upto, upto=ids[-1]):
            total += len(ids)
            tries = 0
            progress(ids[-1], log.newest_id())
            continue
        tries += 1
        if tries > _TRIES:
            raise StoreError("Other processes keep learning from this log: try again later.")


def _read(log: Log, ids: Sequence[int], breathe: Breathe) -> Iterator[Record]:
    for start in range(0, len(ids), READ_AT_ONCE):
        yield from log.records(list(ids[start : start + READ_AT_ONCE]))
        breathe()


def _step(log: Log, providers: Mapping[str, Provider], records: Iterable[Record]) -> list[ShapeRow]:
    """The rows that these deliveries belong to, with them added."""
    made = summarised(records, providers)
    rows = []
    known: dict[tuple[str, str], list[ShapeRow]] = {}
    for key, (summary, payloads, first, last) in made.items():
        names = key.source, key.event_type
        if names not in known:
            known[names] = log.shapes({"source": key.source, "event_type": key.event_type})
        before = next((row for row in known[names] if row.key == key), None)
        if before is not None:
            earlier = load(before.data)
            merge(earlier, summary)
            summary = earlier  # noqa: PLW2901 (the sum takes the place of the part)
            payloads += before.payloads  # noqa: PLW2901
            first, last = min(first, before.first_id), max(last, before.last_id)  # noqa: PLW2901
        rows.append(ShapeRow(key, payloads, first, last, dump(summary)))
    return rows


def summarised(
    records: Iterable[Record], providers: Mapping[str, Provider], variants: Mapping[str, str] | None = None
) -> dict[ShapeKey, tuple[Summary, int, int, int]]:
    """Deliveries by kind: the summary, how many payloads it has, the first and the last delivery.

    With `variants` as `kinds_of` takes them; what the log keeps is learned without, so that it holds for all its users.
    """
    made: dict[ShapeKey, tuple[Summary, int, int, int]] = {}
    for record in records:
        delivery = record.delivery
        provider = providers.get(record.facts.provider or "")
        headers = [(decode_header(name).lower(), decode_header(value)) for name, value in delivery.request.headers]
        for kind, document in kinds_of(delivery.request, provider, record.facts.event.type, variants):
            day = delivery.received_ns // _NS_PER_DAY
            key = ShapeKey(delivery.source, kind.event_type, kind.variant, kind.version, day)
            summary, payloads, first, _ = made.get(key) or (Summary(), 0, delivery.id, delivery.id)
            add(summary, document, delivery.id, headers)
            made[key] = summary, payloads + 1, first, delivery.id
    return made


class Learner(Background):
    """Learns in the background of the process that listens, some moments after deliveries came.

    Args:
        clock: For how long a part of a step took.
        learned: Called after each pass that learned something.
    """

    def __init__(self, log: Log, providers: Mapping[str, Provider], clock: Clock, learned: Callable[[], None]) -> None:
        super().__init__("shapes", self._work)
        self._log = log
        self._providers = providers
        self._pace = Pace(clock, SHARE)
        self._learned = learned

    def _work(self) -> None:
        while self.wait_for_news(REST_S):
            try:
                self._pace.begin(self._log.newest_id())
                if learn(self._log, self._providers, breathe=self._breathe):
                    self._learned()
            except (StoreError, EndedError):
                continue  # what is not learned now is learned by the next pass, also of a later process

    def _breathe(self) -> None:
        self.go_on(max(BREATH_S, self._pace.rest_s(self._log.newest_id())))
        self._pace.begin(self._log.newest_id())

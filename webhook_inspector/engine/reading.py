"""The half of the facade that changes nothing: look, find, judge."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from webhook_inspector.config.model import Config
from webhook_inspector.core.clock import Clock
from webhook_inspector.core.display import show
from webhook_inspector.core.filters import Query
from webhook_inspector.engine.annotating import Annotating
from webhook_inspector.engine.late import Late
from webhook_inspector.engine.sources import Sources
from webhook_inspector.errors import UsageError
from webhook_inspector.store.log import Log

if TYPE_CHECKING:
    # Loaded when they are first needed: a list of deliveries pays for none of them.
    from webhook_inspector.bodies import BodyText
    from webhook_inspector.core.attempt import Attempt
    from webhook_inspector.core.delivery import Delivery, Record, Summary
    from webhook_inspector.core.secret import Secret
    from webhook_inspector.core.verification import Verification
    from webhook_inspector.engine.handshake import Handshaken, Handshakes
    from webhook_inspector.engine.proposing import Proposed
    from webhook_inspector.engine.run_result import RunResult
    from webhook_inspector.engine.series import Over, SeriesReport
    from webhook_inspector.engine.stats import StatsReport
    from webhook_inspector.engine.verifying import Verifier
    from webhook_inspector.providers.model import Provider
    from webhook_inspector.replay.observed import Tries
    from webhook_inspector.shapes import PayloadDiff
    from webhook_inspector.store.check import Health


class Reading:
    """What can be asked of an open log.

    Args:
        config: Names the log, the sources and the providers.
        log: Open.
        clock: For ages in filters and for what would hold now.
        sources: Gives deliveries their secrets.
    """

    def __init__(self, config: Config, log: Log, clock: Clock, sources: Sources) -> None:
        self.config = config
        self.clock = clock
        self.sources = sources
        self._log = log
        if config.listen.path_token is not None:
            log.shown_target = sources.access.shown
        self._verifier = Late(self._make_verifier)
        self._over = Late(self._make_over)
        self._handshakes = Late(self._make_handshakes)
        self.annotating = Annotating(log, clock)

    def _make_verifier(self) -> Verifier:
        from webhook_inspector.engine.verifying import Verifier

        return Verifier(self._log, self.sources, self.clock)

    def _make_over(self) -> Over:
        from webhook_inspector.engine.series import Over

        return Over(self._log)

    def _make_handshakes(self) -> Handshakes:
        from webhook_inspector.engine.handshake import Handshakes

        return Handshakes(self.sources, self.config.providers)

    def parse(self, query: str) -> Query:
        """Read a filter; `@NAME` stands for a saved one.

        Raises:
            QueryError: It cannot be read; knows the position.
        """
        return self.annotating.parse(query)

    def ids(self, query: str | Query = "") -> array[int]:
        """The numbers of the deliveries that match, ascending."""
        return self._log.ids(self.parse(query) if isinstance(query, str) else query)

    def count(self, query: str | Query = "") -> int:
        """How many deliveries match."""
        return self._log.count(self.parse(query) if isinstance(query, str) else query)

    def stats(self, query: str | Query = "", *, by: str = "event") -> StatsReport:
        """Counts, rates, failures and latencies of the deliveries that match, by a key of `stats.GROUPINGS`.

        Raises:
            QueryError: The filter cannot be read.
            UsageError: There is no such grouping.
        """
        from webhook_inspector.engine.stats import measure

        return measure(self._log, self.ids(query), by)

    def series(self, over: str, query: str | Query = "", *, coarse: bool = False) -> SeriesReport:
        """Deliveries that match over time, in a range of `series.RANGES`.

        Raises:
            QueryError: The filter cannot be read.
            UsageError: There is no such range.
        """
        from webhook_inspector.engine.series import RANGES

        if over not in RANGES:
            raise UsageError(f"There is no range {show(over, 40)}; known: {', '.join(RANGES)}.")
        read = self.parse(query) if isinstance(query, str) else query
        return self._over().report(over, read, self.clock.wall_ns(), coarse=coarse)

    def newest_id(self) -> int:
        """The highest number in the log; 0 when it is empty."""
        return self._log.newest_id()

    def summaries(self, ids: Sequence[int]) -> list[Summary]:
        """List rows of deliveries, in the order asked for; absent ones are left out."""
        return self._log.summaries(ids)

    def record(self, id: int) -> Record:  # noqa: A002 (the field's name)
        """One delivery with its facts.

        Raises:
            UsageError: The log holds no such delivery.
        """
        record = self._log.record(id)
        if record is None:
            newest = self._log.newest_id()
            raise UsageError(
                f"There is no delivery {id}; the log holds 1 to {newest}."
                if newest
                else f"There is no delivery {id}; the log is empty."
            )
        return record

    def records(self, ids: Sequence[int]) -> list[Record]:
        """Deliveries with their facts, in the order asked for; absent ones are left out."""
        return self._log.records(ids)

    def resolve(self, words: Sequence[str]) -> list[int]:
        """The deliveries that the words of a command line name: numbers, `last`, `last:3`, or one filter.

        Raises:
            UsageError: Nothing matches, or a number is not in the log.
        """
        if words and all(word.isascii() and word.isdigit() for word in words):
            return [self.record(int(word)).delivery.id for word in words]
        query = " ".join(words)
        found = list(self.ids(query))
        if not found:
            raise UsageError(f"No delivery matches {query!r}; try `list` to see what is there.")
        return found

    def values(self, key: str, prefix: str = "", limit: int = 20) -> list[tuple[str, int, int]]:
        """Values of a filter key that occur in the log: (value, count, last seen in ns), most frequent first."""
        return self._log.values(key, prefix, limit)

    def health(self) -> Health:
        """Whether the log is whole: SQLite's own check, and the SHA-256 of every body. Reads the whole log."""
        return self._log.check()

    def attempts(self, delivery_id: int) -> list[Attempt]:
        """Every attempt under a delivery, oldest first."""
        return self._log.attempts(delivery_id)

    def tries(self, record: Record) -> Tries:
        """The deliveries of a record's event as they arrived, beside what its provider documents."""
        from webhook_inspector.replay.observed import Tries, Try, observed

        delivery, event = record.delivery, record.facts.event
        if event.id is None:
            return Tries(())
        rows = self._log.tries_of_event(delivery.source, event.id)
        return observed([Try(*row) for row in rows], self.config.providers.get(record.facts.provider or ""))

    def waiting_forwards(self) -> dict[str, int]:
        """How many deliveries wait to be sent on, or are being sent on, by target."""
        return self._log.waiting_by_target()

    def body(self, id: int, view: str | None = None) -> BodyText:  # noqa: A002
        """The body of a delivery as lines.

        Raises:
            UsageError: The log holds no such delivery.
        """
        from webhook_inspector.bodies import render

        return render(self.record(id).delivery.request, view)

    def verify(
        self,
        id: int,  # noqa: A002
        *,
        provider: str | None = None,
        scheme: str | None = None,
        secrets: Sequence[Secret] | None = None,
        url: str | None = None,
        params: Mapping[str, str] | None = None,
    ) -> Verification:
        """Verify a delivery at its arrival time. A mismatch is held against other deliveries of its source.

        Args:
            id: The delivery.
            provider: Taken from the delivery's facts when None.
            scheme: Recipe to use; detected when None.
            secrets: Those of the delivery's source when None.
            url: The public URL that the sender used; from the source's configuration when None.
            params: Values that the scheme needs beside the secret, over those of the source's configuration.

        Raises:
            UsageError: No such delivery, provider or scheme.
        """
        record = self.record(id)
        name = provider or record.facts.provider
        entry = self.provider(provider) if provider else self.config.providers.get(name or "")
        if scheme is not None and entry is not None and scheme not in {recipe.name for recipe in entry.recipes}:
            known = ", ".join(recipe.name for recipe in entry.recipes)
            raise UsageError(f"{entry.name} has no scheme {scheme!r}; it has {known}.")
        return self._verifier().verify(
            record.delivery,
            entry,
            scheme=scheme,
            secrets=secrets,
            url=url,
            params=params,
            held_against_others=True,
        )

    def handshake(self, delivery: Delivery) -> Handshaken | None:
        """The endpoint check that a delivery is and what it is answered, or None."""
        return self._handshakes().of(delivery)

    def propose(
        self, number: int, name: str | None, *, secrets: Sequence[Secret] = (), url: str | None = None
    ) -> Proposed:
        """A provider of the user's own, proposed from a delivery.

        Args:
            number: The delivery.
            name: Of the new provider; None: after its source or header.
            secrets: Tried besides those of its source.
            url: The public URL that the sender called; None: as its source says.

        Raises:
            UsageError: No such delivery, or the name cannot be one.
        """
        from webhook_inspector.engine.proposing import propose_provider

        return propose_provider(
            self.record(number), self.sources, self.config.providers, name=name, secrets=secrets, url=url
        )

    def diff(self, a: int, b: int) -> PayloadDiff:
        """What differs between two deliveries.

        Raises:
            UsageError: One is not in the log.
        """
        from webhook_inspector.shapes import diff_requests

        first, second = self.record(a), self.record(b)
        volatile = list(self.config.shapes.volatile)
        for name in {first.facts.provider, second.facts.provider}:
            entry = self.config.providers.get(name or "")
            volatile += entry.volatile if entry else ()
        return diff_requests(first.delivery.request, second.delivery.request, volatile=sorted(volatile))

    def previous_of_type(self, id: int) -> int | None:  # noqa: A002
        """The delivery of the same source and event type before this one, or None.

        Raises:
            UsageError: The log holds no such delivery.
        """
        record = self.record(id)
        if record.facts.event.type is None:
            return None
        return self._log.latest_of_type(record.delivery.source, record.facts.event.type, id)

    def run_result(self, run_id: int) -> RunResult:
        """A run as kept in the log.

        Raises:
            UsageError: There is no such run.
        """
        from webhook_inspector.engine.run_result import read_result

        return read_result(self._log, run_id)

    def runs(self, limit: int = 100) -> list[RunResult]:
        """The newest runs, newest first."""
        from webhook_inspector.engine.run_result import read_results

        return read_results(self._log, limit)

    def provider(self, name: str) -> Provider:
        """A known provider.

        Raises:
            UsageError: There is none of that name; the message names the nearest.
        """
        entry = self.config.providers.get(name)
        if entry is None:
            import difflib

            near = difflib.get_close_matches(name, self.config.providers, n=1)
            hint = f"did you mean {near[0]!r}?" if near else "`providers list` names them all."
            raise UsageError(f"There is no provider {name!r}; {hint}")
        return entry

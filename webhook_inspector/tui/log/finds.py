"""Finding and hearing: the filter at work, and what the engine tells."""

from __future__ import annotations

import contextlib
from array import array
from collections.abc import Mapping
from dataclasses import replace

from textual import on, work
from textual.worker import get_current_worker

from webhook_inspector.core.filters import KEYS, Query
from webhook_inspector.errors import InspectorError, QueryError
from webhook_inspector.tui.bridge import News
from webhook_inspector.tui.completion import choices
from webhook_inspector.tui.log.finding import names_one_source, with_term
from webhook_inspector.tui.log.parts import LogParts
from webhook_inspector.tui.safe import clean
from webhook_inspector.tui.widgets.filter_line import FilterLine

TYPING_S = 0.12
"""A filter runs when no key came for so long."""
RECOUNT_S = 0.5
"""Problems are counted at most so often."""
FIRST_PAGE = 200
"""Rows read before the first paint: a few milliseconds, whatever the log holds."""
LOOKING_S = 0.1
"""A filter that runs longer than this shows `…`, so that nothing found and still looking differ."""


class LogFinds(LogParts):
    """The part of the log's screen that reads the log."""

    def first_page(self) -> None:
        """The newest deliveries at once, for the first paint; the rest from a worker."""
        try:
            self.list.set_ids(self.finder.find(self.finder.read(f"last:{FIRST_PAGE}")))
        except InspectorError as error:
            self.say(("bad", "✗ "), clean(error.message), seconds=0)
        self.refind(self.finder.query)

    def look_again(self) -> None:
        """The log holds something else now."""
        self.refind(self.finder.query)

    def news(self, news: News) -> None:
        """The engine told something."""
        if news.captured:
            self.total += len(news.captured)
            if self._searches:
                self._meanwhile.update(news.captured)
            if self.finder.everything:
                self.list.add(news.captured)
            self.show_welcome(empty=False)
        self._tick(news)
        if news.trouble:
            self.trouble = news.trouble[-1]
        forwarded = [attempt for attempt in news.attempts if attempt.run_id is None]
        if forwarded:
            status = forwarded[-1].status
            self.forward_ok = status is not None and 200 <= status < 300
        changed = news.analysed | {attempt.delivery_id for attempt in news.attempts}
        if changed:
            self._changed(changed)
        if news.foreign:
            self.list.forget_all()
            self.refind(self.finder.query)
        self.repaint_lines()

    def _tick(self, news: News) -> None:
        """The boxes of a first session."""
        with contextlib.suppress(InspectorError):  # whatever keeps the log from being read is told by the list
            self.steps.hear(news, self.total, self.inspector.summaries)

    def _recount_soon(self) -> None:
        if self._recounting is None:
            self._recounting = self.set_timer(RECOUNT_S, self._recount)

    @work(thread=True, exclusive=True, group="recount", description="recount")
    def _recount(self) -> None:
        self._recounting = None
        query = self.finder.query
        if query.last is not None:
            return
        try:
            found = tuple(self.inspector.count(with_term(query.text, word)) for word in ("sig:bad", "state:failed"))
        except InspectorError:
            return
        if query is self.finder.query:
            self.call_later(self._recounted, (found[0], found[1]))

    def _recounted(self, problems: tuple[int, int]) -> None:
        self.problems = problems
        self.repaint_lines()

    def _changed(self, ids: set[int]) -> None:
        self._recount_soon()
        self.list.forget(ids)
        if not self.finder.everything:
            if self._searches:
                self._meanwhile.update(ids)
            self._sift(frozenset(ids))
        if self.list.current in ids:
            self.detail.show(self.list.summary(self.list.current))
            self.detail.again()
            if self.has_class("-three"):
                self.show_third()
                self.third.again()

    @work(thread=True, exclusive=True, group="find", description="find")
    def refind(self, query: Query) -> None:
        """Run a filter and show what it finds."""
        worker = get_current_worker()
        self.call_later(self._looking, 1)
        try:
            page = self.finder.find(replace(query, last=FIRST_PAGE)) if query.root and query.last is None else None
            if page is not None and len(page) == FIRST_PAGE and not worker.is_cancelled:
                self.call_later(self._first_found, query, page)
            # Fewer than a page: that was all.
            ids = self.finder.find(query) if page is None or len(page) == FIRST_PAGE else page
            total = self.inspector.count("")
            near = None if ids or not total else self.finder.near_type(query.text)
        except InspectorError as error:
            self.call_later(self._not_found, error)
            return
        if worker.is_cancelled:
            self.call_later(self._looking, -1)
        else:
            self.call_later(self._found, query, ids, total, near)

    def _looking(self, step: int) -> None:
        self._searches = max(0, self._searches + step)
        if step > 0:
            self.set_timer(LOOKING_S, self.repaint_lines)

    def _not_found(self, error: InspectorError) -> None:
        self._looking(-1)
        self.say(("bad", "✗ "), clean(error.message), seconds=0)

    def _first_found(self, query: Query, page: array[int]) -> None:
        """The newest of what a filter finds, while the rest is looked for. A cursor that rests elsewhere waits."""
        if self.list.following and self.looking:
            self.finder.query = query
            self.list.set_ids(page)
            self.repaint_lines()

    def _found(self, query: Query, ids: array[int], total: int, near: str | None) -> None:
        self._looking(-1)
        self.near = near
        self.finder.query = query
        self.total = max(total, len(ids))
        meanwhile, self._meanwhile = self._meanwhile, set()
        self.list.set_ids(ids)
        if meanwhile and self.finder.everything:
            self.list.add(sorted(meanwhile))
        elif meanwhile:
            self._sift(frozenset(meanwhile))
        current = self.list.current
        self.detail.show(self.list.summary(current) if current else None, at_once=True)
        self.show_third()
        self.show_welcome(empty=self.total == 0 and not self.list.ids)
        self._recount_soon()
        self.repaint_lines()

    @work(thread=True, group="sift", description="sift")
    def _sift(self, ids: frozenset[int]) -> None:
        query = self.finder.query
        found = self.finder.sift(ids)
        self.call_later(self._sifted, query, found)

    def _sifted(self, query: Query, found: list[int] | None) -> None:
        if query is not self.finder.query:
            return
        if found is None:
            self.refind(query)
        else:
            self.list.add(found)
            self.repaint_lines()

    def saved_filters(self) -> Mapping[str, str]:
        """The filters that are kept by name; none when they cannot be read."""
        try:
            return self.inspector.annotating.filters()
        except InspectorError:
            return {}

    # The filter line

    @on(FilterLine.Edited)
    def _edited(self, event: FilterLine.Edited) -> None:
        event.stop()
        self._complete(event.before_cursor)
        if self._typing is not None:
            self._typing.stop()
        self._typing = self.set_timer(TYPING_S, lambda: self._try(event.text))

    def _try(self, text: str, *, last: bool = False) -> None:
        try:
            query = self.finder.read(text)
        except QueryError as error:
            self.filter_line.tell_error(error)
            if last:
                self.say(("bad", "✗ "), clean(error.message), seconds=10)
            return
        self.filter_line.tell_error(None)
        self.list.show_source(not names_one_source(text))
        self.refind(query)

    @on(FilterLine.Kept)
    def _kept(self, event: FilterLine.Kept) -> None:
        event.stop()
        if self._typing is not None:
            self._typing.stop()
            self._typing = None
        self._try(event.text, last=True)
        self.focus_pane()

    def filter_with(self, text: str) -> None:
        """Filter by a text from elsewhere."""
        self.filter_line.set_text(text)
        self._try(text, last=True)

    @work(thread=True, exclusive=True, group="complete", description="complete")
    def _complete(self, text: str) -> None:
        try:
            found = choices(text, KEYS, self.inspector.values, self.saved_filters())
        except InspectorError:
            found = []
        if not get_current_worker().is_cancelled:
            self.call_later(self.filter_line.offer, found)

"""What the keys of the log do."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from pathlib import Path

from textual import work

from webhook_inspector.core import units
from webhook_inspector.core.filters.words import term
from webhook_inspector.core.secret import Secret
from webhook_inspector.errors import InspectorError
from webhook_inspector.tui.copying import copy_menu
from webhook_inspector.tui.log.copy_entries import copy_entries
from webhook_inspector.tui.log.finding import with_term
from webhook_inspector.tui.log.parts import LogParts
from webhook_inspector.tui.safe import clean
from webhook_inspector.tui.tabs.signature import explain
from webhook_inspector.tui.widgets import list_rows
from webhook_inspector.tui.widgets.line_view import LineView
from webhook_inspector.tui.widgets.prompt_line import number_in

BODY, HEADERS, SIGNATURE, SHAPE, RUNS, RAW = 1, 2, 3, 4, 5, 6


class LogActions(LogParts):
    """The part of the log's screen that acts."""

    _matches: array[int] = array("q")
    _problem: int | None = None

    # Looking

    def action_tab(self, number: int) -> None:
        """A tab of the detail."""
        if self.list.ids:
            self.detail.open_tab(number)
            if self.one_pane or self.has_class("-zoom"):
                self.open_detail()

    def action_tab_step(self, step: int) -> None:
        """The tab beside this one."""
        if self.list.ids:
            self.detail.step_tab(step)

    def action_age(self) -> None:
        """Clock time or age: the head of the column was clicked."""
        self.list.action_age()

    def action_signature(self) -> None:
        """Why the signature holds or not."""
        self.action_tab(SIGNATURE)

    def action_step_delivery(self, step: int) -> None:
        """Another delivery, from inside the detail."""
        self.list.step(step)

    def action_follow(self) -> None:
        """Follow the newest."""
        self.close_detail()
        self.list.action_follow()

    def action_problem(self) -> None:
        """The newest problem; again: the one before it. Opens the tab that explains it."""
        current = self.list.current
        before = current if self._problem is not None and self._problem == current else None
        found = self.list.problem_before(before)
        if found is None:
            older = " before this one" if before is not None else ""
            self.say(f"No problem{older}: every signature that could be checked holds, every answer is 2xx")
            self._problem = None
            return
        self._problem = found
        self.list.move_to(found)
        summary = self.list.summary(found)
        if summary is None:
            return
        if summary.refused is not None:
            tab = RAW
        elif summary.sig in list_rows.PROBLEM_SIGNS:
            tab = SIGNATURE
        else:
            tab = RUNS
        self.detail.show(summary)
        self.detail.open_tab(tab)
        if self.one_pane or self.has_class("-zoom"):
            self.open_detail()

    # Finding

    def action_filter(self) -> None:
        """Edit the filter."""
        self.filter_line.edit()

    def action_filter_to(self) -> None:
        """Only what has this value."""
        self._filter_by(without=False)

    def action_filter_out(self) -> None:
        """Only what has not."""
        self._filter_by(without=True)

    def action_take_near(self) -> None:
        """The filter that was proposed because nothing matched was clicked."""
        if self.near is not None:
            self.filter_with(self.near)

    def _filter_by(self, *, without: bool) -> None:
        word = self._term_here(without=without)
        if word is None:
            self.say("There is no value here to filter by")
            return
        self.close_detail()
        self.filter_with(with_term(self.filter_line.text, word))
        self.say(f"Filtered by {clean(word, 60)}   ", ("key", "esc"), ("dim", " clears it"))

    def _term_here(self, *, without: bool) -> str | None:
        if not self.in_detail:
            summary = self.list.summary(self.list.current) if self.list.ids else None
            if summary is None:
                return None
            if summary.event_type:
                return term("type", summary.event_type, without=without)
            return term("path", summary.target.partition("?")[0], without=without)
        if self.in_third:
            return None
        document, at = self.detail.view.document, self.detail.view.cursor
        path = document.path(at) if len(document) else None
        value = document.value(at) if path is not None else None
        if path is None or value is None or self.detail.tab != BODY or not path.startswith("$."):
            return None
        return term(f"body.{path.removeprefix('$.')}", value, without=without)

    def action_search(self) -> None:
        """Search in the pane that has the keyboard."""
        if self.in_detail:
            view = self.view
            self.ask("/", lambda text: view.search(text) if text else None, "search in this tab", typed=view.search)
        else:
            self.ask("/", self._search_list, "an id, a word, anything in a delivery")

    def _search_list(self, text: str | None) -> None:
        if text and text.strip():
            self._look_for(text.strip())

    @work(thread=True, exclusive=True, group="search", description="search")
    def _look_for(self, text: str) -> None:
        quoted = text.replace("\\", "\\\\").replace('"', '\\"')
        try:
            found = self.inspector.ids(f'"{quoted}"')
        except InspectorError as error:
            self.call_later(self.say, ("bad", "✗ "), clean(error.message))
            return
        self.call_later(self._looked_for, text, found)

    def _looked_for(self, text: str, found: array[int]) -> None:
        here = set(self.list.ids)
        self._matches = array("q", (number for number in found if number in here))
        if not self._matches:
            self.say(("bad", "Not found "), clean(text, 60))
            return
        self.list.move_to(self._matches[-1])
        count = units.plural(len(self._matches), "match", "matches")
        self.say(
            f"{count} of {clean(text, 40)}   ", ("key", "N"), ("dim", " older   "), ("key", "n"), ("dim", " newer")
        )

    def action_search_next(self) -> None:
        """The next newer match in the list."""
        at = bisect_right(self._matches, self.list.current)
        if at < len(self._matches):
            self.list.move_to(self._matches[at])
        elif self._matches:
            self.say("No newer match")

    def action_search_prev(self) -> None:
        """The next older match in the list."""
        at = bisect_left(self._matches, self.list.current)
        if at:
            self.list.move_to(self._matches[at - 1])
        elif self._matches:
            self.say("No older match")

    # Acting

    def action_copy(self) -> None:
        """The copy menu."""
        if self.has_class("-empty") or not self.list.ids:
            self.copy_address()
            return
        view = self.view if self.in_detail else None
        current = self.list.current
        copy_menu(self, copy_entries(self.inspector, current, view), name=f"delivery-{current}")

    def action_replay(self) -> None:
        """Plan a replay of what is marked, or of the delivery under the cursor."""
        if self.list.chosen:
            self.inspector_app.open_screen("replay", self.list.chosen)
        else:
            self.say("Nothing to replay yet")

    def action_check(self) -> None:
        """Check the handler with what is marked, or with the delivery under the cursor."""
        if self.list.chosen:
            self.inspector_app.open_screen("check", self.list.chosen)
        else:
            self.say("Nothing to check with yet")

    def action_export(self) -> None:
        """Save what is marked, or the delivery under the cursor, to a file."""
        if not self.list.chosen:
            self.say("Nothing to save yet")
            return
        summary = self.list.summary(self.list.chosen[-1])
        name = (summary.event_type if summary is not None else None) or f"delivery-{self.list.chosen[-1]}"
        self.inspector_app.open_screen("export", self.list.chosen, name)

    def action_open_file(self) -> None:
        """Plan a replay of a saved scenario."""
        self.ask("scenario", self._open_plan, "path of a saved scenario or plan")

    def _open_plan(self, text: str | None) -> None:
        if not text or not text.strip():
            return
        try:
            plan = self.inspector.open_plan(Path(text.strip()).expanduser())
        except InspectorError as error:
            self.say(("bad", "✗ "), clean(error.message))
            return
        self.inspector_app.open_screen("replay", [item.delivery_id for item in plan.items], plan=plan)

    def action_repeat(self) -> None:
        """Send the last replay again."""
        self.inspector_app.repeat_last_replay()

    def open_view(self, name: str) -> None:
        """Open a main view over the log; one that needs something of it has an action of its name here."""
        own = getattr(self, f"action_{name}", None)
        if own is None:
            self.inspector_app.open_screen(name)
        else:
            own()

    def action_stats(self) -> None:
        """Rates, errors and answer times."""
        self.inspector_app.open_screen("stats")

    def go_to(self, number: int) -> None:
        """Show a delivery: in the list when it is there, else alone."""
        at = bisect_left(self.list.ids, number)
        if at < len(self.list.ids) and self.list.ids[at] == number:
            self.list.move_to(number)
        else:
            self.filter_with(str(number))

    def action_sources(self) -> None:
        """The sources."""
        self.inspector_app.open_screen("sources")

    def action_shapes(self) -> None:
        """The shapes of this event type over time, or of the most frequent one."""
        summary = self.list.summary(self.list.current) if self.list.ids else None
        event_type = summary.event_type if summary is not None else None
        if event_type is None:
            try:
                event_type = self.finder.most_frequent_type()
            except InspectorError as error:
                self.say(("bad", "✗ "), clean(error.message))
                return
        if event_type is None:
            self.say("Shapes are kept by event type, and nothing here has one yet")
            return
        self.inspector_app.open_screen("shapes", event_type, self.filter_with)

    def action_diff(self) -> None:
        """The two marked ones, or this one and the one before of its type."""
        marked = self.list.marked
        if len(marked) == 2:
            self.inspector_app.open_screen("diff", marked[0], marked[1])
            return
        if not self.list.ids:
            return
        try:
            previous = self.inspector.previous_of_type(self.list.current)
        except InspectorError as error:
            self.say(("bad", "✗ "), clean(error.message))
            return
        if previous is None:
            self.say("The first of its type   ", ("key", "space"), ("dim", " marks two deliveries for a diff"))
            return
        self.inspector_app.open_screen("diff", previous, self.list.current)

    def action_diff_with(self) -> None:
        """Ask for a delivery and compare this one with it."""
        if not self.list.ids:
            self.say("Nothing to compare yet")
            return
        current = self.list.current
        self.ask(f"compare #{current} with", lambda text: self._diff_with(current, text), "the number of a delivery")

    def _diff_with(self, current: int, text: str | None) -> None:
        if not text or not text.strip():
            return
        try:
            other = self.inspector.record(number_in(text)).delivery.id
        except InspectorError as error:
            self.say(("bad", "✗ "), clean(error.message))
            return
        self.inspector_app.open_screen("diff", other, current)

    def action_fail_next(self) -> None:
        """Answer one more of the next requests with 503, to see when their sender comes again."""
        self._fail(self.inspector.failing + 1)

    def action_fail_none(self) -> None:
        """Answer all requests as usual again."""
        self._fail(0)

    def _fail(self, count: int) -> None:
        try:
            self.inspector.fail_next(count)
        except InspectorError as error:
            self.say(("bad", "✗ "), clean(error.message))
            return
        self.repaint_lines()
        if count:
            what = "request is" if count == 1 else f"{count} requests are"
            self.say(
                f"The next {what} answered 503   ",
                ("key", "i"),
                ("dim", " one more   "),
                ("key", "I"),
                ("dim", " none"),
            )
        else:
            self.say("All requests are answered as usual again")

    def action_try_secret(self) -> None:
        """Check the signature with a pasted secret, kept in memory only until the next delivery is shown."""
        if self._signature_view is None or not self.list.ids:
            return
        self.ask("secret", self._try_secret, "paste a signing secret; it is not kept", password=True)

    @property
    def _signature_view(self) -> LineView | None:
        """Where the signature stands now."""
        if self.detail.tab == SIGNATURE:
            return self.detail.view
        return self.third.view if self.has_class("-three") and self.third.tab == SIGNATURE else None

    def _try_secret(self, text: str | None) -> None:
        if text and text.strip():
            self._verify_with(self.list.current, Secret(text.strip(), "pasted"))

    @work(thread=True, exclusive=True, group="secret", description="secret")
    def _verify_with(self, delivery_id: int, secret: Secret) -> None:
        try:
            verification = self.inspector.verify(delivery_id, secrets=[secret])
            document = explain(verification, self.inspector.record(delivery_id))
        except InspectorError as error:
            self.call_later(self.say, ("bad", "✗ "), clean(error.message))
            return
        view = self._signature_view
        if delivery_id == self.list.current and view is not None:
            self.call_later(view.set_document, document)
            self.call_later(self.say, "With the pasted secret; it is not kept")

    def action_back(self) -> None:
        """One step back: from the detail, the zoom, the marks, the filter."""
        if self.close_detail():
            return
        if self.has_class("-zoom"):
            self.remove_class("-zoom")
        elif self.list.clear_marks():
            return
        elif self.filter_line.text:
            self.filter_with("")
            self.say("Cleared the filter   ", ("key", "f ↑"), ("dim", " brings it back"))
        elif self.steps.close():
            self.show_steps()
            self.repaint_lines()

    def action_quit(self) -> None:
        """Back; at the top: quit."""
        if not (self.one_pane and self.close_detail()):
            self.inspector_app.leave()

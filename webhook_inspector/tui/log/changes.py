"""What the keys of the log change: notes, pins, what is deleted and brought back, saved filters."""

from __future__ import annotations

from collections.abc import Sequence

from textual import work

from webhook_inspector.core import units
from webhook_inspector.errors import InspectorError
from webhook_inspector.tui.log.finds import LogFinds
from webhook_inspector.tui.palette import Command
from webhook_inspector.tui.safe import Line, clean

SOME = 1000
"""More than these take a moment to be deleted."""
UNDO = (("key", "u"), ("dim", " undo"))


class LogChanges(LogFinds):
    """The part of the log's screen that writes on deliveries and takes them away."""

    # Notes and pins

    def action_note(self) -> None:
        """Write on the delivery under the cursor."""
        if not self.list.ids:
            self.say("Nothing to write on yet")
            return
        current = self.list.current
        summary = self.list.summary(current)
        before = "" if summary is None else summary.note or ""
        self.ask(
            f"note on #{current}",
            lambda text: self._note(current, text),
            "anything; empty takes it away",
            value=" ".join(before.split()),
        )

    def _note(self, delivery_id: int, text: str | None) -> None:
        if text is None:
            return
        try:
            note = self.inspector.annotating.note(delivery_id, text)
        except InspectorError as error:
            self._failed(error)
            return
        self._marked_anew([delivery_id])
        what = "Noted on" if note is not None else "No note any more on"
        self.say(f"{what} #{delivery_id}   ", ("key", "m"), ("dim", " changes it"))

    def action_pin(self) -> None:
        """Keep what is marked, or the delivery under the cursor, when others are pruned; again: no longer."""
        if not self.list.chosen:
            self.say("Nothing to pin yet")
            return
        self._pin(self.list.chosen)

    @work(thread=True, group="change", description="pin")
    def _pin(self, ids: Sequence[int]) -> None:
        try:
            pinned = self.inspector.annotating.pin(ids) > 0
            if not pinned:
                self.inspector.annotating.pin(ids, pinned=False)
        except InspectorError as error:
            self.call_later(self._failed, error)
            return
        self.call_later(self._pinned, ids, pinned)

    def _pinned(self, ids: Sequence[int], pinned: bool) -> None:
        self._marked_anew(ids)
        what = "Pinned" if pinned else "Unpinned"
        why = "they stay when others are pruned   " if pinned and len(ids) > 1 else ""
        why = "it stays when others are pruned   " if pinned and len(ids) == 1 else why
        undo = " unpins" if pinned else " pins"
        self.say(f"{what} {_deliveries(ids)}   ", ("dim", why), ("key", "p"), ("dim", undo))

    def _marked_anew(self, ids: Sequence[int]) -> None:
        """Notes or pins have changed."""
        self.list.forget(ids)
        if self.list.current in ids:
            self.detail.show(self.list.summary(self.list.current))
        if not self.finder.everything:
            self.refind(self.finder.query)
        self.repaint_lines()

    # Deleting and bringing back

    def action_delete(self) -> None:
        """Delete what is marked, or the delivery under the cursor; `u` brings it back until the app ends."""
        if not self.list.chosen:
            self.say("Nothing to delete yet")
            return
        chosen = self.list.chosen
        if len(chosen) > SOME:
            self.say(f"Deleting {_deliveries(chosen)}…", seconds=0)
        self.list.take_out(chosen)  # at once: a key that follows is meant for the next row
        self._delete(chosen)

    @work(thread=True, group="change", description="delete")
    def _delete(self, ids: Sequence[int]) -> None:
        try:
            deleted = self.inspector.deleting.delete(ids)
        except InspectorError as error:
            self.call_later(self._failed, error)
            self.call_later(self.refind, self.finder.query)
            return
        self.call_later(self._deleted, deleted.ids, len(ids), deleted.waiting)

    def _deleted(self, ids: tuple[int, ...], asked: int, waiting: int) -> None:
        self._meanwhile.difference_update(ids)
        self.total = max(0, self.total - len(ids))
        self.list.take_out(ids)
        if self.looking or len(ids) < asked:
            self.refind(self.finder.query)  # one that runs may have read what is gone now; or some of them stay
        self._recount_soon()
        self.show_welcome(empty=self.total == 0)
        self.repaint_lines()
        stay = f"{units.plural(waiting, 'stays', 'stay')}: not sent on yet   " if waiting else ""
        if ids:
            self.say(f"Deleted {_deliveries(ids)}   ", *UNDO, "   " if stay else "", ("warn", stay))
        else:
            self.say(("warn", stay or "Nothing was deleted: it is not in the log any more"))

    def action_undo(self) -> None:
        """Bring back what was deleted last."""
        self._undo()

    @work(thread=True, group="change", description="undo")
    def _undo(self) -> None:
        try:
            back = self.inspector.deleting.undo()
            fitting = self.finder.sift(back)
            more = self.inspector.deleting.left_behind()
        except InspectorError as error:
            self.call_later(self._failed, error)
            return
        self.call_later(self._brought_back, back, fitting, more)

    def _brought_back(self, back: tuple[int, ...], fitting: list[int] | None, more: int) -> None:
        if not back:
            self.say("Nothing to bring back")
            return
        self.total += len(back)
        self.show_welcome(empty=False)
        if fitting is None or self.looking:
            self.refind(self.finder.query)
        elif fitting:
            self.list.put_back(fitting)
        self._recount_soon()
        self.repaint_lines()
        hidden = fitting is not None and not fitting
        aside = (("dim", "the filter hides it   " if len(back) == 1 else "the filter hides them   "),) if hidden else ()
        again = (*UNDO, ("dim", " brings back more")) if more else ()
        self.say(f"Brought back {_deliveries(back)}   ", *aside, *again)

    def tell_left_behind(self) -> None:
        """Say what a process that did not end in order had deleted."""
        try:
            count = self.inspector.deleting.left_behind()
        except InspectorError:
            return  # whatever keeps it from being read is told by the list
        if count:
            what = units.plural(count, "deleted delivery", "deleted deliveries")
            self.say(f"{what} of a session that did not end can come back   ", *UNDO, seconds=0)

    # Saved filters

    def extra_commands(self) -> list[Command]:
        """What the command palette offers beside the keys."""
        made = []
        if self.filter_line.text:
            made.append(Command("Save this filter", "", self.save_filter))
        for name in self.saved_filters():
            made.append(Command(f"Filter by @{name}", "", lambda name=name: self.filter_with(f"@{name}")))  # type: ignore[misc]  # a default argument's type is not inferred
            made.append(Command(f"Forget the saved filter @{name}", "", lambda name=name: self._forget_filter(name)))  # type: ignore[misc]  # as above
        return made

    def save_filter(self) -> None:
        """Keep the filter under a name."""
        text = self.filter_line.text
        self.ask("save as @", lambda name: self._save_filter(name, text), "a name for this filter")

    def _save_filter(self, name: str | None, text: str) -> None:
        name = (name or "").strip().removeprefix("@")
        if not name:
            return
        try:
            self.inspector.annotating.save_filter(name, text)
        except InspectorError as error:
            self._failed(error)
            return
        self.say(
            f"@{name} stands for ", Line.captured(text[:80]), ("dim", "   in any filter, also on the command line")
        )

    def _forget_filter(self, name: str) -> None:
        try:
            self.inspector.annotating.remove_filter(name)
        except InspectorError as error:
            self._failed(error)
            return
        self.say(f"Forgot @{name}")

    def _failed(self, error: InspectorError) -> None:
        self.say(("bad", "✗ "), clean(error.message), seconds=10)


def _deliveries(ids: Sequence[int]) -> str:
    return f"#{ids[0]}" if len(ids) == 1 else units.plural(len(ids), "delivery", "deliveries")

"""The differences between two deliveries as rows, made when they are looked at. Pure."""

from __future__ import annotations

import json
from typing import Any

from webhook_inspector.core.units import count, plural
from webhook_inspector.shapes import KINDS, Change, PayloadDiff
from webhook_inspector.tui.safe import Line, fit, fit_middle
from webhook_inspector.tui.widgets.drawn_lines import DrawnLines

_MARKS = {"added": ("ok", "+"), "null_added": ("ok", "+"), "removed": ("bad", "−"), "null_removed": ("bad", "−")}
_NO_BEFORE = frozenset({"added", "null_added"})
_NO_AFTER = frozenset({"removed", "null_removed"})
_MOST_TEXT = 2_000


def value_words(value: Any) -> str:
    """A value in one short text: `{ 4 keys }`, `[ 3 ]`, `"text"`, `1900`, `null`. Not yet safe to show."""
    if isinstance(value, dict):
        return f"{{ {plural(len(value), 'key')} }}"
    if isinstance(value, list):
        return f"[ {count(len(value))} ]"
    if isinstance(value, str):
        return json.dumps(value[:_MOST_TEXT], ensure_ascii=False)
    try:
        return json.dumps(value)[:_MOST_TEXT]
    except (TypeError, ValueError):
        return str(type(value).__name__)


def sides(change: Change) -> tuple[str, str]:
    """Before and after in words; `none` where there is nothing."""
    if change.kind == "moved" and change.moved_from is not None:
        return f"at {change.moved_from.removeprefix('$.')}", "here"
    before = "none" if change.kind in _NO_BEFORE else value_words(change.before)
    after = "none" if change.kind in _NO_AFTER else value_words(change.after)
    return before, after


def path_words(change: Change) -> str:
    """`data.object.amount_due`, `header user-agent`, `query.x`. Not yet safe to show."""
    if change.where == "header":
        return f"header {change.path}"
    if change.where == "body":
        return change.path.removeprefix("$.") if change.path != "$" else "body"
    return change.path


class ChangeTable(DrawnLines):
    """The rows of a diff. Only the ones in sight are made.

    Args:
        diff: What differs.
        names: What the two sides are called, for example `#9714` and `#9870`.
        width: Cells of a row.
        show_hidden: Whether what always differs is listed too.
    """

    def __init__(self, diff: PayloadDiff, names: tuple[str, str], width: int, *, show_hidden: bool) -> None:
        self._diff = diff
        self._show_hidden = show_hidden
        self.changes: tuple[Change, ...] = diff.changes + (diff.hidden if show_hidden else ())
        rest = max(30, width - 5)
        self._path = max(16, min(60, rest * 2 // 5))
        self._side = max(8, min(60, (rest - self._path - 2) // 2))
        head = f"    {fit('PATH', self._path)} {fit(names[0], self._side)} {fit(names[1], self._side)}"
        self._head = [Line(), Line.of(("dim", head))]
        self._foot = self._made_foot()

    @property
    def first(self) -> int:
        """The row of the first change."""
        return len(self._head)

    @property
    def fixed(self) -> list[int]:
        """The rows that are no changes."""
        end = self.first + len(self.changes)
        return [*range(self.first), *range(end, end + len(self._foot))]

    def change_at(self, row: int) -> Change | None:
        """The change of a row."""
        index = row - self.first
        return self.changes[index] if 0 <= index < len(self.changes) else None

    def __len__(self) -> int:
        return self.first + len(self.changes) + len(self._foot)

    def line(self, index: int) -> Line:
        """A row of the head, a change, or a row of the foot."""
        if index < self.first:
            return self._head[index]
        change = self.change_at(index)
        return self._row(change) if change is not None else self._foot[index - self.first - len(self.changes)]

    def _row(self, change: Change) -> Line:
        before, after = sides(change)
        role = "dim" if change.why_hidden else "text"
        mark = _MARKS.get(change.kind, ("warn", "~"))
        mark = ("dim", mark[1]) if change.why_hidden else mark
        return Line.of(
            "  ", mark, " ",
            (role, fit_middle(path_words(change), self._path)), " ",
            ("dim", fit(before, self._side)), " ",
            ("dim" if after == "none" else role, fit(after, self._side)),
        )  # fmt: skip

    def _made_foot(self) -> list[Line]:
        lines: list[Line] = []
        if not self._diff.changes:
            lines.append(Line.of("  ", ("ok", "="), "  No difference that says anything"))
        if not self.changes or self._diff.changes or self._show_hidden:
            lines.append(Line())
        if self._diff.equal_paths:
            lines.append(Line.of(("dim", f"  =  {plural(self._diff.equal_paths, 'equal path')}")))
        if self._diff.hidden:
            kinds = ", ".join(dict.fromkeys(_why(change) for change in self._diff.hidden))
            verb = "differs" if len(self._diff.hidden) == 1 else "differ"
            words = f"  ·  {plural(len(self._diff.hidden), 'change')} that always {verb}"
            state, does = (", shown dim   ", " hide   ") if self._show_hidden else (" hidden   ", " show   ")
            lines.append(Line.of(("dim", words + state), ("letter", "i"), ("dim", does + kinds)))
        if self._diff.note:
            lines += [Line(), Line.of("  ", ("warn", "!"), "  ", ("text", self._diff.note))]
        return lines


def _why(change: Change) -> str:
    names = {"id": "ids", "time": "times", "token": "tokens", "hash": "hashes", "signature": "signatures"}
    return names.get(change.why_hidden, change.why_hidden or "others")


def meaning(change: Change) -> str:
    """What kind of change it is, in words."""
    words = KINDS.get(change.kind, change.kind)
    return f"{words}; {_why(change)} always differ" if change.why_hidden else words


def report(diff: PayloadDiff, names: tuple[str, str], *, show_hidden: bool) -> str:
    """The diff as plain lines, for a chat or an issue; long values are cut."""
    table = ChangeTable(diff, names, 158, show_hidden=show_hidden)
    return "\n".join(line.text.rstrip() for line in table).strip("\n") + "\n"

"""Two texts side by side, line by line: aligned once, drawn when they are looked at. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from webhook_inspector.tui.safe import Line, fit
from webhook_inspector.tui.widgets.drawn_lines import DrawnLines

_MOST_LINES = 3_000
"""Lines up to which the texts are aligned; longer ones stand line by line."""
_MOST_CHARACTERS = 2_000


class SideBySide:
    """Two texts, line beside line.

    Args:
        left: Lines of the first.
        right: Lines of the second.
        names: What the sides are called.
    """

    def __init__(self, left: Sequence[str], right: Sequence[str], names: tuple[str, str]) -> None:
        self._left, self._right, self._names = left, right, names
        self.pairs = aligned(left, right)

    def table(self, width: int) -> TextTable:
        """The rows for a width in cells."""
        return TextTable(self._left, self._right, self._names, self.pairs, width)


def aligned(left: Sequence[str], right: Sequence[str]) -> list[tuple[int, int, str]]:
    """Rows as (left index or -1, right index or -1, mark); the mark is a blank, `~`, `+` or `−`."""
    pairs: list[tuple[int, int, str]] = []
    if max(len(left), len(right)) > _MOST_LINES:
        for at in range(max(len(left), len(right))):
            one, other = at if at < len(left) else -1, at if at < len(right) else -1
            same = one >= 0 and other >= 0 and left[at] == right[at]
            pairs.append((one, other, " " if same else "~"))
        return pairs
    for tag, a1, a2, b1, b2 in SequenceMatcher(None, left, right, autojunk=True).get_opcodes():
        for step in range(max(a2 - a1, b2 - b1)):
            one, other = a1 + step if a1 + step < a2 else -1, b1 + step if b1 + step < b2 else -1
            mark = " " if tag == "equal" else "+" if one < 0 else "−" if other < 0 else "~"
            pairs.append((one, other, mark))
    return pairs


class TextTable(DrawnLines):
    """The rows of two texts side by side."""

    def __init__(
        self,
        left: Sequence[str],
        right: Sequence[str],
        names: tuple[str, str],
        pairs: Sequence[tuple[int, int, str]],
        width: int,
    ) -> None:
        self._left, self._right, self._pairs = left, right, pairs
        self._half = max(10, (width - 5) // 2)
        self._head = Line.of(("dim", f"  {fit(names[0], self._half)} "), ("line", "│"), ("dim", f" {names[1]}"))
        self.fixed: list[int] = [0]

    def __len__(self) -> int:
        return len(self._pairs) + 1

    def mark(self, row: int) -> str:
        """The mark of a row: a blank where both sides are equal."""
        return " " if row == 0 else self._pairs[row - 1][2]

    def line(self, index: int) -> Line:
        """The names, or a line beside a line."""
        if index == 0:
            return self._head
        one, other, mark = self._pairs[index - 1]
        role = "dim" if mark == " " else "text"
        left = Line.captured(self._left[one][:_MOST_CHARACTERS], role) if one >= 0 else Line()
        right = Line.captured(self._right[other][:_MOST_CHARACTERS], role) if other >= 0 else Line()
        glyph = ({"+": "ok", "−": "bad", "~": "warn"}.get(mark, "dim"), mark)
        return Line.of(glyph, " ", left.pad(self._half), " ", ("line", "│"), " ", right.cut(self._half))

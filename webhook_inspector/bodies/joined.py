"""Lines put together from several sources, such as the fields of a form with JSON opened inside."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace

from webhook_inspector.bodies.api import Line, Lines


class JoinedLines(Lines):
    """One after the other; lines of opened parts stand one level deeper."""

    def __init__(self) -> None:
        self._parts: list[tuple[Lines | Line, int, str | None]] = []
        self._starts: list[int] = []
        self._size = 0

    def add(self, line: Line, value: str | None = None) -> int:
        """Append one line; its index.

        Args:
            line: The line; its `fold_end` counts from the start of the whole.
            value: The text to copy when it is not the line's text.
        """
        self._starts.append(self._size)
        self._parts.append((line, 0, value))
        self._size += 1
        return self._size - 1

    def add_lines(self, lines: Lines, indent: int) -> None:
        """Append lines from another source, deeper by `indent` levels."""
        if len(lines):
            self._starts.append(self._size)
            self._parts.append((lines, indent, None))
            self._size += len(lines)

    def fold(self, start: int) -> None:
        """Make the lines from `start`, which was added alone, to the end of what was added one block."""
        at = bisect_right(self._starts, start) - 1
        line, indent, value = self._parts[at]
        if isinstance(line, Line) and self._size - 1 > start:
            self._parts[at] = (replace(line, fold_end=self._size - 1), indent, value)

    def __len__(self) -> int:
        return self._size

    def line(self, index: int) -> Line:
        """The line of an index."""
        at = bisect_right(self._starts, index) - 1
        part, indent, _ = self._parts[at]
        if isinstance(part, Line):
            return part
        start = self._starts[at]
        line = part.line(index - start)
        fold_end = None if line.fold_end is None else line.fold_end + start
        return replace(line, indent=line.indent + indent, fold_end=fold_end)

    def value(self, index: int) -> str:
        """The value of a line as text to copy."""
        at = bisect_right(self._starts, index) - 1
        part, _, value = self._parts[at]
        if isinstance(part, Line):
            return part.text if value is None else value
        return part.value(index - self._starts[at])

    def source(self, index: int) -> str:
        """The value of a line exactly as sent."""
        at = bisect_right(self._starts, index) - 1
        part, _, value = self._parts[at]
        if isinstance(part, Line):
            return part.text if value is None else value
        return part.source(index - self._starts[at])

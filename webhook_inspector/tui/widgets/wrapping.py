"""Long lines over several rows."""

from __future__ import annotations

import re

from webhook_inspector.tui.safe import Line, Piece, cells, clean

_LABEL = re.compile(r" *([^ ]+( [^ ]+)?  +)?")


def hanging(text: str) -> int:
    """Cells that the second row of a wrapped line is set in by: as far as its words, or what follows their label."""
    found = _LABEL.match(text)
    return min(24, cells(found.group())) if found else 0


def wrap_at(text: str, room: int) -> list[int]:
    """Where the rows of a wrapped line start: indices of characters. Rows break at spaces where there are any."""
    starts = [0]
    hang = hanging(text)
    while True:
        start = starts[-1]
        width = max(8, room - (hang if start else 0))
        if cells(text[start : start + 4 * room]) <= width and len(text) <= start + 4 * room:
            return starts
        end = start + min(width, len(text) - start)
        while cells(text[start:end]) > width:
            end -= 1
        space = text.rfind(" ", start + width // 2, end + 1)
        starts.append(space + 1 if space > 0 else max(end, start + 1))


def part(line: Line, start: int, end: int | None) -> Line:
    """The characters of a line from `start` to `end`."""
    pieces: list[Piece] = []
    at = 0
    for piece in line.pieces:
        first, last = max(start - at, 0), len(piece.text) if end is None else min(end - at, len(piece.text))
        if first < last:
            pieces.append(piece.part(first, last))
        at += len(piece.text)
    return Line(tuple(pieces))


def remark(sentence: str, width: int) -> list[Line]:
    """A sentence with a `!` before it, over as many lines as it needs; made safe here."""
    text = clean(sentence)
    starts = wrap_at(text, max(10, width - 4))
    return [
        Line.of(("warn", " ! " if start == 0 else "   "), text[start:end])
        for start, end in zip(starts, [*starts[1:], None], strict=True)
    ]

"""Bytes as offset, hexadecimal and characters; shows everything."""

from __future__ import annotations

from webhook_inspector.bodies.api import BodyText, Content, Line, Lines, Span

ROW = 16
"""Bytes on a line."""
_PRINTABLE = bytes(code if 0x20 <= code < 0x7F else 0x2E for code in range(256))


class _HexLines(Lines):
    def __init__(self, data: bytes) -> None:
        self._data = data

    def __len__(self) -> int:
        return (len(self._data) + ROW - 1) // ROW

    def line(self, index: int) -> Line:
        start = index * ROW
        row = self._data[start : start + ROW]
        pairs = f"{row[:8].hex(' ')}  {row[8:].hex(' ')}".ljust(ROW * 3)
        text = f"{start:08x}  {pairs}  {row.translate(_PRINTABLE).decode('ascii')}"
        return Line(text, (Span(0, 8, "note"), Span(10 + len(pairs) + 2, len(text), "string")))

    def value(self, index: int) -> str:
        return self._data[index * ROW : index * ROW + ROW].hex(" ")


class HexView:
    """The bytes that other views look at: as sent, or after the content encoding was undone."""

    name = "hex"
    title = "Hex"

    def priority(self, content: Content) -> int:
        """Always possible; the last choice."""
        return 100 if content.opaque else 1

    def render(self, content: Content) -> BodyText:
        """The body as rows of 16 bytes."""
        note = f"Shows the first {len(content.data):,} B." if content.cut else ""
        return BodyText(self.name, _HexLines(content.data), note, len(content.request.body), content.cut)


VIEW = HexView()

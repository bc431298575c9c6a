"""Multipart bodies: parts with their headers, sizes and file names; small texts and JSON are shown."""

from __future__ import annotations

from webhook_inspector.bodies.api import BodyText, CannotShowError, Content, Line, Span
from webhook_inspector.bodies.decode import declared_charset, decode_text, looks_binary
from webhook_inspector.bodies.fields import opened_json, places
from webhook_inspector.bodies.joined import JoinedLines
from webhook_inspector.bodies.text_lines import TextLines
from webhook_inspector.core.headers import decode_header
from webhook_inspector.core.multipart import Part, boundary_of, read_multipart

MAX_TEXT = 65_536
"""Bytes of a part up to which its text is shown."""
_PEEK = 16


class MultipartView:
    """The parts of a body, each a foldable block."""

    name = "multipart"
    title = "Multipart"

    def priority(self, content: Content) -> int:
        """Fits what is declared as multipart."""
        return 90 if content.media_type.startswith("multipart/") and content.data and not content.opaque else 0

    def render(self, content: Content) -> BodyText:
        """The parts as blocks.

        Raises:
            CannotShowError: The body has no parts.
        """
        boundary = boundary_of(content.request.headers.get("content-type") or "", content.data)
        if boundary is None:
            raise CannotShowError("Not readable as multipart: no boundary is declared.")
        found = read_multipart(content.data, boundary)
        notes = list(found.notes[:8])
        if not found.parts:
            raise CannotShowError(f"Not readable as multipart: {' '.join(notes) or 'there are no parts.'}")
        if found.more:
            notes.append(f"Shows the first {len(found.parts):,} parts.")
        if content.cut:
            notes.append(f"Shows the first {len(content.data):,} B.")
        lines = JoinedLines()
        paths = places([part.name or f"part {number}" for number, part in enumerate(found.parts, 1)])
        for part, path in zip(found.parts, paths, strict=True):
            _add_part(lines, part, path)
        return BodyText(self.name, lines, " ".join(notes), len(content.request.body), content.cut or found.more)


def _add_part(lines: JoinedLines, part: Part, path: str) -> None:
    name = part.name if part.name is not None else "(no name)"
    file = "" if part.filename is None else f', file "{part.filename}"'
    detail = f"{len(part.data):,} B{file}"
    kind = "string" if part.filename is None else "file"
    spans = (Span(0, len(name), "key"), Span(len(name) + 2, len(name) + 2 + len(detail), "note"))
    text, shown = _text_of(part)
    header = Line(_flat(f"{name}  {detail}"), spans, path=path, value_kind=kind)
    start = lines.add(header, text if shown else part.data[:MAX_TEXT].hex(" "))
    for key, value in part.headers:
        label, content = _flat(decode_header(key)), _flat(decode_header(value))
        lines.add(Line(f"{label}: {content}", (Span(0, len(label) + 1, "note"),), indent=1, path=path), content)
    if shown:
        nested = opened_json(text, path)
        if nested is not None:
            lines.add_lines(nested, 1)
        else:
            rows = TextLines(text)
            for row in range(len(rows)):
                each = rows.line(row).text
                lines.add(Line(each, (Span(0, len(each), "string"),), indent=1, path=path), text)
    elif part.data:
        peek = part.data[:_PEEK].hex(" ") + (" …" if len(part.data) > _PEEK else "")
        lines.add(Line(peek, (Span(0, len(peek), "number"),), indent=1, path=path), part.data[:MAX_TEXT].hex(" "))
    lines.fold(start)


def _text_of(part: Part) -> tuple[str, bool]:
    """The text of a part, and whether it is to be shown."""
    if len(part.data) > MAX_TEXT:
        return "", False
    data = part.decoded()
    if looks_binary(data):
        return "", False
    text, _ = decode_text(data, declared_charset(part.headers.get("content-type") or ""))
    return text, True


def _flat(text: str) -> str:
    """Line ends in names become blanks, so that a line stays one line."""
    return text.replace("\r", " ").replace("\n", " ")


VIEW = MultipartView()

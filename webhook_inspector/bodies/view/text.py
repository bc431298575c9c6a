"""Text as lines, in whatever encoding it came."""

from __future__ import annotations

import re
from array import array

from webhook_inspector.bodies.api import BodyText, CannotShowError, Content, Line, Lines
from webhook_inspector.bodies.decode import decode_text, looks_binary

_LINE_END = re.compile(r"\r\n|\n|\r")


class TextLines(Lines):
    """Lines of a text, found once and cut when asked for.

    Args:
        text: The text.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = array("Q", [0])
        self._starts.extend(match.end() for match in _LINE_END.finditer(text))
        if len(self._starts) > 1 and self._starts[-1] == len(text):
            self._starts.pop()

    def __len__(self) -> int:
        return len(self._starts) if self._text else 0

    def line(self, index: int) -> Line:
        """The line of an index, without its line end."""
        end = self._starts[index + 1] if index + 1 < len(self._starts) else len(self._text)
        text = self._text[self._starts[index] : end]
        if text.endswith("\r\n"):
            text = text[:-2]
        elif text.endswith(("\n", "\r")):
            text = text[:-1]
        return Line(text)


class TextView:
    """Any text; what other views cannot read lands here."""

    name = "text"
    title = "Text"

    def priority(self, content: Content) -> int:
        """Fits all that is not binary."""
        if content.opaque or looks_binary(content.data):
            return 0
        return 20 if content.media_type.startswith("text/") else 10

    def render(self, content: Content) -> BodyText:
        """The body as the lines it has.

        Raises:
            CannotShowError: It is not text.
        """
        if not content.data:
            return BodyText(self.name, TextLines(""), "The body is empty.")
        if content.opaque:
            raise CannotShowError("The bytes are still encoded, so there is no text to show.")
        if looks_binary(content.data):
            raise CannotShowError("The body is not text.")
        text, note = decode_text(content.data, content.charset, cut=content.cut)
        if content.cut:
            note = f"{note} Shows the first {len(content.data):,} B.".strip()
        return BodyText(self.name, TextLines(text), note, len(content.request.body), content.cut)


VIEW = TextView()

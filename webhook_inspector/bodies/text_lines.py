"""A text as the lines it has."""

from __future__ import annotations

import re
from array import array

from webhook_inspector.bodies.api import Line, Lines

_LINE_END = re.compile(r"\r\n|\n|\r")


class TextLines(Lines):
    """Lines of a text, found once and cut when asked for. LF, CRLF and CR end a line.

    Args:
        text: The text.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = array("Q", [0])
        if "\r" in text:
            self._starts.extend(match.end() for match in _LINE_END.finditer(text))
        else:  # several times faster
            at = text.find("\n")
            while at >= 0:
                self._starts.append(at + 1)
                at = text.find("\n", at + 1)
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

"""XML as indented lines, from its tokens: no parser, no entities, no external things, nothing expanded."""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass, field

from webhook_inspector.bodies.api import Line, Lines, Span

MAX_DEPTH = 500
MAX_LINES = 150_000
MAX_LOOK_BACK = 50
"""Open elements among which the partner of an end tag is looked for."""
_ATTRIBUTES = r"(?:[^<>\"'/]|\"[^\"]*\"|'[^']*'|/(?!>))*+"
_NAME = r"[^\s<>/!?=\"']+"
# What does not end runs to the end of the text, so that no attack makes this scan it again and again.
_TOKEN = re.compile(
    rf"\s*+(?:(<({_NAME})(?=[\s>]){_ATTRIBUTES}>[^<\r\n]*+</\2\s*>)"
    rf"|<(/?)({_NAME}){_ATTRIBUTES}(/?)>"
    r"|<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)|<\?.*?(?:\?>|\Z)"
    r"|<![A-Za-z](?:[^<>\[\"']|\"[^\"]*\"|'[^']*'|\[[^\]]*(?:\]|\Z))*+(?:>|\Z)|[^<]++|<)",
    re.DOTALL,
)
_PIECE = re.compile(
    r"(<!--.*?-->|<\?.*?\?>|<![A-Za-z].*?>)|(<!\[CDATA\[|\]\]>)|(</?)([^\s<>/]+)|(/?>)"
    r"|([^\s=<>\"'/]+)(?==)|(\"[^\"]*\"|'[^']*')|(&[#\w]+;)",
    re.DOTALL,
)
_ROW = re.compile(r"[^\r\n]+")
_SPACE = re.compile(r"\s*[\r\n]\s*")


@dataclass(slots=True)
class XmlIndex:
    """Where the lines are."""

    text: str
    starts: array[int] = field(default_factory=lambda: array("I"))
    ends: array[int] = field(default_factory=lambda: array("I"))
    depths: array[int] = field(default_factory=lambda: array("H"))
    parents: array[int] = field(default_factory=lambda: array("i"))
    """For each line, the line of the element that it stands in; -1 at the top."""
    folds: dict[int, int] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    problem: str = ""
    truncated: bool = False
    deep: bool = False

    def add(self, start: int, end: int, depth: int, parent: int) -> int:
        """Note a line; its number."""
        self.starts.append(start)
        self.ends.append(end)
        self.depths.append(depth)
        self.parents.append(parent)
        return len(self.starts) - 1


def index_xml(text: str) -> XmlIndex:
    """Find the lines of an XML text: one for each tag, comment and row of text; a leaf element is one line."""
    index = XmlIndex(text)
    stack: list[tuple[str, int]] = []
    for match in _TOKEN.finditer(text):
        if len(index.starts) >= MAX_LINES or len(stack) > MAX_DEPTH:
            index.truncated = True
            index.deep = len(stack) > MAX_DEPTH
            break
        depth, parent = len(stack), stack[-1][1] if stack else -1
        if match[1] is not None:
            index.names[index.add(match.start(1), match.end(), depth, parent)] = match[2]
        elif match[4] is None:
            _add_rows(index, match, depth, parent)
        elif match[3]:
            _close(index, stack, match)
        else:
            line = index.add(match.start(3) - 1, match.end(), depth, parent)
            index.names[line] = match[4]
            if not match[5]:
                stack.append((match[4], line))
    for _, line in stack:
        if len(index.starts) - 1 > line:
            index.folds[line] = len(index.starts) - 1
    if stack and not index.problem and not index.truncated:
        index.problem = f"<{stack[-1][0][:80]}> is not closed"
    return index


def _add_rows(index: XmlIndex, match: re.Match[str], depth: int, parent: int) -> None:
    content = match.group()
    if content.strip() == "<" and not index.problem:
        number = index.text.count("\n", 0, match.start()) + 1
        index.problem = f"a tag that starts at line {number:,} cannot be read"
    for row in _ROW.finditer(content):
        piece = row.group()
        stripped = piece.strip()
        if stripped:
            start = match.start() + row.start() + len(piece) - len(piece.lstrip())
            index.add(start, start + len(stripped), depth, parent)


def _close(index: XmlIndex, stack: list[tuple[str, int]], match: re.Match[str]) -> None:
    name, start = match[4], match.start(3) - 1
    low = max(0, len(stack) - MAX_LOOK_BACK)
    at = next((at for at in range(len(stack) - 1, low - 1, -1) if stack[at][0] == name), None)
    if (at is None or at != len(stack) - 1) and not index.problem:
        row = index.text.count("\n", 0, start) + 1
        index.problem = f"</{name[:80]}> at line {row:,} does not close the element that is open"
    if at is None:
        index.add(start, match.end(), len(stack), stack[-1][1] if stack else -1)
        return
    opened = stack[at][1]
    del stack[at:]
    line = index.add(start, match.end(), len(stack), stack[-1][1] if stack else -1)
    index.folds[opened] = line


class XmlLines(Lines):
    """Lines over an index.

    Args:
        index: The lines of an XML text.
    """

    def __init__(self, index: XmlIndex) -> None:
        self._index = index

    def __len__(self) -> int:
        return len(self._index.starts)

    def line(self, index: int) -> Line:
        """The line of an index."""
        found = self._index
        text = _SPACE.sub(" ", found.text[found.starts[index] : found.ends[index]])
        is_element = index in found.names
        return Line(
            text,
            _spans(text),
            indent=found.depths[index],
            fold_end=found.folds.get(index),
            path=self._path(index),
            value_kind="element" if is_element else "text",
        )

    def value(self, index: int) -> str:
        """A whole element where one starts, else the line; as sent."""
        found = self._index
        end = found.folds.get(index, index)
        return found.text[found.starts[index] : found.ends[end]]

    def _path(self, index: int) -> str:
        names: list[str] = []
        at = index if index in self._index.names else self._index.parents[index]
        while at >= 0:
            names.append(self._index.names.get(at, ""))
            at = self._index.parents[at]
        return "/" + "/".join(reversed(names))


def _spans(text: str) -> tuple[Span, ...]:
    spans: list[Span] = []
    in_tag = False
    for match in _PIECE.finditer(text):
        start, end = match.span()
        kind = ""
        if match[4] is not None:
            in_tag = True
            spans.append(Span(start, match.start(4), "punctuation"))
            start, kind = match.start(4), "key"
        elif match[5] is not None and in_tag:
            in_tag, kind = False, "punctuation"
        elif in_tag and (match[6] is not None or match[7] is not None):
            kind = "constant" if match[7] is None else "string"
        else:
            kind = {1: "note", 2: "punctuation", 8: "constant"}.get(match.lastindex or 0, "")
        if kind:
            spans.append(Span(start, end, kind))
    return tuple(spans)

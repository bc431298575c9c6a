"""Where the lines of pretty JSON begin and end in the text as sent: one pass, no values, no recursion.

A line of the pretty form is: a scalar or an empty container with its key and comma, the opening of a container,
or its end. The text is never parsed into values, so duplicate keys, key order, big numbers and escapes survive.
"""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass, field
from itertools import islice

MAX_DEPTH = 1_000
"""Levels of nesting beyond which indentation says nothing: such bodies are shown as text."""
MAX_LINES = 1_500_000
"""Lines beyond which the rest is cut, with a note."""
BLOCK = 256
"""Lines between two remembered positions."""

_WS = r"[ \t\n\r]*+"
# Looking ahead before an escape is taken keeps the group from failing half-way (Python before 3.11.5: gh-106052).
_ESCAPE = r'(?=\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})\\.'
STRING = rf'"[^"\\\x00-\x1f]*+(?:{_ESCAPE}[^"\\\x00-\x1f]*+)*+"'
NUMBER = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
_REST = rf"{NUMBER}|true|false|null|\{{{_WS}\}}|\[{_WS}\]"
_END = rf"{_WS}(?:,()|())"
# The number of the last group that took part tells the kind of the line; see the constants below.
_LINE = re.compile(
    rf"{_WS}(?:{STRING}{_WS}(?::{_WS}(?:(?:{STRING}|{_REST}){_END}|\{{()|\[())|,()|())"
    rf"|(?:{_REST}){_END}|\{{()|\[()|\}}{_END}|\]{_END}|())"
)
(_KEYED, _KEYED_LAST, _KEY_OBJECT, _KEY_ARRAY, _TEXT, _TEXT_LAST, _PLAIN, _PLAIN_LAST) = range(1, 9)
(_OBJECT, _ARRAY, _OBJECT_END, _OBJECT_END_LAST, _ARRAY_END, _ARRAY_END_LAST, _BAD) = range(9, 16)
_AT_ROOT, _IN_OBJECT, _IN_ARRAY, _AT_END, _DONE = range(5)
"""What may come next: the document, a member, an element, a comma or an end (which closes), nothing."""
_PLAIN_KINDS = ((-1, -1), (_KEYED, _KEYED), (_TEXT, _PLAIN), (-1, -1), (-1, -1))
"""For each of these, the kinds of lines after which the same may come again."""
_FAULT, _OPEN_OBJECT, _OPEN_ARRAY, _CLOSE_OBJECT, _CLOSE_ARRAY, _LAST, _WHOLE = range(7)
_ACTIONS = {
    _AT_ROOT: {_OBJECT: _OPEN_OBJECT, _ARRAY: _OPEN_ARRAY, _TEXT_LAST: _WHOLE, _PLAIN_LAST: _WHOLE},
    _IN_OBJECT: {_KEYED_LAST: _LAST, _KEY_OBJECT: _OPEN_OBJECT, _KEY_ARRAY: _OPEN_ARRAY},
    _IN_ARRAY: {_OBJECT: _OPEN_OBJECT, _ARRAY: _OPEN_ARRAY, _TEXT_LAST: _LAST, _PLAIN_LAST: _LAST},
    _AT_END: {
        _OBJECT_END: _CLOSE_OBJECT,
        _OBJECT_END_LAST: _CLOSE_OBJECT,
        _ARRAY_END: _CLOSE_ARRAY,
        _ARRAY_END_LAST: _CLOSE_ARRAY,
    },
    _DONE: {},
}
_UNFINISHED = re.compile(
    rf"{_WS}(?:{STRING}{_WS}:?{_WS})?+(?:\"(?:[^\"\\\x00-\x1f]|\\.)*+(?:\\(?:u[0-9a-fA-F]{{0,3}})?)?|[-+0-9.eE]*|[a-z]*|[\[{{])\Z"
)


class JsonBrokenError(Exception):
    """The text is not JSON, or not JSON that can be shown.

    Args:
        reason: What was found.
        position: Index of the first character that does not fit.
        deep: Whether it is merely nested too deep to be shown.
    """

    def __init__(self, reason: str, position: int, *, deep: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.position = position
        self.deep = deep


@dataclass(slots=True)
class JsonIndex:
    """Compact arrays over a JSON text; container arrays are in order of opening."""

    text: str
    ends: array[int] = field(default_factory=lambda: array("I"))
    """For each line, the index after its last character (its comma or value)."""
    opens: array[int] = field(default_factory=lambda: array("I"))
    """For each container that is not empty, its first line."""
    closes: array[int] = field(default_factory=lambda: array("I"))
    """For each, its last line."""
    sizes: array[int] = field(default_factory=lambda: array("I"))
    """For each, its members or elements."""
    parents: array[int] = field(default_factory=lambda: array("i"))
    """For each, the container it stands in; -1 for the root."""
    ordinals: array[int] = field(default_factory=lambda: array("I"))
    """For each, how many siblings stand before it."""
    depths: array[int] = field(default_factory=lambda: array("H"))
    objects: bytearray = field(default_factory=bytearray)
    """For each, 1 when it is an object."""
    block_slots: array[int] = field(default_factory=lambda: array("i"))
    """For each block of lines, the container that is open at its start."""
    block_bases: array[int] = field(default_factory=lambda: array("q"))
    """For each block, what to take from a line's number to get how many siblings stand before it."""
    truncated: bool = False

    def start(self, line: int) -> int:
        """Index of the first character that may belong to a line (white space may come first)."""
        return self.ends[line - 1] if line else 0


_BLANKS = re.compile(_WS)
_KEY = re.compile(rf"{STRING}{_WS}:{_WS}")


class _Scanner:
    """The grammar, for all lines but members and elements with a comma after them."""

    def __init__(self, text: str, *, cut: bool) -> None:
        self.index = JsonIndex(text)
        self.cut = cut
        self.slot, self.base = -1, 0
        self.state = _AT_ROOT

    def take(self, match: re.Match[str]) -> bool:
        """Handle one line; whether the text goes on."""
        kind = match.lastindex or _BAD
        action = _ACTIONS[self.state].get(kind, _FAULT)
        if action == _LAST:
            self.state = _AT_END
        elif action in {_CLOSE_OBJECT, _CLOSE_ARRAY}:
            if self.index.objects[self.slot] != (action == _CLOSE_OBJECT):
                raise self.fault(match)
            self._close(match, last=kind in {_OBJECT_END_LAST, _ARRAY_END_LAST})
        elif action in {_OPEN_OBJECT, _OPEN_ARRAY}:
            self._open(action == _OPEN_OBJECT, match)
        elif action == _WHOLE:
            self.state = _DONE
        elif kind == _BAD and self.state == _DONE and match.end() == len(self.index.text):
            return False
        elif self.cut and _UNFINISHED.match(self.index.text, self.index.ends[-1] if self.index.ends else 0):
            self.index.truncated = True
            return False
        else:
            raise self.fault(match)
        self.index.ends.append(match.end())
        return True

    def _open(self, is_object: bool, match: re.Match[str]) -> None:
        index = self.index
        line = len(index.ends)
        depth = index.depths[self.slot] + 1 if self.slot >= 0 else 1
        if depth > MAX_DEPTH:
            raise JsonBrokenError(f"nested deeper than {MAX_DEPTH:,} levels", match.end() - 1, deep=True)
        index.parents.append(self.slot)
        index.ordinals.append(line - self.base)
        index.depths.append(depth)
        index.objects.append(is_object)
        self.slot = len(index.opens)
        index.opens.append(line)
        index.closes.append(line)
        index.sizes.append(0)
        self.base = line + 1
        self.state = _IN_OBJECT if is_object else _IN_ARRAY

    def _close(self, match: re.Match[str], *, last: bool) -> None:
        index, slot = self.index, self.slot
        line = len(index.ends)
        index.closes[slot] = line
        index.sizes[slot] = line - self.base
        self.base = line - index.ordinals[slot]
        slot = self.slot = index.parents[slot]
        if last:
            self.state = _AT_END if slot >= 0 else _DONE
        elif slot >= 0:
            self.state = _IN_OBJECT if index.objects[slot] else _IN_ARRAY
        else:
            self.state = _DONE
            raise self.fault(match, match.end() - 1)

    def close_all(self) -> None:
        """A cut document: what is still open ends with the last line."""
        index, slot, base = self.index, self.slot, self.base
        last = len(index.ends) - 1
        while slot >= 0:
            index.closes[slot] = last
            index.sizes[slot] = last + 1 - base
            base = last - index.ordinals[slot]
            slot = index.parents[slot]

    def fault(self, match: re.Match[str], at: int | None = None) -> JsonBrokenError:
        """What is wrong at a line, and where."""
        text, state = self.index.text, self.state
        blanks = _BLANKS.match(text, match.start() if at is None else at)
        at = blanks.end() if blanks else 0
        in_object = self.slot >= 0 and bool(self.index.objects[self.slot])
        wanted = "a value" if state in {_AT_ROOT, _IN_ARRAY} else "a key in double quotes"
        if state == _AT_END:
            wanted = f"',' or '{'}' if in_object else ']'}'"
        elif state == _IN_OBJECT and (key := _KEY.match(text, at)):
            at, wanted = key.end(), "a value"
        found = repr(text[at : at + 12]) if at < len(text) else "the end"
        if state == _DONE:
            return JsonBrokenError(f"text after the end of the document: {found}", at)
        return JsonBrokenError(f"expected {wanted}, found {found}", at)


def index_json(text: str, *, cut: bool = False, max_lines: int = MAX_LINES) -> JsonIndex:
    """Find the lines of a JSON text.

    Args:
        text: The whole text, without a byte order mark.
        cut: Whether the text is the beginning of a longer one: an unfinished end is then no fault.
        max_lines: Lines after which the rest is left out (in steps of `BLOCK`).

    Raises:
        JsonBrokenError: It is not JSON, or nested deeper than `MAX_DEPTH`.
    """
    scanner = _Scanner(text, cut=cut)
    index = scanner.index
    add_end = index.ends.append
    lines = _LINE.finditer(text)
    plain, other = _PLAIN_KINDS[scanner.state]
    going = True
    while going and len(index.ends) < max_lines:
        index.block_slots.append(scanner.slot)
        index.block_bases.append(scanner.base)
        for match in islice(lines, BLOCK):
            kind = match.lastindex
            if kind == plain or kind == other:  # noqa: PLR1714, SIM109 (two comparisons are the fastest)
                add_end(match.end())
                continue
            going = scanner.take(match)
            if not going:
                break
            plain, other = _PLAIN_KINDS[scanner.state]
    index.truncated = index.truncated or going
    scanner.close_all()
    return index

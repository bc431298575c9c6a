"""Pretty JSON lines made from the tokens as sent, a block at a time."""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections import OrderedDict
from dataclasses import replace

from webhook_inspector.bodies.api import Line, Lines, Span
from webhook_inspector.bodies.json_index import BLOCK, NUMBER, STRING, JsonIndex
from webhook_inspector.core.clock import NS_PER_MS, NS_PER_S, iso_utc
from webhook_inspector.core.paths import step

_KEPT_BLOCKS = 24
_TOKEN = re.compile(rf"({STRING})|({NUMBER})|(true|false)|(null)|([\[\]{{}}:,])")
_YEAR_2100_S = 4_102_444_800
_BLANK = re.compile(r"[ \t\n\r]*+")


def decode_string(lexeme: str) -> str:
    """The characters of a JSON string, which may hold lone surrogates."""
    try:
        return str(json.loads(lexeme))
    except ValueError:  # not reachable for lexemes of the index
        return lexeme


def epoch_hint(lexeme: str) -> str:
    """The date of a number that looks like seconds or milliseconds since the epoch, before 2100; else empty."""
    if not lexeme.isdigit():
        return ""
    if len(lexeme) == 10 and int(lexeme) < _YEAR_2100_S:
        return iso_utc(int(lexeme) * NS_PER_S)[:19] + "Z"
    if len(lexeme) == 13 and int(lexeme) < _YEAR_2100_S * 1000:
        return iso_utc(int(lexeme) * NS_PER_MS)[:23] + "Z"
    return ""


class JsonLines(Lines):
    """Lines over an index; only what is looked at is made.

    Args:
        index: The lines of a JSON text.
        root: Path of the document, `$` when it is the whole body.
    """

    def __init__(self, index: JsonIndex, root: str = "$") -> None:
        self._index = index
        self._root = root
        self._blocks: OrderedDict[int, list[Line]] = OrderedDict()
        self._paths: dict[int, str] = {}

    def __len__(self) -> int:
        return len(self._index.ends)

    def line(self, index: int) -> Line:
        """The line of an index."""
        number, offset = divmod(index, BLOCK)
        block = self._blocks.get(number)
        if block is None:
            block = self._blocks[number] = self._make_block(number)
            if len(self._blocks) > _KEPT_BLOCKS:
                self._blocks.popitem(last=False)
        else:
            self._blocks.move_to_end(number)
        return block[offset]

    def source(self, index: int) -> str:
        """The value of a line exactly as sent: a whole object or array where one starts or ends."""
        found = self._index
        slot = self._slot_at(index)
        if slot is None:
            start, end = found.start(index), found.ends[index]
            lexemes = [match.group() for match in _TOKEN.finditer(found.text, start, end)]
            tokens = [each for each in lexemes if each != ","]
            return "".join(tokens[2:] if tokens[1:2] == [":"] else tokens)
        first, last = found.opens[slot], found.closes[slot]
        start = found.ends[first] - 1
        return found.text[start : found.ends[last]].rstrip(", \t\n\r")

    def value(self, index: int) -> str:
        """The value of a line as text to copy: strings decoded, all else as sent."""
        source = self.source(index)
        return decode_string(source) if source.startswith('"') else source

    def _slot_at(self, index: int) -> int | None:
        """The container that starts or ends at a line."""
        found = self._index
        at = bisect_left(found.opens, index)
        if at < len(found.opens) and found.opens[at] == index:
            return at
        if found.text[found.start(index) : found.ends[index]].rstrip(", \t\n\r").endswith(("}", "]")):
            at -= 1
            while at >= 0 and found.closes[at] < index:
                at = found.parents[at]
            if at >= 0 and found.closes[at] == index and found.opens[at] != index:
                return at
        return None

    def _path_of(self, slot: int) -> str:
        """Path of a container, from the steps of those around it."""
        chain: list[int] = []
        while slot >= 0 and slot not in self._paths:
            chain.append(slot)
            slot = self._index.parents[slot]
        path = self._paths[slot] if slot >= 0 else self._root
        for each in reversed(chain):
            parent = self._index.parents[each]
            if parent >= 0:
                path += self._step_at(self._index.opens[each], parent, self._index.ordinals[each])
            self._paths[each] = path
        if len(self._paths) > 10_000:
            self._paths.clear()
        return path

    def _step_at(self, line: int, slot: int, ordinal: int) -> str:
        if not self._index.objects[slot]:
            return f"[{ordinal}]"
        match = _TOKEN.search(self._index.text, self._index.start(line))
        return step(decode_string(match.group())) if match else ""

    def _make_block(self, number: int) -> list[Line]:
        found = self._index
        slot, base = found.block_slots[number], found.block_bases[number]
        result: list[Line] = []
        first = number * BLOCK
        next_slot = bisect_left(found.opens, first)
        for line in range(first, min(first + BLOCK, len(found.ends))):
            depth = found.depths[slot] if slot >= 0 else 0
            made = self._draw(line)
            if slot >= 0 and found.closes[slot] == line and made.text[:1] in {"}", "]"}:
                result.append(replace(made, indent=depth - 1, path=self._path_of(slot)))
                base = line - found.ordinals[slot]
                slot = found.parents[slot]
                continue
            path = self._root if slot < 0 else self._path_of(slot) + self._step_at(line, slot, line - base)
            if next_slot < len(found.opens) and found.opens[next_slot] == line:
                slot, next_slot = next_slot, next_slot + 1
                kind = "object" if found.objects[slot] else "array"
                size, base = found.sizes[slot], line + 1
                result.append(
                    replace(made, indent=depth, path=path, value_kind=kind, fold_end=found.closes[slot], size=size)
                )
                continue
            result.append(replace(made, indent=depth, path=path))
        return result

    def _draw(self, line: int) -> Line:
        """Text and spans of a line, with one space after the colon whatever was sent."""
        text = ""
        spans: list[Span] = []
        kind: str | None = None
        hint = ""
        start, end = self._index.start(line), self._index.ends[line]
        for match in _TOKEN.finditer(self._index.text, start, end):
            lexeme = match.group()
            at = len(text)
            text += lexeme
            group = match.lastindex or 0
            if group == 5:
                spans.append(Span(at, at + 1, "punctuation"))
                if lexeme == ":":
                    text += " "
                    spans[0] = replace(spans[0], kind="key")
                    kind = None
                elif lexeme in "[{":
                    kind = "array" if lexeme == "[" else "object"
                continue
            spans.append(Span(at, at + len(lexeme), ("string", "number", "constant", "constant")[group - 1]))
            kind = ("string", "number", "boolean", "null")[group - 1]
            hint = epoch_hint(lexeme) if group == 2 else ""
        empty = len(spans) >= 2 and text.rstrip(",").endswith(("{}", "[]"))
        return Line(text, tuple(spans), value_kind=kind, size=0 if empty else None, hint=hint)


def place(text: str, position: int) -> str:
    """A position as `line 3, column 7`."""
    line = text.count("\n", 0, position) + 1
    return f"line {line:,}, column {position - text.rfind(chr(10), 0, position):,}"


def blank(text: str) -> bool:
    """Whether a text holds nothing but JSON white space."""
    match = _BLANK.match(text)
    return match is not None and match.end() == len(text)

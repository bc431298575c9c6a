"""Fewer bytes for the same screen: a colour that is set already is not set again, and only the last move counts.

Textual begins each piece of text with all of its colours and ends it with a reset, about 44 bytes a piece; over SSH
that is most of what a key costs. Here only what differs from the piece before is said (ECMA-48, 8.3.117 "SGR").
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_SGR = re.compile(r"\x1b\[([0-9;]*)m")
_MOVES_ONLY = re.compile(r"(?:\x1b\[[0-9;]*H|[\r\n])*")
"""Cursor positions and line ends: what they do does not depend on the colours."""
_MARKS_BLANKS = frozenset("4579")
"""Underlined, blinking, reversed and struck out blanks are to be seen; bold ones are not."""
_OTHER = re.compile(r"\x1b(?!\[[0-9;]*H)")
_EXTENDED = {"5": 3, "2": 5}
"""Parameters of a colour after 38 or 48: `38;5;n`, `38;2;r;g;b`."""


@dataclass(frozen=True, slots=True)
class Look:
    """How text is drawn."""

    flags: frozenset[str] = frozenset()
    """Bold, dim, underline and so on, by their SGR numbers."""
    front: str = "39"
    back: str = "49"

    def after(self, parameters: Sequence[str]) -> Look | None:
        """The look once these SGR parameters are said; None when one is not known here."""
        flags, front, back = set(self.flags), self.front, self.back
        at = 0
        while at < len(parameters):
            word = parameters[at] or "0"
            number = int(word)
            length = 1
            if number == 0:
                flags, front, back = set[str](), "39", "49"
            elif 1 <= number <= 9 and number != 6:
                flags.add(word)
            elif 30 <= number <= 37 or 90 <= number <= 97 or number == 39:
                front = word
            elif 40 <= number <= 47 or 100 <= number <= 107 or number == 49:
                back = word
            elif number in {38, 48}:
                length = _EXTENDED.get(parameters[at + 1] if at + 1 < len(parameters) else "", 0)
                if not length or at + length > len(parameters):
                    return None
                color = ";".join(parameters[at : at + length])
                front, back = (color, back) if number == 38 else (front, color)
            else:
                return None
            at += length
        return Look(frozenset(flags), front, back)

    def from_(self, before: Look | None) -> str:
        """What to write so that the terminal goes from a look, or from an unknown one, to this."""
        if before is None or not before.flags <= self.flags:
            words = ["0", *sorted(self.flags)]
            words += [color for color, plain in ((self.front, "39"), (self.back, "49")) if color != plain]
        else:
            words = sorted(self.flags - before.flags)
            words += [now for now, was in ((self.front, before.front), (self.back, before.back)) if now != was]
        return f"\x1b[{';'.join(words)}m" if words else ""


def _last_move(moves: str) -> str:
    """What of some moves counts: a line end in the last row moves all rows, so none is left out."""
    ends = moves.rfind("\n") + 1
    return moves[:ends] + moves[max(ends, moves.rfind("\x1b")) :]


class Lean:
    """Rewrites what goes to one terminal."""

    def __init__(self) -> None:
        self._shown: Look | None = None
        """What the terminal draws with; None: not known."""
        self._meant = Look()
        self._foreign = False

    def __call__(self, text: str) -> str:
        """The same, shorter. Each call leaves the terminal with the colours that the text left it with."""
        made: list[str] = []
        moves = ""
        for index, part in enumerate(_SGR.split(text)):
            if index % 2:
                foreign = self._say(part)
                if foreign:
                    made += [moves, foreign]
                    moves = ""
            elif _MOVES_ONLY.fullmatch(part):
                moves = _last_move(moves + part)
            else:
                made += [moves, self._settle(blank=not part.strip(" ")), part]
                moves = ""
                if _OTHER.search(part):
                    self._shown = None  # another screen, another mode: begin anew
        made += [moves, self._settle()]
        return "".join(made)

    def _say(self, parameters: str) -> str:
        """Take one SGR; what is not known here goes out as it is, and so does all until the next reset."""
        words = parameters.split(";")
        meant = (Look() if self._foreign else self._meant).after(words)
        if meant is None or (self._foreign and words[0] not in {"", "0"}):
            before = self._settle()
            self._foreign, self._shown = True, None
            return f"{before}\x1b[{parameters}m"
        self._foreign, self._meant = False, meant
        return ""

    def _settle(self, *, blank: bool = False) -> str:
        if self._foreign:
            return ""
        meant, shown = self._meant, self._shown
        if blank and shown is not None and not _MARKS_BLANKS & (meant.flags | shown.flags):
            meant = Look(shown.flags, shown.front, meant.back)  # nobody sees the colour of the text of a blank
        self._shown = meant
        return meant.from_(shown)

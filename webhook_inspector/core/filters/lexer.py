"""A filter's text as words, parentheses and minus signs, each with its position."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from webhook_inspector.errors import QueryError

Kind = Literal["word", "(", ")", "-", "end"]


@dataclass(frozen=True, slots=True)
class Word:
    """A run of characters without its quotes.

    What stood in quotes is only itself: there, `*`, `,`, `:` and spaces have no meaning.
    """

    text: str
    quoted: tuple[bool, ...]
    """For each character whether it stood in quotes."""
    positions: tuple[int, ...]
    """Where each character stands in the filter; one more for the end."""

    @property
    def plain(self) -> bool:
        """Whether nothing of it stood in quotes, and there is something."""
        return bool(self.text) and not any(self.quoted)

    @property
    def start(self) -> int:
        """Where it begins."""
        return self.positions[0]

    def find(self, char: str) -> int:
        """Index of the first such character outside quotes, or -1."""
        at = self.text.find(char)
        while at >= 0 and self.quoted[at]:
            at = self.text.find(char, at + 1)
        return at

    def part(self, begin: int, end: int) -> Word:
        """A piece of it."""
        return Word(self.text[begin:end], self.quoted[begin:end], self.positions[begin : end + 1])

    def split(self, char: str) -> list[Word]:
        """Its pieces between such characters outside quotes; at least one."""
        cuts = [at for at, one in enumerate(self.text) if one == char and not self.quoted[at]]
        begins = [0, *(cut + 1 for cut in cuts)]
        return [self.part(begin, end) for begin, end in zip(begins, [*cuts, len(self.text)], strict=True)]


@dataclass(frozen=True, slots=True)
class Token:
    """One piece of a filter."""

    kind: Kind
    position: int
    word: Word | None = None


def tokens(text: str) -> list[Token]:
    """The tokens of a filter; the last one is the end.

    Raises:
        QueryError: A quote is not closed.
    """
    found: list[Token] = []
    at = 0
    while at < len(text):
        char = text[at]
        if char.isspace():
            at += 1
        elif char == "(":
            found.append(Token("(", at))
            at += 1
        elif char == ")":
            found.append(Token(")", at))
            at += 1
        elif char == "-" and at + 1 < len(text) and not text[at + 1].isspace() and text[at + 1] != ")":
            found.append(Token("-", at))
            at += 1
        else:
            word, end = _word(text, at)
            found.append(Token("word", at, word))
            at = end
    found.append(Token("end", len(text)))
    return found


def _word(text: str, start: int) -> tuple[Word, int]:
    chars: list[str] = []
    quoted: list[bool] = []
    positions: list[int] = []
    opened: int | None = None
    at = start
    while at < len(text):
        char = text[at]
        if opened is None and (char.isspace() or char in "()"):
            break
        if char == '"':
            opened = at if opened is None else None
            at += 1
            continue
        if opened is not None and char == "\\" and text[at + 1 : at + 2] in {'"', "\\"}:
            at += 1
            char = text[at]
        chars.append(char)
        quoted.append(opened is not None)
        positions.append(at)
        at += 1
    if opened is not None:
        raise QueryError(
            f'The quote at character {opened + 1} is not closed; add " at its end, or write \\" inside quotes for the '
            "character itself",
            opened,
        )
    return Word("".join(chars), tuple(quoted), (*positions, at)), at

"""Command lines of a POSIX shell, and of bash where browsers write it (`$'...'`), cut into words.

Quotes and backslashes are undone as POSIX.1-2024 XCU 2.2 and the bash manual ("ANSI-C Quoting") say. Whatever a shell
would look up, run or redirect makes the command one that is not taken, with the reason. The only exception is the form
that our own export writes: see `printf`.
"""

from __future__ import annotations

import re

from webhook_inspector.core.display import show
from webhook_inspector.export.curl_reading import printf
from webhook_inspector.export.curl_reading.command import MAX_WORDS, Command
from webhook_inspector.export.file_text import bytes_of

MAX_COMMANDS = 100_000
MAX_RESTARTS = 100
"""Quotes that are never closed: each costs one look at the rest of the file."""
# Together with blanks, line feeds, operators and the characters that `_word` handles one by one, these are all.
_PLAIN = re.compile(r"[^ \t\r\n'\"\\$`|&;<>(){},#~]+")
_BLANKS = re.compile(r"(?:[ \t\r]|\\\r?\n)+")
_COMMENT = re.compile(r"#[^\n]*")
_IN_DOUBLE = re.compile(r'[^"\\$`]+')
_VARIABLE = re.compile(r"\$(?:[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?!$-])")
_PIPE_IN = re.compile(r"\{\r?\n(?=printf ')")
_PIPE_OUT = re.compile(r"\} \| (?=curl )")
_LAST_SEMICOLON = re.compile(r";[ \t\r]*(?=\n|\Z)")
"""At the end of a line, where browsers put it between commands, it ends one and does nothing else."""
_NEXT_CURL = re.compile(r"^(?:\$ )?curl(?:\.exe)? ", re.MULTILINE)
_OPERATORS = {"|": "a pipe", "&": "&", ";": ";", "<": "a redirection", ">": "a redirection", "(": "(", ")": ")"}
_ANSI = re.compile(
    r"\\(?:([abeEfnrtv\\'\"?])|([0-7]{1,3})|x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|c([\x40-\x7f]))"
)
_ANSI_TEXT = re.compile(r"[^\\']+")
_LETTERS = dict(zip("abeEfnrtv\\'\"?", b"\x07\x08\x1b\x1b\x0c\x0a\x0d\x09\x0b\\'\"?", strict=True))


class _OpenQuoteError(Exception):
    """A quote reaches to the end of the file."""


class PosixLines:
    """The commands of a text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line = 1
        self._counted = 0

    def commands(self) -> list[Command]:
        """All commands, also those that are refused."""
        found: list[Command] = []
        restarts = 0
        while len(found) < MAX_COMMANDS:
            self._skip_to_command()
            if self._at >= len(self._text):
                break
            start = self._at
            command = Command(self._line_at(start))
            found.append(command)
            try:
                self._command(command)
            except _OpenQuoteError:
                command.refuse("a quote is not closed")
                restarts += 1
                again = _NEXT_CURL.search(self._text, self._text.find("\n", start) + 1 or len(self._text))
                if again is None or restarts > MAX_RESTARTS:
                    break
                self._at = again.start()
        return found

    def _line_at(self, position: int) -> int:
        self._line += self._text.count("\n", self._counted, position)
        self._counted = position
        return self._line

    def _skip_to_command(self) -> None:
        while self._at < len(self._text):
            if self._text[self._at] == "\n":
                self._at += 1
                continue
            match = _BLANKS.match(self._text, self._at) or _COMMENT.match(self._text, self._at)
            if match is None:
                return
            self._at = match.end()

    def _command(self, command: Command) -> None:
        """Read to the end of the line, whatever is found on it."""
        self._own_pipe(command)
        text = self._text
        while self._at < len(text):
            char = text[self._at]
            if char == "\n":
                return
            blank = _BLANKS.match(text, self._at) or (_COMMENT.match(text, self._at) if char == "#" else None)
            if blank is None and char == ";":
                blank = _LAST_SEMICOLON.match(text, self._at)
            if blank is not None:
                self._at = blank.end()
            elif char in _OPERATORS:
                command.refuse(f"it has {_OPERATORS[char]}, which a shell would act on")
                self._at += 1
            else:
                word = self._word(command)
                if len(command.words) >= MAX_WORDS:
                    command.refuse(f"it has more than {MAX_WORDS} words")
                else:
                    command.words.append(word)

    def _own_pipe(self, command: Command) -> None:
        """`{`, lines of printf, `} | curl`: the form in which our export hands a body to curl."""
        begin = _PIPE_IN.match(self._text, self._at)
        if begin is None:
            return
        position, pieces = begin.end(), []
        while (line := printf.LINE.match(self._text, position)) is not None:
            piece = printf.value(line[1])
            if piece is None:
                return
            pieces.append(piece)
            position = line.end()
        end = _PIPE_OUT.match(self._text, position)
        if end is not None:
            command.stdin = b"".join(pieces)
            self._at = end.end()

    def _word(self, command: Command) -> bytes:
        """One word; what stands in braces with a comma is refused, because bash makes several words of it."""
        parts: list[bytes] = []
        braces = 0
        while self._at < len(self._text):
            char = self._text[self._at]
            plain = _PLAIN.match(self._text, self._at)
            if plain is not None:
                parts.append(bytes_of(plain[0]))
                self._at = plain.end()
            elif char in "'\"$`\\":
                if char == "\\" and _BLANKS.match(self._text, self._at):
                    self._at = _continued(self._text, self._at)
                else:
                    parts.append(self._quoted(command, char, alone=not parts))
            elif char in "{},#":
                braces = max(0, braces + {"{": 1, "}": -1}.get(char, 0))
                if char == "," and braces:
                    command.refuse("it has {...,...} outside of quotes, which a shell would expand")
                parts.append(char.encode())
                self._at += 1
            elif char == "~":
                if not parts:
                    command.refuse("it begins a word with ~, which a shell would replace by a folder")
                parts.append(b"~")
                self._at += 1
            else:
                break
        return b"".join(parts)

    def _quoted(self, command: Command, char: str, *, alone: bool) -> bytes:
        if char == "'":
            return self._single()
        if char == '"':
            return self._double(command, alone=alone)
        if char == "\\":
            following = self._text[self._at + 1 : self._at + 2]
            self._at += 2
            return bytes_of(following)
        if char == "$" and self._text.startswith("$'", self._at):
            return self._ansi(command)
        return self._dollar(command)

    def _single(self) -> bytes:
        end = self._text.find("'", self._at + 1)
        if end < 0:
            raise _OpenQuoteError
        inner = self._text[self._at + 1 : end]
        self._at = end + 1
        return bytes_of(inner)

    def _double(self, command: Command, *, alone: bool) -> bytes:
        own = printf.WORD.match(self._text, self._at) if alone else None
        if own is not None:
            made = printf.value(own[1])
            if made is not None and b"\0" not in made:
                self._at = own.end()
                return made.rstrip(b"\n")
        self._at += 1
        parts: list[bytes] = []
        while True:
            plain = _IN_DOUBLE.match(self._text, self._at)
            if plain is not None:
                parts.append(bytes_of(plain[0]))
                self._at = plain.end()
            char = self._text[self._at : self._at + 1]
            if char == "":
                raise _OpenQuoteError
            if char == '"':
                self._at += 1
                return b"".join(parts)
            if char == "\\":
                following = self._text[self._at + 1 : self._at + 2]
                self._at += 2
                if following != "\n":
                    parts.append(bytes_of(following if following in '$`"\\' else "\\" + following))
            else:
                parts.append(self._dollar(command))

    def _dollar(self, command: Command) -> bytes:
        """What begins with `$` or a backtick: refused, or a plain dollar."""
        variable = _VARIABLE.match(self._text, self._at)
        if variable is not None:
            command.refuse(f"it uses the variable {show(variable[0], 40)}")
        elif self._text[self._at] == "`" or self._text.startswith("$(", self._at):
            command.refuse("it has a command in it that a shell would run")
        elif self._text.startswith("${", self._at):
            command.refuse("it uses a variable")
        elif self._text.startswith('$"', self._at):
            command.refuse('it has $"...", which a shell would translate')
        self._at += 1
        return b"$"

    def _ansi(self, command: Command) -> bytes:
        self._at += 2
        parts: list[bytes] = []
        while True:
            plain = _ANSI_TEXT.match(self._text, self._at)
            if plain is not None:
                parts.append(bytes_of(plain[0]))
                self._at = plain.end()
            if self._at >= len(self._text):
                raise _OpenQuoteError
            if self._text[self._at] == "'":
                self._at += 1
                return b"".join(parts)
            escape = _ANSI.match(self._text, self._at)
            if escape is None:
                parts.append(b"\\")
                self._at += 1
                continue
            self._at = escape.end()
            made = _escaped(escape)
            if made is None or b"\0" in made:
                command.refuse(f"{show(escape[0], 12)} in it stands for nothing that a command can be given")
            parts.append(made or b"")


def _continued(text: str, position: int) -> int:
    """The index after a backslash and its line end."""
    return position + (3 if text.startswith("\r\n", position + 1) else 2)


def _escaped(match: re.Match[str]) -> bytes | None:
    letter, octal, pair, short, long, control = match.groups()
    if letter is not None:
        return bytes([_LETTERS[letter]])
    if octal is not None:
        return bytes([int(octal, 8) & 0xFF])
    if pair is not None:
        return bytes([int(pair, 16)])
    if control is not None:
        return bytes([ord(control) & 0x1F])
    code = int(short or long, 16)
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        return None
    return chr(code).encode("utf-8")

"""Command lines of Windows' cmd, as browsers copy them.

First cmd's own rules (`^`), then those by which curl.exe cuts its command line into words.

Sources: https://learn.microsoft.com/en-us/cpp/c-language/parsing-c-command-line-arguments and
https://learn.microsoft.com/en-us/windows-server/administration/windows-commands/cmd.
"""

from __future__ import annotations

import re

from webhook_inspector.core.display import show
from webhook_inspector.export.curl_reading.command import MAX_WORDS, Command
from webhook_inspector.export.file_text import bytes_of

LOOKS_WINDOWS = re.compile(
    r"^(?:[A-Za-z]:\\[^\n>]*>)?curl(?:\.exe)?[ \t](?:[^\n]*\^\r?$|[^\n]*[ \t]\^\")", re.MULTILINE
)
"""A line with curl that goes on with `^`, or quotes with it."""
_PROMPT = re.compile(r"[A-Za-z]:\\[^\n>]*>")
_PLAIN = re.compile(r'[^\^"&|<>%\r\n]+')
_QUOTED = re.compile(r'[^"%\r\n]+')
_VARIABLE = re.compile(r"%[A-Za-z_][A-Za-z0-9_]*(?::[^%\n]*)?%")
_LAST_AND = re.compile(r"&[ \t]*(?=\r?\n|\Z)")
_BACKSLASHES = re.compile(r"\\+")
_WORD_TEXT = re.compile(r'[^\\" \t\n\r]+')
_WORD_QUOTED = re.compile(r'[^\\"]+')


def commands(text: str) -> list[Command]:
    """All commands, also those that are refused."""
    found: list[Command] = []
    position, line, counted = 0, 1, 0
    while position < len(text):
        start = position
        line += text.count("\n", counted, start)
        counted = start
        command = Command(line)
        whole, position = _shell(text, position, command)
        whole = _PROMPT.sub("", whole.strip(), count=1) if _PROMPT.match(whole.strip()) else whole.strip()
        if not whole or whole.lower().startswith(("rem ", "::", "@echo ")):
            continue
        command.words = _words(whole, command)
        found.append(command)
    return found


def _shell(text: str, position: int, command: Command) -> tuple[str, int]:
    """One line after cmd's own rules, and where the next begins."""
    parts: list[str] = []
    quoted = False
    prompt = _PROMPT.match(text, position)
    if prompt is not None:
        position = prompt.end()
    while position < len(text):
        plain = (_QUOTED if quoted else _PLAIN).match(text, position)
        if plain is not None:
            parts.append(plain[0])
            position = plain.end()
            continue
        char = text[position]
        if char == "\n" or text.startswith("\r\n", position):
            return "".join(parts), position + (1 if char == "\n" else 2)
        if char == "^" and not quoted:
            made, position = _caret(text, position)
            parts.append(made)
            continue
        variable = _VARIABLE.match(text, position) if char == "%" else None
        if variable is not None:
            command.refuse(f"it uses the variable {show(variable[0], 40)}")
        elif char == "&" and (last := _LAST_AND.match(text, position)) is not None:
            position = last.end()  # browsers put it between commands
            continue
        elif char in "&|<>":
            command.refuse(f"it has {char}, which cmd would act on")
        quoted ^= char == '"'
        parts.append(char)
        position += 1
    return "".join(parts), position


def _caret(text: str, position: int) -> tuple[str, int]:
    """What `^` and the character after it stand for. A line end after it is dropped, and what follows is plain."""
    position += 1
    for end in ("\r\n", "\n"):
        if text.startswith(end, position):
            position += len(end)
            if text.startswith("\r\n", position):
                return "\n", position + 2
            if text.startswith("\n", position):
                return "\n", position + 1
            break
    return text[position : position + 1], position + 1


def _words(line: str, command: Command) -> list[bytes]:
    """The words that the C runtime makes of a command line."""
    words: list[bytes] = []
    position = 0
    while position < len(line):
        if line[position] in " \t\r\n":
            position += 1
            continue
        if len(words) >= MAX_WORDS:
            command.refuse(f"it has more than {MAX_WORDS} words")
            break
        word, position = _word(line, position, command)
        words.append(bytes_of(word))
    return words


def _word(line: str, position: int, command: Command) -> tuple[str, int]:
    parts: list[str] = []
    quoted = False
    while position < len(line):
        plain = (_WORD_QUOTED if quoted else _WORD_TEXT).match(line, position)
        if plain is not None:
            parts.append(plain[0])
            position = plain.end()
            continue
        slashes = _BACKSLASHES.match(line, position)
        if slashes is not None:
            position = slashes.end()
            before_quote = line.startswith('"', position)
            parts.append("\\" * (len(slashes[0]) // (2 if before_quote else 1)))
            if before_quote and len(slashes[0]) % 2:
                parts.append('"')
                position += 1
            continue
        if line[position] != '"':
            return "".join(parts), position
        if quoted and line.startswith('""', position):
            parts.append('"')
            position += 1
        else:
            quoted = not quoted
        position += 1
    if quoted:
        command.refuse("a quote is not closed")
    return "".join(parts), position

"""A reader of .http files that does what the two programs do, also where that is dangerous.

Written after the source of VS Code's REST Client and the "HTTP Request in Editor" specification of JetBrains. It stops
with an error where a program would read a file or run a script, and puts `INJECTED` where one would put a variable.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.support.playing import Played

_COMMENT = re.compile(r"^\s*(?:#|//)")
_FILE = re.compile(r"^<(?:@\w*)?\s+\S")
_HANDLER = re.compile(r"^\s*(?:> |>>|<> )")
_VARIABLE = re.compile(r"\{\{.*?\}\}")
_QUERY_LINE = re.compile(r"^\s*[&?]")
_METHOD = re.compile(r"^(GET|POST|PUT|DELETE|PATCH|HEAD|OPTIONS|CONNECT|TRACE)\s+", re.IGNORECASE)


class DangerError(Exception):
    """The program would read, write or run something."""


@dataclass(frozen=True)
class Block:
    """One request of a file."""

    comments: list[str]
    request: Played


def read(text: str, program: str) -> list[Block]:
    """The requests of a file, as `vscode` or `jetbrains` would send them."""
    blocks: list[list[str]] = [[]]
    for line in re.split(r"\r?\n" if program == "vscode" else r"\r\n|\n|\r", text):
        if re.match(r"^#{3,}", line):
            blocks.append([line])
        else:
            blocks[-1].append(line)
    made = [_block(lines, program) for lines in blocks]
    return [block for block in made if block is not None]


def _block(lines: list[str], program: str) -> Block | None:
    comments = [line for line in lines if _COMMENT.match(line)]
    lines = [line for line in lines if not _COMMENT.match(line)]
    while lines and not lines[0].strip():
        lines = lines[1:]
    while lines and not lines[-1].strip():
        lines = lines[:-1]
    if not lines:
        return None
    lines = _VARIABLE.sub("INJECTED", "\n".join(lines)).split("\n")
    first = lines.pop(0).strip()
    while lines and _QUERY_LINE.match(lines[0]):
        first += lines.pop(0).strip()
    match = _METHOD.match(first)
    method, url = (match[1], first[match.end() :]) if match else ("GET", first)
    headers: list[tuple[str, str]] = []
    while lines and lines[0].strip():
        name, _, value = lines.pop(0).partition(":")
        headers.append((name.strip(), value.strip()))
    body = lines[1:]
    if any(_FILE.match(line) or _HANDLER.match(line) for line in body):
        raise DangerError("\n".join(body))
    if any(line.strip().startswith("```") for line in body):
        raise DangerError("a test script")
    kind = next((value for name, value in headers if name.lower() == "content-type"), "")
    end = "\r\n" if kind.startswith("multipart/") else "\n"
    text = end.join(body)
    if program == "vscode":
        headers = _joined(headers)
    else:
        text = text.strip()
    if "application/x-www-form-urlencoded" in kind:
        text = text.replace("\n", "").replace(" ", "%20")
    if "x-request-type" in {name.lower() for name, _ in headers}:
        raise DangerError("GraphQL")
    added = [("User-Agent", program), ("Accept-Encoding", "gzip"), ("Connection", "close"), ("Accept", "*/*")]
    present = {name.lower() for name, _ in headers}
    headers += [pair for pair in added if pair[0].lower() not in present]
    url = re.sub(r"\s+HTTP/.*$", "", url.strip())
    return Block(comments, Played(method, url, headers, text.encode()))


def _joined(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Repeats in one, as the REST Client keeps headers by name."""
    made: dict[str, tuple[str, str]] = {}
    for name, value in headers:
        if name.lower() in made:
            spelled, before = made[name.lower()]
            made[name.lower()] = spelled, f"{before}{';' if name.lower() == 'cookie' else ','}{value}"
        else:
            made[name.lower()] = name, value
    return list(made.values())

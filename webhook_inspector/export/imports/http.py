"""`.http` and `.rest` files of VS Code's REST Client, JetBrains' HTTP Client, Visual Studio and kulala.

Sources: https://marketplace.visualstudio.com/items?itemName=humao.rest-client,
https://www.jetbrains.com/help/idea/exploring-http-syntax.html. Requests stand between lines that begin with `###`;
`@name = value` defines a variable of the file. Scripts are never run and files are never included.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field

from webhook_inspector.core.delivery import Delivery
from webhook_inspector.core.display import show
from webhook_inspector.export.file_text import bytes_of, head_of, text_of
from webhook_inspector.export.gathering import (
    Gathering,
    Note,
    Pairs,
    made_request,
    place_of,
    sendable,
    value_of,
    with_host,
)
from webhook_inspector.export.importing import Importer, ImportFile, ImportResult, SkipError
from webhook_inspector.export.variables import filled

_SNIFF = re.compile(
    r"(?:[ \t]*(?:#[^\n]*|//[^\n]*|@[\w.-]+[ \t]*=[^\n]*)?\r?\n)*"
    r"(?:(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) +\S|https?://\S+[ \t]*\r?$)",
    re.MULTILINE,
)
_DEFINED = re.compile(r"\s*@([^\s=]+)\s*=(.*)")
_COMMENT = re.compile(r"\s*(?:#|//)")
_METHOD = re.compile(r"[A-Z]{1,30}|get|post|put|patch|delete|head|options")
_VERSION = re.compile(r"HTTP/([0-9](?:\.[0-9])?)")
_MORE_QUERY = re.compile(r"\s*[?&]")
_INCLUDE = re.compile(r"\s*<@?[\w-]*[ \t]+(?!\{%)\S")
_SCRIPT_BEFORE = re.compile(r"\s*<\s+(?:\{%|\S+\.(?:js|ts|lua)\s*$)")
_SCRIPT_AFTER = re.compile(r"\s*(?:>\s*\{%|>\s+\S+\.(?:js|ts|lua)\s*$)")
_OUTPUT = re.compile(r"\s*(?:<>\s|>>!?\s)")
_ADDRESSES = ("http://", "https://", "/", "{{")
_EDITOR_ONLY = frozenset({"GRAPHQL", "WEBSOCKET", "GRPC", "RSOCKET", "RABBITMQ", "MQTT"})
_VERSIONS = {"1.0": "1.0", "2": "2", "2.0": "2", "3": "3"}


class HttpFileImporter(Importer):
    """One delivery a request, in the file's order."""

    name = "http"
    help = ".http and .rest files"
    origin = "VS Code's REST Client, JetBrains' HTTP Client, kulala"

    def sniff(self, data: bytes) -> bool:
        """Whether a request line comes first, after comments and variables."""
        return _SNIFF.match(head_of(data)) is not None

    def parse(self, file: ImportFile) -> ImportResult:
        """Read all requests.

        Raises:
            InputError: No request can be imported.
        """
        blocks = _blocks(text_of(file.data, file.where))
        values: dict[str, str] = {}
        for block in blocks:
            values.update(block.values)
        gathering = Gathering(file)
        for block in blocks:
            if block.lines:
                gathering.entry(
                    f"The request in line {block.number}",
                    lambda note, block=block: _delivery(block, values, gathering, note),  # type: ignore[misc]  # a default argument's type is not inferred
                )
        return gathering.result()


@dataclass(slots=True)
class _Block:
    """What stands between two separators."""

    number: int
    """Line of the request line, from 1."""
    values: dict[str, str] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    """From the request line on, without line feeds; a carriage return before one is kept."""
    script: bool = False


def _blocks(text: str) -> list[_Block]:
    blocks = [_Block(1)]
    in_script = False
    for number, line in enumerate(text.split("\n"), 1):
        block = blocks[-1]
        if line.startswith("###"):
            blocks.append(_Block(number))
            in_script = False
        elif block.lines:
            block.lines.append(line)
        elif in_script:
            in_script = "%}" not in line
        elif (defined := _DEFINED.fullmatch(line)) is not None:
            block.values[defined[1]] = defined[2].strip()
        elif _SCRIPT_BEFORE.match(line):
            block.script = True
            in_script = "{%" in line and "%}" not in line
        elif line.strip() and not _COMMENT.match(line):
            block.number = number
            block.lines.append(line)
    return blocks


def _delivery(block: _Block, values: dict[str, str], gathering: Gathering, note: Note) -> Delivery:
    lines = iter(enumerate(block.lines, block.number))
    _, first = next(lines)
    url = first.strip()
    header_lines: list[tuple[int, str]] = []
    for number, line in lines:
        if not header_lines and _MORE_QUERY.match(line):
            url += line.strip()
        elif not line.strip():
            break
        elif not _COMMENT.match(line):
            header_lines.append((number, line))
    method, address, spoken = _request_line(url, block.number)
    script = block.script
    pairs: Pairs = []
    for number, line in header_lines:
        if _SCRIPT_AFTER.match(line) or _OUTPUT.match(line):
            script = True
            break
        pairs.append(_header(filled(line, values), number, note))
    if (value_of(pairs, b"x-request-type") or b"").lower() == b"graphql":
        raise SkipError("the editor rewrites GraphQL requests when it sends them")
    body, after = _body([line for _, line in lines], values, pairs)
    if script or after:
        note("the script beside it is not run")
    address = filled(address, values)
    if address.startswith("/"):
        target = sendable(bytes_of(address).partition(b"#")[0], note)
    else:
        place = place_of(bytes_of(address), note, plain_scheme=True)
        target, pairs = place.target, with_host(pairs, place.host)
    return gathering.delivery(made_request(method, target, pairs, body, spoken))


def _request_line(line: str, number: int) -> tuple[str, str, str]:
    """Method, URL and version of HTTP."""
    before, _, last = line.rpartition(" ")
    version = _VERSION.fullmatch(last)
    first, _, rest = (before if version else line).strip().partition(" ")
    method, address = (first, rest.strip()) if rest else ("GET", first)
    if not address or not _METHOD.fullmatch(method) or not (rest or first.startswith(_ADDRESSES)):
        raise SkipError(f"line {number} is not a request line: {show(line, 60)!r}")
    method = method.upper()
    if method in _EDITOR_ONLY:
        raise SkipError(f"{method} is not a method of HTTP but a kind of request that the editor makes")
    return method, address, _VERSIONS.get(version[1], "1.1") if version else "1.1"


def _header(line: str, number: int, note: Note) -> tuple[bytes, bytes]:
    name, colon, value = line.partition(":")
    if not colon or line[:1].isspace():
        raise SkipError(f"line {number} is not a header: {show(line, 60)!r}")
    value = value.strip()
    words = value.split()
    if name.lower() == "authorization" and words and words[0].lower() == "basic":
        if len(words) == 3:
            value = f"Basic {base64.b64encode(bytes_of(f'{words[1]}:{words[2]}')).decode()}"
        elif len(words) == 2 and ":" in words[1]:
            value = f"Basic {base64.b64encode(bytes_of(words[1])).decode()}"
        if value.split() != words:
            note("name and password of its Authorization were put into base64, as the editor does")
    return bytes_of(name.rstrip()), bytes_of(value)


def _body(lines: list[str], values: dict[str, str], pairs: Pairs) -> tuple[bytes, bool]:
    """The body, and whether a script or a response stands after it."""
    kept: list[str] = []
    after = False
    for line in lines:
        if _SCRIPT_AFTER.match(line) or _OUTPUT.match(line):
            after = True
            break
        if _INCLUDE.match(line):
            name = show(line.strip().partition(" ")[2], 60)
            raise SkipError(f"its body comes from the file {name!r}, which an import does not open")
        kept.append(line)
    content_type = (value_of(pairs, b"content-type") or b"").lower()
    text = "\n".join(kept)
    if content_type.startswith(b"application/x-www-form-urlencoded") and "\n" in text.strip():
        text = re.sub(r"\r?\n\s*&", "&", text.strip())
    whole = bytes_of(filled(text, values))
    if content_type.startswith(b"multipart/") and b"\n" in whole:
        whole = re.sub(rb"\r?\n", b"\r\n", whole)
    body = whole.rstrip(b"\r\n")
    said = value_of(pairs, b"content-length") or b""
    length = int(said) if said.isdigit() and len(said) < 12 else -1
    # What Content-Length counts belongs to the body: the empty lines before the next request do not.
    if len(body) < length <= len(whole):
        return whole[:length], after
    if content_type.startswith(b"multipart/") and body.endswith(b"--"):
        return body + b"\r\n", after
    return body, after


IMPORTER = HttpFileImporter()

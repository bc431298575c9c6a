"""XML as a document to look into: elements as members, attributes as `@name`, mixed text as `#text`.

Nothing is expanded and nothing is fetched: a document type, with or without entities, is refused.
"""

from __future__ import annotations

from typing import Any
from xml.parsers import expat

MAX_DEPTH = 100
MAX_ELEMENTS = 100_000


class XmlInvalidError(ValueError):
    """The text is no XML that is looked into; the message says why."""


def load_xml(data: bytes) -> dict[str, Any]:
    """Read XML: `<a id="1"><b>x</b><b>y</b></a>` is `{"a": {"@id": "1", "b": ["x", "y"]}}`.

    Names keep their prefixes. An element without attributes and children is its text.

    Raises:
        XmlInvalidError: It is not well-formed, has a document type, or is too deep or too large.
    """
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = _refuse
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise XmlInvalidError(str(error)) from None
    return reader.root


def _refuse(*_declaration: object) -> None:
    raise XmlInvalidError("it has a document type")


class _Reader:
    """Builds the document while the parser reads."""

    def __init__(self) -> None:
        self.root: dict[str, Any] = {}
        self._open: list[tuple[str, dict[str, Any], list[str]]] = []
        self._count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if len(self._open) >= MAX_DEPTH or self._count > MAX_ELEMENTS:
            raise XmlInvalidError("it is too deep or too large")
        self._open.append((name, {f"@{key}": value for key, value in attributes.items()}, []))

    def text(self, data: str) -> None:
        if self._open:
            self._open[-1][2].append(data)

    def end(self, _name: str) -> None:
        name, members, texts = self._open.pop()
        text = "".join(texts).strip()
        value: Any = members
        if not members:
            value = text
        elif text:
            members["#text"] = text
        above = self._open[-1][1] if self._open else self.root
        if name not in above:
            above[name] = value
        elif isinstance(above[name], list):
            above[name].append(value)
        else:
            above[name] = [above[name], value]

"""The two small notations of provider files: fields (`header:X-Event`) and templates (`v0:{header:X-Time}:{body}`)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

NAMED_FIELDS = {
    "header": "a header, by name",
    "headers": "every header whose name fits one of the patterns, for example X-Signature-* (comma list)",
    "json": "a value of the JSON body, by JSON pointer",
    "form": "a field of the form body",
    "query": "a parameter of the query string",
    "sig": "a part of the signature header, by key",
    "param": "a value that the user configures, by name",
    "key": "the first of these names (comma list) that is a key of the JSON body",
    "form_field_or_body": "a field of the form body when there is one, else the whole body",
}
PLAIN_FIELDS = {
    "body": "the body, exactly as received",
    "url": "the public URL that the provider called",
    "method": "the request method",
    "path": "the path of the request",
    "host": "the Host header",
    "secret": "the secret itself",
    "timestamp": "the timestamp, as a decimal number in its unit",
    "form_sorted": "the form fields sorted by name, names and values joined",
    "body_crc32": "the CRC-32 of the body, decimal",
    "body_sha256": "the SHA-256 of the body, lower hex",
    "body_sha256_base64": "the SHA-256 of the body, base64",
}
BODY_FIELDS = frozenset(
    {"body", "body_crc32", "body_sha256", "body_sha256_base64", "form_sorted", "form_field_or_body"}
)
"""Fields through which a change of the body changes what is signed."""

_PLACE = re.compile(r"\{([a-z0-9_]+\??)(?::([^{}]*))?\}")


@dataclass(frozen=True, slots=True)
class Field:
    """One place in a request, for example `header:X-GitHub-Event` or `json:/data/object/id`."""

    kind: str
    """A key of `NAMED_FIELDS` or `PLAIN_FIELDS`."""
    name: str = ""
    """Header name, JSON pointer, form field...; empty for plain fields."""
    optional: bool = False
    """Whether it counts as empty text when it is not there; written `{json?:/a}`, in templates only."""

    def __str__(self) -> str:
        mark = "?" if self.optional else ""
        return f"{self.kind}{mark}:{self.name}" if self.name or self.kind in NAMED_FIELDS else self.kind


@dataclass(frozen=True, slots=True)
class Template:
    """Literal text and fields, in order."""

    text: str
    parts: tuple[str | Field, ...]

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields, in order."""
        return tuple(part for part in self.parts if isinstance(part, Field))

    def __str__(self) -> str:
        return self.text


def parse_field(text: str) -> Field:
    """Read `kind:name` or `kind`.

    Raises:
        ValueError: The kind is not known, or the name is missing; the message says which.
    """
    kind, colon, name = text.partition(":")
    if kind in NAMED_FIELDS:
        if not name:
            raise ValueError(f"`{text}` needs a name after `{kind}:`")
        if kind == "json" and not name.startswith("/"):
            raise ValueError(f"`{text}` needs a JSON pointer that starts with `/`")
        return Field(kind, name)
    if kind in PLAIN_FIELDS and not colon:
        return Field(kind)
    known = ", ".join([*(f"{name}:..." for name in NAMED_FIELDS), *PLAIN_FIELDS])
    raise ValueError(f"`{text}` is not a field; fields are {known}")


def parse_template(text: str) -> Template:
    """Read text with `{kind:name}` places; a text that is one field alone (`json:/id`) is a template of that field.

    Raises:
        ValueError: A place is not a field, or a brace is left over.
    """
    if "{" not in text and text.partition(":")[0] in NAMED_FIELDS:
        return Template(text, (parse_field(text),))
    parts: list[str | Field] = []
    end = 0
    for match in _PLACE.finditer(text):
        if match.start() > end:
            parts.append(text[end : match.start()])
        field = parse_field(match.group(0)[1:-1].replace("?:", ":", 1))
        parts.append(replace(field, optional=True) if match.group(1).endswith("?") else field)
        end = match.end()
    if end < len(text):
        parts.append(text[end:])
    for part in parts:
        if isinstance(part, str) and ("{" in part or "}" in part):
            raise ValueError(f"`{text}` has a brace that is not part of a `{{field}}`")
    return Template(text, tuple(parts))

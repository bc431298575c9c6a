"""Payloads against a schema. Formats are not asserted: drift reports them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from webhook_inspector.core.display import one_line, show
from webhook_inspector.core.paths import step
from webhook_inspector.errors import InputError

BREAKING = frozenset({"required", "type", "const", "falseSchema", "minItems"})
"""Keywords whose violation breaks a consumer; others only tag a payload."""
MOST = 200
"""Violations of one payload that are looked at."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One way in which a payload breaks a schema."""

    keyword: str
    path: str
    """With `[]` for every element, so that violations can be counted together."""
    message: str
    """Safe to show."""

    @property
    def breaking(self) -> bool:
        """Whether it breaks who reads the payload; else it is only worth knowing."""
        return self.keyword in BREAKING


class Checker:
    """A compiled schema.

    Args:
        schema: JSON Schema of any draft that it names; 2020-12 when it names none.

    Raises:
        InputError: It is no valid schema.
    """

    def __init__(self, schema: Any, where: str = "the schema") -> None:
        try:
            self._validator: Any = jsonschema_rs.validator_for(schema, validate_formats=False, retriever=_refuse)
        except (ValueError, jsonschema_rs.ValidationError) as error:
            raise InputError(f"{show(where, 120)} is not a JSON Schema: {one_line(show(str(error), 160))}.") from None

    def violations(self, document: Any) -> list[Violation]:
        """Every way in which a document breaks the schema, each path and keyword once."""
        found = self._looked_at(document)
        if any(one.keyword == "type" for one in found) and (finite := _finite(document)) is not document:
            return self._looked_at(finite)
        return found

    def _looked_at(self, document: Any) -> list[Violation]:
        found: dict[tuple[str, str], Violation] = {}
        for number, error in enumerate(self._validator.iter_errors(document)):
            if number >= MOST:
                break
            keyword = str(error.kind.name)
            path = "$" + "".join("[]" if isinstance(part, int) else step(part) for part in error.instance_path)
            message = one_line(show(error.message.partition("\n")[0], 200))
            if keyword == "required":
                missing = _missing(error)
                path += step(missing) if missing else ""
                message = "it is missing"
            elif len(message) > 120:
                message = f"it breaks `{keyword}`"
            found.setdefault((keyword, path), Violation(keyword, path, message))
        return list(found.values())


def _refuse(uri: str) -> Any:
    """No schema is fetched from anywhere, and no file is read because a schema names it."""
    raise ValueError(f"it refers to {uri}, which is not part of it")


def _finite(document: Any) -> Any:
    """The document with numbers that are too large for a float (1e999) cut: the library takes them for null."""
    if isinstance(document, float):
        return document if abs(document) < float("inf") else 1e308 if document > 0 else -1e308
    if isinstance(document, list):
        items = [_finite(item) for item in document]
        return items if any(new is not old for new, old in zip(items, document, strict=True)) else document
    if isinstance(document, dict):
        members = {key: _finite(item) for key, item in document.items()}
        return members if any(members[key] is not document[key] for key in document) else document
    return document


def _missing(error: Any) -> str | None:
    """The member that is missing."""
    name = getattr(error.kind, "property", None)
    return name if isinstance(name, str) else None

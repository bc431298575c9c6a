"""A summary as JSON Schema 2020-12, and as the `webhooks` of an OpenAPI 3.1 document.

Open on purpose: unknown members, kinds of elements and formats never make a payload invalid. What is required was in
every one of at least 20; ranges and lengths are not asserted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from webhook_inspector.shapes.drift.values import is_enumeration
from webhook_inspector.shapes.summary import Place, Summary
from webhook_inspector.shapes.summary.adding import KIND_KEYS

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ENOUGH = 20
"""Objects in which a member must have been, every time, to be required."""
_FORMATS = {"date-time": "date-time", "date": "date", "uuid": "uuid", "email": "email", "uri": "uri", "ipv4": "ipv4"}


def json_schema(summary: Summary, title: str) -> dict[str, Any]:
    """The schema of the payloads of a summary.

    Args:
        summary: Settled.
        title: What it is of.
    """
    return {"$schema": DIALECT, "title": title, "x-payloads": summary.root.n, **_schema(summary.root)}


def openapi(summaries: Mapping[str, Summary], title: str) -> dict[str, Any]:
    """An OpenAPI 3.1 document whose `webhooks` are the event types."""
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": "1"},
        "jsonSchemaDialect": DIALECT,
        "webhooks": {
            name: {
                "post": {
                    "requestBody": {"content": {"application/json": {"schema": _schema(summary.root)}}},
                    "responses": {"2XX": {"description": "Accepted"}},
                }
            }
            for name, summary in summaries.items()
        },
    }


def _schema(place: Place) -> dict[str, Any]:
    # As deep as a summary, which is bounded.
    types = _types(place)
    made: dict[str, Any] = {}
    if len(types) == 1:
        made["type"] = types[0]
    elif types:
        made["type"] = types
    if place.objects:
        made |= _object(place)
    if place.arrays:
        made |= _array(place)
    if place.strings:
        made |= _string(place, nullable=bool(place.nulls), alone=set(types) <= {"string", "null"})
    return made


def _types(place: Place) -> list[str]:
    names = list(place.types())
    if "number" in names and "integer" in names:
        names.remove("integer")
    return names


def _object(place: Place) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if place.members:
        made["properties"] = {}
        required = []
        for key in sorted(place.members):
            child = place.members[key]
            schema = _schema(child)
            if child.n < place.objects or place.objects < ENOUGH:
                schema["x-presence"] = round(child.n / max(1, place.objects), 3)
            else:
                required.append(key)
            made["properties"][key] = schema
        if required:
            made["required"] = required
    if place.rest is not None and not place.members:
        made["additionalProperties"] = _schema(place.rest)
    return made


def _array(place: Place) -> dict[str, Any]:
    kinds = place.variants or {}
    if not kinds:
        return {"items": _schema(place.items)} if place.items is not None else {}
    rules = []
    for name in sorted(kinds):
        key, _, value = name.partition("=")
        condition: dict[str, Any] = {"type": "object", "properties": {key: {"const": value}}, "required": [key]}
        # An element is of the first kind that it names: others of its members name no further ones.
        before = KIND_KEYS[: KIND_KEYS.index(key)]
        if before:
            condition["not"] = {"anyOf": [{"required": [other]} for other in before]}
        rules.append({"if": condition, "then": _schema(kinds[name])})
    return {"items": {"allOf": rules}}


def _string(place: Place, *, nullable: bool, alone: bool) -> dict[str, Any]:
    if alone and is_enumeration(place):
        values = sorted(value.removeprefix('"') for value in place.values)
        return {"enum": [*values, None] if nullable else values}
    names = {name.partition("(")[0] for name in place.formats}
    if len(names) == 1 and (known := _FORMATS.get(names.pop())):
        return {"format": known}
    return {}

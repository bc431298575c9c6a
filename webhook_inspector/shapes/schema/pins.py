"""Pins: a shape and its schema in a file that a team commits, to hold later payloads against."""

from __future__ import annotations

import base64
import copy
import json
from dataclasses import dataclass
from typing import Any

from webhook_inspector.core.display import show
from webhook_inspector.core.ownfile import load_own
from webhook_inspector.errors import InputError
from webhook_inspector.shapes.schema.emit import json_schema
from webhook_inspector.shapes.summary import Summary, dump, load

FORMAT = "webhook-inspector-shape"
VERSION = 1


@dataclass(frozen=True, slots=True)
class Pin:
    """One event type, as it was when it was pinned."""

    event_type: str
    schema: dict[str, Any]
    summary: Summary | None
    """None: only a schema was imported."""
    payloads: int = 0


def dump_pin(event_type: str, summary: Summary) -> bytes:
    """A pin as a file: JSON with two spaces, the same bytes for the same summary, so that diffs can be read."""
    document = {
        "format": FORMAT,
        "version": VERSION,
        "event_type": event_type,
        "payloads": summary.root.n,
        "schema": json_schema(summary, event_type),
        "summary": base64.b64encode(dump(summary)).decode("ascii"),
    }
    return json.dumps(document, indent=2, ensure_ascii=True).encode("ascii") + b"\n"


def load_pin(data: bytes, where: str) -> Pin:
    """Read a pin.

    Args:
        data: The file's bytes.
        where: Its name, for the message.

    Raises:
        InputError: It is none, or of a version that is not known.
    """
    name = show(where, 120)
    document = load_own(data, where, what="pin", form=FORMAT, version=VERSION, again="write one with `shapes pin`")
    try:
        summary = load(base64.b64decode(document["summary"], validate=True))
        event_type, schema = document["event_type"], document["schema"]
    except (KeyError, TypeError, ValueError):
        raise InputError(f"{name} is a damaged pin: write it again with `shapes pin`.") from None
    if not isinstance(event_type, str) or not isinstance(schema, dict):
        raise InputError(f"{name} is a damaged pin: write it again with `shapes pin`.")
    return Pin(event_type, schema, summary, summary.root.n)


def opened(schema: Any) -> tuple[Any, int]:
    """A schema of somebody else's without its bans on unknown members, and how many were taken away.

    A closed schema refuses every payload to which its provider added something.
    """
    made = copy.deepcopy(schema)
    count = 0
    work = [made]
    while work:
        value = work.pop()
        if isinstance(value, dict):
            for key in ("additionalProperties", "unevaluatedProperties"):
                if value.get(key) is False:
                    del value[key]
                    count += 1
            work += value.values()
        elif isinstance(value, list):
            work += value
    return made, count

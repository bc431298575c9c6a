"""The data files: one JSON file a provider.

A file holds `documented` and `checked` (the page that documents it, and when it was last gone over), `headers` (pairs),
`make` (templates of identifiers), and `events`. It may hold `shared` (structures), `moments` (names of times: seconds
from the event, or from the first event of a story), `each` (names that are drawn anew for every event of a story) and
`stories`.

An event holds `about`, `documented`, and its payload: `body` (sent as JSON) or `form` (sent as form fields; a field
that is no text holds JSON). It may hold `title` (what a header calls it), `headers` (pairs that replace the file's, or
with null take one away) and `moments` (of their own when it is sent alone).

A story holds `about` and `steps`. A step holds `event`, and may hold `after` (seconds since the step before), `fresh`
(names that are drawn anew from here on), `marks` (moments that are the time of this step from here on) and `with`
(dotted paths in the payload to values).
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from webhook_inspector.core.display import show
from webhook_inspector.errors import UsageError


@lru_cache(maxsize=1)
def files() -> Mapping[str, Mapping[str, Any]]:
    """Every data file by the name of its provider."""
    found = {}
    for entry in sorted(resources.files(__package__).iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".json"):
            found[entry.name.removesuffix(".json")] = json.loads(entry.read_text(encoding="utf-8"))
    return MappingProxyType(found)


def file_of(provider: str) -> Mapping[str, Any]:
    """The data file of a provider.

    Raises:
        UsageError: There is none.
    """
    data = files().get(provider)
    if data is None:
        raise UsageError(unknown("There are no samples of", provider, list(files())))
    return data


def unknown(what: str, name: str, known: list[str]) -> str:
    """A sentence about a name that is not known, with the nearest that is."""
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}." if known else "there are none."
    return f"{what} {show(name, 60)!r}: {hint}"

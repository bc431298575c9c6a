"""What the events of one sample or story have in common: identifiers, and moments that they speak of."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from webhook_inspector.core.clock import NS_PER_S
from webhook_inspector.core.display import show
from webhook_inspector.core.headers import Headers
from webhook_inspector.core.request import Request
from webhook_inspector.errors import UsageError
from webhook_inspector.samples.files import unknown
from webhook_inspector.samples.fill import Filler, NotANumberError, draw
from webhook_inspector.samples.override import names_and_places, override, put

_FORM = "application/x-www-form-urlencoded"


class Scene:
    """Makes the requests of a series of events.

    Args:
        data: A data file.
        start_ns: When the first event happened, nanoseconds since the epoch, UTC.
        rng: Where identifiers come from.
        overrides: `{name}` or a dotted path in every payload, to a value.

    Raises:
        UsageError: There is no such name.
    """

    def __init__(
        self, data: Mapping[str, Any], *, start_ns: int, rng: random.Random, overrides: Mapping[str, str]
    ) -> None:
        self._data = data
        self._rng = rng
        self._given, self._places = names_and_places(overrides)
        for name in self._given:
            if name not in data["make"]:
                raise UsageError(unknown("--set: no value is called", name, list(data["make"])))
        self._moments = {name: start_ns + shift * NS_PER_S for name, shift in data.get("moments", {}).items()}
        self._values: dict[str, str] = {}
        self.renew(data["make"])

    def renew(self, names: Iterable[str]) -> None:
        """Draw identifiers anew. What the user gave holds until it is drawn a second time."""
        for name in names:
            drawn = draw(self._data["make"][name], self._rng)
            self._values[name] = self._given.pop(name, drawn)

    def mark(self, moments: Mapping[str, int]) -> None:
        """Say when something happened, for this event and those after it."""
        self._moments.update(moments)

    def request(self, event: str, *, at_ns: int, changes: Mapping[str, Any] | None = None) -> Request:
        """The request of an event, unsigned.

        Args:
            event: One of the file's events.
            at_ns: When it happened.
            changes: Dotted path in the payload to a template of a value.

        Raises:
            UsageError: A value that the user gave does not fit.
        """
        data = self._data
        entry = data["events"][event]
        values = {**self._values, "event.name": event, "event.title": entry.get("title", event)}
        filler = Filler(values, data.get("shared", {}), {**self._moments, "time": at_ns})
        try:
            document = filler.fill(entry["form"] if "form" in entry else entry["body"])
            for path, template in (changes or {}).items():
                put(document, path, filler.fill(template))
            headers = Headers.from_text([(name, filler.fill(value)) for name, value in data["headers"]])
            for name, value in entry.get("headers", ()):
                headers = headers.without([name]) if value is None else headers.replaced(name, filler.fill(value))
        except NotANumberError as error:
            raise UsageError(f"--set {{{show(error.name, 40)}}} must be a number in these samples.") from None
        for path, text in self._places.items():
            override(document, path, text)
        if "form" in entry:
            if not (headers.get("content-type") or "").startswith(_FORM):
                headers = headers.replaced("Content-Type", _FORM)
            body = urlencode({name: _field(value) for name, value in document.items()}, errors="replace").encode()
        else:
            body = _json(document).encode("utf-8", "replace")
        return Request(method="POST", target=b"/", headers=headers, body=body)


def _field(value: Any) -> str:
    return value if isinstance(value, str) else _json(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

"""A delivery as a test sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from webhook_inspector.core.delivery import Record
from webhook_inspector.core.display import show
from webhook_inspector.core.headers import Headers
from webhook_inspector.core.jsondoc import JsonInvalidError, load_json
from webhook_inspector.core.verification import Verification
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.pytest_plugin import pins
from webhook_inspector.pytest_plugin.nearness import title

Find = Callable[[str | Path], Path]
"""Finds a file that a test names."""


def json_of(body: bytes, what: str) -> Any:
    """A body, parsed.

    Raises:
        AssertionError: It is not JSON.
    """
    __tracebackhide__ = True
    try:
        return load_json(body)
    except JsonInvalidError as error:
        raise AssertionError(f"{what} is not JSON: {show(str(error), 200)}") from None


class HeaderTexts(Mapping[str, str]):
    """Headers as text by name, in any case; of repeated ones the first. `get_all` gives every value."""

    def __init__(self, headers: Headers) -> None:
        self._headers = headers

    def __getitem__(self, name: str) -> str:
        value = self._headers.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._headers.names()))

    def __len__(self) -> int:
        return len(self._headers.names())

    def get_all(self, name: str) -> list[str]:
        """Every value of a header, in order."""
        return self._headers.get_all(name)

    def __repr__(self) -> str:
        return repr(self._headers.text_pairs())


class WebhookDelivery:
    """One delivery and what is known of it. Immutable, but its signature is judged with the secrets of now.

    Args:
        record: As it stands in the log.
        inspector: The engine of that log.
        find: Finds the files of pins.
    """

    def __init__(self, record: Record, inspector: Inspector, find: Find) -> None:
        self.record = record
        """Everything: the request as bytes, and the facts."""
        self.inspector = inspector
        """The engine whose log it is in."""
        self._find = find

    @property
    def id(self) -> int:
        """Number in its log, from 1."""
        return self.record.delivery.id

    @property
    def method(self) -> str:
        """For example `POST`."""
        return self.record.delivery.request.method

    @property
    def path(self) -> str:
        """Path without the query."""
        return self.record.delivery.request.path

    @property
    def query(self) -> str:
        """What follows `?`; empty when there is none."""
        return self.record.delivery.request.query

    @cached_property
    def headers(self) -> HeaderTexts:
        """Headers as text; `record.delivery.request.headers` has their bytes."""
        return HeaderTexts(self.record.delivery.request.headers)

    @property
    def body(self) -> bytes:
        """As it came, not decompressed."""
        return self.record.delivery.request.body

    @cached_property
    def json(self) -> Any:
        """The body, parsed.

        Raises:
            AssertionError: It is not JSON.
        """
        __tracebackhide__ = True
        return json_of(self.body, f"the body of {title(self.record)}")

    @property
    def event_type(self) -> str | None:
        """For example `invoice.paid`."""
        return self.record.facts.event.type

    @property
    def event_id(self) -> str | None:
        """The provider's id: the same on a retry."""
        return self.record.facts.event.id

    @property
    def provider(self) -> str | None:
        """For example `stripe`."""
        return self.record.facts.provider

    @property
    def source(self) -> str:
        """The source whose path it came to; `default` for the catch-all."""
        return self.record.delivery.source

    @cached_property
    def verification(self) -> Verification:
        """What its signature comes to, at its arrival, with the secrets that are known now."""
        return self.inspector.verify(self.id)

    def assert_signature_valid(self) -> None:
        """Assert that the sender knew the secret and signed these bytes just before.

        Raises:
            AssertionError: Says why the signature does not hold, and what would make it match.
        """
        __tracebackhide__ = True
        found = self.verification
        if found.valid:
            return
        lines = [f"the signature of {title(self.record)} does not hold: {found.status.value.replace('_', ' ')}"]
        lines += [f"  {show(line, 400)}" for line in (found.explanation,) if line]
        lines += [f"  it would match if {show(line, 300)}" for line in found.matches_if]
        lines += [f"  {show(line, 300)}" for line in found.advice]
        raise AssertionError("\n".join(lines))

    def assert_shape(self, pin: pins.Named = pins.FOLDER) -> None:
        """Assert that its payload breaks no pin: `webhook-inspector shapes pin TYPE` writes one.

        Args:
            pin: A pin, its file, or a folder of pins; `webhook-shapes` beside the test or in the root folder.

        Raises:
            AssertionError: Names every path that breaks the pin.
            InputError: There is no such pin.
        """
        __tracebackhide__ = True
        broken = pins.problems(self.inspector, self.record, pins.pins_of(pin, self._find))
        if broken:
            raise AssertionError("\n".join([f"{title(self.record)} breaks its pin:", *broken]))

    def __repr__(self) -> str:
        return f"<WebhookDelivery {title(self.record)}>"

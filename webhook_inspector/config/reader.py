"""Strict reading of TOML tables: every key is known, every value has its type, every error names file and key."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from webhook_inspector.core.display import show
from webhook_inspector.core.units import parse_size
from webhook_inspector.errors import ConfigError


def nearest(word: str, known: Iterable[str]) -> str:
    """` Did you mean X?`, or the list of what is known, as the end of an error sentence."""
    names = sorted(known)
    close = difflib.get_close_matches(word.lower(), names, n=1, cutoff=0.6)
    return f"did you mean {close[0]}?" if close else f"known: {', '.join(names)}."


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the file.

    Args:
        values: As parsed.
        where: Name of the file, safe to show.
        prefix: Dotted name of the table, for example `sources.stripe`; empty for the whole file.
    """

    values: Mapping[str, Any]
    where: str
    prefix: str = ""

    def name(self, key: str) -> str:
        """The dotted name of a key of this table, safe to show."""
        return f"{self.prefix}.{show(key, 60)}" if self.prefix else show(key, 60)

    def error(self, key: str, what: str) -> ConfigError:
        """An error about one key."""
        return ConfigError(f"{self.where}: {self.name(key)} {what}")

    def only(self, known: Iterable[str]) -> None:
        """Refuse keys that are not known.

        Raises:
            ConfigError: Names the key and the nearest known one.
        """
        names = set(known)
        for key in self.values:
            if key not in names:
                raise ConfigError(f"{self.where}: unknown key {self.name(key)}, {nearest(key, names)}")

    def text(self, key: str) -> str | None:
        """A text that is not empty and has no control characters, or None when the key is absent."""
        value = self.values.get(key)
        if value is None:
            return None
        if not isinstance(value, str):
            raise self.error(key, f"must be text in quotes, not {_kind(value)}.")
        if not value.strip():
            raise self.error(key, "is empty: give it a value or remove the line.")
        if any(ord(char) < 0x20 or ord(char) == 0x7F for char in value):
            raise self.error(key, "holds a control character: remove it.")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; empty when the key is absent."""
        value = self.values.get(key)
        if value is None:
            return ()
        if not isinstance(value, list):
            raise self.error(key, f'must be a list of texts, for example ["..."], not {_kind(value)}.')
        inner = [Table({key: item}, self.where, self.prefix) for item in value]
        return tuple(text for table in inner if (text := table.text(key)) is not None)

    def integer(self, key: str, low: int, high: int) -> int | None:
        """A whole number within limits, or None when the key is absent."""
        value = self.values.get(key)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.error(key, f"must be a whole number, not {_kind(value)}.")
        if not low <= value <= high:
            raise self.error(key, f"must be from {low} to {high}.")
        return value

    def boolean(self, key: str) -> bool | None:
        """`true` or `false`, or None when the key is absent."""
        value = self.values.get(key)
        if value is not None and not isinstance(value, bool):
            raise self.error(key, f"must be true or false, not {_kind(value)}.")
        return value

    def size(self, key: str) -> int | None:
        """A number of bytes, as a whole number or as text such as `"100 MiB"`; None when the key is absent."""
        value = self.values.get(key)
        if isinstance(value, str):
            parsed = parse_size(value)
            if parsed is None:
                raise self.error(key, 'is not a size: write bytes (26214400) or text such as "25 MiB".')
            return Table({key: parsed}, self.where, self.prefix).size(key)
        return self.integer(key, 1, 2**40)

    def url(self, key: str) -> str | None:
        """An `http` or `https` address with a host, or None when the key is absent."""
        value = self.text(key)
        if value is None:
            return None
        try:
            parts = urlsplit(value)
            good = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            good = False
        if not good:
            raise self.error(key, "must be an address such as http://127.0.0.1:3000/webhooks.")
        return value

    def table(self, key: str) -> Table:
        """A table inside this one; an empty one when the key is absent."""
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            raise self.error(key, f"must be a table, not {_kind(value)}.")
        return Table(value, self.where, self.name(key))


_KINDS: tuple[tuple[type, str], ...] = (
    (bool, "true or false"),
    (int, "a number"),
    (float, "a number"),
    (str, "text"),
    (list, "a list"),
    (dict, "a table"),
)


def _kind(value: object) -> str:
    return next((name for kind, name in _KINDS if isinstance(value, kind)), "a date or time")

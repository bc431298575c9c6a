"""A strict reader of one table of a provider file: types are checked, and every key must be known."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from webhook_inspector.core.display import show
from webhook_inspector.errors import ConfigError
from webhook_inspector.providers.template import Field, Template, parse_field, parse_template


def nearest(word: str, known: Iterable[str]) -> str:
    """`; did you mean `x`?` for the nearest known word, or the list of them when none is near."""
    names = sorted(known)
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.5)
    if close:
        return f"did you mean `{close[0]}`?"
    return f"known here: {', '.join(names) or 'nothing'}"


class Table:
    """One table, its place in the file, and the keys that were asked for.

    Args:
        data: What TOML gave.
        where: The file, for messages.
        path: The keys that lead here, for example `recipes.stripe-v1.signature`.
    """

    def __init__(self, data: object, where: str, path: str = "") -> None:
        self.where = where
        self.path = path
        self._asked: set[str] = set()
        if not isinstance(data, Mapping):
            raise self.error("", f"must be a table, not {_kind(data)}")
        self.data: Mapping[str, Any] = data

    def error(self, key: str, message: str) -> ConfigError:
        """An error that names the file and the key."""
        place = ".".join(part for part in (self.path, key) if part)
        named = f"key `{show(place)}`" if place else "the provider"
        return ConfigError(f"{self.where}: {named} {message}")

    def missing(self, key: str) -> ConfigError:
        """An error for a key that is not there; names a key that looks like a misspelling of it."""
        others = [str(other) for other in self.data if other not in self._asked]
        close = difflib.get_close_matches(key, others, n=1, cutoff=0.6)
        hint = f"; is `{show(close[0])}` meant to be it?" if close else ""
        return self.error(key, f"is required but is missing{hint}")

    def has(self, key: str) -> bool:
        """Whether the key is there and not switched off with `false`."""
        self._asked.add(key)
        return key in self.data and self.data[key] is not False

    def raw(self, key: str) -> Any:
        """The value as it is, or None."""
        self._asked.add(key)
        return self.data.get(key)

    def text(self, key: str, default: str | None = None, *, one_of: Iterable[str] | None = None) -> str:
        """A text. Without a default the key is required."""
        if not self.has(key):
            if default is None:
                raise self.missing(key)
            return default
        value = self.data[key]
        if not isinstance(value, str):
            raise self.error(key, f"must be text, not {_kind(value)}")
        choices = None if one_of is None else tuple(one_of)
        if choices is not None and value not in choices:
            raise self.error(key, f"cannot be `{show(value)}`; {nearest(value, choices)}")
        return value

    def optional_text(self, key: str, *, one_of: Iterable[str] | None = None) -> str | None:
        """A text, or None when the key is not there."""
        return self.text(key, one_of=one_of) if self.has(key) else None

    def flag(self, key: str, *, default: bool = False) -> bool:
        """True or false."""
        self._asked.add(key)
        value = self.data.get(key, default)
        if not isinstance(value, bool):
            raise self.error(key, f"must be true or false, not {_kind(value)}")
        return value

    def number(self, key: str) -> float | None:
        """A number, or None when the key is not there."""
        if not self.has(key):
            return None
        value = self.data[key]
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self.error(key, f"must be a number, not {_kind(value)}")
        if not -1e15 < value < 1e15:
            raise self.error(key, "must be a number of ordinary size")
        return value

    def integer(self, key: str, default: int | None = None) -> int | None:
        """A whole number, or the default."""
        value = self.number(key)
        if value is None:
            return default
        if value != int(value):
            raise self.error(key, "must be a whole number")
        return int(value)

    def texts(self, key: str) -> tuple[str, ...]:
        """A text or a list of texts, as a tuple; empty when the key is not there."""
        if not self.has(key):
            return ()
        value = self.data[key]
        values = [value] if isinstance(value, str) else value
        if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
            raise self.error(key, "must be text or a list of texts")
        return tuple(values)

    def numbers(self, key: str) -> tuple[float, ...]:
        """A list of numbers; empty when the key is not there."""
        if not self.has(key):
            return ()
        values = self.data[key]
        if not isinstance(values, list) or not all(type(one) in {int, float} for one in values):
            raise self.error(key, "must be a list of numbers")
        return tuple(float(one) for one in values)

    def choices(self, key: str, one_of: Iterable[str]) -> tuple[str, ...]:
        """A text or list of texts, each one of those given."""
        known = tuple(one_of)
        values = self.texts(key)
        for value in values:
            if value not in known:
                raise self.error(key, f"cannot be `{show(value)}`; {nearest(value, known)}")
        return values

    def field(self, key: str) -> Field:
        """A required field such as `header:X-Signature`."""
        return self._field(key, self.text(key))

    def fields(self, key: str) -> tuple[Field, ...]:
        """A field or a list of fields; empty when the key is not there."""
        return tuple(self._field(key, text) for text in self.texts(key))

    def template(self, key: str) -> Template | None:
        """A template, or None when the key is not there."""
        if not self.has(key):
            return None
        return self._template(key, self.text(key))

    def templates(self, key: str) -> tuple[Template, ...]:
        """A template or a list of templates."""
        return tuple(self._template(key, text) for text in self.texts(key))

    def table(self, key: str) -> Table | None:
        """An inner table, or None when the key is not there or is `false`."""
        if not self.has(key):
            return None
        return Table(self.data[key], self.where, ".".join(part for part in (self.path, key) if part))

    def tables(self, key: str) -> tuple[Table, ...]:
        """A list of tables; empty when the key is not there."""
        if not self.has(key):
            return ()
        values = self.data[key]
        if not isinstance(values, list):
            raise self.error(key, f"must be a list of tables, not {_kind(values)}")
        place = ".".join(part for part in (self.path, key) if part)
        return tuple(Table(one, self.where, f"{place}[{index}]") for index, one in enumerate(values))

    def strings(self, key: str) -> tuple[tuple[str, str], ...]:
        """A table of texts; a list as a value is that key several times."""
        inner = self.table(key)
        if inner is None:
            return ()
        return tuple((name, value) for name in inner.data for value in inner.texts(name))

    def finish(self) -> None:
        """Refuse keys that nobody asked for.

        Raises:
            ConfigError: Names the file, the key and the nearest known key.
        """
        for key in self.data:
            if key not in self._asked:
                raise self.error(str(key), f"is not known; {nearest(str(key), self._asked)}")

    def _field(self, key: str, text: str) -> Field:
        try:
            return parse_field(text)
        except ValueError as error:
            raise self.error(key, f"cannot be read: {error}") from None

    def _template(self, key: str, text: str) -> Template:
        try:
            return parse_template(text)
        except ValueError as error:
            raise self.error(key, f"cannot be read: {error}") from None


def _kind(value: object) -> str:
    names = {str: "text", bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "a table"}
    return names.get(type(value), f"a {type(value).__name__}")

"""Changes to the sources of a configuration file that leave everything else in it as it is: comments, order, spacing.

Texts in, texts out. Each change is proved before it is given back: what the new text says must be what the old one said
plus the change. TOML can be written in ways that cannot be changed here (a table in pieces, keys spread over the file);
such a file is refused, not guessed at.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any, NoReturn, TypeGuard

import tomlkit
from tomlkit.container import Container
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Array, Item, Key, Table, Whitespace

from webhook_inspector.core.display import show
from webhook_inspector.errors import ConfigError

Value = str | int | list[str] | dict[str, str] | dict[str, str | int]
"""A table is written in one line."""
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_Body = list[tuple[Key | None, Item]]


def set_keys(text: str, name: str, changes: Mapping[str, Value | None]) -> str:
    """Give keys of a source other values.

    Args:
        text: The file. A byte order mark and ends of lines stay as they are.
        name: A source that is in it.
        changes: Key to its new value; None takes the key out. A comment behind a value stays behind the new one.

    Raises:
        ConfigError: The source is not in the file, or is written in a way that cannot be changed here.
    """
    expected = _parsed(text)
    table = expected.get("sources", {}).get(name)
    if not isinstance(table, dict):
        raise ConfigError(f"There is no source {show(name, 60)} in the file.")
    for key, value in changes.items():
        if value is None:
            table.pop(key, None)
        else:
            table[key] = value
    return _proved(_with_keys(text, name, changes), expected, name)


def add_source(text: str, name: str, values: Mapping[str, Value]) -> str:
    """A new source at the end.

    Raises:
        ConfigError: There is one of that name, or the file's sources are written in a way that cannot be added to.
    """
    expected = _parsed(text)
    sources = expected.setdefault("sources", {})
    if name in sources:
        raise ConfigError(f"There is a source {show(name, 60)} already: choose another name.")
    sources[name] = dict(values)
    end = _line_end(text)
    lines = [f"[sources.{_key(name)}]", *(f"{_key(key)} = {_written(value)}" for key, value in values.items())]
    made = text
    if made.strip("\ufeff"):
        made += "" if made.endswith("\n") else end
        made += "" if made.endswith(end * 2) else end
    return _proved(made + "".join(line + end for line in lines), expected, name)


def remove_source(text: str, name: str) -> str:
    """Without a source. Comments after a blank line at its end stay: they are about what follows.

    Raises:
        ConfigError: It is not in the file, or is written in a way that cannot be changed here.
    """
    expected = _parsed(text)
    if name not in expected.get("sources", {}):
        raise ConfigError(f"There is no source {show(name, 60)} in the file.")
    del expected["sources"][name]
    if not expected["sources"]:
        del expected["sources"]
    mark, document = _document(text)
    body = document.body
    for index, table in _tables(body, "sources"):
        _take_out(body, index, table, name)
    return _proved(mark + document.as_string(), expected, name, empty_is_nothing=True)


def rename_source(text: str, name: str, new: str) -> str:
    """With another name for a source.

    Raises:
        ConfigError: It is not in the file, there is one of the new name, or its headers are not plain.
    """
    expected = _parsed(text)
    sources = expected.get("sources", {})
    if name not in sources:
        raise ConfigError(f"There is no source {show(name, 60)} in the file.")
    if new in sources:
        raise ConfigError(f"There is a source {show(new, 60)} already: choose another name.")
    expected["sources"] = {new if key == name else key: value for key, value in sources.items()}
    old = re.escape(name)
    spelled = f"\"{old}\"|'{old}'" + (f"|{old}" if _BARE.fullmatch(name) else "")
    header = re.compile(rf"(?m)^(\ufeff?[ \t]*\[[ \t]*sources[ \t]*\.[ \t]*)(?:{spelled})(?=[ \t]*[\].])")
    return _proved(header.sub(lambda match: match[1] + _key(new), text), expected, name)


# Reading and proving


def _parsed(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text.removeprefix("\ufeff").replace("\r\n", "\n"))
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"The file is not valid TOML: {show(str(error), 200)}.") from None


def _document(text: str) -> tuple[str, tomlkit.TOMLDocument]:
    """The byte order mark, and the rest as a document that remembers its form."""
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    try:
        return mark, tomlkit.parse(text.removeprefix(mark))
    except (TOMLKitError, ValueError, RecursionError):
        _by_hand("the file")


def _proved(text: str, expected: Mapping[str, Any], name: str, *, empty_is_nothing: bool = False) -> str:
    """The text, when it says just what is expected."""
    try:
        found = tomllib.loads(text.removeprefix("\ufeff").replace("\r\n", "\n"))
    except (ValueError, RecursionError):
        found = {"": None}
    if empty_is_nothing and found.get("sources") == {}:
        del found["sources"]
    if found != expected:
        _by_hand(name)
    return text


def _by_hand(name: str) -> NoReturn:
    raise ConfigError(f"The way {show(name, 60)} is written in the file cannot be changed here: edit the file.")


# Writing


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _written(name)


def _written(value: Value) -> str:
    return _item(value).as_string()


def _item(value: Value) -> Item:
    if not isinstance(value, dict):
        return tomlkit.item(value)
    table = tomlkit.inline_table()
    table.update(value)
    return table


def _line_end(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _tables(body: _Body, name: str) -> list[tuple[int, Table]]:
    """The tables of a name in a body: several when a table is in pieces. Last ones first, so that they can be cut."""
    found = [(at, item) for at, (key, item) in enumerate(body) if key is not None and key.key == name]
    return [(at, item) for at, item in reversed(found) if isinstance(item, Table)]


def _with_keys(text: str, name: str, changes: Mapping[str, Value | None]) -> str:
    end = _line_end(text)
    mark, document = _document(text if text.endswith("\n") else text + end)
    homes = [
        table
        for _, sources in _tables(document.body, "sources")
        for _, table in _tables(sources.value.body, name)
        if not table.is_super_table() and not _is_dotted(sources.value.body, name)
    ]
    try:
        for key, value in changes.items():
            if homes:
                _set_in_body(homes[-1].value.body, key, value, end)
            else:
                _set_in_place(document, name, key, value)
        return mark + document.as_string()
    except (TOMLKitError, KeyError, TypeError, AttributeError):
        _by_hand(name)


def _is_dotted(body: _Body, name: str) -> bool:
    """Whether a table comes from keys such as `stripe.path = ...` instead of a header."""
    return any(key is not None and key.key == name and key.is_dotted() for key, _ in body)


def _set_in_body(body: _Body, key: str, value: Value | None, end: str) -> None:
    """Change a key of a table with a header. Only the list of its lines is touched, which is then written out."""
    at = next((at for at, (known, _) in enumerate(body) if known is not None and known.key == key), None)
    if value is None:
        if at is not None:
            del body[at]
        return
    made = _item(value)
    if at is not None:
        old = body[at][1]
        if isinstance(old, Table):
            raise TypeError(key)
        if isinstance(old, Array) and _continues(value, old, end):
            for item in value[len(old) :]:  # comments between the others stay
                old.append(item)
            return
        made.trivia.indent, made.trivia.comment_ws = old.trivia.indent, old.trivia.comment_ws
        made.trivia.comment, made.trivia.trail = old.trivia.comment, old.trivia.trail
        body[at] = (body[at][0], made)
        return
    lines = [at for at, (known, item) in enumerate(body) if known is not None and not isinstance(item, Table)]
    made.trivia.trail = end
    place = 0
    if lines:
        last = body[lines[-1]][1]
        made.trivia.indent = last.trivia.indent
        place = lines[-1] + 1
    body.insert(place, (tomlkit.key(key), made))


def _continues(value: Value, old: Array, end: str) -> TypeGuard[list[str]]:
    """Whether a list is the old one and more, which can be added to it as it is written."""
    # tomlkit breaks lines of a list with \n only, and indents after an item.
    plain = len(old) > 0 and (end == "\n" or end not in old.as_string())
    return plain and isinstance(value, list) and value[: len(old)] == old.unwrap()


def _set_in_place(document: tomlkit.TOMLDocument, name: str, key: str, value: Value | None) -> None:
    """Change a key of an inline table, or of one that is written as dotted keys."""
    table: Any = document["sources"][name]
    if value is not None:
        table[key] = _item(value)
    elif key in table:
        del table[key]


def _take_out(body: _Body, index: int, sources: Table, name: str) -> None:
    """Take a source out of one piece of `sources`, which stands at an index of a body."""
    inner = sources.value.body
    for at, table in _tables(inner, name):
        rest = _rest(table)
        del inner[at]
        before = inner[at - 1][1] if at else body[index - 1][1] if index else None
        above = _last(before.value) if isinstance(before, Table) else inner[:at] or body[:index]
        if rest and (not above or isinstance(above[-1][1], Whitespace)):
            del rest[0]  # one blank line is enough
        if at and isinstance(before, Table):
            _last(before.value).extend(rest)
        elif at or not sources.is_super_table():
            inner[at:at] = rest
        else:
            body[index:index] = rest
    # What is left of one that is written as dotted keys or in a line.
    inner[:] = [(key, item) for key, item in inner if key is None or key.key != name]


def _last(container: Container) -> _Body:
    """Where the last line of a table stands."""
    body = container.body
    last = body[-1][1] if body else None
    return _last(last.value) if isinstance(last, Table) else body


def _rest(table: Table) -> _Body:
    """What is written after the last key of a table from its first blank line on."""
    tail: _Body = []
    for key, item in reversed(_last(table.value)):
        if key is not None:
            break
        tail.insert(0, (key, item))
    blank = next((at for at, (_, item) in enumerate(tail) if isinstance(item, Whitespace)), None)
    return [] if blank is None else tail[blank:]

"""Changes to the sources of a file, from what was typed: keys and texts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from webhook_inspector.config import editing
from webhook_inspector.engine.source_fields import value_of
from webhook_inspector.engine.source_file import Change


def changed(name: str, texts: Mapping[str, str]) -> Change:
    """Other values for keys of a source; an empty text takes a key out.

    Raises:
        UsageError: A text cannot be read.
    """
    values = {key: value_of(key, text) for key, text in texts.items()}
    return partial(editing.set_keys, name=name, changes=values)


def added(name: str, texts: Mapping[str, str]) -> Change:
    """A new source; without a path it waits at its name.

    Raises:
        UsageError: A text cannot be read.
    """
    values = {key: value for key, text in texts.items() if (value := value_of(key, text)) is not None}
    return partial(editing.add_source, name=name, values={"path": f"/{name}", **values})


def removed(name: str) -> Change:
    """No such source."""
    return partial(editing.remove_source, name=name)


def renamed(name: str, new: str, path: str) -> Change:
    """Another name for a source, at the path where it is."""

    def change(text: str) -> str:
        return editing.rename_source(editing.set_keys(text, name, {"path": path}), name, new)

    return change

"""Entries of a JSON file that a provider's API gave: documents one after another, each with some entries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from webhook_inspector.core.delivery import Delivery
from webhook_inspector.core.display import show
from webhook_inspector.core.jsondoc import JsonInvalidError
from webhook_inspector.errors import InputError
from webhook_inspector.export.gathering import Gathering, Note
from webhook_inspector.export.importing import ImportFile
from webhook_inspector.export.json_text import decoded, documents

Parts = Callable[[str], Sequence[tuple[str, Any]]]
"""Gives text and value of each entry of a document; raises JsonInvalidError when it is no JSON."""
Make = Callable[[str, Any, Gathering, Note], Delivery]
"""Makes the delivery of an entry, or raises SkipError."""


def gather_entries(file: ImportFile, gathering: Gathering, what: str, parts: Parts, make: Make) -> None:
    """Add all entries of a file.

    Args:
        file: What is read.
        gathering: Gets them.
        what: What an entry is called: `event`.
        parts: Takes a document apart.
        make: Makes a delivery of each part.

    Raises:
        InputError: The file as a whole is not JSON.
    """
    try:
        text = decoded(file.data)
    except JsonInvalidError as error:
        raise InputError(f"{show(file.where, 120)} is not JSON: {error}; save it again.") from None
    number = 0
    for document in documents(text):
        try:
            found = parts(document)
        except JsonInvalidError as error:
            gathering.skip(f"What follows {what} {number}", f"it is not JSON: {error}")
            continue
        for part, entry in found:
            number += 1
            gathering.entry(f"{what.capitalize()} {number}", partial(make, part, entry, gathering))

"""Files of our own making: JSON that says what it is and of which version, refused whole when it is something else."""

from __future__ import annotations

from typing import Any

from webhook_inspector.core.display import show
from webhook_inspector.core.jsondoc import JsonInvalidError, load_json
from webhook_inspector.errors import InputError


def load_own(data: bytes, where: str, *, what: str, form: str, version: int, again: str) -> dict[str, Any]:
    """The document of a file.

    Args:
        data: Its bytes.
        where: Its name, for messages.
        what: What it is: `fixture`.
        form: What its `format` must be.
        version: What its `version` must be.
        again: How to make it anew, as the end of a sentence: `export it again`.

    Raises:
        InputError: It is not JSON, something else, or of a version that is not known.
    """
    name = show(where, 120)
    try:
        document = load_json(data)
    except JsonInvalidError as error:
        raise InputError(f"{name} is not a {what}: {error}; {again}.") from None
    if not isinstance(document, dict) or document.get("format") != form:
        raise InputError(f'{name} is not a {what}: it has no "format": "{form}"; {again}.')
    found = document.get("version")
    if found != version or isinstance(found, bool):
        raise InputError(
            f"{name}: {what} version {show(str(found), 20)} is not known here, only {version}; update this program or "
            f"{again}."
        )
    return document

"""A new delivery id for a captured request, where its provider has one apart from the event."""

from __future__ import annotations

import hashlib
import re
import string
from dataclasses import replace
from itertools import cycle

from webhook_inspector.core.request import Request
from webhook_inspector.providers.model import Provider

_NOT_IDS = frozenset({"content-length", "link", "host"})
_WORD = re.compile(r"[0-9A-Za-z]+")
_CLASSES = (string.digits, "abcdef", "ABCDEF", string.ascii_lowercase, string.ascii_uppercase)


def with_fresh_id(request: Request, provider: Provider, seed: str) -> Request | None:
    """The request under a delivery id of the same form; the same seed gives the same id.

    Only ids in headers are replaced: one in the body is the event's own. A signature over it must be made again.

    Returns:
        None when the provider names no such header, or the request has none.
    """
    signatures = {recipe.signature.source.name.lower() for recipe in provider.recipes if recipe.signature is not None}
    headers = request.headers
    for template in provider.events.id:
        field = template.fields[0] if len(template.parts) == 1 and template.fields else None
        if field is None or field.kind != "header" or field.name.lower() in _NOT_IDS | signatures:
            continue
        old = headers.get(field.name)
        if old:
            headers = headers.replaced(field.name, _alike(old, seed))
    return None if headers is request.headers else replace(request, headers=headers)


def _alike(old: str, seed: str) -> str:
    """Other digits and letters in the same places. A prefix such as `msg_` before the first `_` stays."""
    prefix, mark, rest = old.rpartition("_")
    digest = hashlib.sha512(f"{seed}:{old}".encode("utf-8", "surrogatepass")).digest()
    dice = cycle(digest)
    hexadecimal = all(set(word) <= set(string.hexdigits) for word in _WORD.findall(rest))

    def other(char: str) -> str:
        for letters in _CLASSES if hexadecimal else (_CLASSES[0], *_CLASSES[3:]):
            if char in letters:
                return letters[next(dice) % len(letters)]
        return char

    return f"{prefix}{mark}{''.join(other(char) for char in rest)}"

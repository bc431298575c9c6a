"""The differences between two deliveries, as records."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from webhook_inspector.shapes.patch import make_patch

KINDS = {
    "changed": "another value of the same type",
    "added": "only in the second",
    "removed": "only in the first",
    "type_changed": "another type, or null against a value",
    "number_text": "a number against a text of the same value",
    "same_number": "one number written in two ways, such as 1 and 1.0",
    "same_time": "one moment written in two ways",
    "null_added": "nothing in the first, null in the second",
    "null_removed": "null in the first, nothing in the second",
    "moved": "an equal object or array that stands elsewhere",
    "reordered": "the same elements in another order",
}
"""Kinds of changes, with what they mean."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference."""

    kind: str
    """A key of `KINDS`."""
    path: str
    """`$.data.items[0].id` for bodies, with the second delivery's positions (the first one's for `removed`); a header's
    name in lower case; `method`, `path` or `query.NAME` of the target."""
    before: Any = None
    """Value in the first delivery; for `added` there is none. A header that is repeated is a list."""
    after: Any = None
    """Value in the second delivery; for `removed` there is none."""
    where: str = "body"
    """`body`, `header` or `target`."""
    pattern: str = ""
    """The path for every element: `$.data.items[].id`."""
    moved_from: str | None = None
    """Where a moved subtree stood in the first delivery."""
    why_hidden: str = ""
    """For hidden changes why they say nothing: `id`, `time`, `token`, `hash`, `signature`, `transport`, `listed`."""


@dataclass(frozen=True, slots=True)
class PayloadDiff:
    """What differs between two deliveries."""

    changes: tuple[Change, ...] = ()
    """What is worth a look: target first, then headers, then the body, each in order of path."""
    equal_paths: int = 0
    """Values of the bodies that are equal."""
    hidden: tuple[Change, ...] = ()
    """What differs from delivery to delivery: ids, times, signatures, paths listed as volatile."""
    note: str = ""
    """What the reader must know, as sentences."""
    documents: tuple[Any, Any] | None = field(default=None, repr=False, compare=False)
    """The two bodies when both are JSON or forms."""

    @property
    def differs(self) -> bool:
        """Whether anything but volatile values differs."""
        return bool(self.changes)

    def patch(self) -> list[dict[str, Any]]:
        """A JSON Patch (RFC 6902) from the first body to the second: nothing is hidden; empty without documents.

        It works on parsed values, so duplicate keys and digits beyond a float's precision are not in it.
        """
        return [] if self.documents is None else make_patch(*self.documents)

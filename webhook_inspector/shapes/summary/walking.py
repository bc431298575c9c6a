"""The positions of a summary by path."""

from __future__ import annotations

from collections.abc import Iterator

from webhook_inspector.core.paths import step
from webhook_inspector.shapes.summary.place import Place


def below(place: Place) -> Iterator[tuple[str, Place]]:
    """The positions right below one, each with its step: `.id`, `{*}`, `[]`, `[type=section]`; sorted."""
    for key in sorted(place.members):
        yield step(key), place.members[key]
    if place.rest is not None:
        yield "{*}", place.rest
    if place.items is not None:
        yield "[]", place.items
    for kind in sorted(place.variants or {}):
        yield f"[{kind}]", (place.variants or {})[kind]


def places(root: Place, path: str = "$") -> Iterator[tuple[str, Place]]:
    """Every position with its path, parents first."""
    work = [(path, root)]
    while work:
        here, place = work.pop()
        yield here, place
        work += [(here + name, child) for name, child in reversed(list(below(place)))]

"""Which view shows a body. Never raises: a view that cannot falls back to text, then to bytes, and says why."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from webhook_inspector.bodies import view as folder
from webhook_inspector.bodies.api import BodyText, BodyView, CannotShowError, Content
from webhook_inspector.bodies.decode import declared_charset, undo_encoding
from webhook_inspector.core.display import show
from webhook_inspector.core.registry import discover
from webhook_inspector.core.request import Request

VIEW_LIMIT = 16 * 1024 * 1024
"""Bytes of a decoded body that a view shows; the log keeps all of it."""


@cache
def views() -> Mapping[str, BodyView]:
    """All body views by name: the modules of the folder `bodies/view`."""
    return {found.name: found for found in discover(folder, "VIEW").values()}


def content_of(request: Request, limit: int = VIEW_LIMIT) -> tuple[Content, str]:
    """The body made ready for a view, and a note on how."""
    content_type = request.headers.get("content-type") or ""
    encodings = ", ".join(request.headers.get_all("content-encoding"))
    decoded = undo_encoding(request.body, encodings, limit) if encodings and request.body else None
    data = request.body if decoded is None else decoded.data
    cut = len(data) > limit or (decoded is not None and decoded.cut)
    content = Content(
        request=request,
        data=data[:limit] if len(data) > limit else data,
        media_type=request.content_type,
        charset=declared_charset(content_type),
        limit=limit,
        cut=cut,
        opaque=decoded is not None and decoded.opaque,
    )
    return content, "" if decoded is None else decoded.note


def _order(content: Content, view: str | None) -> list[BodyView]:
    """The views to try, best first; `hex` is always the last and never fails."""
    known = views()
    if content.opaque and view is None:
        return [known["hex"]]
    ranked = sorted(known.values(), key=lambda each: (-each.priority(content), each.name))
    fitting = [each for each in ranked if each.priority(content) > 0]
    if view is not None and view in known:
        fitting = [known[view], *(each for each in (known["text"], known["hex"]) if each.name != view)]
    return [*fitting, known["hex"]]


def render(request: Request, view: str | None = None, *, limit: int = VIEW_LIMIT) -> BodyText:
    """The body of a request as lines; never raises on any bytes.

    Args:
        request: The request as captured.
        view: Name of the wanted view (see `views`); None chooses the one that fits best.
        limit: Bytes of the decoded body that are shown.
    """
    content, note = content_of(request, limit)
    notes = [note] if note else []
    if view is not None and view not in views():
        notes.append(f"There is no view {show(view, 40)}; known are {', '.join(views())}.")
    for candidate in _order(content, view):
        try:
            result = candidate.render(content)
        except CannotShowError as error:
            notes.append(str(error))
            continue
        if result.note:
            notes.append(result.note)
        return BodyText(result.view, result.lines, " ".join(notes), len(request.body), result.truncated)
    raise AssertionError("the hex view shows everything")  # pragma: no cover

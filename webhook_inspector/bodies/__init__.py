"""How a body is shown: one view a file (folder `view`); never fails."""

from webhook_inspector.bodies.api import BodyText, BodyView, Line, Lines, Span
from webhook_inspector.bodies.registry import VIEW_LIMIT, render, views

__all__ = ["VIEW_LIMIT", "BodyText", "BodyView", "Line", "Lines", "Span", "render", "views"]

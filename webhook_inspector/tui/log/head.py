"""The header's words: what listens, where to, and whether all is well."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from webhook_inspector.core import units
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.tui.safe import Line, Piece, clean, fit_middle, spread
from webhook_inspector.tui.views import tab_line

_LEAST_HOST = 12
"""Cells of a tunnel's name from which it says something."""


def short_url(url: str) -> str:
    """`localhost:3000` of a URL."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return clean(url, 40)
    return clean(parts.netloc or url, 40)


def _listening(inspector: Inspector, trouble: str | None, *, short: bool) -> Line:
    listening = inspector.listening
    if listening is None or not listening.url:
        return Line.of(("dim", "○ not listening"))
    place = short_url(listening.url)
    if short:
        place = ":" + place.rpartition(":")[2]
    if listening.prefix and not short:
        place += "/***"
    dot = ("bad", "✗ ") if trouble else ("ok", "● ")
    words = Line.of(dot, ("text", place))
    if listening.exposed:
        words = words + Line.of(("bad", " OPEN" if short else " OPEN to other machines"))
    if inspector.unkept and not short:
        words = words + Line.of(("warn", f" {inspector.unkept} refused more"))
    if inspector.failing:
        words = words + Line.of(("bad", f" 503 ×{inspector.failing}"))
    return words + Line.of(("dim", " elsewhere" if short else " in another process")) if listening.attached else words


def _target(inspector: Inspector, answered: bool | None, *, short: bool) -> Line:
    target = inspector.forward_target
    if target is None:
        return Line.of(("dim", "→ –" if short else "→ no app yet"))
    place = short_url(target)
    if short:
        place = ":" + place.rpartition(":")[2] if ":" in place else place[:16]
    health = inspector.forwarding.health()
    if health is not None and health.up is False:
        waiting = f" ✗ {health.waiting}" + ("" if short else " wait")
        return Line.of(("dim", "→ "), place, ("bad", waiting))
    state = Line() if answered is None else Line.of(("ok", " ✓") if answered else ("bad", " ✗"))
    return Line.of(("dim", "→ "), place) + state


def _tunnel(inspector: Inspector, room: int = 0) -> Line:
    """Whether the internet reaches this listener by a tunnel of ours, in at most so many cells if its name fits."""
    url = inspector.tunneling.url
    if url is None:
        return Line()
    host = fit_middle(short_url(url), max(0, min(len(short_url(url)), room - 4)))
    return Line.of(("warn", f"  ↔ {host.rstrip()}" if len(host) >= _LEAST_HOST else " ↔ open"))


@dataclass
class Standing:
    """What the header says beside the addresses."""

    total: int = 0
    """Deliveries in the log."""
    answered: bool | None = None
    """Whether the last live forward was answered 2xx."""
    trouble: str | None = None
    """Why the log cannot keep deliveries at the moment."""


def head_line(inspector: Inspector, standing: Standing, view: str, width: int) -> Line:
    """The header of every main view: ` whi   Log  Shapes   ● 127.0.0.1:4400   → localhost:3000 ✓    9 deliveries`."""
    left = Line.of(" ", ("strong", "whi"), "    ", tab_line(view))
    count = Line.of(units.count(standing.total), ("dim", " delivery" if standing.total == 1 else " deliveries"))
    keys = Line.of(Piece("?", "key", "screen.help"), Piece(" keys ", "dim", "screen.help"))
    right = Line()
    for gap, short in ((4, False), (2, False), (2, True)):
        listening = _listening(inspector, standing.trouble, short=short)
        target = _target(inspector, standing.answered, short=short)
        rest = Line.of(" " * gap, target, " " * gap, count, " " * gap, keys)
        room = width - left.width - listening.width - rest.width - 2
        right = Line.of(listening, _tunnel(inspector, room), rest)
        if room >= _tunnel(inspector, width).width:
            break
    return spread(left, right, width)


def lead_line(inspector: Inspector, answered: bool | None, trouble: str | None) -> Line:
    """For the start of the filter line on a narrow screen."""
    listening = _listening(inspector, trouble, short=True) + _tunnel(inspector)
    return Line.of(" ", ("strong", "whi"), "  ", listening, " ", _target(inspector, answered, short=True), "  ")

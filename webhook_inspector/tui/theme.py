"""Colours: one hue, one accent, quiet lines. Every colour decision is repeated by a glyph or a word.

The status colours were chosen for contrast on the ground and for distance under red, green and blue colour blindness
(teal against vermilion instead of green against red). A widget asks the palette for a role on a ground; it never names
a colour.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.color import Color
from textual.strip import Strip
from textual.theme import BUILTIN_THEMES, Theme

from webhook_inspector.config.reader import nearest
from webhook_inspector.core.display import show
from webhook_inspector.errors import ConfigError
from webhook_inspector.tui.glyphs import plain
from webhook_inspector.tui.ground import deep_colours
from webhook_inspector.tui.safe import Line, Piece

ROLES = {
    "text": "values",
    "strong": "names; bold",
    "dim": "labels, units, equal parts",
    "line": "dividers",
    "hidden": "barely there: leaders, unused ticks",
    "accent": "focus, selection edge",
    "key": "a key of the table",
    "letter": "a key of a dialog, which has its own",
    "ok": "holds",
    "bad": "does not hold; bold",
    "warn": "changed, repeated, worth a look",
    "name": "a JSON key, a header name",
    "string": "a JSON string",
    "number": "numbers, true, false, null",
    "escaped": "what stands for a control character",
    "match": "a search hit",
    "current": "the current tab; underlined",
}
"""What a piece of text can be."""

GROUNDS = ("ground", "raised", "selected")
"""What it stands on: the screen, a raised row, the selected row."""


@dataclass(frozen=True, slots=True)
class Colors:
    """One colour scheme, as `#rrggbb`."""

    ground: str
    raised: str
    line: str
    text: str
    dim: str
    accent: str
    selected: str
    ok: str
    bad: str
    warn: str
    name: str
    dark: bool


DARK = Colors(
    "#14161b", "#1f232b", "#2c313c", "#d8dce4", "#8b93a3", "#58a6ff", "#24344f", "#8fe3d4", "#fd7a5c", "#f0d24a",
    "#8fb4e3", dark=True,
)  # fmt: skip
LIGHT = Colors(
    "#fbfbf9", "#ecece6", "#cfcfc7", "#23272e", "#5f6672", "#153f86", "#d9e6fb", "#0b7872", "#8c2504", "#8f6f00",
    "#31578f", dark=False,
)  # fmt: skip
CONTRAST = Colors(
    "#000000", "#1a1a1a", "#8a8a8a", "#ffffff", "#d0d0d0", "#7fc4ff", "#003a7a", "#7fffe6", "#ff9a80", "#ffe34d",
    "#b8d8ff", dark=True,
)  # fmt: skip

DARK_NAME, LIGHT_NAME, ANSI_NAME, CONTRAST_NAME = (
    "inspector-dark",
    "inspector-light",
    "inspector-ansi",
    "inspector-contrast",
)
_COLORS: Mapping[str, Colors] = {DARK_NAME: DARK, LIGHT_NAME: LIGHT, CONTRAST_NAME: CONTRAST}

_WEIGHTS: Mapping[str, str] = {
    "strong": "bold",
    "bad": "bold",
    "key": "bold",
    "letter": "bold",
    "accent": "bold",
    "current": "underline bold",
    "match": "reverse",
}
_ANSI: Mapping[str, str] = {
    "dim": "dim",
    "line": "dim",
    "hidden": "dim",
    "escaped": "dim",
    "accent": "bold bright_blue",
    "key": "bold bright_blue",
    "letter": "bold bright_blue",
    "ok": "cyan",
    "bad": "bold red",
    "warn": "yellow",
    "name": "blue",
    "number": "yellow",
}
_MONO: Mapping[str, str] = {
    "dim": "dim",
    "line": "dim",
    "hidden": "dim",
    "escaped": "dim",
    "bad": "bold underline",
    "warn": "bold",
}


@dataclass(frozen=True, slots=True)
class Writing:
    """How the app's own words are drawn."""

    ascii: bool = False
    """Without any sign beyond ASCII."""
    words: tuple[tuple[str, str], ...] = ()
    """Names of keys, and those of the keys that were put in their place."""


class Palette:
    """Styles for roles on grounds, and the one place where lines become strips.

    Args:
        colors: The scheme; None takes the terminal's own colours.
        mono: No colour at all: weight, underline and reverse only.
        writing: How the app's own words are drawn.
    """

    def __init__(self, colors: Colors | None, *, mono: bool = False, writing: Writing = Writing()) -> None:
        self._ascii = writing.ascii
        self._words = MappingProxyType(dict(writing.words))
        self._colors = colors
        self._mono = mono
        self._styles: dict[tuple[str, str, str | None], Style] = {}

    def style(self, role: str, ground: str = "ground", action: str | None = None) -> Style:
        """The style of a role on a ground, with a click action or none."""
        key = (role, ground, action)
        found = self._styles.get(key)
        if found is None:
            found = self._make(role, ground)
            if action is not None:
                found += Style(meta={"@click": action})
            self._styles[key] = found
        return found

    def _make(self, role: str, ground: str) -> Style:
        colors = self._colors
        if colors is None or self._mono:
            base = Style(color="default", bgcolor="default") + Style.parse(_WEIGHTS.get(role, "") or "none")
            if ground == "selected":  # reversed colours would be as many loud grounds
                return base + Style(reverse=True)
            return base + Style.parse((_MONO if self._mono else _ANSI).get(role, "") or "none")
        color = {
            "text": colors.text, "strong": colors.text, "string": colors.text, "dim": colors.dim,
            "line": colors.line, "hidden": colors.line, "accent": colors.accent, "key": colors.accent,
            "letter": colors.accent,
            "ok": colors.ok, "bad": colors.bad, "warn": colors.warn, "name": colors.name, "number": colors.warn,
            "escaped": colors.dim, "match": colors.warn, "current": colors.text,
        }[role]  # fmt: skip
        back = {"ground": colors.ground, "raised": colors.raised, "selected": colors.selected}[ground]
        return Style(color=color, bgcolor=back) + Style.parse(_WEIGHTS.get(role, "") or "none")

    def strip(self, line: Line, width: int, ground: str = "ground", *, skip: int = 0) -> Strip:
        """A line as a strip of exactly `width` cells, the first `skip` cells scrolled away."""
        pieces = _without_blank_ends(line) if self._mono else line.pieces
        segments = [Segment(self._text(piece), self.style(piece.role, ground, piece.action)) for piece in pieces]
        strip = Strip(segments).simplify()
        return strip.crop_extend(skip, skip + width, self.style("text", ground))

    def _text(self, piece: Piece) -> str:
        text: str = piece.text
        if self._words and piece.role == "key":
            # `y c` names a key and a letter of the menu behind it.
            name, space, rest = text.strip().partition(" ")
            if name in self._words:
                text = text.replace(text.strip(), f"{self._words[name]}{space}{rest}")
        return plain(text) if self._ascii and not piece.captured else text

    def blank(self, width: int, ground: str = "ground") -> Strip:
        """An empty row."""
        return Strip.blank(width, self.style("text", ground))


def _without_blank_ends(line: Line) -> Iterator[Piece]:
    """The pieces of a line; the space behind a mark of trouble is not underlined with it."""
    for piece in line.pieces:
        end = len(piece.text.rstrip())
        if piece.role == "bad" and end < len(piece.text):
            yield piece.part(0, end)
            yield piece.part(end, None, "text")
        else:
            yield piece


def palette_of(app: App[Any]) -> Palette:
    """The palette of the app's current theme."""
    writing: Writing = getattr(app, "writing", _PLAIN)
    if app.no_color:
        return _own(None, writing, mono=True)
    if app.theme in _COLORS:
        return _own(app.theme, writing)
    return _own(None, writing) if app.current_theme.ansi else _foreign(app.current_theme, writing)


_PLAIN = Writing()


@lru_cache(maxsize=32)
def _own(name: str | None, writing: Writing, *, mono: bool = False) -> Palette:
    return Palette(None if name is None else _COLORS[name], mono=mono, writing=writing)


_FOREIGN: dict[tuple[str, Writing], Palette] = {}


def _foreign(theme: Theme, writing: Writing) -> Palette:
    found = _FOREIGN.get((theme.name, writing))
    if found is None:
        found = _FOREIGN[theme.name, writing] = Palette(_colors_of(theme), writing=writing)
    return found


def _colors_of(theme: Theme) -> Colors:
    """Our roles out of any Textual theme."""
    made = theme.to_color_system().generate()

    def pick(key: str) -> Color:
        return Color.parse(made[key])

    ground, text = pick("background"), pick("foreground")
    return Colors(
        ground=ground.hex6,
        raised=pick("surface").hex6,
        line=ground.blend(text, 0.18).hex6,
        text=text.hex6,
        dim=ground.blend(text, 0.6).hex6,
        accent=pick("primary").hex6,
        selected=ground.blend(pick("primary"), 0.25).hex6,
        ok=pick("success").hex6,
        bad=pick("error").hex6,
        warn=pick("warning").hex6,
        name=ground.blend(pick("primary"), 0.75).blend(text, 0.35).hex6,
        dark=theme.dark,
    )


def _theme(name: str, colors: Colors) -> Theme:
    return Theme(
        name=name,
        primary=colors.accent,
        secondary=colors.name,
        warning=colors.warn,
        error=colors.bad,
        success=colors.ok,
        accent=colors.accent,
        foreground=colors.text,
        background=colors.ground,
        surface=colors.raised,
        panel=colors.raised,
        boost=colors.raised,
        dark=colors.dark,
        text_alpha=1.0,
        variables={
            "border": colors.line,
            "border-blurred": colors.line,
            "scrollbar": colors.line,
            "scrollbar-hover": colors.dim,
            "scrollbar-active": colors.accent,
            "scrollbar-background": colors.ground,
            "scrollbar-background-hover": colors.ground,
            "scrollbar-background-active": colors.ground,
            "scrollbar-corner-color": colors.ground,
            "block-cursor-background": colors.selected,
            "block-cursor-foreground": colors.text,
            "block-cursor-text-style": "none",
            "input-cursor-background": colors.accent,
            "input-cursor-foreground": colors.ground,
            "input-selection-background": colors.selected,
        },
    )


THEMES: tuple[Theme, ...] = (
    *(_theme(name, colors) for name, colors in _COLORS.items()),
    Theme(
        name=ANSI_NAME,
        ansi=True,
        primary="ansi_bright_blue",
        secondary="ansi_blue",
        warning="ansi_yellow",
        error="ansi_red",
        success="ansi_cyan",
        accent="ansi_bright_blue",
        foreground="ansi_default",
        background="ansi_default",
        surface="ansi_default",
        panel="ansi_default",
        boost="ansi_default",
        variables={
            "ansi-background": "ansi_black",
            "ansi-foreground": "ansi_white",
            "border-blurred": "ansi_black",
            "block-cursor-foreground": "ansi_black",
            "block-cursor-background": "ansi_white",
            "input-cursor-background": "ansi_white",
            "input-cursor-foreground": "ansi_black",
            "input-selection-background": "ansi_bright_blue",
            "input-selection-foreground": "ansi_black",
            "screen-selection-background": "ansi_bright_blue",
            "screen-selection-foreground": "ansi_black",
        },
    ),
)
"""Our themes; Textual's own stay available."""


_SHORT: Mapping[str, str] = {"dark": DARK_NAME, "light": LIGHT_NAME, "ansi": ANSI_NAME, "contrast": CONTRAST_NAME}
"""How our themes are called in the configuration."""


def theme_names() -> list[str]:
    """The names of all themes, as they are written."""
    return [*_SHORT, *sorted(BUILTIN_THEMES)]


def short_name(name: str) -> str:
    """How a theme is called in words."""
    return next((short for short, full in _SHORT.items() if full == name), name)


def check_theme(name: str | None) -> None:
    """Refuse a theme that there is not.

    Raises:
        ConfigError: Names the nearest one.
    """
    if name is not None and name not in theme_names():
        raise ConfigError(f"There is no theme {show(name, 60)}, {nearest(name, theme_names())}")


def first_theme(
    wanted: str | None, remembered: str | None, env: Mapping[str, str], there: Container[str], *, light: bool | None
) -> str:
    """The theme to begin with.

    Args:
        wanted: What was configured, or None.
        remembered: What was chosen in an earlier run, or None.
        env: The environment; see `default_theme`.
        there: The names of the themes that are registered.
        light: Whether the terminal's ground is light, when it said so.
    """
    for name in (wanted, remembered):
        full = _SHORT.get(name or "", name or "")
        if full in there and not ("NO_COLOR" in env and name is remembered):
            return full
    found = default_theme(env)
    return LIGHT_NAME if light and found == DARK_NAME else found


def default_theme(env: Mapping[str, str]) -> str:
    """The theme to begin with: the terminal's own colours when it has no more than 16 or NO_COLOR is set, else dark.

    Args:
        env: The environment: `NO_COLOR`, `COLORTERM`, `TERM`, `TEXTUAL_COLOR_SYSTEM`, `WT_SESSION` or `WINDIR`.
    """
    return DARK_NAME if deep_colours(env) else ANSI_NAME

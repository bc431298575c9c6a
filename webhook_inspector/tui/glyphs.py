"""The signs that the app draws, and what stands for them where only ASCII is drawn: one cell for one cell."""

from __future__ import annotations

from collections.abc import Mapping

_SIGNS: Mapping[str, str] = {
    "✓": "v", "✗": "X", "●": "*", "○": "o", "•": "*", "Δ": "~", "×": "x", "▌": ">", "┆": ":", "…": "~",
    "━": "=", "─": "-", "╌": "-", "│": "|", "├": "+", "┼": "+", "┤": "+", "▸": ">", "▾": "v", "▲": "^", "▼": "v",
    "‹": "<", "›": ">", "→": ">", "←": "<", "↑": "^", "↓": "v", "⏎": "<", "⇥": ">", "⇧": "S", "·": ".", "′": "'",
    "–": "-", "—": "-", "−": "-", "±": "~", "≠": "!", "≤": "<", "≥": ">", "≈": "~", "µ": "u",
    "▁": ".", "▂": ":", "▃": "-", "▄": "=", "▅": "+", "▆": "*", "▇": "#", "█": "#",
    "‘": "'", "’": "'", "“": '"', "”": '"', "«": "<", "»": ">", "◦": "o", "⌫": "<", "␡": "?",
}  # fmt: skip

ASCII: Mapping[int, str] = {
    **{ord(sign): plain for sign, plain in _SIGNS.items()},
    **dict.fromkeys(range(0x2400, 0x2421), "?"),  # what stands for control characters
}
"""For `str.translate`. Every value is one character, so that nothing moves."""

KEY_WORDS: Mapping[str, str] = {
    "⏎": "enter", "⇥": "tab", "⇧⇥": "shift+tab", "↑": "up", "↓": "down", "←": "left", "→": "right",
    "↓↑": "up,down", "↑↓": "up,down", "←→": "left,right", "0–9": "0-9",
}  # fmt: skip
"""Names of keys for the key line, where there is room for a word."""


def plain(text: str) -> str:
    """A text of the app's own in ASCII, as wide as before."""
    return text if text.isascii() else text.translate(ASCII)

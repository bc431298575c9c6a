"""Every key of the app, in one table. A key never changes its meaning between views; `?` is written from this table.

A view binds a key by its id: `bind("replay", "replay")` ties the key of `replay` to the view's `action_replay`. Ids are
stable, so that keys can be remapped by them. Dialogs are small keyboards of their own: a letter there is drawn beside
what it sets, and only the keys of the group `move` and those with `everywhere` keep their meaning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from textual.binding import Binding


@dataclass(frozen=True, slots=True)
class Key:
    """One meaning and the keys that have it."""

    id: str
    keys: str
    """Textual's key names, comma-separated."""
    label: str
    """How the key is drawn."""
    does: str
    """What it does, for `?`."""
    hint: str
    """The same in one or two words, for the key line."""
    group: str
    """`move`, `look`, `find`, `act` or `app`."""
    everywhere: bool = False
    """Keeps its meaning in dialogs too."""


GROUPS: Mapping[str, str] = {
    "move": "Move",
    "look": "Look",
    "find": "Find",
    "act": "Act",
    "app": "The app",
}
"""The groups of `?`, in order."""

_TABLE = (
    Key("down", "j,down", "j ↓", "down", "down", "move", everywhere=True),
    Key("up", "k,up", "k ↑", "up", "up", "move", everywhere=True),
    Key("top", "g,home", "g", "to the first", "top", "move", everywhere=True),
    Key("bottom", "G,end", "G", "to the last", "bottom", "move", everywhere=True),
    Key("half_down", "ctrl+d", "^d", "half a page down", "half page", "move", everywhere=True),
    Key("half_up", "ctrl+u", "^u", "half a page up", "half page", "move", everywhere=True),
    Key("page_down", "pagedown", "PgDn", "a page down", "page", "move", everywhere=True),
    Key("page_up", "pageup", "PgUp", "a page up", "page", "move", everywhere=True),
    Key("left", "h,left", "h ←", "fold; a step less", "fold", "move", everywhere=True),
    Key("right", "l,right", "l →", "unfold; a step more", "unfold", "move", everywhere=True),
    Key("open", "enter", "⏎", "open, accept", "open", "move", everywhere=True),
    Key("back", "escape", "esc", "one step back", "back", "move", everywhere=True),
    Key("next_pane", "tab", "⇥", "next pane or field", "next", "move", everywhere=True),
    Key("prev_pane", "shift+tab", "⇧⇥", "pane or field before", "before", "move", everywhere=True),
    Key("next_delivery", "J", "J", "next delivery, staying in the detail", "next", "move"),
    Key("prev_delivery", "K", "K", "delivery before, staying in the detail", "before", "move"),
    Key("tab_1", "1", "1", "Body", "body", "look"),
    Key("tab_2", "2", "2", "Headers", "headers", "look"),
    Key("tab_3", "3", "3", "Signature", "signature", "look"),
    Key("tab_4", "4", "4", "Shape: what differs from the one before", "shape", "look"),
    Key("tab_5", "5", "5", "Runs: every attempt of this delivery", "runs", "look"),
    Key("tab_6", "6", "6", "Raw: as received, text or hex", "raw", "look"),
    Key("tab_prev", "left_square_bracket", "[", "tab to the left", "tab", "look"),
    Key("tab_next", "right_square_bracket", "]", "tab to the right", "tab", "look"),
    Key("signature", "s", "s", "why the signature holds or not", "signature", "look"),
    Key("wrap", "w", "w", "wrap long lines", "wrap", "look"),
    Key("age", "a", "a", "clock time or age", "age", "look"),
    Key("zoom", "z", "z", "zoom the pane", "zoom", "look"),
    Key("layout", "vertical_line", "|", "panes beside each other, over each other, or one", "layout", "look"),
    Key("filter", "f", "f", "edit the filter", "filter", "find"),
    Key("filter_to", "plus", "+", "filter to the value under the cursor", "filter to it", "find"),
    Key("filter_out", "minus", "-", "filter out the value under the cursor", "filter out", "find"),
    Key("search", "slash", "/", "search in the pane", "search", "find"),
    Key("search_next", "n", "n", "next match, next change", "next", "find"),
    Key("search_prev", "N", "N", "match or change before", "before", "find"),
    Key("problem", "exclamation_mark", "!", "next problem, newest first", "problem", "find"),
    Key("follow", "F", "F", "follow the newest", "follow", "find"),
    Key("mark", "space", "space", "mark and step down", "mark", "act"),
    Key("mark_range", "v", "v", "mark from the last mark to here", "mark range", "act"),
    Key("note", "m", "m", "write a note on it", "note", "act"),
    Key("pin", "p", "p", "pin: keep it when others are pruned; again: no longer", "pin", "act"),
    Key("delete", "x", "x", "delete it, or what is marked", "delete", "act"),
    Key("undo", "u", "u", "undo: bring back what was deleted last", "undo", "act"),
    Key("copy", "y", "y", "copy menu", "copy", "act", everywhere=True),
    Key("replay", "r", "r", "replay: plan first, then send", "replay", "act"),
    Key("check", "c", "c", "check whether the handler ends in the same state however these arrive", "check", "act"),
    Key("repeat", "full_stop", ".", "repeat the last replay now", "again", "act"),
    Key("diff", "d", "d", "diff with the one before of this type, or the two marked", "diff prev", "act"),
    Key("diff_with", "D", "D", "choose the other side of a diff", "other side", "act"),
    Key("try_secret", "t", "t", "try a secret on this signature", "try a secret", "act"),
    Key("fail_next", "i", "i", "answer one more of the next requests with 503", "fail next", "act"),
    Key("fail_none", "I", "I", "fail no more of them", "fail none", "act"),
    Key("open_file", "o", "o", "replay a saved scenario or plan", "open a scenario", "act"),
    Key("export", "e", "e", "save to a file", "save", "act"),
    Key("path_role", "U", "U", "your code uses this path; again: ignores it; again: neither", "used, ignored", "act"),
    Key("known", "b", "b", "mark a change of shape as known", "mark as known", "act"),
    Key("view_shapes", "S", "S", "shapes of this event type over time", "shapes", "app"),
    Key("view_runs", "R", "R", "past runs and what came of them", "runs", "app"),
    Key("view_stats", "T", "T", "rates, errors and answer times", "stats", "app"),
    Key("view_alerts", "A", "A", "what alert rules said", "alerts", "app"),
    Key("view_sources", "O", "O", "sources: paths, secrets, answers, targets", "sources", "app"),
    Key("view_log", "L", "L", "the log", "log", "app"),
    Key("help", "question_mark", "?", "all keys of this view", "keys", "app", everywhere=True),
    Key("commands", "ctrl+p,colon", "^p", "commands", "commands", "app"),
    Key("quit", "q", "q", "back; at the top: quit", "quit", "app"),
    Key("interrupt", "ctrl+c", "^c", "copy the selection; twice: quit", "quit", "app", everywhere=True),
)

KEYS: Mapping[str, Key] = {key.id: key for key in _TABLE}
"""All keys by id."""


def bind(key_id: str, action: str | None = None, does: str | None = None) -> Binding:
    """The binding of a key to an action.

    Args:
        key_id: Id in `KEYS`.
        action: Textual action; the id itself when not given.
        does: What it does here, in more exact words for `?`; it must not be another meaning.
    """
    key = KEYS[key_id]
    return Binding(key.keys, action or key.id, does or key.does, show=False, key_display=key.label, id=key.id)


def binds(*key_ids: str) -> list[Binding]:
    """Bindings whose action is named as the key."""
    return [bind(key_id) for key_id in key_ids]


MOVES = ("down", "up", "top", "bottom", "half_down", "half_up", "page_down", "page_up")
"""The ids every list binds."""


def described(
    bindings: Iterable[Binding], label: Callable[[str], str] | None = None
) -> list[tuple[str, list[tuple[str, str]]]]:
    """Bindings as help: (group title, [(key label, what it does)]), each meaning once, in the order of the table.

    Args:
        bindings: Of a view.
        label: How the keys of an id are drawn now; as in the table when None.
    """
    name = label or (lambda key_id: KEYS[key_id].label)
    words = {binding.id: binding.description for binding in bindings if binding.id in KEYS}
    result: list[tuple[str, list[tuple[str, str]]]] = []
    for group, title in GROUPS.items():
        rows = [(name(key.id), words[key.id]) for key in _TABLE if key.group == group and key.id in words]
        if rows:
            result.append((title, rows))
    return result

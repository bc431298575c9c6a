"""Named texts as lines: what forms and multipart bodies have in common."""

from __future__ import annotations

from webhook_inspector.bodies.api import Line, Span
from webhook_inspector.bodies.joined import JoinedLines
from webhook_inspector.bodies.json_index import JsonBrokenError, index_json
from webhook_inspector.bodies.json_lines import JsonLines
from webhook_inspector.bodies.text_lines import TextLines
from webhook_inspector.core.paths import step

_VISIBLE = {ord("\n"): "␊", ord("\r"): "␍"}
"""A name is one line, whatever is in it."""


def places(names: list[str]) -> list[str]:
    """Paths of fields: `$.a`, and `$.a[0]`, `$.a[1]` for names that are repeated."""
    total: dict[str, int] = {}
    for name in names:
        total[name] = total.get(name, 0) + 1
    seen: dict[str, int] = {}
    result: list[str] = []
    for name in names:
        at = seen.get(name, 0)
        seen[name] = at + 1
        result.append("$" + step(name) + (f"[{at}]" if total[name] > 1 else ""))
    return result


def opened_json(text: str, path: str) -> JsonLines | None:
    """The lines of the JSON object or array that a text holds, or None."""
    if text[:1] not in {"{", "["} or text.rstrip()[-1:] not in {"}", "]"}:
        return None
    try:
        return JsonLines(index_json(text), path)
    except JsonBrokenError:
        return None


def add_field(lines: JoinedLines, name: str, value: str, path: str) -> None:
    """Append `name = value`; JSON in the value is opened beneath, and further lines of a text stand beneath it."""
    nested = opened_json(value, path)
    name = name.translate(_VISIBLE)
    label = f"{name} = "
    spans = [Span(0, len(name), "key"), Span(len(name) + 1, len(name) + 2, "punctuation")]
    if nested is not None:
        note = f"JSON, {len(value.encode('utf-8', 'surrogatepass')):,} B"
        spans.append(Span(len(label), len(label) + len(note), "note"))
        start = lines.add(Line(label + note, tuple(spans), path=path, value_kind="string"), value)
        lines.add_lines(nested, 1)
        lines.fold(start)
        return
    rows = TextLines(value)
    first = rows.line(0).text if len(rows) else ""
    spans.append(Span(len(label), len(label) + len(first), "string"))
    start = lines.add(Line(label + first, tuple(spans), path=path, value_kind="string"), value)
    for row in range(1, len(rows)):
        text = rows.line(row).text
        lines.add(Line(text, (Span(0, len(text), "string"),), indent=1, path=path), value)
    lines.fold(start)

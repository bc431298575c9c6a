"""Colours for XML, HTML and other text bodies: pygments over the lines in sight, never over a whole body."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

MAX_LINE = 600
"""Characters of a line that are looked at; the rest stays plain. Lexers are quadratic on hostile lines."""

Spans = tuple[tuple[int, int, str], ...]
"""`(start, end, kind)` of one line, in characters; kinds are those of `bodies.api.Span`."""

_LEXERS = {
    "xml": "XmlLexer",
    "html": "HtmlLexer",
    "css": "CssLexer",
    "yaml": "YamlLexer",
    "javascript": "JavascriptLexer",
}
_MODULES = {"xml": "html", "html": "html", "css": "css", "yaml": "data", "javascript": "javascript"}

_MEDIA_TYPES = {
    "application/xml": "xml",
    "text/xml": "xml",
    "text/html": "html",
    "application/xhtml+xml": "html",
    "text/css": "css",
    "application/yaml": "yaml",
    "application/x-yaml": "yaml",
    "text/yaml": "yaml",
    "text/javascript": "javascript",
    "application/javascript": "javascript",
}


def language_of(media_type: str) -> str | None:
    """The language of a media type (lower case, without parameters), or None when it has no colours."""
    if media_type.endswith("+xml"):
        return _MEDIA_TYPES.get(media_type, "xml")
    return _MEDIA_TYPES.get(media_type)


def highlight(lines: Sequence[str], language: str | None) -> list[Spans]:
    """The spans of each line. Pass only the lines in sight: the cost grows with them.

    Each line is read on its own, because lexers take quadratic time on long hostile text (measured: 20 KB of `<!--`
    keep the XML lexer busy for more than ten seconds). Comments that run over several lines are carried along here.

    Args:
        lines: The window, top to bottom, without line ends. A window that starts inside a comment is read as if it
            did not.
        language: From `language_of`; None or an unknown one gives no spans.
    """
    if language not in _LEXERS:
        return [()] * len(lines)
    opening, closing = ("<!--", "-->") if language in {"xml", "html"} else ("/*", "*/")
    inside = False
    result: list[Spans] = []
    for full in lines:
        line = full[:MAX_LINE]
        start = line.find(closing) + len(closing) if inside and closing in line else len(line) if inside else 0
        comment: Spans = ((0, start, "note"),) if start else ()
        shifted = tuple((a + start, b + start, kind) for a, b, kind in _highlight(line[start:], language))
        result.append(comment + shifted)
        last = line.rfind(opening, start)
        inside = (inside and start == len(line) and not line.endswith(closing)) or (
            last >= 0 and line.find(closing, last + len(opening)) < 0
        )
    return result


@lru_cache(maxsize=2_048)
def _highlight(line: str, language: str) -> Spans:
    import importlib  # noqa: PLC0415 (pygments is loaded by the first body that needs it)

    module = importlib.import_module(f"pygments.lexers.{_MODULES[language]}")
    lexer = getattr(module, _LEXERS[language])()
    found: list[tuple[int, int, str]] = []
    # get_tokens would strip and normalise; positions must stay those of the line.
    for start, token, text in lexer.get_tokens_unprocessed(line):
        kind = _kind(str(token))
        if text and kind:
            found.append((start, start + len(text), kind))
    return tuple(found)


def _kind(token: str) -> str | None:
    """The body kind of a pygments token, named by its path, for example `Token.Name.Tag`."""
    parts = token.split(".")[1:]
    if not parts:
        return None
    head, rest = parts[0], parts[1:]
    if head == "Comment":
        return "note"
    if head == "Literal" and rest:
        return "number" if rest[0] == "Number" else "string"
    if head == "Name" and rest:
        return {"Tag": "key", "Attribute": "key", "Entity": "constant", "Constant": "constant"}.get(rest[0])
    if head == "Keyword":
        return "constant"
    return "punctuation" if head in {"Punctuation", "Operator"} else None

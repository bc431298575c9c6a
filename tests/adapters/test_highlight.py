from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webhook_inspector.adapters.highlight import MAX_LINE, highlight, language_of


def _pieces(line: str, language: str) -> list[tuple[str, str]]:
    return [(line[start:end], kind) for start, end, kind in highlight([line], language)[0]]


@pytest.mark.parametrize(
    ("media_type", "language"),
    [
        ("application/xml", "xml"),
        ("application/soap+xml", "xml"),
        ("application/xhtml+xml", "html"),
        ("text/html", "html"),
        ("application/json", None),
        ("", None),
    ],
)
def test_language_of(media_type: str, language: str | None) -> None:
    assert language_of(media_type) == language


def test_tags_attributes_and_values_of_xml() -> None:
    pieces = _pieces('<order id="7">42 &amp; more</order>', "xml")
    assert ('"7"', "string") in pieces
    assert ("id=", "key") in pieces
    assert ("&amp;", "constant") in pieces
    assert any(text.startswith("<order") and kind == "key" for text, kind in pieces)


def test_a_comment_over_lines_keeps_its_rows() -> None:
    spans = highlight(["<a>", "<!-- one", "two -->", "</a>"], "xml")
    assert spans[2] == ((0, 7, "note"),)
    assert {kind for _, _, kind in spans[3]} <= {"key", "punctuation"}


def test_no_language_no_spans() -> None:
    assert highlight(["<a>", "b"], None) == [(), ()]
    assert highlight(["<a>"], "klingon") == [()]


def test_very_long_lines_are_cut() -> None:
    (spans,) = highlight(["<a>" * 100_000], "xml")
    assert max(end for _, end, _ in spans) <= MAX_LINE


@settings(max_examples=60, deadline=None)
@given(
    lines=st.lists(st.text(max_size=60), max_size=6),
    language=st.sampled_from(["xml", "html", "css", "yaml", "javascript"]),
)
def test_any_text_gives_ordered_spans_inside_its_line(lines: list[str], language: str) -> None:
    result = highlight(lines, language)
    assert len(result) == len(lines)
    for line, spans in zip(lines, result, strict=True):
        edge = 0
        for start, end, _ in spans:
            assert edge <= start < end <= len(line)
            edge = end


@pytest.mark.timeout(10)
@pytest.mark.parametrize("text", ["<" * 2000, "<!--" * 500, "<a b='" * 300, "<script>" * 200, "&" * 2000, "/*" * 1000])
def test_hostile_windows_stay_fast(text: str) -> None:
    for language in ("xml", "html", "css", "yaml", "javascript"):
        highlight([text] * 40, language)

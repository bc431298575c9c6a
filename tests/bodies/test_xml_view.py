from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.factories import make_request
from webhook_inspector.bodies import BodyText, render


def xml(body: bytes, content_type: str = "application/xml") -> BodyText:
    return render(make_request(body, headers=[("Content-Type", content_type)] if content_type else []))


def test_elements_are_indented_and_fold() -> None:
    body = xml(b'<?xml version="1.0"?><o><id k="v">7</id><l><n/><t>\n two\n rows\n</t></l><!-- c --></o>')
    assert body.view == "xml"
    assert body.note == ""
    assert [("  " * line.indent) + line.text for line in body.lines] == [
        '<?xml version="1.0"?>',
        "<o>",
        '  <id k="v">7</id>',
        "  <l>",
        "    <n/>",
        "    <t>",
        "      two",
        "      rows",
        "    </t>",
        "  </l>",
        "  <!-- c -->",
        "</o>",
    ]
    assert [body.lines[index].fold_end for index in (1, 3, 5)] == [11, 9, 8]
    assert body.lines[4].path == "/o/l/n"
    assert body.value_at(3) == "<l><n/><t>\n two\n rows\n</t></l>"


def test_spans() -> None:
    line = xml(b"<o><id k=\"v\" j='w'>a &amp; b</id></o>").lines[1]
    assert [(line.text[span.start : span.end], span.kind) for span in line.spans] == [
        ("<", "punctuation"),
        ("id", "key"),
        ("k", "constant"),
        ('"v"', "string"),
        ("j", "constant"),
        ("'w'", "string"),
        (">", "punctuation"),
        ("&amp;", "constant"),
        ("</", "punctuation"),
        ("id", "key"),
        (">", "punctuation"),
    ]


def test_entities_are_never_expanded() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]><x>&b;&f;</x>'
    body = xml(bomb)
    assert body.lines[-1].text == "<x>&b;&f;</x>"


@pytest.mark.parametrize(
    ("body", "note"),
    [
        (b"<a><b></a>", "</a> at line 1 does not close"),
        (b"<a>\n</b></a>", "</b> at line 2 does not close"),
        (b"<a><b/>", "<a> is not closed"),
        (b"<a>1 < 2</a>", "a tag that starts at line 1 cannot be read"),
    ],
)
def test_what_is_not_well_formed_is_shown_and_named(body: bytes, note: str) -> None:
    shown = xml(body)
    assert shown.view == "xml"
    assert note in shown.note


def test_what_is_taken_for_xml() -> None:
    assert xml(b"<order><id>1</id></order>", "").view == "xml"
    assert xml(b"<!doctype html><p>hi</p>", "").view == "text"
    assert xml(b"<html></html>", "text/html").view == "text"
    assert "Not XML" in xml(b"plain").note
    assert xml('<?xml version="1.0" encoding="iso-8859-1"?><a>ü</a>'.encode("latin-1")).lines[1].text == "<a>ü</a>"
    assert "nested deeper" in xml(b"<a>" * 100_000).note


@given(
    st.lists(
        st.sampled_from(
            [
                "<a>",
                "</a>",
                "<b x='1'>",
                "</b>",
                "<c/>",
                "t",
                "\n",
                "<",
                ">",
                "<!--",
                "-->",
                "&x;",
                '"',
                "<![CDATA[",
                "]]>",
                "<!D[",
                "<?",
            ]
        ),
        max_size=25,
    )
)
@settings(max_examples=100, deadline=None)
def test_nothing_is_lost_and_folds_are_in_range(pieces: list[str]) -> None:
    text = "".join(pieces)
    body = xml(text.encode())
    if body.view != "xml":
        return
    shown = "".join(line.text for line in body.lines)
    assert "".join(shown.split()) == "".join(text.split())
    for index, line in enumerate(body.lines):
        assert line.fold_end is None or index < line.fold_end < len(body.lines)
        assert line.path is not None
        body.value_at(index)


@pytest.mark.parametrize(
    "piece", ["<", '<a b="', "<!--", "<![CDATA[", "<?", "<!D[", "<a '", "<a x>y</b>", "<a>x</a>\n"]
)
def test_hostile_texts_take_no_time(piece: str) -> None:
    started = time.perf_counter()
    body = xml((piece * (2_000_000 // len(piece))).encode())
    [body.lines[index] for index in range(min(50, len(body.lines)))]
    assert time.perf_counter() - started < 5  # some tenths of a second; a quadratic scan takes minutes

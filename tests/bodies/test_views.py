from __future__ import annotations

from pathlib import Path

from tests.support.factories import make_request
from webhook_inspector.bodies import Span, render, view, views


def test_folder_and_registry_agree() -> None:
    names = {path.stem for path in Path(view.__file__).parent.glob("*.py")} - {"__init__"}
    assert set(views()) == names
    assert all(each.title for each in views().values())


def test_text_lines() -> None:
    body = render(make_request(b"one\r\ntwo\rthree\n\nfive\n", headers=[]))
    assert [line.text for line in body.lines] == ["one", "two", "three", "", "five"]
    assert body.lines[-1].text == "five"
    assert [line.text for line in body.lines[1:3]] == ["two", "three"]
    assert len(render(make_request(b"")).lines) == 0


def test_binary_is_shown_as_hex() -> None:
    body = render(make_request(bytes(range(40)), headers=[]))
    assert body.view == "hex"
    assert body.lines[1].text == ("00000010  10 11 12 13 14 15 16 17  18 19 1a 1b 1c 1d 1e 1f  ................")
    assert body.lines[2].text == "00000020  20 21 22 23 24 25 26 27                            !\"#$%&'"
    assert body.lines[2].spans[0] == Span(0, 8, "note")
    assert len(body.lines) == 3


def test_a_wanted_view_is_used_and_falls_back() -> None:
    request = make_request(b'{"a":1}')
    assert render(request, "hex").view == "hex"
    assert render(request, "text").lines[0].text == '{"a":1}'
    fallen = render(make_request(b"\x00\x01", headers=[]), "json")
    assert fallen.view == "hex"
    assert "Not valid JSON" in fallen.note
    assert "no view nope" in render(request, "nope").note


def test_big_bodies_open_lazily() -> None:
    body = render(make_request(b"x" * 20_000_000, headers=[]))
    assert body.truncated
    assert body.total_bytes == 20_000_000
    assert len(render(make_request(b"\x00" * 20_000_000), "hex").lines) == 16 * 1024 * 1024 // 16

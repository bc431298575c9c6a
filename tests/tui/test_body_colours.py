from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.replaying import inspecting
from webhook_inspector.tui.tabs import body
from webhook_inspector.tui.widgets.documents import BodyDocument

HTML = '<!doctype html><p class="x">1 &lt; 2</p>'


@pytest.mark.parametrize("flipped", [False, True])
@pytest.mark.parametrize(
    ("media_type", "text", "piece", "role"),
    [
        ("text/html; charset=utf-8", HTML, "class", "name"),
        ("text/css", "p { color: red }", "{", "dim"),
        ("application/yaml", "kind: Pod\nreplicas: 3", "kind", "name"),
        ("application/xml", '<order id="7"/>', '"7"', "string"),
        ("text/plain", HTML, HTML, "text"),
    ],
)
def test_text_bodies_have_the_colours_of_their_language(
    tmp_path: Path, media_type: str, text: str, piece: str, role: str, flipped: bool
) -> None:
    row = {"method": "POST", "target": "/", "headers": [["Content-Type", media_type]], "body": text}
    with inspecting(tmp_path, [row]) as inspector:
        document = body.build(inspector, inspector.record(1), flipped)
        assert isinstance(document, BodyDocument)
        pieces = [one for index in range(len(document)) for one in document.line(index, folded=False).pieces]
        assert (piece, role) in [(one.text, one.role) for one in pieces]

"""One value changes, every other byte stays."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook_inspector.core.jsonedit import replace_value


@pytest.mark.parametrize(
    ("body", "pointer", "value", "wanted"),
    [
        (b'{"a": "x", "n":9007199254740993 }', "/a", "y", b'{"a": "y", "n":9007199254740993 }'),
        (b'{"t":1795000000000,"b":[1.0]}', "/t", "5", b'{"t":5,"b":[1.0]}'),
        (b'[{"a":{"b":"x"}},{"a":{"b":"z"}}]', "/1/a/b", "q", b'[{"a":{"b":"x"}},{"a":{"b":"q"}}]'),
        (b'{"a":"1","a":"2"}', "/a", "3", b'{"a":"1","a":"3"}'),
        (b'{"a/b":{"~":"x"}}', "/a~1b/~0", 'say "hi"', b'{"a/b":{"~":"say \\"hi\\""}}'),
        ('{"é":"ü","s":"[{,:"}'.encode(), "/s", "ok", '{"é":"ü","s":"ok"}'.encode()),
        (b'{"a":{}}', "/a", "x", None),
        (b'{"a":null}', "/a", "x", None),
        (b'{"a":1}', "/b", "x", None),
        (b"not json", "/a", "x", None),
        (b'{"a":"\xff"}', "/a", "x", None),
        (b'"x"', "", "y", b'"y"'),
    ],
)
def test_replacing(body: bytes, pointer: str, value: str, wanted: bytes | None) -> None:
    assert replace_value(body, pointer, value) == wanted


leaves = st.text(max_size=6) | st.integers()
documents = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
)


def places(document: Any, at: str = "") -> list[tuple[str, Any]]:
    if isinstance(document, dict):
        pairs = [(key.replace("~", "~0").replace("/", "~1"), value) for key, value in document.items()]
        return [place for key, value in pairs for place in places(value, f"{at}/{key}")]
    if isinstance(document, list):
        return [place for index, value in enumerate(document) for place in places(value, f"{at}/{index}")]
    return [(at, document)]


@given(documents, st.text(max_size=8), st.booleans(), st.data())
def test_only_that_value_changes(document: Any, value: str, spaced: bool, data: st.DataObject) -> None:
    found = places(document)
    if not found:
        return
    pointer, old = data.draw(st.sampled_from(found))
    new = value if isinstance(old, str) else "417"
    body = json.dumps(document, indent=1 if spaced else None).encode()
    edited = replace_value(body, pointer, new)
    assert edited is not None
    old_text, new_text = json.dumps(old).encode(), (json.dumps(new) if isinstance(old, str) else new).encode()
    assert len(edited) - len(body) == len(new_text) - len(old_text)
    after = dict(places(json.loads(edited)))
    assert after == {**dict(found), pointer: new if isinstance(old, str) else 417}


@given(st.binary(max_size=60), st.text(max_size=6))
def test_hostile_bodies(body: bytes, pointer: str) -> None:
    replace_value(body, "/" + pointer, "x")

"""The law of editing: the file says the new thing, and nothing else in it has changed."""

from __future__ import annotations

import tomllib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook_inspector.config.editing import Value, add_source, remove_source, rename_source, set_keys
from webhook_inspector.errors import ConfigError

FILE = """\
# My webhooks; do not lose this line.
log = "a.db"   # beside the file

# Payments
[sources.shop]  # the shop
path = "/shop"   # as in the provider's settings
# The old and the new one:
secrets = [
  "env:OLD",  # until May
  "env:NEW",
]

# Code
[sources.code]
  path = '/code'
[sources.code.params]
webhook_id = "1"

[redact]
headers = ["X-Token"]

# Your own
# [providers.acme]
"""

Made = tuple[str, list[str], dict[tuple[str, str], str]]

names = st.from_regex(r"[a-z0-9][a-z0-9_.-]{0,8}", fullmatch=True)
words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
values: st.SearchStrategy[Value] = st.one_of(words, st.integers(1, 99), st.lists(words, max_size=3))
keys = st.sampled_from(["path", "provider", "secrets", "public_url", "respond", "forward", "ack"])
comments = st.lists(
    st.sampled_from(["# a remark", "", "   # indented", "# [sources.fake]", '# path = "/no"']), max_size=3
)


@st.composite
def files(draw: st.DrawFn) -> tuple[str, list[str], dict[tuple[str, str], str]]:
    """A file with some sources, remarks anywhere, either kind of line end; their names; what is written of each key."""
    blocks: dict[tuple[str, str], str] = {}
    lines = draw(comments)
    found = draw(st.lists(names, min_size=1, max_size=3, unique=True))
    indent = draw(st.sampled_from(["", "  ", "\t"]))
    for name in found:
        spelled = f'"{name}"' if "." in name or draw(st.booleans()) else name
        lines += [f"[sources.{spelled}]{draw(st.sampled_from(['', ' # here', '   ']))}", *draw(comments)]
        for key, value in draw(st.dictionaries(keys, values, max_size=4)).items():
            written = tomllib_written(value, multiline=draw(st.booleans()))
            blocks[name, key] = f"{indent}{key} = {written}{draw(st.sampled_from(['', '  # behind']))}"
            lines += [blocks[name, key], *draw(comments)]
    lines += draw(st.sampled_from([[], ["[redact]", 'paths = ["$.a"]', "# end"]]))
    end = draw(st.sampled_from(["\n", "\r\n"]))
    text = draw(st.sampled_from(["", "\ufeff"])) + end.join("\n".join(lines).split("\n"))
    return text + draw(st.sampled_from(["", end])), found, blocks


def tomllib_written(value: Value, *, multiline: bool) -> str:
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return '"' + "".join(f"\\U{ord(char):08x}" for char in value) + '"'
    gap = "\n    " if multiline else " "
    return f"[{gap}" + f",{gap}".join(tomllib_written(item, multiline=False) for item in value) + "]"


def read(text: str) -> dict[str, object]:
    return tomllib.loads(text.removeprefix("\ufeff").replace("\r\n", "\n"))


def outside(text: str, before: str) -> tuple[str, str]:
    """The first and the last lines that two texts have in common."""
    a, b = text.splitlines(), before.splitlines()
    head = 0
    while head < min(len(a), len(b)) and a[head] == b[head]:
        head += 1
    tail = 0
    while tail < min(len(a), len(b)) - head and a[-1 - tail] == b[-1 - tail]:
        tail += 1
    return "\n".join(a[head : len(a) - tail]), "\n".join(b[head : len(b) - tail])


def says(name: str, key: str, value: Value | None, text: str) -> dict[str, object]:
    wanted: dict[str, object] = read(text)
    table: dict[str, object] = wanted["sources"][name]  # type: ignore[index]  # made above
    table.pop(key, None)
    if value is not None:
        table[key] = value
    return wanted


@given(files(), st.data())
def test_setting_a_key_changes_the_lines_of_that_key_only(made: Made, data: st.DataObject) -> None:
    text, found, blocks = made
    name, key = data.draw(st.sampled_from(found)), data.draw(keys)
    value = data.draw(st.none() | values)
    changed = set_keys(text, name, {key: value})
    assert read(changed) == says(name, key, value, text)
    new, old = outside(changed, text)
    assert old in blocks.get((name, key), ""), "only lines of the key went"
    assert all(line.strip(" \t[],").startswith((key, '"')) or not line.strip(" \t[]") for line in new.split("\n"))
    # Every remark is still there, and so is every kind of line end.
    for remark in ("# a remark", "# [sources.fake]", '# path = "/no"', " # here", "# end"):
        assert changed.count(remark) == text.count(remark)
    if "\r" in text:
        assert changed.count("\n") == changed.count("\r\n")
    assert changed.startswith("\ufeff") == text.startswith("\ufeff")


@given(files(), names, st.dictionaries(keys, values, max_size=3))
def test_adding_keeps_the_text_as_it_is(made: Made, name: str, given_values: dict[str, Value]) -> None:
    text, found, _ = made
    if name in found:
        with pytest.raises(ConfigError, match="already"):
            add_source(text, name, given_values)
        return
    changed = add_source(text, name, given_values)
    assert changed.startswith(text)
    assert read(changed)["sources"] == {**read(text)["sources"], name: given_values}  # type: ignore[dict-item]  # a table


@given(files(), st.data())
def test_removing_keeps_all_other_lines(made: Made, data: st.DataObject) -> None:
    text, found, _ = made
    name = data.draw(st.sampled_from(found))
    changed = remove_source(text, name)
    wanted: dict[str, object] = read(text)
    del wanted["sources"][name]  # type: ignore[attr-defined]  # a table
    if not wanted["sources"]:
        del wanted["sources"]
    left = read(changed)
    if left.get("sources") == {}:
        del left["sources"]
    assert left == wanted
    rest = iter(text.removeprefix("\ufeff").splitlines())
    assert all(line in rest for line in changed.removeprefix("\ufeff").splitlines()), (
        "lines of the old file, in their order"
    )


@given(files(), names, st.data())
def test_renaming_changes_headers_only(made: Made, new: str, data: st.DataObject) -> None:
    text, found, _ = made
    name = data.draw(st.sampled_from(found))
    if new in found:
        return
    changed = rename_source(text, name, new)
    assert list(read(changed)["sources"]) == [new if one == name else one for one in found]  # type: ignore[call-overload]  # a table
    differing = [(a, b) for a, b in zip(text.splitlines(), changed.splitlines(), strict=True) if a != b]
    assert all("[sources" in a for a, _ in differing)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_real_file(end: str) -> None:
    text = FILE.replace("\n", end)
    changed = set_keys(text, "shop", {"path": "/pay", "provider": "stripe"})
    assert changed == FILE.replace('"/shop" ', '"/pay" ').replace('",\n]\n', '",\n]\nprovider = "stripe"\n').replace(
        "\n", end
    )
    changed = set_keys(text, "code", {"provider": "github"})
    assert changed == FILE.replace("'/code'\n", "'/code'\n  provider = \"github\"\n").replace("\n", end)


def test_a_further_secret_keeps_the_remarks_between_the_others() -> None:
    changed = set_keys(FILE, "shop", {"secrets": ["env:OLD", "env:NEW", "keyring:shop"]})
    assert "# until May" in changed
    assert '"env:NEW"' in changed


def test_removing_keeps_what_is_about_the_next_part() -> None:
    changed = remove_source(FILE, "shop")
    assert "# Code\n[sources.code]" in changed
    assert "the shop" not in changed
    assert "env:OLD" not in changed
    gone = remove_source(changed, "code")
    assert "webhook_id" not in gone
    assert "[redact]" in gone
    assert gone.endswith("# Your own\n# [providers.acme]\n")


@pytest.mark.parametrize(
    "text",
    [
        'sources.shop.path = "/a" # c\n',
        'sources.shop = { path = "/a" }\n',
        'sources = { shop = { path = "/a" }, b = {} }\n',
        '[sources]\nshop = { path = "/a" }  # one line\n',
        '[sources]\nshop.path = "/a"\n',
        '[sources.shop]\npath = "/a"\n[log2]\n[sources.b]\n',
        '[sources.shop.params]\nx = "1"\n[sources.shop]\npath = "/a"',
        "[sources.shop]",
    ],
)
@pytest.mark.parametrize(
    "change",
    [
        lambda text: set_keys(text, "shop", {"path": "/b"}),
        lambda text: set_keys(text, "shop", {"provider": "stripe"}),
        lambda text: remove_source(text, "shop"),
        lambda text: add_source(text, "new", {"path": "/n"}),
        lambda text: rename_source(text, "shop", "other"),
    ],
)
def test_other_ways_of_writing_a_table_are_changed_rightly_or_refused(text: str, change: Callable[[str], str]) -> None:
    before = read(text)
    try:
        after = read(change(text))
    except ConfigError as error:
        assert "edit the file" in error.message
        return
    assert after != before
    untouched = {key: value for key, value in before.items() if key != "sources"}
    assert {key: value for key, value in after.items() if key != "sources"} == untouched


def test_a_change_that_would_say_something_else_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the proof is for: a writer that loses a line is caught."""
    from webhook_inspector.config import editing

    honest = editing._with_keys
    monkeypatch.setattr(editing, "_with_keys", lambda *given: honest(*given).replace('headers = ["X-Token"]\n', ""))
    with pytest.raises(ConfigError, match="edit the file"):
        set_keys(FILE, "shop", {"path": "/b"})


@pytest.mark.parametrize("change", [set_keys, remove_source, rename_source])
def test_a_source_that_is_not_there(change: Callable[..., str]) -> None:
    more: list[object] = [] if change is remove_source else [{}] if change is set_keys else ["x"]
    with pytest.raises(ConfigError, match="no source"):
        change(FILE, "nope", *more)

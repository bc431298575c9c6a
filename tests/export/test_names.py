"""File names: whatever the text, the file stays in its folder and is a plain file everywhere."""

from __future__ import annotations

import keyword
import re
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.shared import shared_json
from webhook_inspector.export.api import find_format, name_of_file
from webhook_inspector.export.names import file_name, module_name

RESERVED = {"con", "prn", "aux", "nul", *(f"{name}{digit}" for name in ("com", "lpt") for digit in range(10))}
HOSTILE = ["", "..", "/etc/passwd", "..\\x", "C:\\x", "CON", "nul.json", "conftest", "__init__", "a\0b", "~", "-rf"]


def assert_plain(name: str, folder: Path) -> None:
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name)
    assert len(name) <= 120
    assert name.partition(".")[0].lower() not in RESERVED
    assert name not in {"conftest.py", "__init__.py", "setup.py"}
    assert ".." not in name
    assert (folder / name).resolve().parent == folder.resolve()


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=100) | st.sampled_from(HOSTILE), st.sampled_from([".py", ".json", ".sh", ".bin"]))
def test_any_text(tmp_path: Path, text: str, suffix: str) -> None:
    assert_plain(file_name(text, suffix), tmp_path)


def test_corpus(tmp_path: Path) -> None:
    taken: list[str] = []
    for text in shared_json("corpora/own/filenames/names.json")["items"]:
        for suffix in (".py", ".json"):
            name = file_name(text, suffix, taken)
            assert_plain(name, tmp_path)
            taken.append(name)
    assert len({name.lower() for name in taken}) == len(taken)


def test_readable_and_unique() -> None:
    assert file_name("invoice.paid", ".json") == "invoice.paid.json"
    assert file_name("invoice.paid", ".json", ["Invoice.Paid.json"]) == "invoice.paid-2.json"
    assert file_name("POST /stripe?x=1", ".sh") == "POST-stripe-x-1.sh"
    assert file_name("con.http", ".json") == "event-con-http.json"


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=100) | st.sampled_from([*HOSTILE, "class", "1", "test", "conftest", "a.b-c"]))
def test_modules_can_be_imported_and_tests_are_found(tmp_path: Path, text: str) -> None:
    for name in (module_name(text), module_name(text, "test_"), module_name(text, "", [module_name(text)])):
        stem = name.removesuffix(".py")
        assert stem.isidentifier()
        assert not keyword.iskeyword(stem)
        assert stem not in {"conftest", "__init__", "__main__", "setup"}
        assert (tmp_path / name).resolve().parent == tmp_path.resolve()


def test_names_by_format() -> None:
    assert name_of_file(find_format("pytest"), "invoice.paid") == "test_invoice_paid.py"
    assert name_of_file(find_format("python"), "7-invoice.paid") == "_7_invoice_paid.py"
    assert name_of_file(find_format("fixture"), "invoice.paid") == "invoice.paid.json"

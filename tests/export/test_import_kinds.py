"""All importers: recognised, parse-only, bounded; no file makes them do or raise anything but what they promise."""

from __future__ import annotations

import codecs
import json
import random
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.export.import_samples import GOSMEE, GOSMEE_BODY, HAR, SAMPLES, SMEE
from tests.support.factories import T0_NS
from tests.support.shared import shared_path
from webhook_inspector.errors import InputError, InspectorError
from webhook_inspector.export.importing import ImportFile, ImportResult, find_importer, import_bytes, importers

TOUCHING = ("open", "socket.", "subprocess.", "os.", "shutil.", "urllib.", "ftplib.", "http.", "glob.", "pathlib.")
PYTHON = sysconfig.get_path("stdlib")
_watching: list[list[str]] = []


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if not _watching or not event.startswith(TOUCHING):
        return
    if event == "open" and str(arguments[0]).startswith(PYTHON):
        return  # a module of the standard library that is loaded when it is first needed, such as an encoding
    _watching[-1].append(f"{event} {arguments}")


sys.addaudithook(_hook)


@cache
def _load_all() -> None:
    """What importers load when they are first used is no doing of theirs."""
    for kind, data in SAMPLES.items():
        with suppress(InputError):
            find_importer(data, kind).parse(ImportFile(data, kind, 0))


@contextmanager
def touching_nothing() -> Iterator[None]:
    """Fails when anything is opened, listed, run or contacted meanwhile."""
    _load_all()
    seen: list[str] = []
    _watching.append(seen)
    try:
        yield
    finally:
        _watching.pop()
    assert seen == []


def test_every_kind_has_a_sample_and_is_recognised() -> None:
    assert set(SAMPLES) == set(importers())
    for kind, data in SAMPLES.items():
        assert find_importer(data, "x").name == kind
    assert find_importer(json.dumps(SMEE).encode(), "x").name == "gosmee"
    assert find_importer(json.dumps(HAR).encode("utf-16"), "x").name == "har"
    assert find_importer(codecs.BOM_UTF8 + SAMPLES["http"], "x").name == "http"


def test_every_kind_says_what_it_is() -> None:
    for entry in importers().values():
        assert entry.help
        assert entry.origin


def promised(result: ImportResult) -> None:
    """What holds for every result."""
    for sentence in (*result.skipped, *result.notes):
        assert sentence.endswith(".")
        assert sentence.replace("\xa0", " ").isprintable(), sentence
    for delivery in result.deliveries:
        request = delivery.request
        assert (delivery.origin, delivery.forward_to, delivery.id) == ("imported", None, 0)
        assert delivery.response_status is None
        assert not any(byte <= 32 for byte in request.target)
        for name, value in request.headers:
            assert not set(name) & set(b"\r\n:")
            assert not set(value) & set(b"\r\n\0")


def attempt(data: bytes, kind: str | None) -> ImportResult | None:
    try:
        result = import_bytes(data, "in\x1b.file", T0_NS, kind=kind, beside={GOSMEE_BODY: b"{}"})
    except InputError as error:
        assert error.message.replace("\xa0", " ").isprintable()
        assert "in␛.file" in error.message
        return None
    promised(result)
    return result


def mutated(rng: random.Random, data: bytes, other: bytes) -> bytes:
    """A file with some damage: flipped bytes, cuts, pieces of another, nesting, huge numbers."""
    made = bytearray(data)
    for _ in range(rng.randrange(1, 5)):
        at = rng.randrange(len(made) + 1)
        what = rng.randrange(8)
        if what == 0:
            made[at : at + 1] = bytes([rng.randrange(256)])
        elif what == 1:
            del made[at : at + rng.randrange(1, 40)]
        elif what == 2:
            made[at:at] = other[rng.randrange(len(other)) :][: rng.randrange(1, 200)]
        elif what == 3:
            made[at:at] = rng.choice([b"[", b"{", b'{"a":', b"9:", b"("]) * rng.randrange(1, 3000)
        elif what == 4:
            made[at:at] = rng.choice([b"1e999", b"9" * 5000, b"-1", b"NaN", b"\\ud800", b"\\u0000", b"null", b'""'])
        elif what == 5:
            made[at:at] = rng.choice([b"'", b'"', b"`", b"$(x)", b"${x}", b"^", b"\r\n", b"\0", b"{{a}}", b"\x1b[2J"])
        elif what == 6 and rng.random() < 0.3:
            del made[at:]
        elif what == 7:
            made[at:at] = bytes(made[at : at + rng.randrange(1, 300)])
    return bytes(made)


@pytest.mark.parametrize("kind", sorted(SAMPLES))
def test_two_hundred_mutated_files_of_every_kind(kind: str) -> None:
    rng = random.Random(f"import {kind}")
    others = list(SAMPLES.values())
    attempt(SAMPLES[kind], kind)  # what is loaded when it is first used
    kept, slowest = 0, 0.0
    for number in range(200):
        data = mutated(rng, SAMPLES[kind], rng.choice(others))
        if number % 10 == 0:
            data = data.decode("utf-8", "replace").encode("utf-16")
        started = time.thread_time()
        with touching_nothing():
            result = attempt(data, kind if number % 3 else None)
        slowest = max(slowest, time.thread_time() - started)
        kept += bool(result and result.deliveries)
    assert kept > 5, "nothing survived: the mutations are too harsh to show anything"
    assert slowest < 10


def test_an_importer_that_opens_a_file_is_caught() -> None:
    def include(data: bytes) -> bytes:
        return Path(__file__).read_bytes() + data

    def run(data: bytes) -> bytes:
        return subprocess.run([sys.executable, "-c", ""], input=data, check=True, capture_output=True).stdout

    broken: list[Callable[[bytes], bytes]] = [include, run]
    for variant in broken:
        with pytest.raises(AssertionError), touching_nothing():
            variant(b"x")


@pytest.mark.parametrize("kind", [None, *sorted(SAMPLES)])
def test_corpus(kind: str | None) -> None:
    folder = shared_path("corpora/own/imports")
    data = [path.read_bytes() for path in sorted(folder.iterdir())]
    lines = json.loads((folder / "curl-lines.json").read_text(encoding="utf-8"))
    for one in [*data, *(line.encode() for line in lines)]:
        with touching_nothing():
            attempt(one, kind)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([None, *sorted(SAMPLES)]))
def test_any_bytes(data: bytes, kind: str | None) -> None:
    attempt(data, kind)


MARK = b"GOSMEE_DEBUG_SERVICE\n"
HARD = {
    "curl": [
        b"curl '" * 50_000,
        b'curl "$(' * 30_000,
        b"curl http://x -d " + b"a\\\n" * 100_000,
        b"\\" * 300_000,
        b'curl ^"' * 50_000,
        b"curl x ^\n" * 50_000,
        b"{\nprintf '" + b"a'\nprintf '" * 50_000,
        b"curl $'" * 50_000,
        b"curl 'a\"\n" * 30_000,
    ],
    "http": [
        b"###\n" * 100_000,
        b"GET http://x/\n" + b"a: {{b}}\n" * 50_000,
        b"@a=" + b"{{b}}" * 50_000,
        b"GET " + b" " * 300_000 + b"x",
        b"@a=x" + b" " * 200_000 + b"y",
        b"GET http://x\n\n" + b"< " * 100_000,
        b"GET http://x\n\n>" + b" " * 300_000 + b"x",
    ],
    "har": [b'{"log":' * 100_000, b'{"log":{"entries":[' + b"{}," * 100_000 + b"{}]}}"],
    "postman": [b'{"item":[' * 200 + b"]}" * 200],
    "mitmproxy": [b"9" * 300_000, b"1:" * 100_000, b"99999:" * 30_000, b"0:~" * 100_000],
    "github-deliveries": [b'"\\' * 150_000, b'{"a' * 100_000, b"[" * 300_000, b'{"guid":1}' * 20_000],
    "stripe-events": [b'{"object":"event"}' * 20_000, b"[" * 400 + b"]" * 400, b'"' + b'\\"' * 150_000],
    "gosmee": [GOSMEE * 200, MARK + b"curl " * 60_000, MARK + b"curl x\n" * 50_000, MARK + b" -X POST -d @" * 30_000],
    "jsonl": [b"[" * 300_000, b"{\n" * 50_000],
    "fixture": [b"[" * 300_000],
}


@pytest.mark.parametrize("data", [b" " * 100_000, b"\n" * 100_000, b"#\n" * 30_000, b"\t\r\n" * 30_000 + b"x"])
def test_blank_files_of_any_size(data: bytes) -> None:
    started = time.thread_time()
    for kind in [None, *SAMPLES]:
        attempt(data, kind)
        attempt(data + b"curl x", kind)
    assert time.thread_time() - started < 10


@pytest.mark.parametrize(("kind", "number"), [(kind, n) for kind, files in HARD.items() for n in range(len(files))])
def test_files_made_to_be_slow(kind: str, number: int) -> None:
    started = time.thread_time()
    attempt(HARD[kind][number], kind)
    attempt(HARD[kind][number], None)
    assert time.thread_time() - started < 5


def test_a_file_that_is_given_is_used_and_no_other() -> None:
    assert importers()["gosmee"].needs(GOSMEE) == (GOSMEE_BODY,)
    with pytest.raises(InputError) as caught:
        import_bytes(GOSMEE, "x.sh", 0)
    assert f"its body is in '{GOSMEE_BODY}', which an import does not open by itself; give both files" in str(
        caught.value
    )
    file = ImportFile(GOSMEE, "x.sh", 0, {GOSMEE_BODY: b"\x00\r\n{}"})
    (delivery,) = importers()["gosmee"].parse(file).deliveries
    assert delivery.request.body == b"\x00\r\n{}"
    assert delivery.request.headers.text_pairs() == [
        ["Content-Type", "application/json"],
        ["X-Github-Event", "push"],
        ["X-Github-Delivery", "d-1"],
    ]
    assert issubclass(type(caught.value), InspectorError)

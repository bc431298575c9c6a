"""References to secrets."""

from __future__ import annotations

from pathlib import Path

from webhook_inspector.config import masked, resolve


def kept(name: str) -> tuple[str | None, str]:
    return ("four", "") if name == "k" else (None, "No such name.")


def test_each_kind(tmp_path: Path) -> None:
    (tmp_path / "s").write_bytes(b" two \r\n")
    (tmp_path / "t").write_bytes(b"three\n\n")
    references = ["env:A", "file:s", f"file:{tmp_path / 't'}", "keyring:k", "plain"]
    secrets, problems = resolve(references, {"A": "one"}, tmp_path, kept)
    assert [secret.value for secret in secrets] == ["one", " two ", "three\n", "four", "plain"]
    assert [secret.label for secret in secrets] == [*references[:4], "literal 5"]
    assert problems == []


def test_what_gives_no_secret_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"\n")
    (tmp_path / "big").write_bytes(b"x" * 100_000)
    (tmp_path / "latin").write_bytes(b"\xff\xfe")
    references = [
        "env:NONE",
        "env:EMPTY",
        "env:BYTES",
        "file:none",
        "file:.",
        "file:empty",
        "file:big",
        "file:latin",
        "file:a\0b",
        "file:",
        "keyring:x",
        "",
        "env:\x1b[2J",
        "\ud800",
    ]
    secrets, problems = resolve(references, {"EMPTY": "", "BYTES": "\udcff"}, tmp_path, kept)
    assert secrets == []
    assert len(problems) == len(references)
    assert all(problem.isprintable() and problem.endswith(".") for problem in problems)
    assert "NONE is not set" in problems[0]
    assert "EMPTY is empty" in problems[1]


def test_masking_shows_places_and_hides_secrets() -> None:
    assert masked("env:A") == "env:A"
    assert masked("whsec_0123456789abcdef") == "literal …cdef"
    assert masked("short") == "literal …"
    assert "\x1b" not in masked("file:\x1b]0;x")

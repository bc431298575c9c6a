"""Signatures, tokens and passwords are compared by `hmac.compare_digest` alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import webhook_inspector
from webhook_inspector.signing.compare import same

ROOT = Path(webhook_inspector.__file__).parent
SECRET = {"signature", "signatures", "wanted", "given", "mac", "digest", "computed", "expected", "token", "password"}


def plain_comparisons(source: str) -> Iterator[str]:
    """Comparisons by `==`, `!=`, `in` or a dictionary's own with a value that must not be guessed byte by byte."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Compare):
            continue
        sides = [node.left, *node.comparators]
        names = {side.id if isinstance(side, ast.Name) else getattr(side, "attr", "") for side in sides}
        simple = all(isinstance(operator, ast.Eq | ast.NotEq | ast.In | ast.NotIn) for operator in node.ops)
        if simple and names & SECRET and not any(isinstance(side, ast.Constant) for side in sides):
            yield ast.unparse(node)


def test_nothing_is_compared_in_another_way() -> None:
    files = [*(ROOT / "signing").rglob("*.py"), ROOT / "net" / "access.py", ROOT / "engine" / "verifying.py"]
    found = [f"{file.name}: {line}" for file in files for line in plain_comparisons(file.read_text(encoding="utf-8"))]
    assert len(files) > 30
    assert not found


@pytest.mark.parametrize(
    "line", ["wanted == given", "one.signature != mac", "token in known", "given in found.signatures"]
)
def test_a_plain_comparison_is_found(line: str) -> None:
    assert list(plain_comparisons(f"def check():\n    return {line}\n"))


def test_same_is_all_or_nothing() -> None:
    mac = bytes(range(32))
    assert same(mac, bytes(range(32)))
    for other in (mac[:-1], mac + b"\0", mac[:16], b"", mac[::-1], mac.hex().encode()):
        assert not same(mac, other)
        assert not same(other, mac)

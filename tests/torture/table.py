"""The figures of a run as the README's table: `python -m tests.torture.table FILE [--write]`.

Make the file with `TORTURE_RESULTS=FILE python -m pytest -m torture -n 2`.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.torture.rows import ROWS

_UNITS = {"s": "s", "ms": "ms", "mib": "MiB"}
"""Last words of names of figures."""
README = Path(__file__).resolve().parents[2] / "README.md"


def table(lines: Iterable[Mapping[str, Any]]) -> str:
    """The table; a row without a record is not in it.

    Raises:
        ValueError: A test of the run failed.
    """
    figures: dict[str, dict[str, float | str]] = {}
    caught: dict[str, bool] = {}
    skipped: dict[str, str] = {}
    for line in lines:
        if "failed" in line:
            raise ValueError(f"{line['failed']} failed: no table")
        if "skipped" in line:
            skipped[line["skipped"]] = line["reason"]
            continue
        kept = figures.setdefault(line["row"], {})
        for name, value in line["figures"].items():
            kept[name] = _merged(kept.get(name), value)
        if line["caught"] is not None:
            caught[line["row"]] = caught.get(line["row"], True) and line["caught"]
    rows = ["| row | what is done, what must hold | figures | broken variant |", "| --- | --- | --- | --- |"]
    for name, what in ROWS.items():
        if name in figures:
            shown = ", ".join(_shown(figure, value) for figure, value in figures[name].items())
            verdict = {True: "caught", False: "**not caught**", None: ""}[caught.get(name)]
            rows.append(f"| {name} | {what} | {shown} | {verdict} |")
    rows += ["", *(f"Skipped: {test}: {reason}." for test, reason in sorted(skipped.items()))] if skipped else []
    return "\n".join(rows)


def _merged(before: float | str | None, value: float | str) -> float | str:
    if before is None:
        return value
    if isinstance(before, str) or isinstance(value, str):
        return before if str(value) in str(before).split("; ") else f"{before}; {value}"
    return before + value if isinstance(before, int) and isinstance(value, int) else max(before, value)


def _shown(name: str, value: float | str) -> str:
    words = name.replace("_", " ")
    if isinstance(value, str):
        return f"{words}: {value}"
    what, _, unit = words.rpartition(" ")
    if unit in _UNITS:
        return f"{what}: {value:,.3g} {_UNITS[unit]}"
    return f"{value:,} {words}" if isinstance(value, int) else f"{value:,.3g} {words}"


def read(path: Path) -> list[dict[str, Any]]:
    """The lines of a file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def main() -> int:
    """Print the table, or put it into the README."""
    files = [argument for argument in sys.argv[1:] if argument != "--write"]
    made = table(read(Path(files[0])))
    if "--write" not in sys.argv:
        print(made)
        return 0
    text = README.read_text(encoding="utf-8")
    pattern = re.compile(r"(<!-- torture -->\n).*?(<!-- /torture -->)", re.DOTALL)
    README.write_text(pattern.sub(lambda match: match[1] + made + "\n" + match[2], text), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

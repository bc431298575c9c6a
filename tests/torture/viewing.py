"""How a body is looked at by the views, in a process of its own: `python -m tests.torture.viewing FILE ENCODING MODE`.

Prints what it took as JSON. `MODE` is `product`, or one of the wrong ways that the tests must catch.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
import zlib
from pathlib import Path
from typing import Any

from tests.support.factories import make_request
from tests.torture.listeners import ROOT

SCREEN = 2_000
"""Lines that are made, from the first and from the last."""


def look(path: Path, encoding: str = "", mode: str = "product") -> dict[str, Any]:
    """What a fresh process took to open a body: seconds, MiB, view, note, and its first and last lines."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.torture.viewing", str(path), encoding, mode],
        cwd=ROOT, capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"it raised: {done.stderr[-800:]!r}"
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def _product(data: bytes, encoding: str) -> dict[str, Any]:
    from webhook_inspector.bodies import render

    body = render(make_request(data, headers=[("Content-Encoding", encoding)] if encoding else []))
    count = len(body.lines)
    shown = [*range(min(SCREEN, count)), *range(max(SCREEN, count - SCREEN), count)]
    text = [body.lines[index].text for index in shown]
    return {"view": body.view, "note": body.note, "lines": count, "text": "\n".join(text)[:100_000]}


def _parsed(data: bytes, encoding: str) -> dict[str, Any]:
    """Everything is undone, parsed and written anew."""
    if encoding:
        data = zlib.decompress(data, wbits=47)
    text = json.dumps(json.loads(data), indent=2)
    return {"view": "json", "note": "", "lines": text.count("\n") + 1, "text": text[:100_000]}


def _most_mib() -> float:
    """The most memory that this process ever had; what `getrusage` says counts the one that started it."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    raise AssertionError("VmHWM")


def main() -> None:
    """Look, and say what it took."""
    path, encoding, mode = sys.argv[1:]
    data = Path(path).read_bytes()
    way = {"product": _product, "parsed": _parsed}[mode]
    way(b'{"a":[1]}', "")  # what is loaded at first use
    before = _most_mib()
    began = time.perf_counter()
    result = way(data, encoding)
    result["seconds"] = time.perf_counter() - began
    result["mib"] = _most_mib() - before
    print(json.dumps(result))


if __name__ == "__main__":
    main()

"""Runs HTTPie for many prepared command lines in one process: `python -m tests.support.httpie_runner FOLDER`.

FOLDER holds `N.args` (arguments, each ended by a NUL) and `N.body` (what was piped in), N from 0. HTTPie is loaded once
and each command line runs in a fork of its own, as loading takes a third of a second.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path


def main(folder: Path) -> int:
    import httpie.cli.definition
    import httpie.client  # noqa: F401 (loaded here, not in each fork)
    from httpie.core import main as http

    failed = 0
    for number in range(len(list(folder.glob("*.args")))):
        arguments = (folder / f"{number}.args").read_bytes().split(b"\0")[:-1]
        child = os.fork()
        if child == 0:
            source = os.open(folder / f"{number}.body", os.O_RDONLY)
            os.dup2(source, 0)
            os._exit(int(http([b"http", *arguments])))
        _, status = os.waitpid(child, 0)
        failed += status != 0
    return failed


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))

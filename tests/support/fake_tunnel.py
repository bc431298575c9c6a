"""A tunnel program that leads nowhere: it prints what the real one would, and waits."""

from __future__ import annotations

import sys
from pathlib import Path

SAYS = {
    "cloudflared": "2026-11-21T08:32:58Z INF |  https://plain-words-for-tests.trycloudflare.com  |",
    "ngrok": 't=2026-11-21T08:00:00+0000 lvl=info msg="started tunnel" obj=tunnels name=command_line '
    "addr=http://127.0.0.1:4400 url=https://abc-123.ngrok-free.app",
    "tailscale": "Available on the internet:\n\nhttps://box.tail0123.ts.net/\n|-- proxy http://127.0.0.1:4400",
    "ssh": "abcdef0123.lhr.life tunneled with tls termination, https://abcdef0123.lhr.life",
    "zrok": "[   1.892]    INFO main.(*sharePublicCommand).run: access your zrok share at the following endpoints:\n"
    " https://abcdefghijkl.share.zrok.io",
    "lt": "your url is: https://plain-words.loca.lt",
    "bore": "2026-11-21T08:00:00Z  INFO bore_cli::client: listening at bore.pub:34055",
}
"""By the name that is looked for on PATH."""

_SCRIPT = """\
#!{python}
import os, pathlib, subprocess, sys, time
folder = pathlib.Path({folder!r})
sys.stdout.buffer.write({said!r})
sys.stdout.flush()
helper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
(folder / {pids!r}).write_text(f"{{os.getpid()}} {{helper.pid}}")
(folder / {seen!r}).write_text(" ".join(sys.argv[1:]))
if {stay}:
    time.sleep(600)
helper.kill()
sys.exit(7)
"""


def put_on_path(folder: Path, name: str, said: bytes | None = None, *, stay: bool = True) -> Path:
    """Write the program into a folder.

    Returns:
        The file that it writes its process numbers to, its own and that of its helper.
    """
    said = SAYS[name].encode() + b"\n" if said is None else said
    path, pids = folder / name, folder / f"{name}.pids"
    text = _SCRIPT.format(
        python=sys.executable, folder=str(folder), said=said, pids=pids.name, seen=f"{name}.seen", stay=stay
    )
    path.write_text(text, encoding="utf-8")
    path.chmod(0o700)
    return pids


def alive(number: int) -> bool:
    """Whether a process runs; one that ended and was not yet waited for does not."""
    try:
        stat = Path(f"/proc/{number}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"

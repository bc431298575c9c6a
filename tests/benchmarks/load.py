"""The sender of `load.c`, compiled when it is needed, and the requests that it sends."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).with_name("load.c")
STAMP = "@" * 12
"""What the sender replaces by the number of the request."""


@dataclass(frozen=True)
class Answered:
    """What one run of the sender saw."""

    count: int
    refused: int
    seconds: float
    p50_ms: float
    p99_ms: float

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.count / self.seconds


class Load:
    """Compiles the sender into a folder.

    Raises:
        RuntimeError: There is no C compiler here.
    """

    def __init__(self, folder: Path) -> None:
        compiler = shutil.which("cc")
        if compiler is None:
            raise RuntimeError("needs a C compiler as `cc`: on Debian and Ubuntu, apt-get install gcc libc6-dev")
        self._folder = folder
        self._program = folder / "load"
        subprocess.run([compiler, "-O2", "-o", self._program, SOURCE], check=True)

    def __call__(self, port: int, connections: int, seconds: float, request: bytes) -> Answered:
        """Send for so long.

        Raises:
            RuntimeError: A connection was closed or not answered, or an answer was not 2xx.
        """
        file = self._folder / "request"
        file.write_bytes(request)
        command = [str(self._program), "127.0.0.1", str(port), str(connections), str(seconds), str(file)]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        if ended.returncode:
            raise RuntimeError(f"the sender stopped: {ended.stderr.strip()}")
        count, refused, took, p50, _, p99, _ = ended.stdout.split()
        if int(refused):
            raise RuntimeError(f"{refused} of {count} requests were refused")
        return Answered(int(count), 0, float(took), float(p50) / 1000, float(p99) / 1000)


_LINKS = (
    *("branches", "commits", "compare", "contents", "deployments", "events", "hooks", "issues", "keys", "labels"),
    *("languages", "merges", "milestones", "pulls", "releases", "stargazers", "subscribers", "tags", "teams"),
)
_BASE = "https://api.git.example/repos/harbour/lighthouse"
_PERSON = {"name": "Ada Keeper", "email": "ada@harbour.example", "username": "ada-keeper"}


def push_body(size: int) -> bytes:
    """JSON of exactly so many bytes, in form like a push event of GitHub, made here.

    Hashes are random hexadecimal digits, addresses repeat one beginning, names are few: zlib's level 1 makes 10 KiB of
    it about a quarter, as it does with real ones; 1 KiB about a half.
    """
    dice = random.Random(size)
    repository: dict[str, object] = {"id": dice.randrange(10**9), "full_name": "harbour/lighthouse"}
    if size > 4000:
        repository |= {f"{name}_url": f"{_BASE}/{name}{{/id}}" for name in _LINKS}
    document: dict[str, object] = {
        "ref": "refs/heads/main",
        "before": _digest(dice),
        "after": STAMP + _digest(dice)[12:],
        "pusher": _PERSON,
        "forced": False,
        "repository": repository,
    }
    commits: list[dict[str, object]] = []
    while len(json.dumps({**document, "commits": [*commits, commit := _commit(dice)], "note": ""})) <= size:
        commits.append(commit)
    document |= {"commits": commits, "note": ""}
    words = " ".join(dice.choice(("lamp", "harbour", "fog", "signal", "keeper", "tide")) for _ in range(size // 4))
    return json.dumps({**document, "note": words[: size - len(json.dumps(document))]}).encode()


def _digest(dice: random.Random) -> str:
    return f"{dice.getrandbits(160):040x}"


def _commit(dice: random.Random) -> dict[str, object]:
    digest = _digest(dice)
    return {
        "id": digest,
        "node_id": f"C_{_digest(dice)}{_digest(dice)}",
        "tree_id": _digest(dice),
        "distinct": True,
        "message": f"Trim lamp {dice.randrange(1000)} at dusk",
        "timestamp": f"2026-11-{dice.randrange(1, 29):02d}T{dice.randrange(24):02d}:17:00+01:00",
        "url": f"{_BASE}/commit/{digest}",
        "author": _PERSON,
        "committer": _PERSON,
        "added": [f"lamps/{_digest(dice)[:6]}.toml"],
        "removed": [],
        "modified": ["README.md", "lamps/index.toml"],
    }


def request(body: bytes, path: str = "/github") -> bytes:
    """A whole POST with the headers of a push; each one sent has another delivery number."""
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "User-Agent: GitHub-Hookshot/044aadd",
        "Accept: */*",
        f"Content-Length: {len(body)}",
        "Content-Type: application/json",
        f"X-GitHub-Delivery: 72d3162e-cc78-11e3-81ab-{STAMP}",
        "X-GitHub-Event: push",
        "X-GitHub-Hook-ID: 292430182",
        f"X-Hub-Signature-256: sha256={'0123456789abcdef' * 4}",
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body

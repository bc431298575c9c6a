"""An inspector on a fresh log, and deliveries for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from webhook_inspector.config.model import Config
from webhook_inspector.engine.inspector import Inspector

Import = Callable[..., tuple[int, ...]]


@pytest.fixture
def inspector(tmp_path: Path) -> Iterator[Inspector]:
    with Inspector.open(Config(path=None, log=tmp_path / "log.db"), env={}) as opened:
        yield opened


@pytest.fixture
def put(inspector: Inspector, tmp_path: Path) -> Import:
    """Puts bodies into the log as JSON lines, a second apart; gives their numbers."""

    def bring(*bodies: str) -> tuple[int, ...]:
        file = tmp_path / "in.jsonl"
        lines = [
            f'{{"method":"POST","target":"/in","headers":[],"body":{body!r},"received_at":"2026-11-20T10:00:{n:02}Z"}}'
            for n, body in enumerate(bodies)
        ]
        file.write_text("\n".join(line.replace("'", '"') for line in lines), encoding="utf-8")
        return inspector.import_file(file).ids

    return bring

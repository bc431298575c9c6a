"""Runs the command line in this process and keeps what it wrote."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from webhook_inspector.__main__ import app_keys
from webhook_inspector.cli.main import run
from webhook_inspector.engine.app_options import AppOptions


@dataclass
class Ran:
    """What one command line did."""

    code: int
    out: bytes
    err: str
    opened: list[AppOptions] = field(default_factory=list)

    @property
    def lines(self) -> list[str]:
        return self.out.decode().splitlines()

    @property
    def records(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines]

    def sentence(self) -> str:
        """The one sentence on stderr."""
        assert self.err.count("\n") == 1, self.err
        assert "Traceback" not in self.err
        return self.err.strip().removeprefix("webhook-inspector: ")


Cli = Callable[..., Ran]


def make_cli(capture: pytest.CaptureFixture[bytes], app_code: int = 0) -> Cli:
    opened: list[AppOptions] = []

    def open_app(options: AppOptions) -> int:
        opened.append(options)
        return app_code

    def cli(*arguments: str) -> Ran:
        capture.readouterr()
        code = run(list(arguments), open_app, program="webhook-inspector", app_keys=app_keys)
        written = capture.readouterr()
        return Ran(int(code), written.out, written.err.decode(), list(opened))

    return cli


def has_raw_control(data: bytes, allowed: Sequence[str] = ("\n",)) -> bool:
    """Whether a terminal would obey something in the output."""
    import unicodedata

    text = data.decode("utf-8")
    return any(
        char not in allowed and (unicodedata.category(char)[0] == "C" or unicodedata.category(char) in {"Zl", "Zp"})
        for char in text
    )

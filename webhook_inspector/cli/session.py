"""What all commands share: the global options, the configuration, the inspector."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from webhook_inspector.cli import diagnostics
from webhook_inspector.cli.output import Output
from webhook_inspector.core.clock import Clock, SystemClock
from webhook_inspector.core.secret import Secret
from webhook_inspector.errors import UsageError

if TYPE_CHECKING:
    from webhook_inspector.config.model import Config
    from webhook_inspector.engine.app_options import AppOptions, KeyRow
    from webhook_inspector.engine.inspector import Inspector

OpenApp = Callable[["AppOptions"], int]
AppKeys = Callable[["Config"], Sequence["KeyRow"]]


def no_keys(_config: Config) -> Sequence[KeyRow]:
    """The keys of no app."""
    return ()


@dataclass
class Session:
    """One run of the command line."""

    open_app: OpenApp
    """Opens the app and gives its exit code."""
    env: Mapping[str, str] = field(default_factory=lambda: os.environ)
    cwd: Path = field(default_factory=Path.cwd)
    clock: Clock = field(default_factory=SystemClock)
    log: str | None = None
    """`--log`."""
    config_path: str | None = None
    """`--config`."""
    json: bool = False
    """`--json`."""
    program: str = diagnostics.PROGRAM
    app_keys: AppKeys = no_keys
    """Lists the keys of the app under a configuration."""

    @cached_property
    def out(self) -> Output:
        """Stdout, as the options want it."""
        return Output(self.env, json=self.json)

    @cached_property
    def config(self) -> Config:
        """The configuration with `--log` applied; its warnings are printed when it is first read."""
        from webhook_inspector.config.load import load

        config = load(Path(self.config_path) if self.config_path else None, self.env, self.cwd)
        if self.log is not None:
            if not self.log or "\0" in self.log:
                raise UsageError("--log needs the name of a file.")
            config = config.with_log(self.cwd / Path(self.log).expanduser())
        for warning in config.warnings:
            diagnostics.warn(warning)
        return config

    @contextmanager
    def inspector(self, *, readonly: bool = False, config: Config | None = None) -> Iterator[Inspector]:
        """The engine on the chosen log; closed at the end."""
        config = config or self.config
        from webhook_inspector.engine.inspector import Inspector

        inspector = Inspector.open(config, clock=self.clock, env=self.env, readonly=readonly)
        try:
            yield inspector
        finally:
            inspector.close()

    def secrets(self, references: Sequence[str]) -> list[Secret]:
        """The secrets named by `--secret`.

        Raises:
            UsageError: A reference leads nowhere.
        """
        from webhook_inspector.config.secrets import resolve
        from webhook_inspector.engine.kept_secrets import secret_store

        secrets, problems = resolve(references, self.env, self.cwd, secret_store().lookup)
        if problems:
            raise UsageError(problems[0])
        return secrets

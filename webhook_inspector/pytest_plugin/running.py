"""The engines behind one fixture: one that captures, one that sends. Each starts when it is first needed."""

from __future__ import annotations

import difflib
import os
import threading
from dataclasses import replace
from pathlib import Path

from webhook_inspector.config.model import Config, SourceConfig
from webhook_inspector.core.display import show
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.engine.sources import Sources, sample_secret
from webhook_inspector.errors import UsageError
from webhook_inspector.pytest_plugin.inbox import Inbox
from webhook_inspector.signing import can_sign

HOST = "127.0.0.1"


class Running:
    """A log of what arrived and a log of what is sent, so that neither is counted as the other.

    Args:
        config: Sources and providers; nothing that it wants to be sent on is.
        folder: Where the logs lie; made when there is none.
    """

    def __init__(self, config: Config, folder: Path) -> None:
        self._config = config
        self._folder = folder
        self._sources = {source.name: replace(source, forward=None) for source in config.sources}
        self._lock = threading.RLock()
        self._capturing: Inspector | None = None
        self._sending: Inspector | None = None
        self._inbox: Inbox | None = None
        self._closed = False

    @property
    def log(self) -> Path:
        """The log of what arrives."""
        return self._folder / "captured.db"

    @property
    def inbox(self) -> Inbox:
        """What arrives; the listener is started."""
        with self._lock:
            if self._inbox is None:
                inspector = self._open(self.log)
                self._capturing = inspector
                self._inbox = Inbox(inspector, inspector.listen(host=HOST, port=0).url)
            return self._inbox

    @property
    def sending(self) -> Inspector:
        """The engine that sends what tests bring along."""
        with self._lock:
            if self._sending is None:
                self._sending = self._open(self._folder / "sent.db")
            return self._sending

    def source_of(self, name: str) -> SourceConfig:
        """The source of a name, or of a provider; one of that provider is made when there is none.

        Raises:
            UsageError: No such source and no such provider.
        """
        found = self._sources.get(name) or next((one for one in self._sources.values() if one.provider == name), None)
        return found if found is not None else self.use(name)

    def use(self, name: str, *, secret: str | None = None, path: str | None = None, **more: object) -> SourceConfig:
        """Let a provider, or a source of the configuration, have a secret; a test secret when None.

        Args:
            name: Of the provider, or of a source.
            secret: Signs and verifies.
            path: Where the listener takes its deliveries; `/NAME` when it is new.
            more: Further fields of `SourceConfig`: `public_url`, `params`, `handshake`.

        Raises:
            UsageError: No such provider, or it signs with a private key and none was given.
        """
        old = self._sources.get(name) or next((one for one in self._sources.values() if one.provider == name), None)
        if old is None:
            old = SourceConfig(name, f"/{name}", provider=name)
        secrets = (secret,) if secret is not None else old.secrets or self._test_secret(old.provider or name)
        made = replace(old, secrets=secrets, path=path or old.path, **more)  # type: ignore[arg-type]  # names are checked by replace
        with self._lock:
            self._sources[made.name] = made
            for inspector in (self._capturing, self._sending):
                if inspector is not None:
                    inspector.sources.add(made)
        return made

    def secret_of(self, name: str) -> str | None:
        """The secret that a source or provider signs with, resolved; None where there is none."""
        source = self.source_of(name)
        known = Sources(replace(self._config, sources=(source,)), os.environ)
        for problem in known.problems:
            raise UsageError(problem)
        secrets = known.secrets_of(source.name)
        return secrets[0].value if secrets else None

    def _test_secret(self, name: str) -> tuple[str, ...]:
        """The secret of tests: the same for a provider in every run. None where only the provider can sign."""
        provider = self._config.providers.get(name)
        if provider is None:
            near = difflib.get_close_matches(name, self._config.providers, n=1)
            hint = f"did you mean {near[0]}?" if near else "`webhook-inspector providers list` names them all."
            raise UsageError(f"There is no provider and no source {show(name, 60)!r}: {hint}")
        return (sample_secret(provider).value,) if can_sign(provider) else ()

    def close(self) -> None:
        """Stop listening and sending; safe to call twice."""
        with self._lock:
            self._closed = True
            for inspector in (self._capturing, self._sending):
                if inspector is not None:
                    inspector.close()
            self._capturing = self._sending = self._inbox = None

    def _open(self, log: Path) -> Inspector:
        if self._closed:
            raise UsageError("This webhook_inspector belongs to a test that has ended.")
        self._folder.mkdir(parents=True, exist_ok=True)
        config = replace(self._config, log=log, sources=tuple(self._sources.values()), alerts=())
        return Inspector.open(config, env=os.environ)

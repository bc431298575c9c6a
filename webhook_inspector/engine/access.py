"""Who may send to the listener, as the configuration says, and the token in its path."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from webhook_inspector.config.model import Config, SourceConfig
from webhook_inspector.config.secrets import Lookup, resolve
from webhook_inspector.core.request import Request
from webhook_inspector.core.secret import Secret
from webhook_inspector.errors import ConfigError

if TYPE_CHECKING:
    from webhook_inspector.net.access import Gate, Network, SourceAccess

HIDDEN = "***"
"""What stands for the token where a path is shown."""
_TOKEN = re.compile(r"[A-Za-z0-9._~-]{16,256}")
"""It stands in URLs as it is, and is too long to be guessed."""
_START = re.compile(rb"((?:[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*)?/)([^/?#]*)")


class Access:
    """The secrets of the door. They are looked up when they are first needed.

    Args:
        config: Names them.
        env: For `env:` references.
        kept: Finds what `secrets set` keeps.
    """

    def __init__(self, config: Config, env: Mapping[str, str], kept: Lookup) -> None:
        self._config = config
        self._env = env
        self._kept = kept
        self._sources: tuple[SourceConfig, ...] = config.sources
        self._gate: Gate | None = None
        self._passwords: Mapping[str, Secret] | None = None

    @cached_property
    def token(self) -> Secret | None:
        """What paths begin with; None when nothing is asked for, or when it cannot be found."""
        found = self._find(self._config.listen.path_token)
        return found[0] if found else None

    def change(self, sources: Iterable[SourceConfig]) -> None:
        """From now on these are the sources; the door of a running listener asks what they ask.

        A source whose password cannot be found lets nobody in.
        """
        self._sources = tuple(sources)
        self._passwords = None
        if self._gate is not None:
            self._gate.sources = self._asked(strict=False)

    @property
    def prefix(self) -> str:
        """What stands before every path that is sent to: `/TOKEN`, or nothing."""
        return "" if self.token is None else f"/{self.token.value}"

    def secrets(self) -> list[Secret]:
        """All that exports must not hold: token and passwords, those also as they stand in a header."""
        found = [] if self.token is None else [self.token]
        if self._passwords is None:
            asked = {source.name: self._find(source.basic_auth) for source in self._sources}
            self._passwords = {name: secrets[0] for name, secrets in asked.items() if secrets}
        for secret in self._passwords.values():
            found.append(secret)
            password = secret.value.partition(":")[2]
            if password:
                found.append(Secret(password, secret.label))
        return found

    def gate(self) -> Gate:
        """What the listener asks of its senders.

        Raises:
            ConfigError: A secret cannot be found or cannot be one: nothing may be let in without it.
        """
        from webhook_inspector.net.access import Gate, Rate  # noqa: PLC0415 (only a listener needs it)

        listen = self._config.listen
        if listen.path_token is not None:
            token = self._needed("listen.path_token", listen.path_token)
            if not _TOKEN.fullmatch(token.value):
                raise ConfigError(
                    "listen.path_token must be 16 to 256 letters, digits, dots, dashes, tildes or underscores: "
                    "`openssl rand -hex 16` makes one."
                )
        self._gate = Gate(
            token=b"" if self.token is None else self.token.value.encode(),
            networks=_networks(listen.allow_ips),
            sources=self._asked(strict=True),
            rate=None if listen.rate is None else Rate(*listen.rate),
        )
        return self._gate

    def _asked(self, *, strict: bool) -> dict[str, SourceAccess]:
        """What each source asks of its senders; a password that cannot be had is an error, or one nobody knows."""
        from webhook_inspector.net.access import SourceAccess  # noqa: PLC0415 (only a listener needs it)

        asked = {}
        for source in self._sources:
            basic = b""
            if source.basic_auth is not None:
                try:
                    secret = self._needed(f"sources.{source.name}.basic_auth", source.basic_auth)
                    if ":" not in secret.value:
                        raise ConfigError(f"sources.{source.name}.basic_auth must be user:password, with a colon.")
                    basic = secret.value.encode()
                except ConfigError:
                    if strict:
                        raise
                    basic = os.urandom(32)
            if source.allow_ips or basic:
                asked[source.name] = SourceAccess(_networks(source.allow_ips), basic)
        return asked

    def without_token(self, target: bytes) -> bytes:
        """A request target as it would be without the token; as it is when it does not begin with it."""
        token = self.token
        match = _START.match(target) if token is not None else None
        if token is None or match is None or match[2] != token.value.encode():
            return target
        rest = target[match.end() :]
        return match[1] + rest.removeprefix(b"/")

    def inside(self, request: Request) -> Request:
        """A captured request as it goes on to an app, which knows nothing of the token."""
        target = self.without_token(request.target)
        return request if target == request.target else replace(request, target=target)

    def shown(self, target: str) -> str:
        """A request target for the screen, without the token.

        Where the token is not to be had here (another shell), whatever could be one at the start of a path is hidden.
        """
        if self._config.listen.path_token is None or not target.startswith("/"):
            return self._masked(target)
        first = re.split(r"[/?#]", target[1:], maxsplit=1)[0]
        is_token = bool(_TOKEN.fullmatch(first)) if self.token is None else first == self.token.value
        return self._masked(f"/{HIDDEN}{target[1 + len(first) :]}" if is_token else target)

    def _masked(self, target: str) -> str:
        return target if self.token is None else target.replace(self.token.value, HIDDEN)

    def _find(self, reference: str | None) -> list[Secret]:
        if reference is None:
            return []
        return resolve([reference], self._env, self._config.base, self._kept)[0]

    def _needed(self, key: str, reference: str) -> Secret:
        found, problems = resolve([reference], self._env, self._config.base, self._kept)
        if not found:
            raise ConfigError(f"{key}: {problems[0]}")
        return found[0]


def _networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(text) for text in texts)

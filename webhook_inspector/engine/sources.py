"""Which source a request belongs to, and the secrets of each."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from webhook_inspector.config.model import Config, SourceConfig
from webhook_inspector.config.secrets import resolve
from webhook_inspector.core.delivery import Delivery
from webhook_inspector.core.secret import Secret
from webhook_inspector.engine.access import Access
from webhook_inspector.engine.kept_secrets import secret_store

if TYPE_CHECKING:
    from webhook_inspector.providers.model import Provider

DEFAULT_SOURCE = "default"
SAMPLE_HEADER = "Webhook-Inspector-Sample"
"""Marks a request that this program made and signed with the published sample secret."""


_Resolved = Mapping[str, tuple[tuple[Secret, ...], tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class _Arranged:
    """The sources of one moment. A change puts another one in its place; who has this one goes on with it."""

    by_name: Mapping[str, SourceConfig]
    by_path: tuple[SourceConfig, ...]
    """Longest path first."""

    @classmethod
    def of(cls, sources: Iterable[SourceConfig]) -> _Arranged:
        by_name = {source.name: source for source in sources}
        by_path = tuple(sorted(by_name.values(), key=lambda source: len(source.path), reverse=True))
        return cls(by_name, by_path)

    @property
    def keeps(self) -> bool:
        """Whether one names a kept secret."""
        return any(text.startswith("keyring:") for source in self.by_path for text in source.secrets)


class Sources:
    """The configured sources, longest path prefix first, and their resolved secrets. Can be changed at any time.

    Args:
        config: Where the sources stand.
        env: The environment that `env:` references are read from.
    """

    def __init__(self, config: Config, env: Mapping[str, str]) -> None:
        self._providers = config.providers
        self._config = config
        self._env = env
        self._store = secret_store()
        self._now = _Arranged.of(config.sources)
        self._found: tuple[_Arranged, object, _Resolved] | None = None
        self.access = Access(config, env, self._store.lookup)
        """Who may send, and the token in the path."""

    def add(self, source: SourceConfig) -> None:
        """From now on there is this source too, in place of one of its name."""
        self.change({**self._now.by_name, source.name: source}.values())

    def change(self, sources: Iterable[SourceConfig]) -> None:
        """From now on there are these sources and no others. From any thread; requests see the old ones or the new."""
        arranged = _Arranged.of(sources)
        self.access.change(arranged.by_path)
        self._now = arranged

    @property
    def _resolved(self) -> _Resolved:
        """Secrets and problems of each source.

        Found when first asked for, because a keyring may be slow or ask its user; and again when a secret was kept
        or removed meanwhile, so that a running listener need not be started anew.
        """
        now, known = self._now, self._found
        stamp = self._store.stamp() if now.keeps else ()
        if known is not None and known[0] is now and known[1] == stamp:
            return known[2]
        found: dict[str, tuple[tuple[Secret, ...], tuple[str, ...]]] = {}
        for source in now.by_name.values():
            secrets, problems = resolve(source.secrets, self._env, self._config.base, self._store.lookup)
            found[source.name] = tuple(secrets), tuple(problems)
        self._found = now, stamp, found
        return found

    @property
    def problems(self) -> list[str]:
        """One sentence for each secret that could not be resolved."""
        return [f"Source {name}: {problem}" for name, (_, problems) in self._resolved.items() for problem in problems]

    def problems_of(self, name: str) -> Sequence[str]:
        """One sentence for each secret of a source that could not be resolved."""
        return self._resolved.get(name, ((), ()))[1]

    def route(self, target: bytes) -> str:
        """The name of the source whose path is the longest prefix of a request target, by whole segments.

        A token before the path does not count.
        """
        target = self.access.without_token(target)
        path = target.split(b"?", 1)[0].decode("utf-8", "replace")
        for source in self._now.by_path:
            prefix = source.path.rstrip("/")
            if path == prefix or path.startswith(prefix + "/"):
                return source.name
        return DEFAULT_SOURCE

    def all(self) -> tuple[SourceConfig, ...]:
        """Every configured source."""
        return tuple(self._now.by_name.values())

    def get(self, name: str) -> SourceConfig | None:
        """A configured source, or None for the catch-all."""
        return self._now.by_name.get(name)

    def provider_of(self, name: str) -> str | None:
        """The provider that the configuration gives a source."""
        source = self._now.by_name.get(name)
        return source.provider if source else None

    def path_of_provider(self, provider: str) -> str:
        """The path of the first source of a provider; empty when there is none."""
        return next((source.path for source in self._now.by_name.values() if source.provider == provider), "")

    def secrets_for(self, delivery: Delivery, provider: Provider | None) -> Sequence[Secret]:
        """The secrets to try on a delivery: those of its source, then of other sources of its provider.

        A request that this program made as a sample is also tried with the published sample secret, or with the
        public half of the user's test key.
        """
        own = self.secrets_of(delivery.source)
        if own or provider is None:
            found = list(own)
        else:
            found = [
                secret
                for source in self._now.by_path
                if source.provider == provider.name
                for secret in self.secrets_of(source.name)
            ]
        if provider is not None and delivery.request.headers.get(SAMPLE_HEADER) == provider.name:
            # A sample of a provider with a private key is signed with the user's own test key.
            from webhook_inspector.engine.test_keys import public_halves  # noqa: PLC0415 (loads the signature schemes)

            found += public_halves(provider) or [sample_secret(provider)]
        return found

    def spare_secrets(self, delivery: Delivery, used: Sequence[Secret]) -> list[Secret]:
        """The secrets of other sources, labelled with them, to name the one that a delivery was signed with."""
        values = {secret.value for secret in used}
        spare: dict[str, Secret] = {}
        for name, (secrets, _) in self._resolved.items():
            for secret in secrets:
                if name != delivery.source and secret.value not in values:
                    spare.setdefault(secret.value, Secret(secret.value, f"{secret.label} of the source {name}"))
        return list(spare.values())

    def secrets_of(self, name: str) -> Sequence[Secret]:
        """The resolved secrets of one source."""
        return self._resolved.get(name, ((), ()))[0]

    def signing_secret(self, provider: str) -> Secret | None:
        """The first configured secret of a provider, used to sign samples."""
        for source in self._now.by_name.values():
            if source.provider == provider and self.secrets_of(source.name):
                return self.secrets_of(source.name)[0]
        return None

    def url_for(self, delivery: Delivery) -> str | None:
        """The public URL that the sender used, where the source's configuration gives its base."""
        source = self._now.by_name.get(delivery.source)
        if source is None or source.public_url is None:
            return None
        return self._public(source, delivery.request.target_text)

    def _public(self, source: SourceConfig, target: str) -> str:
        """See `public_address`. The token belongs to a path that is the sender's own, not to one that is configured."""
        if (source.public_url or "").partition("://")[2].partition("/")[2]:
            target = self.access.without_token(target.encode("utf-8", "surrogateescape")).decode(
                "utf-8", "surrogateescape"
            )
        return public_address(source, target)

    def address_for(self, provider: str, url: str) -> str:
        """The address to sign for a request that is made here and sent to a URL.

        It is what `url_for` says of the request when it arrives: the public one where a source of the provider
        configures it, else the URL with the path that goes out.
        """
        try:
            parts = urlsplit(url)
        except ValueError:
            return url  # it is refused as a target
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        source = self._now.by_name.get(self.route(target.encode("utf-8", "replace")))
        if source is not None and source.provider == provider and source.public_url is not None:
            return self._public(source, target)
        return f"{parts.scheme}://{parts.netloc}{target}"

    def params_for(self, delivery: Delivery) -> Mapping[str, str]:
        """The values that the delivery's source configures beside its secrets."""
        source = self._now.by_name.get(delivery.source)
        return {} if source is None else source.params


def public_address(source: SourceConfig, target: str) -> str:
    """The address that the sender of a request called: the path of `public_url` stands for that of the source.

    Args:
        source: Has a `public_url`.
        target: Path and query of the request as it arrived.
    """
    base = source.public_url or ""
    scheme, _, rest = base.partition("://")
    host, slash, path = rest.partition("/")
    if not path:
        return f"{scheme}://{host}{target}"
    prefix = source.path.rstrip("/")
    tail = target.removeprefix(prefix) if target.startswith(prefix) else target
    joined = path.rstrip("/") + tail if tail.startswith("/") else path + tail
    return f"{scheme}://{host}{slash}{joined}"


def sample_secret(provider: Provider) -> Secret:
    """The published secret that samples of a provider are signed with: it proves nothing about a sender."""
    digest = hashlib.sha256(f"webhook-inspector sample secret of {provider.name}".encode()).digest()
    decode = provider.recipes[0].key.decode if provider.recipes else "utf8"
    if decode == "hex":
        value = digest.hex()
    elif decode == "base64":
        value = "whsec_" + base64.b64encode(digest).decode("ascii")
    else:
        value = "sample_" + digest.hex()[:32]
    return Secret(value, label="the published sample secret")

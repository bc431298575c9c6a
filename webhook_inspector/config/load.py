"""`webhook-inspector.toml` to a `Config`: strict keys, file and key named in every error."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from webhook_inspector.config import listen, paths
from webhook_inspector.config.model import (
    ALERTS,
    CURSORS,
    AppConfig,
    BuiltinProviders,
    Config,
    ListenConfig,
    RedactConfig,
    RetentionConfig,
    SearchConfig,
    ShapesConfig,
    SourceConfig,
)
from webhook_inspector.config.reader import Table, absolute, nearest
from webhook_inspector.config.secrets import is_literal
from webhook_inspector.core.display import show
from webhook_inspector.core.response_spec import FORM, parse_response
from webhook_inspector.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from webhook_inspector.providers.model import Provider

MAX_FILE_BYTES = 1024 * 1024
MAX_ALERTS = 50
KEYS: Mapping[str, tuple[str, ...]] = {
    "": (
        *("log", "alerts", "alert_bell", "app", "keys", "listen", "redact", "retention", "search", "shapes"),
        *("sources", "providers"),
    ),
    "app": ("theme", "ascii", "mouse", "cursor"),
    "listen": listen.KEYS,
    "redact": ("headers", "paths"),
    "retention": ("days", "max_deliveries", "max_bytes"),
    "search": ("index",),
    "shapes": ("used", "ignored", "enum_added", "became_optional", "format_changed", "volatile", "variants"),
    "sources": (
        *("path", "provider", "secrets", "public_url", "params", "handshake", "respond", "forward", "ack"),
        *("retention", "allow_ips", "basic_auth"),
    ),
}
"""Every key of this version, by table; `sources` stands for each `[sources.NAME]`. Those of `keys` are the app's."""
_SOURCE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


def load(explicit: Path | None, env: Mapping[str, str], cwd: Path) -> Config:
    """The configuration that holds here.

    Args:
        explicit: The file the user named, or None for the nearest `webhook-inspector.toml` from `cwd` upward.
        env: Environment variables; `WEBHOOK_INSPECTOR_LOG` chooses the log.
        cwd: The working folder; relative paths given by the user start here, those of the file at the file.

    Raises:
        ConfigError: One sentence that names the file, the key and what to write instead.
    """
    path = cwd / explicit.expanduser() if explicit else paths.find_file(cwd)
    return load_bytes(read_file(path) if path else b"", path, env, cwd)


def load_bytes(data: bytes, path: Path | None, env: Mapping[str, str], cwd: Path) -> Config:
    """The configuration that a file of this content would give.

    Args:
        data: The whole content.
        path: Where it stands or would stand; None: nowhere, which is the same as empty.
        env: As for `load`.
        cwd: As for `load`.

    Raises:
        ConfigError: As for `load`.
    """
    table = _parse(data, show(str(path))) if path else Table({}, "")
    table.only(KEYS[""])
    log, origin = _log(table, path, env, cwd)
    providers = _providers(table)
    sources = _sources(table, providers)
    listening = listen.read_listen(table, path.parent if path else cwd)
    return Config(
        path=path,
        log=log,
        listen=listening,
        sources=sources,
        providers=providers,
        redact=_redact(table),
        retention=_retention(table),
        shapes=_shapes(table),
        search=_search(table),
        warnings=_warnings(sources, listening, table.where),
        app=_app(table),
        alerts=_alerts(table),
        alert_bell=bool(table.boolean("alert_bell")),
        log_origin=origin,
    )


def with_sources(config: Config, specs: Sequence[str]) -> Config:
    """A configuration with sources of the command line added, or their provider changed.

    Args:
        config: What was loaded.
        specs: `NAME=PROVIDER` each; a new source waits at `/NAME`.

    Raises:
        UsageError: Not of that form, or the provider is not known.
    """
    sources = {source.name: source for source in config.sources}
    for spec in specs:
        name, equals, provider = spec.partition("=")
        if not equals or not _SOURCE_NAME.fullmatch(name):
            raise UsageError(f"--source {show(spec, 80)} is not NAME=PROVIDER, for example --source stripe=stripe.")
        if provider not in config.providers:
            raise UsageError(
                f"--source {name}: unknown provider {show(provider, 60)}, {nearest(provider, config.providers)}"
            )
        old = sources.get(name, SourceConfig(name, f"/{name}"))
        clash = next((other.name for other in sources.values() if other.path == old.path and other.name != name), None)
        if clash:
            raise UsageError(
                f"--source {name}: its path {old.path} belongs to the source {clash}: choose another name."
            )
        sources[name] = dataclasses.replace(old, provider=provider)
    given = dict.fromkeys((*config.given, *(spec.partition("=")[0] for spec in specs)))
    return dataclasses.replace(config, sources=tuple(sources.values()), given=tuple(given))


def read_file(path: Path) -> bytes:
    """The content of a configuration file.

    Raises:
        ConfigError: It cannot be read.
    """
    where = show(str(path))
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its name is not valid"
        raise ConfigError(f"{where} cannot be read ({reason}): check the path or leave out --config.") from None
    return data


def _parse(data: bytes, where: str) -> Table:
    if len(data) > MAX_FILE_BYTES:
        raise ConfigError(f"{where} is over {MAX_FILE_BYTES} bytes: it is not a configuration file.")
    try:
        return Table(tomllib.loads(data.decode("utf-8-sig").replace("\r\n", "\n")), where)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{where} is not valid TOML: {show(str(error))}.") from None
    except (ValueError, RecursionError):
        raise ConfigError(f"{where} is not text in UTF-8, or holds a value that cannot be read: rewrite it.") from None


def _log(table: Table, path: Path | None, env: Mapping[str, str], cwd: Path) -> tuple[Path, str]:
    written = table.text("log")
    named = env.get(paths.LOG_VARIABLE)
    if named:
        return absolute(named, cwd, paths.LOG_VARIABLE), paths.LOG_VARIABLE
    if written and path:
        return absolute(written, path.parent, f"{table.where}: log"), table.where
    return paths.default_log(), "default"


def _shapes(table: Table) -> ShapesConfig:
    inner = table.table("shapes")
    inner.only(KEYS["shapes"])
    severities = {}
    for key in ("enum_added", "became_optional", "format_changed"):
        word = inner.text(key)
        if word not in {None, "additive", "risky", "breaking"}:
            raise inner.error(key, 'must be "additive", "risky" or "breaking".')
        severities[key] = word
    variants = inner.table("variants")
    found: dict[str, str] = {}
    for event_type in variants.values:
        path = variants.text(event_type)
        if path is None or not path.startswith("$."):
            raise variants.error(event_type, 'must be a path such as "$.data.object.status".')
        found[event_type] = path
    return ShapesConfig(
        inner.texts("used"), inner.texts("ignored"), **severities, volatile=inner.texts("volatile"), variants=found
    )


def _app(table: Table) -> AppConfig:
    inner = table.table("app")
    inner.only(KEYS["app"])
    cursor = inner.text("cursor") or CURSORS[0]
    if cursor not in CURSORS:
        raise inner.error("cursor", 'must be "hidden" or "visible".')
    mouse = inner.boolean("mouse")
    return AppConfig(
        theme=inner.text("theme"),
        ascii=inner.boolean("ascii"),
        mouse=True if mouse is None else mouse,
        cursor=cursor,
        keys=_keys(table),
    )


def _keys(table: Table) -> Mapping[str, tuple[str, ...]]:
    """The keys of the app as they are written; whether there are such ids and keys only the app knows."""
    inner = table.table("keys")
    found: dict[str, tuple[str, ...]] = {}
    for name in inner.values:
        several = isinstance(inner.values[name], list)
        written = inner.texts(name) if several else tuple(filter(None, (inner.text(name),)))
        if not written:
            raise inner.error(name, 'needs a key, for example "x", or a list such as ["x", "f2"].')
        found[name] = written
    return MappingProxyType(found)


def _alerts(table: Table) -> tuple[str, ...]:
    if "alerts" not in table.values:
        return ALERTS
    from webhook_inspector.events.alerting.grammar import RuleError, read_rule  # noqa: PLC0415 (only files with alerts need it)

    rules = table.texts("alerts")
    if len(rules) > MAX_ALERTS:
        raise table.error("alerts", f"has {len(rules)} rules: {MAX_ALERTS} at most.")
    for rule in rules:
        try:
            read_rule(rule)
        except RuleError as error:
            raise table.error("alerts", str(error)) from None
    return tuple(dict.fromkeys(" ".join(rule.split()) for rule in rules))


def _redact(table: Table) -> RedactConfig:
    inner = table.table("redact")
    inner.only(KEYS["redact"])
    return RedactConfig(headers=inner.texts("headers"), paths=inner.texts("paths"))


def _retention(table: Table) -> RetentionConfig:
    inner = table.table("retention")
    inner.only(KEYS["retention"])
    return RetentionConfig(
        days=inner.integer("days", 1, 36_500),
        max_deliveries=inner.integer("max_deliveries", 1, 2**53),
        max_bytes=inner.size("max_bytes"),
    )


def _search(table: Table) -> SearchConfig:
    inner = table.table("search")
    inner.only(KEYS["search"])
    index = inner.boolean("index")
    return SearchConfig() if index is None else SearchConfig(index=index)


def _providers(table: Table) -> Mapping[str, Provider]:
    inner = table.table("providers")
    if not inner.values:
        return BuiltinProviders()
    from webhook_inspector.providers.load import with_custom  # noqa: PLC0415 (only files with providers need it)

    return with_custom({name: inner.table(name).values for name in inner.values}, where=table.where)


def _sources(table: Table, providers: Mapping[str, Provider]) -> tuple[SourceConfig, ...]:
    inner = table.table("sources")
    sources: dict[str, SourceConfig] = {}
    for name in inner.values:
        if not _SOURCE_NAME.fullmatch(name):
            raise inner.error(name, "is not a source name: use letters, digits, dots, dashes and underscores.")
        source = _source(name, inner.table(name), providers)
        if source.path in sources:
            raise inner.error(name, f"has the same path as {sources[source.path].name}: give it another.")
        sources[source.path] = source
    return tuple(sources.values())


def _source(name: str, table: Table, providers: Mapping[str, Provider]) -> SourceConfig:
    table.only(KEYS["sources"])
    path = table.text("path") or f"/{name}"
    if not path.startswith("/") or set("?#") & set(path):
        raise table.error("path", f"must start with / and hold no ? or #, for example /{name}.")
    provider = table.text("provider")
    if provider is not None and provider not in providers:
        raise table.error("provider", f"is {show(provider, 60)}, which is not known, {nearest(provider, providers)}")
    respond = table.text("respond")
    if respond is not None:
        try:
            parse_response(respond)
        except ValueError:
            raise table.error("respond", f"must be {FORM}.") from None
    secrets = table.texts("secrets")
    return SourceConfig(
        name=name,
        path=path.rstrip("/") or "/",
        provider=provider,
        secrets=secrets,
        public_url=table.url("public_url"),
        params=_params(table),
        handshake=_handshake(table),
        respond=respond,
        forward=table.url("forward"),
        ack=_ack(table),
        retention=_retention(table),
        allow_ips=listen.networks(table),
        basic_auth=table.text("basic_auth"),
    )


def _ack(table: Table) -> str | None:
    word = table.text("ack")
    if word not in {None, "async", "sync"}:
        raise table.error("ack", 'must be "async" or "sync".')
    return word


def _params(table: Table) -> Mapping[str, str]:
    inner = table.table("params")
    texts = {name: inner.text(name) for name in inner.values}
    return MappingProxyType({name: text for name, text in texts.items() if text is not None})


def _handshake(table: Table) -> tuple[str, ...]:
    names = table.texts("handshake") if isinstance(table.values.get("handshake"), list) else None
    if names is None:
        word = table.text("handshake") or "auto"
        if word not in {"auto", "off"}:
            raise table.error("handshake", 'must be "auto", "off" or a list of names such as ["slack"].')
        return (word,)
    known = _known_handshakes() if names else frozenset()
    for name in names:
        if name not in known:
            raise table.error("handshake", f"holds {show(name, 60)}, which is not known, {nearest(name, known)}")
    return names


def _known_handshakes() -> frozenset[str]:
    from webhook_inspector.signing.handshakes import handshakes  # noqa: PLC0415 (only files that name some need it)

    return frozenset(handshakes())


def _warnings(sources: Sequence[SourceConfig], listening: ListenConfig, where: str) -> tuple[str, ...]:
    held: dict[str, tuple[str | None, ...]] = {"listen.path_token": (listening.path_token,)}
    for source in sources:
        held[f"sources.{source.name}.secrets"] = source.secrets
        held[f"sources.{source.name}.basic_auth"] = (source.basic_auth,)
    return tuple(
        f'{where}: {key} holds a secret itself; keep it elsewhere and write "env:NAME" or "keyring:NAME".'
        for key, texts in held.items()
        if any(text is not None and is_literal(text) for text in texts)
    )

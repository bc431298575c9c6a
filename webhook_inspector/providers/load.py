"""Reading providers: the built-in files and those of the user's configuration, strictly."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from webhook_inspector.core.display import show
from webhook_inspector.errors import ConfigError
from webhook_inspector.providers import model
from webhook_inspector.providers.inherit import expand
from webhook_inspector.providers.table import Table
from webhook_inspector.providers.template import Field

_NAME = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_.")


def load_provider(
    table: Mapping[str, Any],
    *,
    where: str,
    name: str | None = None,
    tables: Mapping[str, Mapping[str, Any]] | None = None,
) -> model.Provider:
    """One provider from its table.

    Args:
        table: What TOML gave.
        where: The file (and the table in it), for messages.
        name: Its name when the table does not say it.
        tables: What `base` may name beside the built-in providers.

    Raises:
        ConfigError: Names the file, the key and the nearest known key.
    """
    if not isinstance(table, Mapping):
        raise ConfigError(f"{where}: must be a table")
    named = {**table, "name": table.get("name", name)}

    def lookup(base: str) -> Mapping[str, Any] | None:
        built_in = _table(base) if base in _names() else None
        if tables is not None and base in tables and (base != name or built_in is None):
            return tables[base]
        return built_in

    return _provider(Table(expand(named, where, lookup), where))


class _Builtin(Mapping[str, model.Provider]):
    """The providers that come with the program, sorted by name. A file is read when its provider is asked for."""

    def __getitem__(self, name: str) -> model.Provider:
        if name not in _names():
            raise KeyError(name)
        return _builtin_provider(name)

    def __iter__(self) -> Iterator[str]:
        return iter(_names())

    def __len__(self) -> int:
        return len(_names())


@cache
def builtin() -> Mapping[str, model.Provider]:
    """The providers that come with the program, by name, sorted. Each file is read once, when it is needed."""
    return _Builtin()


def with_custom(
    tables: Mapping[str, Mapping[str, Any]], *, where: str = "webhook-inspector.toml"
) -> Mapping[str, model.Provider]:
    """The built-in providers and the user's own; a user's provider replaces a built-in one of its name.

    Args:
        tables: The `[providers.NAME]` tables of the configuration, by name.
        where: The configuration file, for messages.

    Raises:
        ConfigError: Names the file, the key and the nearest known key.
    """
    custom = {
        name: load_provider(table, where=f"{where} [providers.{show(name)}]", name=name, tables=tables)
        for name, table in tables.items()
    }
    return MappingProxyType(dict(sorted({**builtin(), **custom}.items())))


@cache
def _names() -> tuple[str, ...]:
    entries = resources.files("webhook_inspector.providers").iterdir()
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in entries if entry.name.endswith(".toml")))


@cache
def _table(name: str) -> Mapping[str, Any]:
    text = resources.files("webhook_inspector.providers").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    if table.get("name") != name:
        raise ConfigError(f"{name}.toml: key `name` must be `{name}`, as the file")
    return table


@cache
def _builtin_provider(name: str) -> model.Provider:
    return load_provider(_table(name), where=f"{name}.toml")


def _provider(table: Table) -> model.Provider:
    name = table.text("name")
    if not name or not set(name) <= _NAME:
        raise table.error("name", "may hold small letters, digits, `-`, `_` and `.` only")
    recipes_table = table.table("recipes")
    recipes: tuple[model.Recipe, ...] = ()
    if recipes_table is not None:
        inner = [recipes_table.table(key) for key in recipes_table.data]
        recipes = tuple(_recipe(one) for one in inner if one is not None)
    provider = model.Provider(
        name=name,
        title=table.text("title", name),
        docs=table.text("docs", ""),
        checked=table.text("checked", ""),
        recipes=recipes,
        accept=table.text("accept", "best", one_of=("best", "any")),
        detect=_detect(table),
        events=_events(table.table("events")),
        discriminator=table.templates("discriminator"),
        volatile=_volatile(table),
        handshake=table.texts("handshake"),
        retry=_retry(table.table("retry")),
        base=table.optional_text("base"),
        note=table.text("note", ""),
    )
    table.finish()
    return provider


def _recipe(table: Table) -> model.Recipe:
    name = table.path.partition(".")[2]
    signature_table = table.table("signature")
    code = table.optional_text("code")
    recipe = model.Recipe(
        name=name,
        algorithm=table.text("algorithm", "none" if code else None, one_of=model.ALGORITHMS),
        signature=None if signature_table is None else _signature(signature_table),
        signed=table.template("signed"),
        key=_key(table.table("key")),
        timestamp=_timestamp(table.table("timestamp")),
        url_variants=table.choices("url_variants", model.URL_VARIANTS) or ("as-is",),
        body_digest=_body_digest(table.table("body_digest")),
        trusted_url=_trusted_url(table.table("trusted_url")),
        scope=table.text("scope", ""),
        refuse_empty_body=table.flag("refuse_empty_body"),
        params=table.texts("params"),
        requires=table.fields("requires"),
        detect=_detect(table),
        resign=_resign(table.table("resign")),
        code=code,
        options=MappingProxyType(dict(options.data)) if (options := table.table("options")) else MappingProxyType({}),
        note=table.text("note", ""),
        source=table.text("source", ""),
        checked=table.text("checked", ""),
    )
    if code is None and recipe.signature is None:
        raise table.missing("signature")
    if code is None and recipe.signed is None and recipe.algorithm != "token":
        raise table.missing("signed")
    if code is None and recipe.algorithm == "none":
        raise table.error("algorithm", "cannot be `none` without `code`")
    fields = recipe.signed.fields if recipe.signed else ()
    if code is None and recipe.algorithm in model.HASHES and not any(part.kind == "secret" for part in fields):
        raise table.error("signed", f"must hold {{secret}}, because {recipe.algorithm} has no key")
    table.finish()
    return recipe


def _signature(table: Table) -> model.SignatureSpec:
    spec = model.SignatureSpec(
        source=table.field("from"),
        items=table.optional_text("items"),
        pair=table.optional_text("pair"),
        pick=table.optional_text("pick"),
        prefix=table.text("prefix", ""),
        encoding=table.text("encoding", "hex", one_of=model.ENCODINGS),
        case=table.text("case", "exact", one_of=("exact", "fold")),
    )
    if spec.items == "" or spec.pair == "":
        raise table.error("items" if spec.items == "" else "pair", "must not be empty")
    if spec.pick is not None and spec.pair is None:
        raise table.error("pair", "is required beside `pick`")
    table.finish()
    return spec


def _key(table: Table | None) -> model.KeySpec:
    if table is None:
        return model.KeySpec()
    spec = model.KeySpec(
        strip=table.texts("strip"),
        decode=table.text("decode", "utf8", one_of=model.KEY_DECODINGS),
        unprefixed=table.text("unprefixed", "decode", one_of=("decode", "utf8", "refuse")),
        derive=table.optional_text("derive", one_of=("sha1",)),
        normalise=table.optional_text("normalise", one_of=("NFC", "NFKC", "NFD", "NFKD")),
    )
    table.finish()
    return spec


def _timestamp(table: Table | None) -> model.TimestampSpec | None:
    if table is None:
        return None
    spec = model.TimestampSpec(
        source=table.field("from"),
        unit=table.text("unit", "s", one_of=model.UNITS),
        past=table.number("past"),
        future=table.number("future"),
        edge=table.text("edge", "inclusive", one_of=("inclusive", "exclusive")),
    )
    table.finish()
    return spec


def _body_digest(table: Table | None) -> model.BodyDigest | None:
    if table is None:
        return None
    digest = model.BodyDigest(
        source=table.field("from"),
        algorithm=table.text("algorithm", "sha256", one_of=model.HASHES),
        encoding=table.text("encoding", "hex", one_of=model.ENCODINGS),
    )
    table.finish()
    return digest


def _trusted_url(table: Table | None) -> model.TrustedUrl | None:
    if table is None:
        return None
    trusted = model.TrustedUrl(source=table.field("from"), hosts=table.texts("hosts"))
    if not trusted.hosts:
        raise table.missing("hosts")
    table.finish()
    return trusted


def _resign(table: Table | None) -> model.Resign:
    if table is None:
        return model.Resign()
    resign = model.Resign(
        timestamp=table.text("timestamp", "now", one_of=("now", "keep")),
        id=table.text("id", "keep", one_of=("keep", "new")),
        nonce=table.field("nonce") if table.has("nonce") else None,
        remove=table.texts("remove"),
    )
    if resign.nonce is not None and resign.nonce.kind != "header":
        raise table.error("nonce", "must be a header")
    table.finish()
    return resign


def _detect(table: Table) -> tuple[model.DetectRule, ...]:
    rules = []
    for one in table.tables("detect"):
        header = one.optional_text("header")
        source = Field("header", header) if header is not None else one.field("from")
        rule = model.DetectRule(
            source=source,
            weight=one.integer("weight", 50) or 0,
            like=one.optional_text("like"),
            absent=one.flag("absent"),
        )
        one.finish()
        rules.append(rule)
    return tuple(rules)


def _events(table: Table | None) -> model.EventRules:
    if table is None:
        return model.EventRules()
    rules = model.EventRules(
        type=table.templates("type"),
        id=table.templates("id"),
        time=_times(table, "time"),
        attempt=tuple(_attempt(one) for one in _as_tables(table, "attempt")),
        order=_times(table, "order"),
        object=table.templates("object"),
        hook_id=table.templates("hook_id"),
        variant=table.templates("variant"),
        version=table.templates("version"),
    )
    table.finish()
    return rules


def _as_tables(table: Table, key: str) -> tuple[Table, ...]:
    """A table or a list of tables; a text stands for a table with `from` alone."""
    value = table.raw(key)
    if value is None or value is False:
        return ()
    values = value if isinstance(value, list) else [value]
    place = f"{table.path}.{key}"
    return tuple(Table({"from": one} if isinstance(one, str) else one, table.where, place) for one in values)


def _times(table: Table, key: str) -> tuple[model.TimeRule, ...]:
    rules = []
    for one in _as_tables(table, key):
        value = one.template("from")
        if value is None:
            raise one.missing("from")
        rules.append(model.TimeRule(value, one.text("unit", "iso8601", one_of=model.UNITS)))
        one.finish()
    return tuple(rules)


def _attempt(table: Table) -> model.AttemptRule:
    value = table.template("from")
    if value is None:
        raise table.missing("from")
    rule = model.AttemptRule(value, table.integer("add", 0) or 0)
    table.finish()
    return rule


def _volatile(table: Table) -> tuple[str, ...]:
    paths = table.texts("volatile")
    for path in paths:
        if not path.startswith(("$.", "$[", "header:")):
            raise table.error("volatile", f"holds `{show(path)}`, which starts neither with `$.` nor with `header:`")
    return paths


def _retry(table: Table | None) -> model.RetryPolicy | None:
    if table is None:
        return None
    policy = model.RetryPolicy(
        automatic=table.flag("automatic"),
        answer_within=table.number("answer_within"),
        delays=table.numbers("delays"),
        within=table.number("within"),
        max_retries=table.integer("max_retries"),
        backoff=table.text("backoff", "", one_of=("", "exponential", "fixed")),
        headers=table.strings("headers"),
        reasons=table.strings("reasons"),
        no_retry_header=table.text("no_retry_header", ""),
        final=table.texts("final"),
        note=table.text("note", ""),
        source=table.text("source", ""),
    )
    table.finish()
    return policy

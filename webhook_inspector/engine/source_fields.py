"""The keys of a source as people edit them: one entry a key, with its words and how a typed text becomes its value."""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from webhook_inspector.config.editing import Value
from webhook_inspector.config.model import RetentionConfig, SourceConfig
from webhook_inspector.config.secrets import is_literal, masked
from webhook_inspector.core.response_spec import FORM
from webhook_inspector.errors import UsageError


def _plain(text: str) -> Value:
    return text


def _several(text: str) -> Value:
    """References between spaces or commas; what is none of them is one secret, whatever it holds."""
    words = text.replace(",", " ").split()
    return [text] if any(is_literal(word) for word in words) else words


def _one_or_several(text: str) -> Value:
    """`auto`, `off`, or names."""
    words = text.replace(",", " ").split()
    return words[0] if len(words) == 1 and words[0] in {"auto", "off"} else words


def _pairs(text: str) -> dict[str, str]:
    """`name=value`, between spaces."""
    try:
        words = shlex.split(text)
    except ValueError:
        raise UsageError("holds a quote that is not closed: close it.") from None
    pairs = [word.partition("=") for word in words]
    if not all(name and equals for name, equals, _ in pairs):
        raise UsageError("must be name=value, for example webhook_id=1JE42; several with spaces between.")
    return {name: value for name, _, value in pairs}


def _named(text: str) -> Value:
    return _pairs(text)


def _reference(text: str) -> Value:
    """Where a secret is to be found, never the secret."""
    if is_literal(text):
        raise UsageError("must be env:NAME, keyring:NAME or file:PATH; `secrets set NAME` keeps user:password.")
    return text


def _words(text: str) -> Value:
    return text.replace(",", " ").split()


def _numbers(text: str) -> Value:
    """`name=value`, between spaces; values that are whole numbers become numbers."""
    return {name: int(value) if value.isdecimal() else value for name, value in _pairs(text).items()}


def _limits(retention: RetentionConfig) -> str:
    limits = dataclasses.asdict(retention)
    return " ".join(f"{name}={value}" for name, value in limits.items() if value is not None)


@dataclass(frozen=True, slots=True)
class SourceField:
    """One key of a source.

    Args:
        key: In the file, and on the command line.
        about: What it is for, in a line.
        example: A value.
        words: What a source has, as it may be shown; empty when nothing.
        choices: Values that can be stepped through; empty: any text.
        read: A typed text that is not empty as a value; raises UsageError.
    """

    key: str
    about: str
    example: str
    words: Callable[[SourceConfig], str]
    choices: tuple[str, ...] = ()
    read: Callable[[str], Value] = _plain


FIELDS: tuple[SourceField, ...] = (
    SourceField("path", "requests to this path and below it", "/stripe", lambda source: source.path),
    SourceField("provider", "whose webhooks come here; without, seen from each", "stripe", lambda s: s.provider or ""),
    SourceField(
        "secrets",
        "signing secrets, any may match: a secret to keep, or env:NAME, keyring:NAME, file:PATH",
        "env:STRIPE_WEBHOOK_SECRET",
        lambda source: ", ".join(masked(secret) for secret in source.secrets),
        read=_several,
    ),
    SourceField(
        "public_url",
        "its address as the sender knows it, for providers that sign it",
        "https://example.ngrok.app/stripe",
        lambda source: source.public_url or "",
    ),
    SourceField(
        "params",
        "values that some providers need beside the secret",
        "webhook_id=1JE4291016473214C",
        lambda source: shlex.join(f"{name}={value}" for name, value in source.params.items()),
        read=_named,
    ),
    SourceField(
        "forward",
        "where each delivery is sent on to",
        "http://127.0.0.1:3000/hooks",
        lambda source: source.forward or "",
    ),
    SourceField("respond", FORM, "503 first 3", lambda source: source.respond or ""),
    SourceField(
        "ack",
        "async: answered once it is kept; sync: with your app's answer",
        "async",
        lambda source: source.ack or "",
        choices=("", "async", "sync"),
    ),
    SourceField(
        "handshake",
        "endpoint checks that are answered: auto, off, or names",
        "auto",
        lambda source: "" if source.handshake == ("auto",) else ", ".join(source.handshake),
        choices=("", "off"),
        read=_one_or_several,
    ),
    SourceField(
        "allow_ips",
        "addresses that may send to it; others get 403",
        "127.0.0.1 10.0.0.0/8",
        lambda source: ", ".join(source.allow_ips),
        read=_words,
    ),
    SourceField(
        "basic_auth",
        "user:password that senders must give: env:NAME, keyring:NAME or file:PATH",
        "env:SHOP_SENDER",
        lambda source: "" if source.basic_auth is None else masked(source.basic_auth),
        read=_reference,
    ),
    SourceField(
        "retention",
        "what of it is kept, in place of the log's limits",
        "days=30 max_deliveries=10000",
        lambda source: _limits(source.retention),
        read=_numbers,
    ),
)
"""In the order in which they are shown."""
BY_KEY: Mapping[str, SourceField] = MappingProxyType({field.key: field for field in FIELDS})


def value_of(key: str, text: str) -> Value | None:
    """A typed text as the value of a key; None, which takes the key out, when there is nothing in it.

    Raises:
        UsageError: It cannot be read; the message names the key.
    """
    if not text.strip():
        return None
    try:
        return BY_KEY[key].read(text.strip())
    except UsageError as error:
        raise UsageError(f"{key} {error.message}") from None

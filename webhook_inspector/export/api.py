"""What an export format is, and the one way out: redact, render, look again, refuse when a secret is left."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Protocol
from urllib.parse import urlsplit

from webhook_inspector.core.delivery import Record
from webhook_inspector.core.display import show
from webhook_inspector.core.registry import discover
from webhook_inspector.core.secret import Secret
from webhook_inspector.errors import InputError, UsageError
from webhook_inspector.export.names import file_name, module_name
from webhook_inspector.redaction.originals import left_over
from webhook_inspector.redaction.pseudonyms import Pseudonyms
from webhook_inspector.redaction.redact import leaks, redact

DEFAULT_TARGET = "http://localhost:3000"


@dataclass(frozen=True, slots=True)
class ExportContext:
    """What the formats need to know besides the records."""

    target: str = DEFAULT_TARGET
    """Where a runnable export sends to: scheme, host and port; a path in it replaces the captured one."""
    redacted: bool = False
    """Whether the records went through redaction."""
    masked: tuple[tuple[str, ...], ...] = ()
    """What redaction replaced, for each record in order; empty when nothing was redacted."""
    test_secrets: tuple[str | None, ...] = ()
    """The published secret that each record is signed with, in order; None: it is not."""

    def masked_of(self, index: int) -> tuple[str, ...]:
        """What was masked in one record."""
        return self.masked[index] if index < len(self.masked) else ()

    def test_secret_of(self, index: int) -> str | None:
        """The published secret that one record is signed with."""
        return self.test_secrets[index] if index < len(self.test_secrets) else None


@dataclass(frozen=True, slots=True)
class Privacy:
    """What redaction goes by."""

    headers: tuple[str, ...] = ()
    """Further headers to replace, by name."""
    paths: tuple[str, ...] = ()
    """Further JSON paths to replace."""
    secrets: tuple[Secret, ...] = ()
    """Known secrets, replaced wherever they appear."""
    pseudonyms: Pseudonyms | None = None
    """Stand in the place of everything that may be about somebody; None: only what is secret is masked."""


class ExportFormat(Protocol):
    """One format. Its file exposes an instance as `FORMAT`."""

    name: str
    """As in `--as`."""
    suffix: str
    """Of a file name, with the dot."""
    help: str
    """One line."""

    def render(self, records: Sequence[Record], context: ExportContext) -> bytes:
        """The file's bytes: the same for the same records and context. Does not redact."""


def name_of_file(entry: ExportFormat, text: str) -> str:
    """A name for a new file of a format.

    Args:
        entry: The format.
        text: What the file is about, for example an event type; anything at all.
    """
    if entry.suffix == ".py":
        return module_name(text, "test_" if entry.name == "pytest" else "")
    return file_name(text, entry.suffix)


@cache
def formats() -> Mapping[str, ExportFormat]:
    """All formats by name."""
    found: dict[str, ExportFormat] = discover(importlib.import_module("webhook_inspector.export.formats"), "FORMAT")
    return {entry.name: entry for entry in found.values()}


def find_format(name: str) -> ExportFormat:
    """The format of a name.

    Raises:
        UsageError: There is none.
    """
    entry = formats().get(name)
    if entry is None:
        raise UsageError(f"There is no export format {show(name, 40)!r}; the formats are {', '.join(formats())}.")
    return entry


def export_records(
    records: Sequence[Record],
    name: str,
    *,
    target: str = DEFAULT_TARGET,
    redacted: bool = True,
    privacy: Privacy | None = None,
    restate: Callable[[Record], Record] = lambda record: record,
    sign: Callable[[Record], tuple[Record, str | None]] | None = None,
) -> bytes:
    """Write records in a format, redacted unless told otherwise.

    Args:
        records: What to write, in order.
        name: Of the format.
        target: Where a runnable export sends to.
        redacted: Whether anything is replaced before it leaves.
        privacy: What redaction goes by; None: what is secret by its name is masked.
        restate: Derives the facts of a redacted record anew: they must not tell what was replaced.
        sign: Signs a record again, after redaction; the secret is given too when it is published.

    Raises:
        UsageError: No such format, or nothing to write.
        InputError: A known secret or a replaced value would still be in the file; nothing is returned.
    """
    entry = find_format(name)
    if not records:
        raise UsageError("There is nothing to export; choose at least one delivery.")
    context = ExportContext(target=_checked(target), redacted=redacted)
    privacy = privacy or Privacy()
    if redacted:
        cleaned = [cleaned_record(record, privacy) for record in records]
        records = [restate(record) for record, _ in cleaned]
        context = replace(context, masked=tuple(what for _, what in cleaned))
    if sign is not None:
        signed = [sign(record) for record in records]
        records = [record for record, _ in signed]
        context = replace(context, test_secrets=tuple(secret for _, secret in signed))
    data = entry.render(records, context)
    if redacted:
        _look_again(data, privacy)
    return data


def cleaned_record(record: Record, privacy: Privacy) -> tuple[Record, tuple[str, ...]]:
    """A record without what must not leave, and what was replaced."""
    style = privacy.pseudonyms
    request, what = redact(
        record.delivery.request,
        extra_headers=privacy.headers,
        extra_paths=privacy.paths,
        secrets=privacy.secrets,
        style=style,
    )
    moment = record.delivery.received_ns
    delivery = replace(record.delivery, request=request, received_ns=style.moments.ns(moment) if style else moment)
    return replace(record, delivery=delivery), what


def _look_again(data: bytes, privacy: Privacy) -> None:
    """Refuse bytes that still hold what was to be replaced.

    Raises:
        InputError: They do.
    """
    left = leaks(data, privacy.secrets)
    if not left and privacy.pseudonyms is not None:
        style = privacy.pseudonyms
        left = ["a value that was replaced"] * bool(left_over(data, style.originals(), style.kept))
    if left:
        raise InputError(
            f"Not exported: {left[0]} would still be in the file; choose other deliveries, add the place to "
            "redact.paths, or pass --no-redact to export it on purpose."
        )


def _checked(target: str) -> str:
    """A target that can stand in a command; whether it may be sent to is asked when it is sent to."""
    try:
        parts = urlsplit(target)
        _ = parts.port
    except ValueError:
        parts = urlsplit("")
    plain = target.isascii() and target.isprintable() and " " not in target
    if parts.scheme not in {"http", "https"} or not parts.hostname or not plain:
        raise UsageError(f"{show(target, 80)} is not a target; use for example {DEFAULT_TARGET}.")
    return target

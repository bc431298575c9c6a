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
    """What redaction masked, for each record in order; empty when nothing was redacted."""

    def masked_of(self, index: int) -> tuple[str, ...]:
        """What was masked in one record."""
        return self.masked[index] if index < len(self.masked) else ()


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
    extra_headers: Sequence[str] = (),
    extra_paths: Sequence[str] = (),
    secrets: Sequence[Secret] = (),
    sign: Callable[[Record], Record] | None = None,
) -> bytes:
    """Write records in a format, redacted unless told otherwise.

    Args:
        records: What to write, in order.
        name: Of the format.
        target: Where a runnable export sends to.
        redacted: Whether secrets are masked.
        extra_headers: Further headers to mask, by name.
        extra_paths: Further JSON paths to mask.
        secrets: Known secrets, masked wherever they appear.
        sign: Signs a record again, after masking.

    Raises:
        UsageError: No such format, or nothing to write.
        InputError: A known secret would still be in the file after redaction; nothing is returned.
    """
    entry = find_format(name)
    if not records:
        raise UsageError("There is nothing to export; choose at least one delivery.")
    context = ExportContext(target=_checked(target), redacted=redacted)
    if redacted:
        clean: list[Record] = []
        masked: list[tuple[str, ...]] = []
        for record in records:
            request, what = redact(
                record.delivery.request, extra_headers=extra_headers, extra_paths=extra_paths, secrets=secrets
            )
            clean.append(replace(record, delivery=replace(record.delivery, request=request)))
            masked.append(what)
        records, context = clean, replace(context, masked=tuple(masked))
    if sign is not None:
        records = [sign(record) for record in records]
    data = entry.render(records, context)
    if redacted:
        left = leaks(data, secrets)
        if left:
            raise InputError(
                f"Not exported: {left[0]} would still be in the file; choose other deliveries, add the place to "
                "redact.paths, or pass --no-redact to export it on purpose."
            )
    return data


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

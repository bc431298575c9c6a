"""Exports and imports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from webhook_inspector.config.model import Config
from webhook_inspector.core.clock import Clock
from webhook_inspector.core.delivery import Record
from webhook_inspector.engine.signer import CAPTURED, Signer
from webhook_inspector.engine.sources import Sources
from webhook_inspector.errors import InputError, UsageError
from webhook_inspector.export.api import DEFAULT_TARGET, export_records
from webhook_inspector.export.importing import import_bytes
from webhook_inspector.store.log import Log

MAX_IMPORT_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import put into the log."""

    ids: tuple[int, ...]
    skipped: tuple[str, ...]
    """One sentence for each entry that was left out."""


class Exchange:
    """Turns deliveries into files and files into deliveries."""

    def __init__(self, config: Config, log: Log, clock: Clock, signer: Signer) -> None:
        self._config = config
        self._log = log
        self._clock = clock
        self._signer = signer

    def export(
        self,
        records: Sequence[Record],
        name: str,
        sources: Sources,
        *,
        target: str | None,
        redact: bool,
        sign: str,
        test_key: bool,
    ) -> bytes:
        """See `Inspector.export`."""

        def signed(record: Record) -> Record:
            made = self._signer.signed(record, sign, url=target, test_key=test_key)
            if made.kept_because is not None:
                raise UsageError(f"Delivery {record.delivery.id} cannot be signed again: {made.kept_because}.")
            return replace(record, delivery=replace(record.delivery, request=made.request))

        secrets = [secret for source in self._config.sources for secret in sources.secrets_of(source.name)]
        return export_records(
            records,
            name,
            target=target or DEFAULT_TARGET,
            redacted=redact,
            extra_headers=self._config.redact.headers,
            extra_paths=self._config.redact.paths,
            secrets=secrets,
            sign=None if sign == CAPTURED else signed,
        )

    def import_file(self, path: Path) -> ImportReport:
        """See `Inspector.import_file`."""
        try:
            size = path.stat().st_size
            if size > MAX_IMPORT_BYTES:
                raise InputError(f"{path} holds {size} bytes; at most {MAX_IMPORT_BYTES} are read at once.")
            data = path.read_bytes()
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error.strerror or error}.") from None
        result = import_bytes(data, str(path), self._clock.wall_ns())
        ids = self._log.append(result.deliveries)
        return ImportReport(tuple(ids), result.skipped)

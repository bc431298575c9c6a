"""Exports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from webhook_inspector.config.model import Config
from webhook_inspector.core.delivery import Record
from webhook_inspector.engine.signer import CAPTURED, Signer
from webhook_inspector.engine.sources import Sources
from webhook_inspector.errors import UsageError
from webhook_inspector.export.api import DEFAULT_TARGET, export_records


class Exchange:
    """Turns deliveries into files."""

    def __init__(self, config: Config, signer: Signer) -> None:
        self._config = config
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

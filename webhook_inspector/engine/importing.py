"""Imports: files into the log. What is imported is analysed like any other delivery, and never sent on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from webhook_inspector.config.model import Config
from webhook_inspector.core.clock import Clock
from webhook_inspector.core.delivery import Delivery
from webhook_inspector.core.display import show
from webhook_inspector.engine.sources import DEFAULT_SOURCE, Sources
from webhook_inspector.errors import InputError, UsageError
from webhook_inspector.events import detect, extract
from webhook_inspector.export.importing import MAX_SKIPPED, Importer, ImportFile, find_importer
from webhook_inspector.store.log import Log

MAX_IMPORT_BYTES = 512 * 1024 * 1024
_AT_ONCE, _BYTES_AT_ONCE = 1000, 64 * 1024 * 1024
"""Deliveries, and bytes of their bodies, that are handed to the log at a time: its queue is bounded."""
_HEAD = 262_144


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How a file is read."""

    kind: str | None = None
    """Name of the importer; None: the one that recognises the file."""
    source: str | None = None
    """The configured source that all of it is put under; None: as the file says."""
    skip_known: bool = False
    """Whether events that the log holds already are left out."""
    given: tuple[Path, ...] = ()
    """Files that the user named as well: a file that is no whole without one of them gets it."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import put into the log."""

    ids: tuple[int, ...]
    skipped: tuple[str, ...]
    """One sentence for each entry that was left out."""
    notes: tuple[str, ...] = ()
    """What is not as it was sent, one sentence each."""
    known: int = 0
    """How many of those left out were in the log already."""


class Importing:
    """Turns files into deliveries of the log.

    Args:
        config: Names the providers.
        log: Where deliveries go.
        clock: Gives the time of entries that have none.
        sources: The configured ones.
    """

    def __init__(self, config: Config, log: Log, clock: Clock, sources: Sources) -> None:
        self._providers = config.providers
        self._log = log
        self._clock = clock
        self._sources = sources

    def file(self, path: Path, options: ImportOptions | None) -> ImportReport:
        """See `Inspector.import_file`."""
        return self._take(read_import(path), str(path), options or ImportOptions(), path.parent)

    def data(self, data: bytes, where: str, options: ImportOptions | None) -> ImportReport:
        """See `Inspector.import_data`."""
        return self._take(data, where, options or ImportOptions(), None)

    def parts(self, paths: Sequence[Path], kind: str | None) -> frozenset[Path]:
        """See `Inspector.import_parts`."""
        found: set[Path] = set()
        for path in paths:
            try:
                with path.open("rb") as file:
                    head = file.read(_HEAD)
                importer = find_importer(head, str(path), kind)
            except (OSError, InputError):
                continue  # told when its turn comes
            found.update(_beside(importer.needs(head), paths, path.parent))
        return frozenset(found)

    def _take(self, data: bytes, where: str, options: ImportOptions, folder: Path | None) -> ImportReport:
        if options.source is not None and self._sources.get(options.source) is None:
            names = ", ".join(source.name for source in self._sources.all()) or "none is configured"
            raise UsageError(f"There is no source {show(options.source, 40)!r}; the sources are: {names}.")
        importer = find_importer(data, where, options.kind)
        beside = {path.name: read_import(path) for path in _beside(importer.needs(data), options.given, folder)}
        result = importer.parse(ImportFile(data, where, self._clock.wall_ns(), beside))
        source = options.source or self._source_of(importer)
        deliveries: Sequence[Delivery] = result.deliveries
        if source is not None:
            deliveries = [replace(delivery, source=source) for delivery in deliveries]
        skipped = list(result.skipped)
        known: list[str] = []
        if options.skip_known:
            deliveries, known = self._unknown(deliveries)
            skipped += known[:MAX_SKIPPED]
            if len(known) > MAX_SKIPPED:
                skipped.append(f"{len(known) - MAX_SKIPPED} more are in the log already.")
        ids: list[int] = []
        for batch in _batches(deliveries):
            ids += self._log.append(batch)
        return ImportReport(tuple(ids), tuple(skipped), result.notes, len(known))

    def _source_of(self, importer: Importer) -> str | None:
        """The configured source of an importer's provider, where there is exactly one."""
        if importer.provider is None:
            return None
        names = [source.name for source in self._sources.all() if source.provider == importer.provider]
        return names[0] if len(names) == 1 else None

    def _unknown(self, deliveries: Sequence[Delivery]) -> tuple[list[Delivery], list[str]]:
        """The deliveries whose events the log does not hold, and a sentence for each of the others."""
        new: list[Delivery] = []
        known: list[str] = []
        for delivery in deliveries:
            name = delivery.provider_hint or self._provider_of(delivery)
            provider = self._providers.get(name) if name else None
            event = extract(delivery.request, provider)
            number = self._log.delivery_of_event(name, event.id) if event.id is not None else None
            if number is None:
                new.append(delivery)
            else:
                known.append(f"Event {show(event.id or '', 80)} was skipped: it is in the log as delivery {number}.")
        return new, known

    def _provider_of(self, delivery: Delivery) -> str | None:
        named = None if delivery.source == DEFAULT_SOURCE else self._sources.provider_of(delivery.source)
        return named or detect(delivery.request, self._providers)


def _batches(deliveries: Sequence[Delivery]) -> Iterator[list[Delivery]]:
    batch: list[Delivery] = []
    room = _BYTES_AT_ONCE
    for delivery in deliveries:
        size = len(delivery.request.body)
        if batch and (len(batch) >= _AT_ONCE or size > room):
            yield batch
            batch, room = [], _BYTES_AT_ONCE
        batch.append(delivery)
        room -= size
    if batch:
        yield batch


def read_import(path: Path) -> bytes:
    """The bytes of a file to import.

    Raises:
        InputError: It cannot be read, or is too large.
    """
    try:
        size = path.stat().st_size
        if size > MAX_IMPORT_BYTES:
            raise InputError(f"{path} holds {size} bytes; at most {MAX_IMPORT_BYTES} are read at once.")
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}.") from None


def _beside(names: Sequence[str], given: Sequence[Path], folder: Path | None) -> tuple[Path, ...]:
    """Those of the given files that stand in the same folder under one of the names."""
    return tuple(path for path in given if path.name in names and path.parent == folder)

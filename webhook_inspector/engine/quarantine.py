"""Deliveries that break a pin of the user's: marked, kept and sent on as any other, accepted by widening the pin."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from webhook_inspector.config.model import Config
from webhook_inspector.core.delivery import Delivery
from webhook_inspector.core.display import show
from webhook_inspector.errors import InputError, UsageError
from webhook_inspector.events.kinds import kinds_of

if TYPE_CHECKING:
    from webhook_inspector.shapes.schema import Checker, Pin, Violation

FOLDER = "webhook-shapes"
"""Folder of pins, beside the configuration."""
MAX_PIN_BYTES = 16 * 1024 * 1024


class Quarantine:
    """The pins of a folder, read again when one of them changes. Loads no validator while there are none.

    Args:
        config: Names the folder and the providers.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._providers = config.providers
        self._stamp: tuple[tuple[str, int], ...] = ()
        self._pins: dict[str, tuple[Path, Pin, Checker]] = {}
        self.problems: list[str] = []
        """Pins that cannot be used, one sentence each."""

    def violations(self, delivery: Delivery, provider: str | None, event_type: str | None) -> list[Violation]:
        """How a delivery breaks the pin of its event type, what only tags it included; empty without a pin."""
        pins = self._current()
        if not pins or delivery.refused is not None:
            return []
        found: dict[tuple[str, str], Violation] = {}
        for kind, document in kinds_of(delivery.request, self._providers.get(provider or ""), event_type):
            pinned = pins.get(kind.event_type)
            if pinned is not None:
                for one in pinned[2].violations(document):
                    found.setdefault((one.keyword, one.path), one)
        return list(found.values())

    def breaks(self, delivery: Delivery, provider: str | None, event_type: str | None) -> bool:
        """Whether a delivery is to be marked."""
        return any(one.breaking for one in self.violations(delivery, provider, event_type))

    def accept(self, delivery: Delivery, provider: str | None, event_type: str | None) -> list[Path]:
        """Widen the pins that a delivery breaks, so that payloads like it fit; the files that were written.

        Raises:
            UsageError: It breaks none.
        """
        from webhook_inspector.shapes.schema import dump_pin  # noqa: PLC0415 (loads the validator)
        from webhook_inspector.shapes.summary import add, settled  # noqa: PLC0415

        written: list[Path] = []
        pins = self._current()
        for kind, document in kinds_of(delivery.request, self._providers.get(provider or ""), event_type):
            pinned = pins.get(kind.event_type)
            if pinned is None or not pinned[2].violations(document):
                continue
            path, pin, _ = pinned
            if pin.summary is not None:
                add(pin.summary, document, delivery.id)
                path.write_bytes(dump_pin(pin.event_type, settled(pin.summary)))
                written.append(path)
        if not written:
            raise UsageError(f"Delivery {delivery.id} breaks no pin in {FOLDER}.")
        self._stamp = ()
        return written

    def _current(self) -> dict[str, tuple[Path, Pin, Checker]]:
        try:
            files = sorted((self._config.base / FOLDER).glob("*.json"))
            stamp = tuple((file.name, file.stat().st_mtime_ns) for file in files)
        except OSError:
            return {}
        if stamp != self._stamp:
            self._pins, self.problems = self._read(files) if files else ({}, [])
            self._stamp = stamp
        return self._pins

    def _read(self, files: list[Path]) -> tuple[dict[str, tuple[Path, Pin, Any]], list[str]]:
        from webhook_inspector.shapes.schema import Checker, load_pin  # noqa: PLC0415 (loads the validator)

        pins: dict[str, tuple[Path, Pin, Any]] = {}
        problems = []
        for file in files:
            try:
                if file.stat().st_size > MAX_PIN_BYTES:
                    raise InputError(f"{show(file.name, 100)} is too large for a pin.")
                pin = load_pin(file.read_bytes(), file.name)
                pins[pin.event_type] = file, pin, Checker(pin.schema, file.name)
            except (OSError, InputError) as error:
                problems.append(error.message if isinstance(error, InputError) else f"{show(file.name, 100)}: {error}")
        return pins, problems

"""What a test wants to send: a file of deliveries, deliveries at hand, or a filter over what arrived."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from webhook_inspector.core.display import show
from webhook_inspector.core.jsondoc import JsonInvalidError, load_json
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.engine.scenarios import is_scenario, read_plan_file
from webhook_inspector.errors import InputError, UsageError
from webhook_inspector.pytest_plugin.delivery import WebhookDelivery
from webhook_inspector.pytest_plugin.matrix import SUFFIXES
from webhook_inspector.pytest_plugin.running import Running
from webhook_inspector.replay import planfile
from webhook_inspector.replay.plan import Plan

What = str | Path | WebhookDelivery | Iterable[WebhookDelivery]
"""A fixture or scenario file, a filter over what arrived, one delivery, or several."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Deliveries of one log."""

    inspector: Inspector
    ids: tuple[int, ...]
    numbers: tuple[int, ...]
    """What plans call them, in the same order: the numbers that a fixture gives, else their places from 1."""
    plan: Plan | None = None
    """The plan that a scenario brings with it."""


class Chooser:
    """Finds what is meant.

    Args:
        running: The engines.
        places: Folders where relative names are looked for.
    """

    def __init__(self, running: Running, places: Sequence[Path]) -> None:
        self._running = running
        self._places = places
        self._imported: dict[tuple[Path, int], Chosen] = {}

    def find(self, name: str | Path) -> Path:
        """A file or folder that a test names.

        Raises:
            InputError: It is nowhere.
        """
        found = self._there(name)
        if found is None:
            looked = ", ".join(dict.fromkeys(str(place / name) for place in self._places))
            raise InputError(f"There is no {show(looked, 300)}: name a file beside the test or from the root folder.")
        return found

    def choose(self, what: What) -> Chosen:
        """The deliveries that are meant.

        Raises:
            InputError: The file is not there or cannot be read.
            UsageError: The filter cannot be read or matches nothing, or the deliveries are of several logs.
        """
        if isinstance(what, WebhookDelivery):
            return self._at_hand([what])
        if isinstance(what, Path):
            return self.choose_file(self.find(what))
        if isinstance(what, str):
            path = self._there(what)
            if path is not None and path.is_file():
                return self.choose_file(path)
            if Path(what).suffix in SUFFIXES and " " not in what:
                return self.choose_file(self.find(what))
            return self._arrived(what)
        return self._at_hand(list(what))

    def choose_file(self, path: Path) -> Chosen:
        """All deliveries of a file, put into the log of what is sent when they are first asked for.

        Raises:
            InputError: It cannot be read as a whole.
        """
        if path.is_dir():
            raise InputError(
                f"{show(str(path), 200)} is a folder: the marker webhook_fixtures runs a test over its files."
            )
        key = path.resolve(), path.stat().st_mtime_ns
        if key not in self._imported and is_scenario(read_plan_file(path)):
            plan = self._running.sending.open_plan(path)
            ids = tuple(item.delivery_id for item in plan.items)
            self._imported[key] = Chosen(self._running.sending, ids, ids, plan)
        elif key not in self._imported:
            report = self._running.sending.import_file(path)
            if report.skipped:
                raise InputError(f"{show(str(path), 200)}: {report.skipped[0]}")
            self._imported[key] = Chosen(self._running.sending, report.ids, _numbers(path, len(report.ids)))
        return self._imported[key]

    def plan(self, source: str | Path | Plan, chosen: Chosen) -> Plan:
        """A plan whose deliveries are those that were chosen.

        Raises:
            InputError: It cannot be read.
            UsageError: It names other deliveries.
        """
        plan = source
        if not isinstance(plan, Plan):
            path = self.find(plan)
            try:
                plan = planfile.load(path.read_bytes(), path.name)
            except OSError as error:
                raise InputError(f"{show(str(path), 200)} cannot be read ({error.strerror}).") from None
        known = dict(zip(chosen.numbers, chosen.ids, strict=True))
        wanted = [item.delivery_id for item in plan.items]
        missing = [number for number in wanted if number not in known]
        if missing:
            have = ", ".join(f"#{number}" for number in chosen.numbers[:10])
            raise UsageError(f"The plan names delivery #{missing[0]}, and there are {have}: give the fixture it is of.")
        return replace(
            plan,
            items=tuple(replace(item, delivery_id=known[item.delivery_id]) for item in plan.items),
            attempts=tuple(replace(one, delivery_id=known[one.delivery_id]) for one in plan.attempts),
        )

    def _there(self, name: str | Path) -> Path | None:
        try:
            return next((place / name for place in self._places if (place / name).exists()), None)
        except (OSError, ValueError):  # a filter need not be a possible name
            return None

    def _arrived(self, query: str) -> Chosen:
        inbox = self._running.inbox
        ids = tuple(record.delivery.id for record in inbox.records(query))
        if not ids:
            raise UsageError(
                f"No delivery that arrived matches {show(query, 200)!r}, and it is no file beside the test or in the "
                "root folder."
            )
        return Chosen(inbox.inspector, ids, ids)

    def _at_hand(self, deliveries: list[WebhookDelivery]) -> Chosen:
        if not deliveries:
            raise UsageError("There is nothing to send: the list of deliveries is empty.")
        inspector = deliveries[0].inspector
        if any(one.inspector is not inspector for one in deliveries):
            raise UsageError("Deliveries that arrived and deliveries of a fixture cannot be sent together.")
        ids = tuple(dict.fromkeys(one.id for one in deliveries))
        return Chosen(inspector, ids, ids)


def _numbers(path: Path, count: int) -> tuple[int, ...]:
    """The numbers that a fixture file gives its deliveries; their places where it gives none, or one twice."""
    places = tuple(range(1, count + 1))
    try:
        document = load_json(path.read_bytes())
    except (OSError, JsonInvalidError):
        return places
    rows = document.get("deliveries") if isinstance(document, dict) else None
    if not isinstance(rows, list) or len(rows) != count:
        return places
    numbers = tuple(row.get("id") if isinstance(row, dict) else None for row in rows)
    usable = len(set(numbers)) == count and all(type(number) is int for number in numbers)
    return tuple(number for number in numbers if isinstance(number, int)) if usable else places

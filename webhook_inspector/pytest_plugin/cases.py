"""One case of a marked test: a fixture file in one order, with so many copies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from webhook_inspector.pytest_plugin.delivery import WebhookDelivery
from webhook_inspector.pytest_plugin.matrix import CAPTURED, Cell
from webhook_inspector.pytest_plugin.replayed import Replayed
from webhook_inspector.pytest_plugin.tester import WebhookInspector


class WebhookCase:
    """What the argument `webhook_case` is.

    Args:
        tester: Of the same test.
        cell: File, order, copies and seed.
    """

    def __init__(self, tester: WebhookInspector, cell: Cell) -> None:
        self._tester = tester
        self._cell = cell

    @property
    def path(self) -> Path:
        """The fixture file."""
        return self._cell.path

    @property
    def order(self) -> str:
        """As in the marker."""
        return self._cell.order

    @property
    def duplicates(self) -> int:
        """How many more copies of each delivery are sent."""
        return self._cell.duplicates

    @property
    def deliveries(self) -> list[WebhookDelivery]:
        """The deliveries of the file, in captured order."""
        return self._tester.load(self.path)

    def replay(self, *, to: str, **options: Any) -> Replayed:
        """Send the deliveries in the order and with the copies of this case; options as for `replay`."""
        return self._tester.replay(self.path, to=to, **self._with(options))

    async def replay_async(self, *, to: str, **options: Any) -> Replayed:
        """As `replay`, for a handler in the test's own event loop."""
        return await self._tester.replay_async(self.path, to=to, **self._with(options))

    def _with(self, options: dict[str, Any]) -> dict[str, Any]:
        order = None if self.order == CAPTURED else self.order
        return {"reorder": order, "times": 1 + self.duplicates, "seed": self._cell.seed} | options

    def __repr__(self) -> str:
        return f"<WebhookCase {self._cell.label}>"

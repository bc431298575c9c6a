"""The shapes of payloads, as one part of the facade."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from webhook_inspector.config.model import Config
from webhook_inspector.core.clock import Clock
from webhook_inspector.core.display import show
from webhook_inspector.engine import shape_views
from webhook_inspector.engine.shape_views import Change, DriftReport, Learned
from webhook_inspector.engine.shaping import learn
from webhook_inspector.errors import UsageError
from webhook_inspector.shapes.discriminator import Proposal, proposals
from webhook_inspector.shapes.drift import Rules
from webhook_inspector.shapes.summary import Summary, add, settled
from webhook_inspector.store.log import Log

if TYPE_CHECKING:
    from webhook_inspector.engine.shape_pins import PinReport
    from webhook_inspector.shapes.schema import Pin

_SAMPLES = 1000
USED, IGNORED = "used", "ignored"
"""What the user's code does with a path."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Structure:
    """One structure of an event type."""

    digest: str
    deliveries: int
    first_id: int
    last_id: int
    first_ns: int
    """Nanoseconds since the epoch, UTC."""
    last_ns: int
    counts: Mapping[int, int]
    """Deliveries by bucket of time."""


class Shapes:
    """Learned shapes, their drift, and what of it was accepted. Thread-safe; heavy calls belong in a worker."""

    def __init__(self, log: Log, config: Config, clock: Clock) -> None:
        providers = config.providers
        self._log = log
        self._settings = config.shapes
        self._providers = providers
        self._clock = clock

    def learn(self, progress: Progress = lambda _done, _all: None) -> int:
        """Learn from what is new; how many deliveries that were.

        Raises:
            StoreError: The log cannot be read or written.
        """
        return learn(self._log, self._providers, progress)

    def all(self) -> list[Learned]:
        """Every event type that was learned."""
        return shape_views.learned(self._log)

    def summary(self, event_type: str, variant: str | None = None) -> Summary:
        """All that was learned of an event type.

        Raises:
            UsageError: Nothing was.
        """
        if variant is None or event_type not in self._settings.variants:
            return shape_views.summary_of(self._log, event_type, variant)
        made = Summary()
        for record, kind, document in self._looker(Rules()).payloads(self._ids(event_type)):
            if (kind.event_type, kind.variant) == (event_type, variant):
                add(made, document, record.delivery.id)
        if not made.root.n:
            raise UsageError(f"No delivery of {show(event_type, 80)} has the variant {show(variant, 80)}.")
        return settled(made)

    def proposals(self, event_type: str) -> list[Proposal]:
        """Members that tell forms of an event type apart, by its newest deliveries; the best first.

        Raises:
            UsageError: There are no deliveries of it.
        """
        ids = self._ids(event_type)[-shape_views.MOST_SAMPLED :]
        looker = shape_views.Looker(self._log, self._providers, Rules())
        documents = [document for _, kind, document in looker.payloads(ids) if kind.event_type == event_type]
        if not documents:
            raise UsageError(f"No delivery of {show(event_type, 80)} has a structure: `shapes list` names event types.")
        return proposals(documents)

    def _looker(self, rules: Rules) -> shape_views.Looker:
        return shape_views.Looker(self._log, self._providers, rules, self._settings.variants)

    def _ids(self, event_type: str) -> list[int]:
        """Deliveries of an event type, oldest first."""
        ids = self._log.ids_of_type(event_type)
        if not ids:  # elements of batches have event types of their own
            for row in self._log.shapes({"event_type": event_type}):
                ids += self._log.ids_between(row.first_id - 1, row.last_id + 1, shape_views.MOST_DELIVERIES)
        return sorted(set(ids))

    def rules(self, used: Sequence[str] = (), ignored: Sequence[str] = ()) -> Rules:
        """The severities of the configuration, with further paths."""
        chosen = self._settings
        usual = Rules()
        return Rules(
            enum_added=chosen.enum_added or usual.enum_added,
            became_optional=chosen.became_optional or usual.became_optional,
            format_changed=chosen.format_changed or usual.format_changed,
            used=frozenset((*chosen.used, *used)),
            ignored=frozenset((*chosen.ignored, *ignored)),
        )

    def drift(
        self, event_type: str, rules: Rules | None = None, progress: Progress = lambda _d, _a: None
    ) -> DriftReport:
        """What changed of an event type, where the most changed at once; without what was acknowledged.

        Raises:
            UsageError: There are too few deliveries.
        """
        return self._looker(self._decided(event_type, rules)).over_time(event_type, self._ids(event_type), progress)

    def between(self, before: Sequence[int], after: Sequence[int], rules: Rules | None = None) -> DriftReport:
        """What changed between two sets of deliveries.

        Raises:
            UsageError: One of them is empty.
        """
        return self._looker(rules or self.rules()).between(before, after)

    def check(self, ids: Sequence[int], pins: Sequence[Pin], every: Pin | None = None) -> PinReport:
        """Hold deliveries against the pins of their event types.

        Args:
            ids: Which.
            pins: Of any event types.
            every: Holds for all payloads, whatever their event type.

        Raises:
            InputError: A pin's schema is not valid.
        """
        from webhook_inspector.engine import shape_pins  # noqa: PLC0415 (only a check pays for the validator)

        return shape_pins.check(self._log, self._providers, ids, pins, every)

    def structures(self, event_type: str, buckets: int) -> list[Structure]:
        """The structures that an event type had over time, by first delivery."""
        return [Structure(*row) for row in self._log.structures(event_type, buckets)]

    def between_structures(self, event_type: str, before: str, after: str) -> DriftReport:
        """What tells two structures of an event type apart, by their newest deliveries.

        Raises:
            UsageError: One of them is gone.
        """
        old, new = (self._log.ids_of_structure(event_type, digest, _SAMPLES) for digest in (before, after))
        return self._looker(self._decided(event_type)).between(old, new)

    def _decided(self, event_type: str, rules: Rules | None = None) -> Rules:
        """Rules with what was decided about an event type."""
        rules = rules or self.rules()
        known = self._log.acknowledged(event_type)
        used, ignored = ({path for kind, path in known if kind == role} for role in (USED, IGNORED))
        return replace(rules, acknowledged=known, used=rules.used | used, ignored=rules.ignored | ignored)

    def role(self, event_type: str, path: str) -> str:
        """What was decided about a path of an event type: `USED`, `IGNORED` or nothing (empty)."""
        known = self._log.acknowledged(event_type)
        return next((role for role in (USED, IGNORED) if (role, path) in known), "")

    def set_role(self, event_type: str, path: str, role: str) -> None:
        """Decide that the user's code reads a path (`USED`), does not (`IGNORED`), or take that back (empty).

        Raises:
            StoreError: It could not be kept.
        """
        self._log.forget_acknowledged(event_type, [(USED, path), (IGNORED, path)])
        if role:
            self._log.acknowledge(event_type, [(role, path)], self._clock.wall_ns())

    def acknowledge(self, changes: Sequence[Change]) -> int:
        """Accept changes, so that they are not reported again; how many that are."""
        by_type: dict[str, list[tuple[str, str]]] = {}
        for change in changes:
            by_type.setdefault(change.event_type, []).append((change.drift.kind, change.drift.path))
        for event_type, accepted in by_type.items():
            self._log.acknowledge(event_type, accepted, self._clock.wall_ns())
        return len(changes)

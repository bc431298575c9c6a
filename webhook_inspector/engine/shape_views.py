"""Learned shapes and their drift, as front ends ask for them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import log10
from typing import Any

from webhook_inspector.core.delivery import Record
from webhook_inspector.core.display import show
from webhook_inspector.engine.shaping import summarised
from webhook_inspector.errors import UsageError
from webhook_inspector.events.kinds import Kind, kinds_of
from webhook_inspector.providers.model import Provider
from webhook_inspector.shapes.drift import (
    CONFIRMED,
    WATCH,
    Drift,
    Payload,
    Rolling,
    Rules,
    compare,
    rolling,
    with_aliases,
)
from webhook_inspector.shapes.summary import Summary, load, merge, merged, places, settled
from webhook_inspector.store.log import Log

MOST_DELIVERIES = 20_000
"""The newest so many of an event type are looked at to find out when it changed."""
MOST_CUTS = 24
MOST_SAMPLED = 2_000
"""The newest so many are looked at one by one: for changes that roll out, and what tells forms apart."""
_READ_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Learned:
    """One event type of a source, as far as it was learned."""

    source: str
    event_type: str
    payloads: int
    variants: tuple[str, ...]
    versions: tuple[str, ...]
    positions: int
    """Paths of the summary."""
    first_id: int
    last_id: int
    days: int


@dataclass(frozen=True, slots=True)
class Change:
    """One change of an event type."""

    event_type: str
    variant: str
    drift: Drift
    version: str = ""
    """Of which version of the provider's payloads, or `old → new` between two; empty: versions play no part."""


@dataclass(frozen=True, slots=True)
class DriftReport:
    """What changed between two windows."""

    changes: tuple[Change, ...]
    before: int
    """Payloads of the earlier window."""
    after: int
    versions: tuple[str, str] = ("", "")
    """Versions that deliveries name in both windows, where they differ: likely the cause."""
    groups: tuple[str, ...] = ()
    """Sentences about changes of one cause that several event types share."""
    new_types: tuple[str, ...] = ()
    """Event types of the later window that the earlier one does not have."""
    rolling: tuple[Rolling, ...] = ()
    """Changes whose two forms came mixed for a while."""


def learned(log: Log) -> list[Learned]:
    """Every event type that was learned, by name."""
    groups: dict[tuple[str, str], list[int]] = {}
    rows = log.shapes()
    for index, row in enumerate(rows):
        groups.setdefault((row.key.event_type, row.key.source), []).append(index)
    result = []
    for (event_type, source), indexes in sorted(groups.items()):
        mine = [rows[index] for index in indexes]
        total = merged(load(row.data) for row in mine)
        result.append(
            Learned(
                source=source,
                event_type=event_type,
                payloads=sum(row.payloads for row in mine),
                variants=tuple(sorted({row.key.variant for row in mine} - {""})),
                versions=tuple(sorted({row.key.version for row in mine} - {""})),
                positions=sum(1 for _ in places(total.root)),
                first_id=min(row.first_id for row in mine),
                last_id=max(row.last_id for row in mine),
                days=len({row.key.day for row in mine}),
            )
        )
    return result


def summary_of(log: Log, event_type: str, variant: str | None = None) -> Summary:
    """All that was learned of an event type.

    Raises:
        UsageError: Nothing was.
    """
    rows = log.shapes({"event_type": event_type} | ({} if variant is None else {"variant": variant}))
    if not rows:
        known = sorted({row.key.event_type for row in log.shapes()})
        named = f"; known: {', '.join(known[:12])}{', ...' if len(known) > 12 else ''}" if known else ""
        raise UsageError(f"No shape of {show(event_type, 80)} was learned{named}.")
    return settled(merged(load(row.data) for row in rows))


Kinds = dict[tuple[str, str], Summary]
"""Summaries by event type and variant."""


@dataclass(slots=True)
class Part:
    """Some deliveries, summed up."""

    kinds: Kinds
    versions: set[str]
    payloads: int
    first: int
    """Number of the first delivery."""


class Looker:
    """Compares deliveries of a log.

    Args:
        rules: What the user decided about changes.
        variants: The user's own variants, see `kinds_of`.
    """

    def __init__(
        self, log: Log, providers: Mapping[str, Provider], rules: Rules, variants: Mapping[str, str] | None = None
    ) -> None:
        self._log = log
        self._providers = providers
        self._rules = rules
        self._variants = variants

    def between(self, before: Sequence[int], after: Sequence[int]) -> DriftReport:
        """What changed between two sets of deliveries.

        Raises:
            UsageError: One of them is empty.
        """
        if not before or not after:
            raise UsageError("Both windows need deliveries: choose other filters or times.")
        return self._report(list(self._parts(before).values()), list(self._parts(after).values()))

    def over_time(self, event_type: str, ids: Sequence[int], progress: Callable[[int, int], None]) -> DriftReport:
        """What changed of an event type: its deliveries are cut where the most changed at once.

        Cuts are tried where a structure was seen for the first time. Where deliveries name the version of their form,
        each version is an epoch: the newest is compared with the one before, and is then cut for itself.

        Raises:
            UsageError: There are fewer than two deliveries.
        """
        ids = list(ids)[-MOST_DELIVERIES:]
        if len(ids) < 2:
            raise UsageError(f"Drift of {show(event_type, 80)} needs two deliveries at least; there is {len(ids)}.")
        edges = [0, *_cuts(self._log.first_of_each_shape(event_type), ids), len(ids)]
        epochs: dict[str, list[Part]] = {}
        for start, end in pairwise(edges):
            for version, part in self._parts(ids[start:end], event_type).items():
                epochs.setdefault(version, []).append(part)
            progress(end, len(ids))
        if not epochs:
            raise UsageError(f"No delivery of {show(event_type, 80)} has a structure to compare.")
        if len(epochs) > 1:
            return self._across(epochs)
        parts = next(iter(epochs.values()))
        best = self._best_cut(parts)
        return self._looked_at(self._report(parts[:best], parts[best:]), ids)

    def _across(self, epochs: dict[str, list[Part]]) -> DriftReport:
        """The newest version against the one before, and what changed within the newest."""
        names = sorted(epochs, key=lambda name: epochs[name][0].first)
        before, after = names[-2:]
        report = self._report(epochs[before], epochs[after])
        label = f"{before or 'none'} → {after or 'none'}"
        changes = [replace(change, version=label) for change in report.changes]
        parts = epochs[after]
        if len(parts) > 1:
            best = self._best_cut(parts)
            inside = self._compared(parts[:best], parts[best:])
            changes += [replace(one, version=after or "none") for one in inside if one.drift.confidence == CONFIRMED]
        return replace(report, changes=tuple(changes))

    def _best_cut(self, parts: Sequence[Part]) -> int:
        if len(parts) < 2:
            return len(parts)
        return max(range(1, len(parts)), key=lambda cut: _score(self._compared(parts[:cut], parts[cut:])))

    def _looked_at(self, report: DriftReport, ids: Sequence[int]) -> DriftReport:
        """A report with what the newest deliveries say one by one: which changes roll out, which are aliases."""
        kinds: dict[tuple[str, str], list[Drift]] = {}
        for change in report.changes:
            kinds.setdefault((change.event_type, change.variant), []).append(change.drift)
        if all(change.drift.confidence != CONFIRMED for change in report.changes):
            return report
        payloads: dict[tuple[str, str], list[Payload]] = {kind: [] for kind in kinds}
        for record, kind, document in self.payloads(list(ids)[-MOST_SAMPLED:]):
            wanted = payloads.get((kind.event_type, kind.variant))
            if wanted is not None:
                wanted.append(Payload(record.delivery.id, document, {"source": record.delivery.source}))
        changes: list[Change] = []
        rolls: list[Rolling] = []
        for (event_type, variant), drifts in kinds.items():
            mine = payloads[event_type, variant]
            rolls += rolling([one for one in drifts if one.confidence == CONFIRMED], mine)
            found = with_aliases(drifts, [payload.document for payload in mine])
            changes += [Change(event_type, variant, one) for one in found]
        return replace(report, changes=tuple(changes), rolling=tuple(rolls))

    def payloads(self, ids: Sequence[int]) -> Iterator[tuple[Record, Kind, Any]]:
        """Each payload of some deliveries, with its kind."""
        for record in self._read(ids):
            provider = self._providers.get(record.facts.provider or "")
            for kind, document in kinds_of(record.delivery.request, provider, record.facts.event.type, self._variants):
                yield record, kind, document

    def _read(self, ids: Sequence[int]) -> Iterator[Record]:
        for start in range(0, len(ids), _READ_AT_ONCE):
            yield from self._log.records(list(ids[start : start + _READ_AT_ONCE]))

    def _parts(self, ids: Sequence[int], only: str | None = None) -> dict[str, Part]:
        """Deliveries by the version they name, and by event type and variant."""
        parts: dict[str, Part] = {}
        for start in range(0, len(ids), _READ_AT_ONCE):
            records = self._log.records(list(ids[start : start + _READ_AT_ONCE]))
            made = summarised(records, self._providers, self._variants)
            for key, (summary, count, first, _) in made.items():
                if only is None or key.event_type.lower() == only.lower():
                    part = parts.setdefault(key.version, Part({}, {key.version} - {""}, 0, first))
                    merge(part.kinds.setdefault((key.event_type, key.variant), Summary()), summary)
                    part.payloads += count
        return parts

    def _report(self, old: Sequence[Part], new: Sequence[Part]) -> DriftReport:
        changes = self._compared(old, new)
        names = [set[str]().union(*(part.versions for part in side)) for side in (old, new)]
        counts = [sum(part.payloads for part in side) for side in (old, new)]
        before, after = (", ".join(sorted(each)) for each in names)
        changes = [change for change in changes if not _is_marker(change, before, after)]
        types = [{name for part in side for name, _ in part.kinds} for side in (old, new)]
        return DriftReport(
            tuple(changes),
            counts[0],
            counts[1],
            (before, after) if before != after else ("", ""),
            tuple(grouped(changes)),
            tuple(sorted(types[1] - types[0])),
        )

    def _compared(self, old: Sequence[Part], new: Sequence[Part]) -> list[Change]:
        before, after = _together(old), _together(new)
        return [
            Change(event_type, variant, one)
            for event_type, variant in sorted(before.keys() & after.keys())
            for one in compare(before[event_type, variant], after[event_type, variant], self._rules)
        ]


def _is_marker(change: Change, before: str, after: str) -> bool:
    """Whether a change is that of the version itself."""
    return change.drift.kind == "constant_changed" and (change.drift.before, change.drift.after) == (before, after)


def _cuts(firsts: Sequence[int], ids: Sequence[int]) -> list[int]:
    """Places in `ids` where something new began, at most `MOST_CUTS`, spread over all when there are more."""
    places_ = sorted({bisect_left(ids, first) for first in firsts} - {0, len(ids)})
    if not places_:
        return [len(ids) // 2]
    if len(places_) <= MOST_CUTS:
        return places_
    step = len(places_) / MOST_CUTS
    return sorted({places_[int(n * step)] for n in range(MOST_CUTS)} | {places_[-1]})


def _together(parts: Sequence[Part]) -> Kinds:
    found: Kinds = {}
    for part in parts:
        for key, summary in part.kinds.items():
            merge(found.setdefault(key, Summary()), summary)
    return found


def _score(changes: Sequence[Change]) -> tuple[int, float]:
    sure = [one.drift for one in changes if one.drift.confidence == CONFIRMED]
    others = [one.drift for one in changes if one.drift.confidence != WATCH]
    return len(sure), sum(-log10(max(one.chance, 1e-30)) for one in others)


def grouped(changes: Sequence[Change]) -> list[str]:
    """Sentences about what several event types have in common: `repository` gained 3 members in 12 event types."""
    seen: dict[tuple[str, str, str], set[str]] = {}
    for change in changes:
        one = change.drift
        if one.confidence == WATCH or one.kind not in {"appeared", "vanished", "optional_vanished"}:
            continue
        parent, _, leaf = one.path.rpartition(".")
        word = "gained" if one.kind == "appeared" else "lost"
        seen.setdefault((word, parent.rpartition(".")[2] or parent, leaf), set()).add(change.event_type)
    together: dict[tuple[str, str, frozenset[str]], list[str]] = {}
    for (word, parent, leaf), types in seen.items():
        if len(types) > 1:
            together.setdefault((word, parent, frozenset(types)), []).append(leaf)
    return [
        f"{parent} {word} {', '.join(sorted(leaves))} in {len(types)} event types"
        for (word, parent, types), leaves in sorted(together.items(), key=lambda item: -len(item[0][2]))
    ]

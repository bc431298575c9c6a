"""What a log need not keep any longer: by age, by count, by size, or by a filter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from webhook_inspector.store import prune
from webhook_inspector.store.log import Log

Progress = Callable[[int, int], None]
"""Told after each step: how many are gone, of how many."""


@dataclass(frozen=True, slots=True)
class Pruned:
    """What would go, or is gone."""

    ids: tuple[int, ...]
    """Ascending."""
    size: int
    """Bytes, about: the space is used again, the file does not shrink."""
    waiting: int
    """Deliveries that would go and stay, because they still wait to be sent on."""
    pinned: int = 0
    """Deliveries that would go and stay, because somebody pinned them."""


def to_prune(
    log: Log,
    among: Sequence[int],
    *,
    keep: int | None = None,
    max_bytes: int | None = None,
    include_pinned: bool = False,
) -> Pruned:
    """Choose deliveries; nothing is changed. What stays in any case counts as kept.

    Args:
        log: Where.
        among: Which may go, ascending: all that are too old, or match a filter.
        keep: So many of the newest of them stay; None: none has to.
        max_bytes: The newest of them stay, up to about so many bytes.
        include_pinned: Whether pinned ones may go too.
    """
    may_go = set(among)
    pinned = frozenset() if include_pinned else log.pinned_ids()
    waiting = log.waiting_ids()
    ids: list[int] = []
    size = kept = kept_bytes = held = spared = 0
    for number, length in log.sizes():
        if number not in may_go:
            continue
        kept += 1
        kept_bytes += length
        over = (keep is not None and kept > keep) or (max_bytes is not None and kept_bytes > max_bytes)
        if not over and not (keep is None and max_bytes is None):
            continue
        if number in waiting:
            held += 1
        elif number in pinned:
            spared += 1
        else:
            ids.append(number)
            size += length
    return Pruned(tuple(reversed(ids)), size, held, spared)


def prune_log(log: Log, chosen: Pruned, *, wipe: bool = False, progress: Progress = lambda _done, _all: None) -> int:
    """Delete what was chosen, oldest first; how many went. Capture goes on meanwhile.

    Raises:
        StoreError: The log cannot be written; what went before is gone.
    """
    done = 0
    for start in range(0, len(chosen.ids), prune.STEP):
        done += log.delete(chosen.ids[start : start + prune.STEP], wipe=wipe)
        progress(done, len(chosen.ids))
    return done

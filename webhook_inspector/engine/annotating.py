"""Notes, pins and saved filters."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Mapping

from webhook_inspector.core.clock import Clock
from webhook_inspector.core.display import show
from webhook_inspector.core.filters import Query, parse
from webhook_inspector.errors import StoreError, UsageError
from webhook_inspector.store.annotations import Annotations
from webhook_inspector.store.log import Log

LONGEST_NOTE = 4000
"""Characters."""
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}", re.ASCII)


class Annotating:
    """What people write on deliveries, and the filters they keep.

    Args:
        log: Open.
        clock: For ages in filters.
    """

    def __init__(self, log: Log, clock: Clock) -> None:
        self._annotations = Annotations(log)
        self._clock = clock

    def note(self, delivery_id: int, text: str | None) -> str | None:
        """Write a note on a delivery, in the place of an earlier one; nothing, or only blanks, takes it away.

        Returns:
            The note as it is kept.

        Raises:
            UsageError: It is too long, or the log holds no such delivery.
            StoreError: Not stored.
        """
        note = (text or "").strip() or None
        if note is not None and len(note) > LONGEST_NOTE:
            raise UsageError(f"The note has {len(note)} characters, and {LONGEST_NOTE} are kept: shorten it.")
        if not self._annotations.set_note(delivery_id, note):
            raise UsageError(f"There is no delivery {delivery_id} in the log.")
        return note

    def pin(self, ids: Iterable[int], *, pinned: bool = True) -> int:
        """Pin deliveries, so that they are kept when others go by age, count or size; of how many that is new.

        Raises:
            StoreError: Not stored.
        """
        return self._annotations.set_pinned(ids, pinned=pinned)

    def parse(self, text: str) -> Query:
        """Read a filter; `@NAME` stands for a saved one.

        Raises:
            QueryError: It cannot be read; knows the position.
        """
        saved: Mapping[str, str] = {}
        if "@" in text:
            with contextlib.suppress(StoreError):  # whoever asks the log with it is told that it cannot be read
                saved = self.filters()
        return parse(text, now_ns=self._clock.wall_ns(), saved=saved)

    def filters(self) -> Mapping[str, str]:
        """The saved filters by name."""
        return self._annotations.filters()

    def save_filter(self, name: str, text: str) -> None:
        """Keep a filter as `@NAME`, in the place of an earlier one of that name.

        Raises:
            UsageError: The name cannot be one, or the filter is empty or cannot be read.
            StoreError: Not stored.
        """
        if not _NAME.fullmatch(name):
            raise UsageError(
                f"{show(name, 60)} cannot be the name of a filter: use a letter, then letters, digits, - and _."
            )
        if not text.strip():
            raise UsageError("The filter is empty: say what to save.")
        now_ns = self._clock.wall_ns()
        parse(text, now_ns=now_ns)
        # As it will be read: it must not hold another one, nor itself.
        parse(f"@{name}", now_ns=now_ns, saved={**self.filters(), name: text})
        self._annotations.save_filter(name, text)

    def remove_filter(self, name: str) -> None:
        """Forget a saved filter.

        Raises:
            UsageError: There is none of that name.
            StoreError: Not stored.
        """
        if not self._annotations.remove_filter(name.removeprefix("@")):
            known = ", ".join(self.filters()) or "none is saved"
            raise UsageError(f"There is no saved filter {show(name, 60)}; known: {known}.")

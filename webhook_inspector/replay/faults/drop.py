"""Drop: some sends never leave, as when a provider gives up."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from webhook_inspector.errors import UsageError
from webhook_inspector.replay.faults.api import Draft, Stream
from webhook_inspector.replay.probability import ByChance


class Drop(ByChance):
    """Every send is left out with a probability; the plan says how many were."""

    __slots__ = ()
    name: ClassVar[str] = "drop"
    help: ClassVar[str] = "leave out each send with this probability: 0.1"
    examples: ClassVar[tuple[str, ...]] = ("0.1", "25%")
    stage: ClassVar[int] = 15

    def apply(self, draft: Draft, rng: Stream) -> Draft:
        """The draft without some of its sends.

        Raises:
            UsageError: None is left.
        """
        kept = [send for send in draft.sends if not self.strikes(send, rng)]
        dropped = len(draft.sends) - len(kept)
        if not kept:
            raise UsageError("drop: with this seed every send is dropped; choose another seed or a lower probability.")
        if not dropped:
            return draft
        note = f"{dropped} of {len(draft.sends)} sends {'is' if dropped == 1 else 'are'} dropped and never leave."
        return replace(draft.with_sends(kept), notes=(*draft.notes, note))


FAULT = Drop

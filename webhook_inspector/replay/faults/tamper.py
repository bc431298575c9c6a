"""Tamper: copies that a handler must refuse, because somebody changed them on the way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

from webhook_inspector.core.display import show
from webhook_inspector.errors import UsageError
from webhook_inspector.replay.faults.api import Draft, Stream

ACTS = {
    "body": "tampered-body",
    "signature": "tampered-signature",
    "missing": "no-signature",
    "stale": "stale-time",
}
_TWIN = 2_000_000


@dataclass(frozen=True, slots=True)
class Tamper:
    """After the first copy of each signed delivery come copies with a wrong body, signature or time."""

    name: ClassVar[str] = "tamper"
    help: ClassVar[str] = "add copies that must be refused: body, signature, missing, stale, or all"
    examples: ClassVar[tuple[str, ...]] = ("body", "signature,missing", "stale", "all")
    stage: ClassVar[int] = 50

    kinds: tuple[str, ...]
    spec: str

    @classmethod
    def parse(cls, spec: str) -> Self:
        """Read a list of kinds.

        Raises:
            UsageError: One is not known.
        """
        names = [name.strip() for name in spec.split(",")]
        kinds = tuple(ACTS) if names == ["all"] else tuple(dict.fromkeys(names))
        for kind in kinds:
            if kind not in ACTS:
                raise UsageError(f"tamper: {show(kind, 40)!r} is not known; choose of {', '.join(ACTS)}, or all.")
        return cls(kinds, spec.strip())

    def apply(self, draft: Draft, rng: Stream) -> Draft:  # noqa: ARG002 (nothing about it is random)
        """The draft with copies that must be refused."""
        sends = []
        seen: set[int] = set()
        unsigned: set[int] = set()
        for send in draft.sends:
            sends.append(send)
            if send.delivery_id in seen or send.act != "send":
                continue
            seen.add(send.delivery_id)
            if not send.signed:
                unsigned.add(send.delivery_id)
                continue
            for number, kind in enumerate(self.kinds):
                act = ACTS[kind]
                sends.append(replace(send, twin=_TWIN + number, act=act, labels=(act,)))
        notes = draft.notes
        if unsigned:
            what = "1 delivery carries" if len(unsigned) == 1 else f"{len(unsigned)} deliveries carry"
            notes = (*notes, f"{what} no signature, so there is nothing to tamper with.")
        return replace(draft.with_sends(sends), notes=notes)


FAULT = Tamper

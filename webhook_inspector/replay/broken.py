"""Sends that break off and come again: what the faults `lose` and `cut` have in common."""

from __future__ import annotations

from dataclasses import replace

from webhook_inspector.replay.faults.api import Draft, Send, Stream

AGAIN_MS = 250.0
"""After so long the same send comes again, as a provider would send it."""
_TWIN = 1_000_000
"""Keeps the stream of randomness of the second send apart from those of real copies."""


def breaking(draft: Draft, rng: Stream, probability: float, act: str) -> Draft:
    """The draft with some sends broken off, each sent whole a moment later."""
    sends: list[Send] = []
    for send in draft.sends:
        if send.act != "send" or rng.of_send(send).random() >= probability:
            sends.append(send)
            continue
        sends.append(replace(send, act=act, labels=(*send.labels, act)))
        sends.append(replace(send.moved(send.at_ms + AGAIN_MS, "again"), twin=send.twin + _TWIN))
    return draft.with_sends(sends)

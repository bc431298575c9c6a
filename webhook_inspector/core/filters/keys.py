"""The keys of the filter language, one class for each kind. To add a key, add a line to `KEYS`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from typing import TypeAlias

from webhook_inspector.core.delivery import State
from webhook_inspector.core.display import show
from webhook_inspector.core.filters import nodes
from webhook_inspector.core.filters.lexer import Word
from webhook_inspector.core.filters.values import MAX_INT, bounds, fold, halves, moment, operator, pattern, size
from webhook_inspector.core.verification import VerificationStatus
from webhook_inspector.errors import QueryError

_CLASS = re.compile(r"([1-9])xx", re.IGNORECASE | re.ASCII)
_DECIMAL = re.compile(r"-?\d{1,30}(?:\.\d{1,30})?", re.ASCII)
_YES = {"yes": True, "y": True, "true": True, "1": True, "no": False, "n": False, "false": False, "0": False}


@dataclass(frozen=True, slots=True)
class _Named:
    name: str
    """What stands before the colon."""
    help: str
    """One line for people."""
    example: str
    """A filter with it."""

    @property
    def choices(self) -> tuple[str, ...]:
        """The values that it knows; empty when they come from the log."""
        return ()


@dataclass(frozen=True, slots=True)
class TextKey(_Named):
    """A text of the delivery: equal, or with wildcards."""

    field: str = ""

    def read(self, value: Word, path: Sequence[Word], now_ns: int) -> nodes.Node:  # noqa: ARG002 (one signature)
        """The node of one value."""
        return nodes.Text(self.field, pattern(value))


@dataclass(frozen=True, slots=True)
class HeldKey(_Named):
    """A text that somebody wrote: it holds the value, anywhere in it. `*` alone: there is one."""

    field: str = ""

    def read(self, value: Word, path: Sequence[Word], now_ns: int) -> nodes.Node:  # noqa: ARG002 (one signature)
        """The node of one value."""
        return nodes.Text(self.field, nodes.Pattern((b"", *pattern(value).pieces, b"")))


@dataclass(frozen=True, slots=True)
class NumberKey(_Named):
    """A whole number: equal, compared, or a range."""

    field: str = ""
    classes: bool = False
    """Whether `5xx` stands for 500 to 599."""

    def read(self, value: Word, path: Sequence[Word], now_ns: int) -> nodes.Node:  # noqa: ARG002 (one signature)
        """The node of one value."""
        match = _CLASS.fullmatch(value.text) if self.classes else None
        if match:
            first = int(match[1]) * 100
            return nodes.Number(self.field, first, first + 99)
        ends = halves(value)
        if ends:
            low, high = bounds("", size(ends[0], self.name), size(ends[1], self.name))
        else:
            sign, rest = operator(value)
            low, high = bounds(sign, size(rest, self.name))
        return nodes.Number(self.field, low, high)


@dataclass(frozen=True, slots=True)
class TimeKey(_Named):
    """A bound of the time of arrival."""

    earliest: bool = True
    """Whether it is the earliest time (included); else the time before which it must be."""

    def read(self, value: Word, path: Sequence[Word], now_ns: int) -> nodes.Node:  # noqa: ARG002 (one signature)
        """The node of one value."""
        at = moment(value, self.name, now_ns)
        return nodes.Number("received_ns", at, None) if self.earliest else nodes.Number("received_ns", None, at - 1)


@dataclass(frozen=True, slots=True)
class ChoiceKey(_Named):
    """One of a few fixed values, or a word for several of them."""

    field: str = ""
    groups: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def choices(self) -> tuple[str, ...]:
        """The values that it knows."""
        return tuple(name for name, _ in self.groups)

    def read(self, value: Word, path: Sequence[Word], now_ns: int) -> nodes.Node:  # noqa: ARG002 (one signature)
        """The node of one value."""
        for name, values in self.groups:
            if name == value.text.lower():
                return nodes.Choice(self.field, values)
        raise _expected(self.name, ", ".join(self.choices), value)


@dataclass(frozen=True, slots=True)
class FlagKey(_Named):
    """Yes or no."""

    field: str = ""

    @property
    def choices(self) -> tuple[str, ...]:
        """The values that it knows."""
        return ("yes", "no")

    def read(self, value: Word, path: Sequence[Word], now_ns: int) -> nodes.Node:  # noqa: ARG002 (one signature)
        """The node of one value."""
        wanted = _YES.get(value.text.lower())
        if wanted is None:
            raise _expected(self.name, "yes or no", value)
        return nodes.Flag(self.field) if wanted else nodes.Not(nodes.Flag(self.field))


@dataclass(frozen=True, slots=True)
class HeaderKey(_Named):
    """A header: `header.NAME:value`."""

    def read(self, value: Word, path: Sequence[Word], now_ns: int) -> nodes.Node:  # noqa: ARG002 (one signature)
        """The node of one value."""
        return nodes.Header(fold(".".join(part.text for part in path)), pattern(value))


@dataclass(frozen=True, slots=True)
class BodyKey(_Named):
    """A value in a JSON or form body: `body.PATH:value`."""

    def read(self, value: Word, path: Sequence[Word], now_ns: int) -> nodes.Node:  # noqa: ARG002 (one signature)
        """The node of one value."""
        places = tuple(None if part.plain and part.text == "*" else part.text for part in path)
        sign, rest = operator(value)
        if not sign:
            wanted = pattern(value)
            return nodes.Body(places, None if wanted.anything else wanted)
        if not _DECIMAL.fullmatch(rest.text):
            raise _expected(self.name, "a number after the comparison", rest)
        number = float(Decimal(rest.text))
        if sign[0] == ">":
            return nodes.Body(places, None, low=number, open_low=sign == ">")
        return nodes.Body(places, None, high=number, open_high=sign == "<")


Key: TypeAlias = TextKey | HeldKey | NumberKey | TimeKey | ChoiceKey | FlagKey | HeaderKey | BodyKey


def _expected(key: str, what: str, value: Word) -> QueryError:
    return QueryError(
        f"`{key}:` expects {what} at character {value.start + 1}, not `{show(value.text, 40)}`", value.start
    )


def _same(values: Sequence[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((value, (value,)) for value in values)


_SIG = (
    ("ok", ("valid",)),
    ("bad", ("invalid", "stale", "missing", "malformed")),
    *_same([status.value for status in VerificationStatus]),
)

_ALL: tuple[Key, ...] = (
    TextKey("provider", "who sent it", "provider:stripe", "provider"),
    TextKey("source", "the configured path it came in by", "source:billing", "source"),
    TextKey("type", "event type", "type:invoice.*", "event_type"),
    TextKey("id", "the provider's event id", "id:evt_1Nq", "event_id"),
    TextKey("method", "HTTP method", "method:POST", "method"),
    TextKey("path", "path of the request, without its query", "path:/stripe*", "path"),
    HeaderKey("header", "a header's value", "header.user-agent:Stripe*"),
    BodyKey("body", "a value in a JSON or form body", "body.data.object.amount:>1000"),
    NumberKey("status", "status of the latest attempt's answer", "status:5xx", "last_status", classes=True),
    ChoiceKey("state", "where it stands", "state:failed", "state", _same([state.value for state in State])),
    ChoiceKey("sig", "what its signature came to", "sig:bad", "sig", _SIG),
    FlagKey("dup", "whether the same event came before", "dup:yes", "dup"),
    FlagKey("retry", "whether it is a further try of the provider", "retry:yes", "retry"),
    FlagKey("late", "whether a later event came before it", "late:yes", "late"),
    FlagKey("drift", "whether its structure differs from the previous one's", "drift:yes", "drift"),
    TextKey("shape", "digest of its structure, or the beginning of it", "shape:9f2c*", "shape"),
    FlagKey("pinned", "whether somebody pinned it", "pinned:yes", "pinned"),
    HeldKey("note", "a word of the note on it", "note:refund", "note"),
    FlagKey("refused", "whether it was refused", "refused:yes", "refused"),
    NumberKey("attempts", "how often it was sent on", "attempts:>1", "attempts"),
    NumberKey("size", "size of the body in bytes", "size:>10k", "body_size"),
    TimeKey("after", "arrived at this time or later", "after:2h"),
    TimeKey("before", "arrived before this time", "before:2026-11-20", earliest=False),
)
KEYS: Mapping[str, Key] = {key.name: key for key in _ALL}
"""All keys by name. `last` and `last:N` stand beside them: they pick the newest of what matches."""


def nearest(name: str) -> str:
    """The known key most like a name."""
    found = get_close_matches(name.lower()[:40], [*KEYS, "last"], n=1, cutoff=0.0)
    return found[0] if found else "type"


__all__ = ["KEYS", "MAX_INT", "Key", "nearest"]

"""One position of a payload, and what was seen there. All counts add up; all limits hold whatever the order.

A limit is absorbing: once the union of what was seen is over it, the part is given up for good. So the merge of
summaries is associative and commutative, and does not depend on how deliveries were cut into windows.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from heapq import nsmallest
from math import isfinite, log10

from webhook_inspector.core.formats import classify, is_data_key

MAX_MEMBERS = 512
"""Members beyond which an object is a map: its keys are data."""
MAX_VALUES = 24
"""Distinct short values beyond which a position is no enumeration."""
MAX_VALUE_LENGTH = 64
"""A longer text belongs to no enumeration."""
MAX_FORMATS = 16
"""Format classes with their details beyond which only the classes are kept."""
MAX_VARIANTS = 48
"""Kinds of array elements beyond which they are not told apart."""
MAX_DEPTH = 64
"""What lies deeper is not looked at."""
SKETCH = 64
"""Smallest hashes that are kept, to estimate how many distinct values there are."""
NEVER = 1 << 62
_EXACT = 2.0**63
_PENDING = 32
_PENDING_LENGTH = 512


def length_class(length: int) -> int:
    """Lengths up to 8 as they are, longer ones by powers of two: 9 for 9 to 15, 10 for 16 to 31, 11 to 63, ..."""
    return length if length <= 8 else min(length.bit_length(), 40) + 5


def hash_of(text: str) -> int:
    """What the sketch of distinct values holds of one, in the form of `Place.values`: 64 bits."""
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big")


class Place:
    """One position. Numbers are counts unless said otherwise; `first` and `last` are numbers of deliveries."""

    __slots__ = (
        "arrays", "closed", "coarse", "counts", "d", "falses", "fewest", "first", "fixed", "floats", "folded",
        "formats", "high", "integers", "items", "last", "lengths", "longest", "low", "mark", "members", "mixed",
        "most", "moved", "n", "nulls", "numbers", "objects", "rest", "shortest", "sizes", "sketch", "strings",
        "texts", "trues", "values", "variants",
    )  # fmt: skip

    def __init__(self) -> None:
        self.n = 0
        """How often this position was reached."""
        self.d = 0
        """In how many deliveries, at least once; below a map as `n`, see `merging.settled`."""
        self.first = NEVER
        self.last = -1
        self.mark = -1
        """The delivery that is being added, so that `d` counts it once. Not kept."""
        self.nulls = self.trues = self.falses = self.integers = self.floats = 0
        self.strings = self.arrays = self.objects = 0
        self.texts: dict[str, int] = {}
        """Strings that are counted but not looked at yet. Not kept."""
        self.numbers: dict[int | float, int] = {}
        """The same for numbers."""
        self.formats: dict[str, int] = {}
        """Format class with its detail to count; only the class when `coarse`."""
        self.coarse = False
        self.values: dict[str, int] = {}
        """Enumeration: value as JSON text to count; empty and meaningless once `mixed`."""
        self.mixed = False
        self.low: float | None = None
        self.high: float | None = None
        self.sizes: dict[int, int] = {}
        """Magnitude of numbers (whole log10 of the absolute value, -1 for less than 1) to count."""
        self.shortest: int | None = None
        self.longest: int | None = None
        """Characters of strings, at most `core.formats.MAX_LENGTH` are looked at."""
        self.fewest: int | None = None
        self.most: int | None = None
        """Elements of arrays."""
        self.lengths: dict[int, int] = {}
        """Strings by `length_class` of their characters."""
        self.counts: dict[int, int] = {}
        """Arrays by `length_class` of their elements."""
        self.sketch: set[int] = set()
        self.fixed = False
        """The sketch is full: the number of distinct values is estimated."""
        self.members: dict[str, Place] = {}
        self.rest: Place | None = None
        """Members whose names are data: all of them together, written `{*}`."""
        self.closed = False
        """More than `MAX_MEMBERS` names: every member is in `rest`."""
        self.items: Place | None = None
        """Elements of arrays, those without a kind of their own, written `[]`."""
        self.variants: dict[str, Place] | None = {}
        """Elements by kind, written `[type=section]`; None: too many kinds, all are in `items`."""
        self.folded = False
        """Something below was not looked at: it is too deep, or there is too much of it."""
        self.moved: Place | None = None
        """Where this position was folded into, while a payload is being added. Not kept."""

    def member(self, key: str) -> Place:
        """The position of a member."""
        found = self.members.get(key)
        if found is not None:
            return found
        if self.closed or is_data_key(key):
            if self.rest is None:
                self.rest = Place()
            return self.rest
        found = self.members[key] = Place()
        if len(self.members) > MAX_MEMBERS:
            self.close()
            assert self.rest is not None
            return self.rest
        return found

    def close(self) -> None:
        """Treat all members as data."""
        from webhook_inspector.shapes.summary.merging import merge_places  # noqa: PLC0415 (it builds on this module)

        self.closed = True
        members, self.members = self.members, {}
        rest = self.rest = self.rest or Place()
        for place in members.values():
            merge_places(rest, place)
            place.moved = rest

    def element(self, kind: str | None) -> Place:
        """The position of elements of a kind."""
        if kind is not None and self.variants is not None:
            found = self.variants.get(kind)
            if found is None:
                found = self.variants[kind] = Place()
                if len(self.variants) > MAX_VARIANTS:
                    self.unite()
                    assert self.items is not None
                    return self.items
            return found
        if self.items is None:
            self.items = Place()
        return self.items

    def unite(self) -> None:
        """Tell elements apart no more."""
        from webhook_inspector.shapes.summary.merging import merge_places  # noqa: PLC0415 (it builds on this module)

        variants, self.variants = self.variants or {}, None
        items = self.items = self.items or Place()
        for place in variants.values():
            merge_places(items, place)
            place.moved = items

    def text(self, value: str) -> None:
        """Count a string."""
        if len(value) > _PENDING_LENGTH:
            self._look_at_text(value, 1)
            return
        self.texts[value] = self.texts.get(value, 0) + 1
        if len(self.texts) > _PENDING:
            self.settle()

    def number(self, value: int | float) -> None:  # noqa: PYI041 (2.0 and 2 are told apart here)
        """Count a number; 2.0 is an integer."""
        whole = isinstance(value, float) and value.is_integer() and abs(value) < _EXACT
        if whole:
            value = int(value)
        self.numbers[value] = self.numbers.get(value, 0) + 1
        if len(self.numbers) > _PENDING:
            self.settle()

    def settle(self) -> None:
        """Look at what was only counted. Called before anything is read."""
        if self.texts:
            texts, self.texts = self.texts, {}
            for text, count in texts.items():
                self._look_at_text(text, count)
        if self.numbers:
            numbers, self.numbers = self.numbers, {}
            for number, count in numbers.items():
                self._look_at_number(number, count)

    def _look_at_text(self, text: str, count: int) -> None:
        self.strings += count
        found = classify(text)
        name = found.name if self.coarse else str(found)
        self.formats[name] = self.formats.get(name, 0) + count
        if len(self.formats) > MAX_FORMATS and not self.coarse:
            self.coarsen()
        length = len(text)
        size = length_class(length)
        self.lengths[size] = self.lengths.get(size, 0) + count
        self.shortest = length if self.shortest is None else min(self.shortest, length)
        self.longest = length if self.longest is None else max(self.longest, length)
        if length > MAX_VALUE_LENGTH:
            self.mix()
        else:
            self._value('"' + text, count)
        self._hash('"' + text[:4096])

    def _look_at_number(self, number: float, count: int) -> None:
        if isinstance(number, int):
            self.integers += count
        else:
            self.floats += count
        try:
            size = float(number)
        except OverflowError:
            size = float("inf") if number > 0 else float("-inf")
        self.low = size if self.low is None else min(self.low, size)
        self.high = size if self.high is None else max(self.high, size)
        size = abs(size)
        magnitude = -1 if size < 1 else min(int(log10(size)), 20) if isfinite(size) else 20
        self.sizes[magnitude] = self.sizes.get(magnitude, 0) + count
        text = repr(number) if size < 1e30 else "inf"
        self._value(text, count)
        self._hash(text)

    def _value(self, key: str, count: int) -> None:
        if not self.mixed:
            self.values[key] = self.values.get(key, 0) + count
            if len(self.values) > MAX_VALUES:
                self.mix()

    def mix(self) -> None:
        """It is no enumeration."""
        self.mixed = True
        self.values = {}

    def coarsen(self) -> None:
        """Keep only the classes of formats."""
        formats, self.formats, self.coarse = self.formats, {}, True
        for name, count in formats.items():
            short = name.partition("(")[0]
            self.formats[short] = self.formats.get(short, 0) + count

    def _hash(self, text: str) -> None:
        self.sketch.add(hash_of(text))
        if len(self.sketch) > 4 * SKETCH:
            self.trim()

    def trim(self) -> None:
        """Keep the smallest hashes."""
        if len(self.sketch) > SKETCH:
            self.sketch = set(nsmallest(SKETCH, self.sketch))
            self.fixed = True

    # What is read of it

    def types(self) -> dict[str, int]:
        """How often each type was seen, those that were: null, boolean, integer, number, string, array, object."""
        self.settle()
        counts = {
            "null": self.nulls,
            "boolean": self.trues + self.falses,
            "integer": self.integers,
            "number": self.floats,
            "string": self.strings,
            "array": self.arrays,
            "object": self.objects,
        }
        return {name: count for name, count in counts.items() if count}

    def distinct(self) -> int:
        """How many distinct strings and numbers were seen, estimated when there are more than `SKETCH`."""
        self.settle()
        self.trim()
        if not self.fixed:
            return len(self.sketch)
        return int((SKETCH - 1) * 2**64 / max(1, *self.sketch))

    def is_volatile(self) -> bool:
        """Whether nearly every delivery has another value, as ids and times have."""
        scalars = self.strings + self.integers + self.floats
        return scalars >= 5 and self.distinct() >= 0.95 * scalars


@dataclass(slots=True)
class Summary:
    """All payloads of one kind.

    `root` counts each payload (an element of a batch is one), `depth` is how deep it is kept: less than all when there
    were too many positions.
    """

    root: Place = field(default_factory=Place)
    headers: Place = field(default_factory=Place)
    depth: int = MAX_DEPTH

"""Summaries as bytes: compressed JSON with short names and a version; the same bytes for the same summary."""

from __future__ import annotations

import json
from typing import Any

import zstandard

from webhook_inspector.shapes.summary.merging import settled
from webhook_inspector.shapes.summary.place import NEVER, Place, Summary, hash_of

CODEC = 3
"""Version of the form. Rows of another version are made again from the log."""
_LEVEL = 9
_LARGEST = 64 * 1024 * 1024
"""Bytes of a summary: far more than `MAX_PLACES` take, so that damaged bytes cannot ask for any amount of memory."""
_COUNTS = ("n", "d", "nulls", "trues", "falses", "integers", "floats", "strings", "arrays", "objects")
_ENDS = ("low", "high", "shortest", "longest", "fewest", "most")
_HISTOGRAMS = {"m": "sizes", "l": "lengths", "a": "counts"}
_FLAGS = ("coarse", "mixed", "fixed", "closed", "folded")


def dump(summary: Summary) -> bytes:
    """A summary as bytes."""
    settled(summary)
    document = {"v": CODEC, "depth": summary.depth, "root": _out(summary.root), "headers": _out(summary.headers)}
    text = json.dumps(document, separators=(",", ":"), sort_keys=True)
    return zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).compress(text.encode("ascii"))


def load(data: bytes) -> Summary:
    """The summary that `dump` wrote.

    Raises:
        ValueError: It is of another version, or damaged.
    """
    try:
        if zstandard.frame_content_size(data) > _LARGEST:
            raise ValueError("it says that it is larger than any summary")
        document = json.loads(zstandard.ZstdDecompressor().decompress(data, max_output_size=_LARGEST))
        version = document["v"]
        if version == CODEC:
            return Summary(_in(document["root"]), _in(document["headers"]), document["depth"])
    except (zstandard.ZstdError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError("a shape is damaged") from error
    raise ValueError(f"shape codec {version!r}")


def _out(place: Place) -> dict[str, Any]:
    # Not deeper than MAX_DEPTH, so recursion is bounded.
    row: dict[str, Any] = {"c": [getattr(place, name) for name in _COUNTS]}
    if place.last >= 0:
        row["s"] = [place.first, place.last]
    ends = [getattr(place, name) for name in _ENDS]
    if any(end is not None for end in ends):
        row["e"] = [_finite(end) for end in ends]
    flags = "".join("1" if getattr(place, name) else "0" for name in _FLAGS)
    if "1" in flags:
        row["f"] = flags
    if place.formats:
        row["t"] = place.formats
    if place.values:
        row["o"] = place.values
    for key, name in _HISTOGRAMS.items():
        if counts := getattr(place, name):
            row[key] = {str(size): count for size, count in counts.items()}
    if place.sketch and (place.mixed or len(place.sketch) != len(place.values)):  # else they say it: see `_in`
        row["k"] = sorted(place.sketch)
    if place.members:
        row["p"] = {key: _out(child) for key, child in place.members.items()}
    if place.rest is not None:
        row["r"] = _out(place.rest)
    if place.items is not None:
        row["i"] = _out(place.items)
    if place.variants is None:
        row["x"] = None
    elif place.variants:
        row["x"] = {kind: _out(child) for kind, child in place.variants.items()}
    return row


def _finite(end: float | None) -> float | str | None:
    return end if end is None or abs(end) < float("inf") else ("inf" if end > 0 else "-inf")


def _in(row: dict[str, Any]) -> Place:
    place = Place()
    for name, count in zip(_COUNTS, row["c"], strict=True):
        setattr(place, name, count)
    place.first, place.last = row.get("s", (NEVER, -1))
    for name, end in zip(_ENDS, row.get("e", (None,) * len(_ENDS)), strict=True):
        setattr(place, name, float(end) if isinstance(end, str) else end)
    for name, flag in zip(_FLAGS, row.get("f", "0" * len(_FLAGS)), strict=True):
        setattr(place, name, flag == "1")
    place.formats = dict(row.get("t", {}))
    place.values = dict(row.get("o", {}))
    for key, name in _HISTOGRAMS.items():
        setattr(place, name, {int(size): count for size, count in row.get(key, {}).items()})
    place.sketch = set(row["k"]) if "k" in row else {hash_of(value) for value in place.values}
    place.members = {key: _in(child) for key, child in row.get("p", {}).items()}
    place.rest = _in(row["r"]) if "r" in row else None
    place.items = _in(row["i"]) if "i" in row else None
    variants = row.get("x", {})
    place.variants = None if variants is None else {kind: _in(child) for kind, child in variants.items()}
    return place

"""Ordered, repeated, case-insensitive headers over the bytes that were received."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache


def decode_header(value: bytes) -> str:
    """Header bytes as text: UTF-8 where they decode, else Latin-1."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def encode_header(value: str) -> bytes:
    """Text as header bytes: UTF-8; lone surrogates (which UTF-8 cannot hold) become `?`."""
    return value.encode("utf-8", "replace")


@lru_cache(maxsize=256)
def _key(name: str) -> bytes:
    return name.lower().encode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Headers:
    """Header pairs exactly as received: order, case, repeats and non-UTF-8 bytes are kept."""

    pairs: tuple[tuple[bytes, bytes], ...] = ()
    """(name, value) as sent, without the white space around the value."""

    @classmethod
    def from_text(cls, pairs: Iterable[Sequence[str]]) -> Headers:
        """Headers from (name, value) pairs of text."""
        return cls(tuple((encode_header(pair[0]), encode_header(pair[1])) for pair in pairs))

    def __iter__(self) -> Iterator[tuple[bytes, bytes]]:
        return iter(self.pairs)

    def __len__(self) -> int:
        return len(self.pairs)

    def get_bytes(self, name: str) -> bytes | None:
        """The first value of a header, or None."""
        wanted = _key(name)
        size = len(wanted)
        for key, value in self.pairs:
            if len(key) == size and key.lower() == wanted:
                return value
        return None

    def get(self, name: str) -> str | None:
        """The first value of a header as text, or None."""
        value = self.get_bytes(name)
        return None if value is None else decode_header(value)

    def get_all(self, name: str) -> list[str]:
        """All values of a header as text, in order."""
        wanted = _key(name)
        return [decode_header(value) for key, value in self.pairs if key.lower() == wanted]

    def names(self) -> frozenset[str]:
        """The header names, lower-cased."""
        return frozenset(decode_header(key).lower() for key, _ in self.pairs)

    def text_pairs(self) -> list[list[str]]:
        """All pairs as text, in order: the form used in JSON."""
        return [[decode_header(key), decode_header(value)] for key, value in self.pairs]

    def without(self, names: Iterable[str]) -> Headers:
        """These headers without those of the given names (any case)."""
        gone = {_key(name) for name in names}
        return Headers(tuple(pair for pair in self.pairs if pair[0].lower() not in gone))

    def replaced(self, name: str, value: str) -> Headers:
        """These headers with the first `name` set to `value` in place, later ones removed; appended when absent."""
        wanted = _key(name)
        result: list[tuple[bytes, bytes]] = []
        done = False
        for key, old in self.pairs:
            if key.lower() != wanted:
                result.append((key, old))
            elif not done:
                result.append((key, encode_header(value)))
                done = True
        if not done:
            result.append((encode_header(name), encode_header(value)))
        return Headers(tuple(result))

"""A keyed one-to-one mapping of a range onto itself in which nothing stays where it is.

A Feistel network over a square that holds the range, walked until the result is inside; `BLAKE2` with the key is the
round function. Without the key nothing can be mapped back; with it, different values never meet.
"""

from __future__ import annotations

import hashlib
from math import isqrt

_ROUNDS = 6


class Permutation:
    """The mappings of one key.

    Args:
        key: 16 to 64 bytes that nobody else knows.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def number(self, kind: str, value: int, size: int) -> int:
        """The number in 0..size-1 that stands for another one; never itself when there are two.

        Args:
            kind: Numbers of different kinds are mapped independently.
            value: In 0..size-1.
            size: How many there are.
        """
        if size < 2:
            return value
        tweak = kind.encode("utf-8", "surrogatepass") + b"\0" + str(size).encode()
        # One step on a keyed circle: it is one-to-one, and nothing stays where it is.
        return self._walk(tweak, (self._walk(tweak, value, size) + 1) % size, size, back=True)

    def stream(self, kind: str, data: str, length: int) -> bytes:
        """So many bytes that depend on a kind, a text and the key."""
        seed = kind.encode("utf-8", "surrogatepass") + b"\0" + data.encode("utf-8", "surrogatepass")
        blocks = (
            hashlib.blake2b(number.to_bytes(4, "big") + seed, key=self._key[:64]).digest()
            for number in range(-(-length // 64))
        )
        return b"".join(blocks)[:length]

    def _walk(self, tweak: bytes, value: int, size: int, *, back: bool = False) -> int:
        side = isqrt(size - 1) + 1
        while True:
            left, right = divmod(value, side)
            for place in range(_ROUNDS):
                if back:
                    left, right = (right - self._mix(tweak, _ROUNDS - 1 - place, left, side)) % side, left
                else:
                    left, right = right, (left + self._mix(tweak, place, right, side)) % side
            value = left * side + right
            if value < size:
                return value

    def _mix(self, tweak: bytes, place: int, value: int, side: int) -> int:
        data = bytes([place]) + value.to_bytes(value.bit_length() // 8 + 1, "big") + tweak
        return int.from_bytes(hashlib.blake2b(data, key=self._key[:64], digest_size=16).digest(), "big") % side

"""Which of a connection's bytes belong to which request, read alongside the parser.

The parser says nothing about where a request ended, and what it refuses it drops. So the raw bytes of each
request are followed here by the framing rules (empty line, Content-Length, chunks) and held until the request is
kept; what the parser refuses can then be kept as it came. Nothing is decided from this reading but that.
"""

from __future__ import annotations

from collections import deque
from enum import Enum, auto


class _State(Enum):
    HEAD = auto()
    BODY = auto()
    CHUNK_LINE = auto()
    CHUNK_DATA = auto()
    TRAILERS = auto()
    LOST = auto()
    """The framing cannot be followed: all that comes belongs to this request."""


_MAX_LENGTH_DIGITS = 19
_MAX_CHUNK_LINE = 64 * 1024


class WireTee:
    """The bytes of a connection, cut into requests.

    Args:
        keep: Bytes held of each request; the rest is counted, not held.
        max_head: Bytes that a head may have.
    """

    __slots__ = (
        "_done",
        "_keep",
        "_left",
        "_line",
        "_max_head",
        "_parts",
        "_size",
        "_state",
        "finished",
        "head_too_large",
    )

    def __init__(self, keep: int, max_head: int) -> None:
        self._keep = keep
        self._max_head = max_head
        self._done: deque[list[bytes]] = deque()
        self._parts: list[bytes] = []
        self._size = 0
        self._state = _State.HEAD
        self._left = 0
        self._line = b""
        self.finished = 0
        """How many whole requests came since the start."""
        self.head_too_large = False
        """The head of the latest request is beyond the limit."""

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the connection."""
        if self._state is _State.HEAD and not self._parts and self._is_one_request(data):
            self._done.append([data])
            self.finished += 1
            return
        position = 0
        end = len(data)
        while position < end:
            state = self._state
            if state is _State.HEAD:
                position = self._head(data, position)
            elif state is _State.BODY or state is _State.CHUNK_DATA:  # a set of members would cost a call
                taken = min(self._left, end - position)
                self._hold(data, position, position + taken)
                self._left -= taken
                position += taken
                if self._left == 0:
                    if state is _State.BODY:
                        self._complete()
                    else:
                        self._state = _State.CHUNK_LINE
            elif state is _State.LOST:
                self._hold(data, position, end)
                position = end
            else:
                position = self._chunk_line(data, position)

    @property
    def complete(self) -> int:
        """How many whole requests are held."""
        return len(self._done)

    @property
    def pending(self) -> bool:
        """Whether bytes of a request that is not whole are held."""
        return bool(self._parts)

    @property
    def in_head(self) -> bool:
        """Whether a head has begun that is not whole."""
        return self._state is _State.HEAD and bool(self._parts)

    def pop(self) -> bytes:
        """Forget the oldest request and return its bytes (at most `keep` of them).

        When it is not whole it is the last of its connection: what comes after it is not held.
        """
        if self._done:
            return b"".join(self._done.popleft())
        raw = b"".join(self._parts)
        self._begin()
        self._state = _State.LOST
        self._keep = 0
        return raw

    def take_all(self) -> list[bytes]:
        """Forget everything and return the bytes of each request that was held, the last maybe not whole."""
        result = [b"".join(parts) for parts in self._done]
        if self._parts:
            result.append(b"".join(self._parts))
        self._done.clear()
        self._begin()
        return result

    def _is_one_request(self, data: bytes) -> bool:
        """Whether what was read is one request with a length, no more and no less: the common case, in short."""
        end = data.find(b"\r\n\r\n")
        if end <= 0 or len(data) > self._keep or end + 4 >= self._max_head or data[0] in b"\r\n":
            return False
        lower = data[: end + 2].lower()
        length = _value(lower, b"content-length")
        if length is None or lower.startswith(b"connect ") or _value(lower, b"transfer-encoding") is not None:
            return False
        return _is_length(length) and int(length) == len(data) - end - 4

    def _begin(self) -> None:
        self._parts = []
        self._size = 0
        self._state = _State.HEAD
        self._line = b""

    def _complete(self) -> None:
        self._done.append(self._parts)
        self.finished += 1
        self._begin()

    def _hold(self, data: bytes, start: int, stop: int) -> None:
        room = self._keep - self._size
        if room > 0:
            stop = min(stop, start + room)
            self._parts.append(data if start == 0 and stop == len(data) else data[start:stop])
            self._size += stop - start

    def _head(self, data: bytes, position: int) -> int:
        if not self._parts:
            while position < len(data) and data[position] in b"\r\n":  # allowed before a request line
                position += 1
            if position == len(data):
                return position
            found = data.find(b"\r\n\r\n", position)
            if found < 0:
                self._hold(data, position, len(data))
                self._line = data[position:][-3:]
                self._check_head(len(data) - position)
                return len(data)
            self._frame(data[position : found + 4])
            return self._end_head(data, position, found + 4)
        # The empty line may lie across two reads: look at the last three bytes with the first three.
        overlap = self._line
        found = (overlap + data[position : position + 3]).find(b"\r\n\r\n")
        if found >= 0:
            stop = position + found + 4 - len(overlap)
        else:
            found = data.find(b"\r\n\r\n", position)
            stop = found + 4
        if found < 0:
            self._hold(data, position, len(data))
            self._line = (overlap + data[position:])[-3:]
            self._check_head(self._size)
            return len(data)
        self._line = b""
        self._frame(b"".join(self._parts) + data[position:stop])
        return self._end_head(data, position, stop)

    def _end_head(self, data: bytes, start: int, stop: int) -> int:
        self._hold(data, start, stop)
        if self._state is _State.BODY and self._left == 0:
            self._complete()
        return stop

    def _check_head(self, size: int) -> None:
        if size >= self._max_head:
            self.head_too_large = True

    def _frame(self, head: bytes) -> None:
        """Choose the next state from a whole head."""
        self._check_head(len(head))
        self._left = 0
        if head.startswith(b"CONNECT "):
            self._state = _State.LOST
            return
        lower = head.lower()
        coding = _value(lower, b"transfer-encoding")
        length = _value(lower, b"content-length")
        if coding is not None and b"chunked" in coding:
            self._state = _State.CHUNK_LINE
        elif length is None:
            self._state = _State.BODY
        elif _is_length(length):
            self._state = _State.BODY
            self._left = int(length)
        else:
            self._state = _State.LOST

    def _chunk_line(self, data: bytes, position: int) -> int:
        found = data.find(b"\n", position)
        stop = len(data) if found < 0 else found + 1
        self._hold(data, position, stop)
        self._line += data[position:stop]
        if len(self._line) > _MAX_CHUNK_LINE:
            self._state = _State.LOST
            return stop
        if found < 0:
            return stop
        line, self._line = self._line.strip(), b""
        if self._state is _State.TRAILERS:
            if not line:
                self._complete()
            return stop
        try:
            size = int(line.partition(b";")[0].strip(), 16)
        except ValueError:
            size = -1
        if size < 0:
            self._state = _State.LOST
        elif size == 0:
            self._state = _State.TRAILERS
        else:
            self._state = _State.CHUNK_DATA
            self._left = size + 2
        return stop


def _is_length(value: bytes) -> bool:
    return value.isdigit() and len(value) <= _MAX_LENGTH_DIGITS


def _value(head: bytes, name: bytes) -> bytes | None:
    """The value of a header in a lower-cased head."""
    found = head.find(b"\r\n" + name + b":")
    if found < 0:
        return None
    start = found + len(name) + 3
    return head[start : head.find(b"\r\n", start)].strip()

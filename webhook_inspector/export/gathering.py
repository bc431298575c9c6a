"""What importers find in a file, entry by entry: deliveries, what was left out, and what is not as it was sent."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from webhook_inspector.core.delivery import Delivery
from webhook_inspector.core.display import show
from webhook_inspector.core.request import Request
from webhook_inspector.export.importing import (
    ImportFile,
    ImportResult,
    SkipError,
    checked_headers,
    checked_method,
    checked_target,
    finish,
)

MAX_TOTAL_BYTES = 512 * 1024 * 1024
"""Bodies of one file, all together: a small file with variables could make any number of bytes."""
MAX_NOTES = 100
"""Different notes of one file."""
_NAMED = 3
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

Pairs = list[tuple[bytes, bytes]]
Note = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request of a URL goes."""

    target: bytes
    """Path and query."""
    host: bytes
    """Host and port as in the URL; empty when it has none."""
    user: str | None = None
    """`name:password` of the URL."""


class Gathering:
    """Collects the entries of one file.

    Args:
        file: What is read.
        provider: Provider that all of its deliveries come from.
    """

    def __init__(self, file: ImportFile, provider: str | None = None) -> None:
        self._file = file
        self._provider = provider
        self._deliveries: list[Delivery] = []
        self._skipped: list[str] = []
        self._notes: dict[str, list[str]] = {}
        self._room = MAX_TOTAL_BYTES

    def skip(self, label: str, reason: str) -> None:
        """Leave an entry out. Both texts must be safe to show."""
        self._skipped.append(f"{label} was skipped: {reason}.")

    def note(self, label: str, reason: str) -> None:
        """Say what is not as it was sent. Both texts must be safe to show."""
        if reason in self._notes or len(self._notes) < MAX_NOTES:
            self._notes.setdefault(reason, []).append(label)

    def noting(self, label: str) -> Note:
        """`note` for one entry."""
        return lambda reason: self.note(label, reason)

    def entry(self, label: str, make: Callable[[Note], Delivery | None]) -> None:
        """Add what `make` gives; it is skipped when that raises SkipError, and its notes are dropped then."""
        notes: list[str] = []
        try:
            delivery = make(notes.append)
            if delivery is None:
                return
            self._room -= len(delivery.request.body)
            if self._room < 0:
                self._room = 0
                raise SkipError(f"the file's requests together are larger than {MAX_TOTAL_BYTES} bytes")
        except SkipError as error:
            self.skip(label, str(error))
            return
        self._deliveries.append(delivery)
        for reason in notes:
            self.note(label, reason)

    def delivery(self, request: Request, received_ns: int | None = None) -> Delivery:
        """An imported delivery of this file."""
        return Delivery(
            request=request,
            received_ns=self._file.now_ns if received_ns is None else received_ns,
            origin="imported",
            provider_hint=self._provider,
            response_status=None,
        )

    def oldest_first(self) -> None:
        """Put what was found in order of time; what has the same time stays in the file's order."""
        self._deliveries.sort(key=lambda delivery: delivery.received_ns)

    def result(self) -> ImportResult:
        """What was found.

        Raises:
            InputError: No delivery.
        """
        found = finish(self._deliveries, self._skipped, self._file.where)
        notes = tuple(f"{_together(labels)}: {reason}." for reason, labels in self._notes.items())
        return ImportResult(found.deliveries, found.skipped, notes)


def _together(labels: list[str]) -> str:
    if len(labels) <= _NAMED:
        return ", ".join(labels)
    return f"{', '.join(labels[:_NAMED])} and {len(labels) - _NAMED} more"


def made_request(
    method: str, target: bytes, pairs: Iterable[tuple[bytes, bytes]], body: bytes, version: str = "1.1"
) -> Request:
    """A request from parts that came from a file.

    Raises:
        SkipError: A part cannot have come over HTTP.
    """
    trimmed = ((name, value.strip(b" \t")) for name, value in pairs)
    return Request(checked_method(method), checked_target(target), checked_headers(trimmed), body, version)


def place_of(url: bytes, note: Note, *, plain_scheme: bool = False, dots: bool = False) -> Place:
    """Path, query and host of a URL. What stands after `#` is not sent; spaces and the like are percent-encoded.

    Args:
        url: As in the file.
        note: Told what is not as in the file.
        plain_scheme: Whether `example.com/x` is a URL too, as for curl.
        dots: Whether `/a/../b` becomes `/b`, as curl does.

    Raises:
        SkipError: It is no URL of HTTP.
    """
    text = url.decode("utf-8", "surrogateescape").strip(" ")
    if _CONTROL.search(text):
        raise SkipError(f"the URL {show(url, 60)!r} holds control characters")
    scheme = _SCHEME.match(text)
    if plain_scheme and "://" not in text:
        text = f"http://{text}"
    elif scheme is None or scheme[0].lower() not in {"http:", "https:"}:
        named = show(scheme[0], 20) if scheme else show(url, 40)
        raise SkipError(f"{named!r} is not an address of HTTP")
    try:
        parts = urlsplit(text)
        host = parts.netloc.rpartition("@")[2]
        _ = parts.port
    except ValueError:
        raise SkipError(f"{show(url, 60)!r} is not a URL") from None
    if parts.scheme not in {"http", "https"} or not host:
        raise SkipError(f"{show(url, 60)!r} is not an address of HTTP")
    rest = text[text.index("//") + 2 + len(parts.netloc) :].partition("#")[0]
    path, mark, query = rest.partition("?")
    if dots and "/." in path:
        path = _without_dots(path)
    target = sendable((path + mark + query).encode("utf-8", "surrogateescape"), note)
    if not target.startswith(b"/"):
        target = b"/" + target
    user = parts.netloc.rpartition("@")[0] or None
    return Place(target, host.encode("utf-8", "surrogateescape"), user)


def _without_dots(path: str) -> str:
    whole = posixpath.normpath(path)
    whole = "/" + whole.lstrip("/")
    ends = path.endswith(("/", "/.", "/.."))
    return whole + "/" if ends and not whole.endswith("/") else whole


def sendable(target: bytes, note: Note) -> bytes:
    """A target with blanks, control characters and what is not ASCII percent-encoded."""
    made = re.sub(rb"[^\x21-\x7e]", lambda match: b"%%%02X" % match[0][0], target)
    if made != target:
        note("characters of the URL that cannot be sent are percent-encoded")
    return made


def with_host(pairs: Pairs, host: bytes) -> Pairs:
    """Headers with Host first, when they have none."""
    if not host or has(pairs, b"host"):
        return pairs
    return [(b"Host", host), *pairs]


def has(pairs: Pairs, name: bytes) -> bool:
    """Whether there is a header of a name, in lower case."""
    return any(key.lower() == name for key, _ in pairs)


def value_of(pairs: Pairs, name: bytes) -> bytes | None:
    """The first value of a header, by its name in lower case."""
    return next((value for key, value in pairs if key.lower() == name), None)

"""What an importer is, and the checks that all of them share. Importers read bytes and never send or open anything."""

from __future__ import annotations

import base64
import binascii
import importlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol

from webhook_inspector.core.clock import NS_PER_S, parse_iso
from webhook_inspector.core.delivery import Delivery
from webhook_inspector.core.display import show
from webhook_inspector.core.headers import Headers
from webhook_inspector.core.registry import discover
from webhook_inspector.core.request import Request
from webhook_inspector.errors import InputError, UsageError

MAX_SKIPPED = 1000
"""So many skips are named one by one; the rest is counted."""
MAX_HEADERS = 10_000
_MAX_NS = 2**63 - 1
_METHOD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}")
_BAD_TARGET = re.compile(rb"[\x00-\x20\x7f]")
_BAD_NAME = re.compile(rb"[\x00-\x20\x7f:]")
_BAD_VALUE = re.compile(rb"[\x00\r\n]")
_NAME = re.compile(r"[A-Za-z0-9._:@ -]{1,100}")
_VERSION = re.compile(r"[0-9]{1,2}(?:\.[0-9]{1,2})?")


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What a file held."""

    deliveries: tuple[Delivery, ...]
    """In the file's order, marked `imported`, without numbers."""
    skipped: tuple[str, ...] = ()
    """What was left out and why, one sentence each, safe to show."""
    notes: tuple[str, ...] = ()
    """What was imported otherwise than it was sent, one sentence each, safe to show."""


@dataclass(frozen=True, slots=True)
class ImportFile:
    """What an importer is given. It opens nothing itself."""

    data: bytes
    where: str
    """Its name, for messages: not yet safe to show."""
    now_ns: int
    """Arrival time of entries that have none, nanoseconds since the epoch, UTC."""
    beside: Mapping[str, bytes] = field(default_factory=dict)
    """Those of the files that `needs` named which the user gave as well, by name."""


class Importer(Protocol):
    """One kind of file. Its module exposes an instance as `IMPORTER`."""

    name: str
    help: str
    origin: str
    """Where such files come from, for the README."""
    provider: str | None = None
    """Name of the provider that all deliveries of such a file come from; None when that is to be found out."""

    def sniff(self, data: bytes) -> bool:
        """Whether the bytes look like this kind of file. Never raises."""

    def needs(self, data: bytes) -> tuple[str, ...]:  # noqa: ARG002 (most kinds are one file)
        """Names of the files beside this one that it is no whole without."""
        return ()

    def parse(self, file: ImportFile) -> ImportResult:
        """Read the file.

        Raises:
            InputError: The file as a whole cannot be read, or holds nothing to import.
        """


@cache
def importers() -> Mapping[str, Importer]:
    """All importers by name."""
    found: dict[str, Importer] = discover(importlib.import_module("webhook_inspector.export.imports"), "IMPORTER")
    return {entry.name: entry for entry in found.values()}


def find_importer(data: bytes, where: str, kind: str | None = None) -> Importer:
    """The importer of a name, or the one that recognises the bytes.

    Raises:
        UsageError: No importer of that name.
        InputError: No importer recognises the file.
    """
    known = importers()
    if kind is not None:
        if kind not in known:
            raise UsageError(f"There is no importer {show(kind, 40)!r}; the importers are {', '.join(known)}.")
        return known[kind]
    entry = next((one for one in known.values() if one.sniff(data)), None)
    if entry is None:
        raise InputError(
            f"{show(where, 120)} is not a file that can be imported; the known kinds are {', '.join(known)}."
        )
    return entry


def import_bytes(
    data: bytes, where: str, now_ns: int, *, kind: str | None = None, beside: Mapping[str, bytes] | None = None
) -> ImportResult:
    """Read a file of whichever kind it is.

    Args:
        data: The file's bytes.
        where: Its name, for messages.
        now_ns: Arrival time of entries that have none, nanoseconds since the epoch, UTC.
        kind: The importer to use; None: the one that recognises the bytes.
        beside: Other files that the user gave and the importer asked for.

    Raises:
        UsageError: No importer of that name.
        InputError: No importer recognises the file, or it holds nothing to import.
    """
    return find_importer(data, where, kind).parse(ImportFile(data, where, now_ns, beside or {}))


class SkipError(Exception):
    """One entry cannot be imported; the message says why."""


def finish(deliveries: list[Delivery], skipped: list[str], where: str) -> ImportResult:
    """The result, with a bounded list of skips.

    Raises:
        InputError: There is no delivery.
    """
    if not deliveries:
        reason = f": {skipped[0]}" if skipped else ""
        raise InputError(f"{show(where, 120)} holds nothing to import{reason.removesuffix('.')}; check the file.")
    if len(skipped) > MAX_SKIPPED:
        skipped = [*skipped[:MAX_SKIPPED], f"{len(skipped) - MAX_SKIPPED} more were skipped."]
    return ImportResult(tuple(deliveries), tuple(skipped))


def read_delivery(entry: Any, now_ns: int) -> Delivery:
    """A delivery from a JSON object of the import form.

    Raises:
        SkipError: A part is missing or cannot have come over HTTP.
    """
    if not isinstance(entry, dict):
        raise SkipError("it is not an object")
    method = checked_method(entry.get("method", "POST"))
    target = checked_target(read_bytes(entry, "target"))
    version = entry.get("http_version", "1.1")
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        raise SkipError("http_version must be text such as 1.1")
    request = Request(method, target, read_headers(entry.get("headers", [])), read_bytes(entry, "body"), version)
    refused = entry.get("refused")
    return Delivery(
        request=request,
        received_ns=read_time(entry, now_ns),
        source=read_name(entry, "source") or "default",
        origin="imported",
        provider_hint=read_name(entry, "provider"),
        refused=refused if isinstance(refused, str) else None,
        response_status=None,
    )


def checked_method(method: Any) -> str:
    """A method that can have come over HTTP.

    Raises:
        SkipError: It cannot.
    """
    if not isinstance(method, str) or not _METHOD.fullmatch(method):
        raise SkipError(f"method {show(str(method), 40)!r} is not an HTTP method")
    return method


def checked_target(target: bytes) -> bytes:
    """A request target that can have come over HTTP.

    Raises:
        SkipError: It cannot.
    """
    if not target or _BAD_TARGET.search(target):
        raise SkipError("target must be text such as /stripe, without spaces and control characters")
    return target


def read_bytes(entry: Mapping[str, Any], key: str) -> bytes:
    """The bytes of `key` (text) or `key_base64`; empty when neither is there."""
    text, coded = entry.get(key), entry.get(f"{key}_base64")
    if text is not None and coded is not None:
        raise SkipError(f"it has both {key} and {key}_base64")
    if coded is not None:
        return _decoded(coded, f"{key}_base64")
    if text is None:
        return b""
    return _encoded(text, key)


def read_headers(value: Any) -> Headers:
    """Headers from a list of pairs, or from an object of names with a value or a list of values."""
    if isinstance(value, dict):
        value = [[name, one] for name, many in value.items() for one in (many if isinstance(many, list) else [many])]
    if not isinstance(value, list) or len(value) > MAX_HEADERS:
        raise SkipError("headers must be a list of pairs")
    pairs = []
    for index, pair in enumerate(value, 1):
        if not isinstance(pair, list) or len(pair) != 2:
            raise SkipError(f"header {index} is not a pair of name and value")
        name, text = (
            _decoded(part["base64"], f"header {index}")
            if isinstance(part, dict) and set(part) == {"base64"}
            else _encoded(part, f"header {index}")
            for part in pair
        )
        pairs.append((name, text))
    return checked_headers(pairs)


def checked_headers(pairs: Iterable[tuple[bytes, bytes]]) -> Headers:
    """Headers that can have come over HTTP.

    Raises:
        SkipError: One of them cannot, or there are too many.
    """
    kept = tuple(pairs)
    if len(kept) > MAX_HEADERS:
        raise SkipError(f"it has more than {MAX_HEADERS} headers")
    for index, (name, value) in enumerate(kept, 1):
        if not name or _BAD_NAME.search(name):
            raise SkipError(f"the name of header {index} cannot have come over HTTP")
        if _BAD_VALUE.search(value):
            raise SkipError(f"the value of header {index} holds a line break or NUL")
    return Headers(kept)


def read_time(entry: Mapping[str, Any], now_ns: int) -> int:
    """Nanoseconds of `received_at`, or `now_ns` when it is not there."""
    value = entry.get("received_at")
    if value is None:
        return now_ns
    moment = moment_of(value)
    if moment is None:
        raise SkipError(f"received_at {show(str(value), 40)!r} is not a time between the years 1678 and 2262")
    return moment


def moment_of(value: Any) -> int | None:
    """Nanoseconds of an ISO 8601 time that the log can hold; None when it is none."""
    moment = parse_iso(value) if isinstance(value, str) and len(value) < 100 else None
    return moment if moment is not None and abs(moment) <= _MAX_NS else None


def seconds_of(value: Any) -> int | None:
    """Nanoseconds of a number of seconds since the epoch that the log can hold; None when it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _MAX_NS / NS_PER_S:
        return None
    return value * NS_PER_S if isinstance(value, int) else round(value * 1_000_000) * 1000


def read_name(entry: Mapping[str, Any], key: str) -> str | None:
    """The text of `source` or `provider`; None when it is not there."""
    value = entry.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise SkipError(f"{key} must be a short plain name")
    return value


def _decoded(value: Any, key: str) -> bytes:
    try:
        return base64.b64decode(value if isinstance(value, str) else "?", validate=True)
    except (binascii.Error, ValueError):
        raise SkipError(f"{key} is not base64") from None


def _encoded(value: Any, key: str) -> bytes:
    if not isinstance(value, str):
        raise SkipError(f"{key} must be text; bytes go into {key}_base64")
    try:
        return value.encode("utf-8")
    except UnicodeEncodeError:
        raise SkipError(f"{key} holds half a character (a lone surrogate); bytes go into {key}_base64") from None

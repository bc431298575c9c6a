"""What gosmee saves (`--saveDir`), and events of smee.io channels as JSON.

gosmee writes a script with the headers and beside it a `.json` file with the body's bytes: give both. The script's
last line is `curl -sSi -H "Content-Type: ..." -H '...' -X POST -d @./NAME.json ${targetURL}`
(github.com/chmouel/gosmee, gosmee/client.go and gosmee/templates/replay_script.tmpl.bash, read 2026-11-21).
An event of a channel is an object of the headers, in lower case, with `body` or, from gosmee's own server, `bodyB` in
base64, `query` and `timestamp` in milliseconds (github.com/probot/smee-client, index.ts; gosmee/server.go).
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any
from urllib.parse import urlencode

from webhook_inspector.core.clock import NS_PER_MS
from webhook_inspector.core.delivery import Delivery
from webhook_inspector.core.display import show
from webhook_inspector.export.curl_reading.command import Command
from webhook_inspector.export.curl_reading.posix import PosixLines
from webhook_inspector.export.file_text import head_of, text_of
from webhook_inspector.export.gathering import Gathering, Note, Pairs, has, made_request
from webhook_inspector.export.importing import Importer, ImportFile, ImportResult, SkipError, moment_of, seconds_of
from webhook_inspector.export.json_entries import gather_entries
from webhook_inspector.export.json_text import compact, elements, member, parsed

_SCRIPT = "GOSMEE_DEBUG_SERVICE"
_SENDS = " -X POST -d @"
_BODY_FILE = re.compile(r"(?:\./)?([^\n/]+\.json) \$\{targetURL\}[ \t]*\r?$", re.MULTILINE)
_SAVED_AT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d)\.(\d\d)\.\d\d\.(\d{3})\.json")
_SNIFF = re.compile(r"\s*(?:\[\s*)?\{")
_BODY = re.compile(r'"body(?:B|)"\s*:')
_TIMESTAMP = re.compile(r'"timestamp"\s*:\s*"?[0-9]{12,14}"?')
_NOT_SMEE = re.compile(r'"(?:target|guid)"\s*:')
_OWN = frozenset({"body", "bodyB", "query", "timestamp"})


class GosmeeImporter(Importer):
    """Save files of gosmee and events of smee channels."""

    name = "gosmee"
    help = "gosmee's saved scripts, smee.io events"
    origin = "`gosmee client --saveDir`: give `NAME.sh` with `NAME.json`"

    def sniff(self, data: bytes) -> bool:
        """Whether it is gosmee's script, or JSON with a body and a timestamp in milliseconds."""
        head = head_of(data)
        if _SCRIPT in head:
            return _last_line(head) is not None
        is_event = _SNIFF.match(head) is not None and _TIMESTAMP.search(head) is not None
        return is_event and _BODY.search(head) is not None and _NOT_SMEE.search(head) is None

    def needs(self, data: bytes) -> tuple[str, ...]:
        """The file with the body, when this is a script."""
        head = head_of(data)
        found = _last_line(head) if _SCRIPT in head else None
        return () if found is None else (found[1],)

    def parse(self, file: ImportFile) -> ImportResult:
        """Read a script with its body, or events.

        Raises:
            InputError: It is neither, or holds nothing to import.
        """
        gathering = Gathering(file)
        if _SCRIPT in head_of(file.data):
            gathering.entry("The script", lambda note: _saved(file, gathering, note))
            return gathering.result()
        gather_entries(file, gathering, "event", _parts, _event)
        return gathering.result()


def _last_line(text: str) -> tuple[str, str] | None:
    """The options of the script's command up to its method, and the name of the file with the body."""
    end = text.rfind(_SENDS)
    start = text.rfind("\ncurl ", 0, max(end, 0))
    body = _BODY_FILE.match(text, end + len(_SENDS))
    return None if end < 0 or start < 0 or body is None else (text[start + len("\ncurl ") : end], body[1])


def _saved(file: ImportFile, gathering: Gathering, note: Note) -> Delivery:
    found = _last_line(text_of(file.data, file.where))
    if found is None:
        raise SkipError("its line with curl cannot be read")
    options, name = found
    if name not in file.beside:
        raise SkipError(f"its body is in {show(name, 80)!r}, which an import does not open by itself; give both files")
    commands: list[Command] = PosixLines(options.replace("\n", " ")).commands()
    if len(commands) != 1 or commands[0].problem is not None:
        raise SkipError(f"its line with curl cannot be read: {commands[0].problem if commands else 'it is empty'}")
    pairs: Pairs = []
    words = iter(commands[0].words)
    for word in words:
        if word == b"-H":
            header, _, value = next(words, b"").partition(b":")
            pairs.append((header, b" ".join(value.split())))
        elif word != b"-sSi":
            raise SkipError(f"its line with curl holds {show(word, 40)!r}, which gosmee does not write")
    # gosmee writes the month where the seconds belong: the time is good to the minute.
    moment = _SAVED_AT.search(name)
    received_ns = moment_of(f"{moment[1]}T{moment[2]}:{moment[3]}:00") if moment else None
    note("gosmee keeps neither the path nor the order of headers, and its time to the minute only")
    return gathering.delivery(made_request("POST", b"/", pairs, file.beside[name]), received_ns)


def _parts(document: str) -> list[tuple[str, Any]]:
    """Text and values of each event of a document."""
    values = parsed(document)
    if isinstance(values, list):
        return list(zip(elements(document), values, strict=True))
    return [(document, values)]


def _event(text: str, entry: Any, gathering: Gathering, note: Note) -> Delivery:
    if not isinstance(entry, dict) or not _OWN & {"body", "bodyB"} & entry.keys():
        raise SkipError("it is no event with a body")
    pairs: Pairs = [
        (name.encode("utf-8", "replace"), value.encode("utf-8", "replace"))
        for name, value in entry.items()
        if name not in _OWN and isinstance(value, str)
    ]
    if not has(pairs, b"content-type"):
        pairs.append((b"content-type", b"application/json"))
    coded = entry.get("bodyB")
    if isinstance(coded, str):
        try:
            body = base64.b64decode(coded, validate=True)
        except (binascii.Error, ValueError):
            raise SkipError("bodyB is not base64") from None
    else:
        written = member(text, "body")
        if written is None or entry.get("body") is None:
            raise SkipError("it has no body")
        body = compact(written)
        note("the body was read by smee before it was kept; its signature holds only where compact JSON was sent")
    query = entry.get("query")
    target = "/"
    if isinstance(query, dict) and query:
        target += "?" + urlencode([(name, str(value)) for name, value in query.items()], errors="replace")
    moment = entry.get("timestamp")
    millis = int(moment) if isinstance(moment, str) and moment.isdigit() and len(moment) < 16 else moment
    received_ns = seconds_of(millis / 1000) if isinstance(millis, int | float) and abs(millis) < 2**53 else None
    if received_ns is None:
        note("its time cannot be read; the time of the import is used")
    else:
        received_ns = received_ns // NS_PER_MS * NS_PER_MS
    return gathering.delivery(made_request("POST", target.encode("ascii"), pairs, body), received_ns)


IMPORTER = GosmeeImporter()

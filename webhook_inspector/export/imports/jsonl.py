"""JSON lines: one request a line, as `{"method","target","headers","body"}` or what `show --json` prints."""

from __future__ import annotations

import codecs
from itertools import islice

from webhook_inspector.core.delivery import Delivery
from webhook_inspector.core.display import show
from webhook_inspector.core.jsondoc import JsonInvalidError, load_json
from webhook_inspector.errors import InputError
from webhook_inspector.export.importing import Importer, ImportFile, ImportResult, SkipError, finish, read_delivery

_SNIFFED_LINES = 20
_WIDE = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class JsonLinesImporter(Importer):
    """Lines that cannot be imported are named and left out; the others are kept."""

    name = "jsonl"
    help = "JSON lines, one request a line"
    origin = "scripts; `show --json`"

    def sniff(self, data: bytes) -> bool:
        """Whether one of the first lines is an object with a method or a target."""
        try:
            lines = _lines(data)
        except ValueError:
            return False
        for line in islice((line for line in lines if line.strip()), _SNIFFED_LINES):
            try:
                entry = load_json(line)
            except JsonInvalidError:
                continue
            if isinstance(entry, dict) and ("target" in entry or "method" in entry):
                return True
        return False

    def parse(self, file: ImportFile) -> ImportResult:
        """Read all lines.

        Raises:
            InputError: No line can be imported.
        """
        try:
            lines = _lines(file.data)
        except ValueError:
            raise InputError(f"{show(file.where, 120)} is not readable as text; save it as UTF-8.") from None
        deliveries: list[Delivery] = []
        skipped: list[str] = []
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                deliveries.append(read_delivery(load_json(line), file.now_ns))
            except JsonInvalidError as error:
                skipped.append(f"Line {number} was skipped: not JSON: {error}.")
            except SkipError as error:
                skipped.append(f"Line {number} was skipped: {error}.")
        return finish(deliveries, skipped, file.where)


def _lines(data: bytes) -> list[bytes]:
    """The lines as UTF-8; split at line feeds only, for other line separators may stand in strings.

    Raises:
        ValueError: The file claims to be UTF-16 or UTF-32 and is not.
    """
    if data.startswith(_WIDE):
        data = data.decode("utf-32" if data.startswith(_WIDE[:2]) else "utf-16").encode("utf-8")
    return data.removeprefix(codecs.BOM_UTF8).split(b"\n")


IMPORTER = JsonLinesImporter()

"""Command lines of curl: from documentation, from browsers ("Copy as cURL"), and what `export --as curl` writes.

The text is read, never run. A command that a shell would have to work on (variables, pipes, other commands), or that
reads or writes a file, is left out with its reason.
"""

from __future__ import annotations

import re

from webhook_inspector.core.delivery import Delivery
from webhook_inspector.export.curl_reading import windows
from webhook_inspector.export.curl_reading.build import request_of
from webhook_inspector.export.curl_reading.command import Command
from webhook_inspector.export.curl_reading.posix import PosixLines
from webhook_inspector.export.file_text import head_of, text_of
from webhook_inspector.export.gathering import Gathering, Note
from webhook_inspector.export.importing import Importer, ImportFile, ImportResult

_LINE = re.compile(r"^(?:\$ |[A-Za-z]:\\[^\n>]*>|\} \| )?curl(?:\.exe)?[ \t]", re.MULTILINE)
_OTHER = re.compile(r"(?:#(?!##)[^\n]*+\n|//[^\n]*+\n|\s)*+(?:[\[{](?!\r?\nprintf ')|###|@\w+\s*=|[A-Z]{3,10} \S)")


class CurlImporter(Importer):
    """One delivery a command, in the file's order."""

    name = "curl"
    help = "curl command lines"
    origin = '`export --as curl`, browsers\' "Copy as cURL" (bash and cmd), documentation'

    def sniff(self, data: bytes) -> bool:
        """Whether a line begins with curl, and the file is no JSON, no .http file and no script of gosmee."""
        head = head_of(data)
        return _LINE.search(head) is not None and _OTHER.match(head) is None and "GOSMEE_DEBUG_SERVICE" not in head

    def parse(self, file: ImportFile) -> ImportResult:
        """Read all commands.

        Raises:
            InputError: No command can be imported.
        """
        text = text_of(file.data, file.where)
        found = windows.commands(text) if windows.LOOKS_WINDOWS.search(text) else PosixLines(text).commands()
        gathering = Gathering(file)
        for command in found:
            gathering.entry(
                f"The command in line {command.line}",
                lambda note, command=command: _delivery(command, gathering, note),  # type: ignore[misc]  # a default argument's type is not inferred
            )
        return gathering.result()


def _delivery(command: Command, gathering: Gathering, note: Note) -> Delivery:
    return gathering.delivery(request_of(command, note))


IMPORTER = CurlImporter()

"""Bringing deliveries in from a file: a capture of another tool, or a fixture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from textual import work

from webhook_inspector.core.units import plural
from webhook_inspector.errors import InspectorError
from webhook_inspector.tui.log.parts import LogParts
from webhook_inspector.tui.safe import Line, clean

if TYPE_CHECKING:
    from webhook_inspector.engine.importing import ImportReport

_SECONDS = 15.0


def path_of(text: str) -> Path:
    """The file that was typed or dropped on the terminal, which may have put quotes around its name."""
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1]
    return Path(text).expanduser()


def report_line(report: ImportReport, name: str) -> Line:
    """What an import put into the log and what it left out: `12 deliveries from x.har   2 left out: why`."""
    if not report.ids and not report.known:
        line = Line.of(("warn", "! "), f"{clean(name, 60)} holds no request that can be imported")
    else:
        line = Line.of(("ok", "✓ "), f"{plural(len(report.ids), 'delivery', 'deliveries')} from {clean(name, 60)}")
    if report.skipped:
        more = f" (1 of {len(report.skipped)})" if len(report.skipped) > 1 else ""
        line = line + Line.of(("warn", f"   {len(report.skipped)} left out: "), clean(report.skipped[0], 300), more)
    elif report.notes:
        line = line + Line.of(("dim", f"   {clean(report.notes[0], 300)}"))
    return line


class BringingIn(LogParts):
    """The part of the log's screen that imports."""

    brings_in = False
    """Whether a file is being read, whose report is awaited."""

    def import_file(self) -> None:
        """Ask for a file and read it into the log."""
        self.ask("file", self._import_file, "path of a HAR, mitmproxy, curl or fixture file")

    def _import_file(self, text: str | None) -> None:
        if not text or not text.strip():
            return
        if "\0" in text:
            self.say(("bad", "✗ "), "That is not the name of a file")
            return
        try:
            path = path_of(text)
        except RuntimeError:  # `~name` of a user that there is not
            self.say(("bad", "✗ "), f"{clean(text, 60)}: there is no such user")
            return
        self.say(f"Reading {clean(path.name, 60)}…", seconds=0)
        self.brings_in = True
        self._bring_in(path)

    @work(thread=True, exclusive=True, group="import", description="import")
    def _bring_in(self, path: Path) -> None:
        try:
            report = self.inspector.import_file(path)
        except InspectorError as error:
            self.call_later(self._not_brought_in, error.message.replace(str(path), path.name))
            return
        self.call_later(self._brought_in, report, path.name)

    def _not_brought_in(self, why: str) -> None:
        self.brings_in = False
        self.say(("bad", "✗ "), clean(why), seconds=_SECONDS)

    def _brought_in(self, report: ImportReport, name: str) -> None:
        if report.ids:
            self.show_welcome(empty=False)
        self.brings_in = False
        self.look_again()
        self.say(report_line(report, name), seconds=_SECONDS)

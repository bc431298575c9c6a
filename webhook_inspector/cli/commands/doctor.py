"""`doctor`: versions, places, and what is wrong here."""

from __future__ import annotations

import os
import platform
import shutil
import stat
import sys
from collections.abc import Iterator
from importlib import metadata

import click

from webhook_inspector import __version__
from webhook_inspector.cli.door_checks import door
from webhook_inspector.cli.finding import Finding
from webhook_inspector.cli.group import command
from webhook_inspector.cli.output import Styled
from webhook_inspector.cli.render import Columns
from webhook_inspector.cli.session import Session
from webhook_inspector.core.display import show
from webhook_inspector.core.units import plural, size
from webhook_inspector.errors import ConfigError, InspectorError

_PACKAGES = (
    "textual",
    "aiohttp",
    "sqlite-utils",
    "click",
    "pygments",
    "pyperclip",
    "platformdirs",
    "filelock",
    "cryptography",
    "PyJWT",
    "http-message-signatures",
    "keyring",
)
_SAFE_SQLITE = (3, 51, 3)
_LARGE_WAL = 64 * 1024 * 1024
_CLIPBOARD_PROGRAMS = ("wl-copy", "xclip", "xsel", "pbcopy", "clip.exe")
_MARKS = {"ok": ("✓", "ok"), "note": ("!", "warn"), "wrong": ("✗", "bad")}


@command(
    "doctor",
    examples=[("doctor", "Versions, places, the log, the terminal."), ("doctor --json", "One object a check.")],
    exits={0: "nothing is wrong", 1: "something is wrong"},
)
@click.pass_obj
def run(session: Session) -> int:
    """Check this installation, its configuration and the log."""
    findings: list[Finding] = []
    for look in (_versions, _configuration, door, _log, _terminal, _clipboard):
        try:
            findings += look(session)
        except InspectorError as error:
            findings.append(Finding(look.__name__.strip("_"), "wrong", error.message))
    columns = Columns(session.out)
    if session.json:
        for finding in findings:
            session.out.record(
                {"type": "check", "name": finding.name, "status": finding.status, "detail": finding.detail}
            )
    else:
        columns.write([_row(finding) for finding in findings])
    return 1 if any(finding.status == "wrong" for finding in findings) else 0


def _row(finding: Finding) -> list[str | Styled]:
    glyph, style = _MARKS[finding.status]
    return [Styled(f"{glyph} {finding.status}", style), Styled(finding.name, "strong"), finding.detail]


def _versions(_session: Session) -> Iterator[Finding]:
    yield Finding("webhook-inspector", "ok", __version__)
    good = sys.version_info >= (3, 11)
    yield Finding(
        "python", "ok" if good else "wrong", f"{platform.python_version()} on {platform.platform(terse=True)}"
    )
    for name in _PACKAGES:
        try:
            yield _parser(metadata.version(name)) if name == "aiohttp" else Finding(name, "ok", metadata.version(name))
        except metadata.PackageNotFoundError:
            yield Finding(name, "wrong", "is not installed: install webhook-inspector again.")
    from webhook_inspector.engine.environment import sqlite_version

    version = sqlite_version()
    if tuple(int(part) for part in version.split(".")) >= _SAFE_SQLITE:
        yield Finding("sqlite", "ok", version)
    else:
        reason = (
            "before 3.51.3 processes that write at the same instant can lose pages; the lock beside the log prevents"
            " it, so nothing is to be done unless another program writes to the log"
        )
        yield Finding("sqlite", "note", f"{version}: {reason}.")


def _parser(version: str) -> Finding:
    """Which of aiohttp's two parsers is used."""
    from webhook_inspector.engine.environment import parser_name

    name = parser_name()
    if name == "C":
        return Finding("aiohttp", "ok", f"{version}, C parser")
    return Finding(
        "aiohttp",
        "note",
        f"{version}, {name} parser: it is slow and refuses other requests than the compiled one; unset"
        " AIOHTTP_NO_EXTENSIONS and install a wheel for this platform (pip install --only-binary aiohttp aiohttp).",
    )


def _configuration(session: Session) -> Iterator[Finding]:
    config = session.config
    where = str(config.path) if config.path else "no file: built-in settings hold"
    yield Finding("configuration", "ok", f"{where}, {plural(len(config.sources), 'source')}")
    for warning in config.warnings:
        yield Finding("configuration", "note", warning)
    try:
        session.app_keys(config)
    except ConfigError as error:
        yield Finding("keys", "wrong", error.message)
    from webhook_inspector.config.secrets import resolve
    from webhook_inspector.engine.kept_secrets import place_in_words, secret_store

    store = secret_store()
    for source in config.sources:
        for problem in resolve(source.secrets, session.env, config.base, store.lookup)[1]:
            yield Finding(f"source {source.name}", "wrong", problem)
    yield Finding("secrets", "ok", f"`secrets set` keeps them in {place_in_words()}")


def _log(session: Session) -> Iterator[Finding]:
    config = session.config
    path = config.log
    name = f"{path} (from {config.log_origin})"
    if not path.exists():
        yield Finding("log", "ok", f"{name}: not made yet")
        return
    with session.inspector(readonly=True) as inspector:
        count = inspector.count("")
        listener = inspector.other_listener()
        health = inspector.health()
    yield Finding("log", "ok", f"{name}: {plural(count, 'delivery', 'deliveries')}, {size(path.stat().st_size)}")
    for problem in health.problems:
        way = "" if "salvage" in problem else ": `salvage` writes what can be read to a new log"
        yield Finding("log", "wrong", f"{problem}{way}.")
    if health.damaged:
        numbers = ", ".join(str(number) for number in health.damaged[:10])
        what = plural(len(health.damaged), "body is", "bodies are")
        yield Finding("log", "wrong", f"{what} not as received, by SHA-256: deliveries {numbers}.")
    if health.wal_bytes > _LARGE_WAL:
        yield Finding(
            "log",
            "note",
            f"{size(health.wal_bytes)} wait beside it to be folded back: some program keeps it open to read.",
        )
    yield Finding("listener", "ok", f"listens at {listener}" if listener else "none for this log")
    mode = stat.S_IMODE(path.stat().st_mode)
    if os.name == "posix" and mode & 0o077:
        yield Finding("log", "wrong", f"other users may open it (mode {mode:04o}): run chmod 600 {path}")


def _terminal(session: Session) -> Iterator[Finding]:
    term = session.env.get("TERM", "")
    encoding = getattr(sys.stdout, "encoding", None) or "none"
    columns, lines = shutil.get_terminal_size()
    if not session.out.terminal or term == "dumb":
        yield Finding(
            "terminal", "note", f"none here (TERM={show(term, 40)}): the app needs one, every other command does not."
        )
        return
    colour = "colour" if session.out.color else "no colour"
    small = columns < 80 or lines < 24
    detail = f"{show(term, 40)}, {columns}x{lines}, {encoding}, {colour}"
    yield Finding("terminal", "note" if small else "ok", detail + (": the app wants 80x24" if small else ""))


def _clipboard(session: Session) -> Iterator[Finding]:
    from webhook_inspector.adapters.clipboard import has_desktop

    env = session.env
    rungs = ["tmux"] if env.get("TMUX") and shutil.which("tmux") else []
    programs = [name for name in _CLIPBOARD_PROGRAMS if shutil.which(name)]
    desktop = has_desktop(env, sys.platform)
    if desktop and (programs or sys.platform == "win32"):
        rungs.append(f"desktop ({', '.join(programs) or 'system'})")
    rungs.append("terminal (OSC 52)")
    hint = (
        ""
        if len(rungs) > 1
        else "; not every terminal takes it: install wl-copy or xclip for a desktop"
        if desktop
        else ""
    )
    yield Finding("clipboard", "ok", " then ".join(rungs) + hint)


COMMAND = run

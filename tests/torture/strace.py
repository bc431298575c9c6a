"""System calls of a listener, and what a disk would hold after a power loss at any of them."""

from __future__ import annotations

import random
import re
import shutil
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

CALLS = "pwrite64,write,ftruncate,fdatasync,fsync,sendto,sendmsg,unlink,rename,openat"
needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")

_LINE = re.compile(r"^(\d+) +(\w+)\((.*)\) += (-?\d+)")
_UNFINISHED = re.compile(r"^(\d+) +(\w+)\((.*) <unfinished \.\.\.>$")
_RESUMED = re.compile(r"^(\d+) +<\.\.\. (\w+) resumed>(.*)\) += (-?\d+)")
_FILE = re.compile(r"^\d+<(.*?)>")
_DATA = re.compile(r'"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?')
_NUMBER = re.compile(r"(\d+)$")
_WRITE_AT = re.compile(r", (\d+), (\d+)$")


def tracing(output: Path) -> list[str]:
    """The tracer's command line, before that of the program."""
    return ["strace", "-f", "-y", "-xx", "-s", "300000", "-o", str(output), "-e", f"trace={CALLS}"]


@dataclass(frozen=True)
class Call:
    """A system call that has returned."""

    name: str
    file: str
    arguments: str
    result: int

    @property
    def data(self) -> bytes:
        """What was written."""
        match = _DATA.search(self.arguments)
        assert match is not None
        assert match[2] is None, "the tracer cut it"
        return bytes.fromhex(match[1].replace("\\x", ""))


def calls(path: Path) -> Iterator[Call]:
    """The calls of a trace that succeeded, in the order in which they returned."""
    begun: dict[tuple[str, str], str] = {}
    with path.open(encoding="ascii", errors="replace") as lines:
        for line in lines:
            if match := _UNFINISHED.match(line):
                begun[match[1], match[2]] = match[3]
                continue
            if match := _RESUMED.match(line):
                arguments = begun.pop((match[1], match[2]), "") + match[3]
            elif match := _LINE.match(line):
                arguments = match[3]
            else:
                continue
            if int(match[4]) >= 0:
                file = _FILE.match(arguments)
                name = file[1] if file else ""
                yield Call(match[2], _plain(name), arguments.rstrip(" )"), int(match[4]))


def _plain(name: str) -> str:
    """A path of `-y -xx`, of which every byte is written in hex."""
    return bytes.fromhex(name.replace("\\x", "")).decode(errors="replace") if name.startswith("\\x") else name


@dataclass
class Disk:
    """A file as the system has it and as the disk surely has it."""

    durable: bytearray = field(default_factory=bytearray)
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)
    """Writes since the last sync: where and what; None: cut there."""

    def sync(self) -> None:
        """All that is pending is durable."""
        self.durable = self.after(self.pending)
        self.pending = []

    def after(self, writes: list[tuple[int, bytes | None]]) -> bytearray:
        """The file when of what is pending these writes reached the disk."""
        content = bytearray(self.durable)
        for place, data in writes:
            if data is None:
                content = content[:place].ljust(place, b"\0")
                continue
            if len(content) < place:
                content += bytes(place - len(content))
            content[place : place + len(data)] = data
        return content


@dataclass
class Image:
    """What a disk may hold after a power loss, at one answer."""

    database: bytes
    wal: bytes
    answered: int
    """How many answers had left."""


def images(trace: Path, log: Path, *, subsets: int, seed: int) -> Iterator[Image]:
    """At every answer the durable bytes alone, and with random parts of what was written since.

    Writes are kept or dropped whole, and truncations count as durable only with a sync. Before the log has its name
    (it is made beside it and renamed) there are no answers.

    Args:
        trace: Output of `tracing`.
        log: The log of the process.
        subsets: How many random parts at each answer.
        seed: Of these.
    """
    rng = random.Random(seed)
    disks: dict[str, Disk] = defaultdict(Disk)
    name, wal = str(log), f"{log}-wal"
    answered = 0
    for call in calls(trace):
        if call.name in {"sendto", "sendmsg"}:
            if not _is_answer(call):
                continue
            answered += 1
            for pick in range(subsets + 1):
                database, journal = (_picked(disks[one], rng, nothing=pick == 0) for one in (name, wal))
                yield Image(bytes(database), bytes(journal), answered)
            continue
        _replay(disks, call, name)


def _replay(disks: dict[str, Disk], call: Call, name: str) -> None:
    draft = f"{name}.new"
    # The log is made as a draft and renamed; a descriptor keeps the name under which the tracer sees it now.
    file = call.file.removesuffix(" (deleted)")
    if file.startswith(draft):
        file = name + file.removeprefix(draft)
    if not file.startswith(name):
        return
    if call.name == "pwrite64":
        match = _WRITE_AT.search(call.arguments)
        assert match is not None
        disks[file].pending.append((int(match[2]), call.data[: call.result]))
    elif call.name == "ftruncate":
        match = _NUMBER.search(call.arguments)
        assert match is not None
        disks[file].pending.append((int(match[1]), None))
    elif call.name in {"fdatasync", "fsync"}:
        disks[file].sync()


def _picked(disk: Disk, rng: random.Random, *, nothing: bool) -> bytearray:
    return disk.after([] if nothing else [write for write in disk.pending if rng.random() < 0.5])


def _is_answer(call: Call) -> bool:
    return "\\x48\\x54\\x54\\x50\\x2f\\x31\\x2e\\x31\\x20\\x32\\x30\\x30" in call.arguments  # HTTP/1.1 200


_MARK = re.compile(rb"mark(\d{5})\|")


def mark(number: int) -> bytes:
    """What the body of a delivery begins with, from 0; several times, as one may be cut by the end of a page."""
    return b"mark%05d|" % number * 8


def answers_out_of_order(trace: Path, log: Path) -> tuple[int, int]:
    """Answers, and those of them that left before their own delivery was written to `-wal` and that was synced.

    The bodies begin with `mark`, and each was sent when the one before it was answered.
    """
    wal = f"{log}-wal"
    written: set[int] = set()
    synced: set[int] = set()
    total = wrong = 0
    for call in calls(trace):
        if call.file == wal and call.name == "pwrite64":
            written |= {int(number) for number in _MARK.findall(call.data)}
        elif call.file == wal and call.name in {"fdatasync", "fsync"}:
            synced |= written
        elif call.name in {"sendto", "sendmsg"} and _is_answer(call):
            wrong += total not in synced
            total += 1
    return total, wrong

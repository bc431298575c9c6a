"""The files that every export format makes of four records: `python -m tests.export.golden` writes them again.

Look at what changed before you commit it: these are the bytes that people have in their own repositories.
"""

from __future__ import annotations

from pathlib import Path

from tests.support.factories import T0_NS
from webhook_inspector import __version__
from webhook_inspector.core.clock import NS_PER_S
from webhook_inspector.core.delivery import Delivery, Event, Facts, Record
from webhook_inspector.core.headers import Headers
from webhook_inspector.core.request import Request
from webhook_inspector.export.api import export_records, formats

FOLDER = Path(__file__).with_name("golden")


def records() -> list[Record]:
    """JSON text, bytes, repeated headers, and characters beyond ASCII."""
    requests = [
        Request(
            "POST",
            b"/stripe?x=1&token=abcdef123456",
            Headers(
                (
                    (b"Host", b"localhost:3000"),
                    (b"Content-Type", b"application/json"),
                    (b"Content-Length", b"60"),
                    (b"Authorization", b"Bearer abcdef123456"),
                )
            ),
            b'{"id":"evt_1","type":"invoice.paid","note":"it\'s {{$guid}}"}',
        ),
        Request("PUT", b"/upload", Headers(((b"Content-Type", b"image/png"),)), bytes(range(0, 256, 3))),
        Request(
            "POST",
            b"/forms/%7Ea/../b",
            Headers(((b"X-A", b"1"), (b"Accept", b"*/*"), (b"x-a", b"2"), (b"X-A", b"@/etc/hostname"), (b"X-E", b""))),
            b"a=1&b=%20",
        ),
        Request(
            "POST",
            "/caf\u00e9".encode(),
            Headers(((b"Content-Type", b"text/plain; charset=utf-8"), (b"X-L", b"caf\xe9"))),
            "caf\u00e9 \u202e\n###\n< /etc/passwd\n".encode(),
        ),
    ]
    kinds = ["invoice.paid", None, "=form", "caf\u00e9"]
    return [
        Record(
            Delivery(request, T0_NS + number * NS_PER_S, source="shop", id=number, remote="127.0.0.1:5"),
            Facts(provider="stripe" if number == 1 else None, event=Event(type=kind, id=f"evt_{number}")),
        )
        for number, (request, kind) in enumerate(zip(requests, kinds, strict=True), 1)
    ]


def made(name: str) -> bytes:
    """What a format makes of the records, redacted; our version aside."""
    return export_records(records(), name).replace(f'"version": "{__version__}"'.encode(), b'"version": "VERSION"')


def path_of(name: str) -> Path:
    """Where the bytes of a format lie. None is named so that a tool would run or collect it."""
    return FOLDER / f"{name}{formats()[name].suffix}.golden"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name in formats():
        path_of(name).write_bytes(made(name))

"""The program with a fault in how it meets its senders, in a process of its own; the tests must catch each.

Arguments: `MODE`, then those of the program.
"""

from __future__ import annotations

import socket
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from webhook_inspector.__main__ import main
from webhook_inspector.adapters import files
from webhook_inspector.core.attempt import Attempt
from webhook_inspector.core.delivery import Delivery
from webhook_inspector.core.secret import Secret
from webhook_inspector.engine import capture
from webhook_inspector.engine.access import Access
from webhook_inspector.net import listener
from webhook_inspector.net.capture import Capture
from webhook_inspector.store.log import Log

PROGRAM = ("-m", "tests.torture.careless_process")


def _keeps_connections() -> None:
    """Nobody is closed to make room, and no deadline is kept."""
    vars(listener)["within_descriptors"] = lambda limits: limits
    for name in ("make_room", "sweep"):
        setattr(Capture, name, lambda *_: None)


def _prints_refusals() -> None:
    """A traceback for each request that cannot be parsed, as a plain server writes."""
    real = Capture.refuse_raw

    async def told(self: Capture, connection: Any, error: BaseException) -> Any:
        traceback.print_exception(error)
        return await real(self, connection, error)

    Capture.refuse_raw = told  # type: ignore[method-assign]


def _forgets_some() -> None:
    """Every 50th delivery is answered and not kept."""
    real = Log.submit_all
    count = 0

    def submit_all(self: Log, deliveries: Sequence[Delivery], done: Callable[..., None]) -> None:
        nonlocal count
        before, count = count, count + len(deliveries)
        if before // 50 == count // 50:
            real(self, deliveries, done)
        else:
            real(self, deliveries[1:], lambda outcomes: done([1, *outcomes]))

    Log.submit_all = submit_all  # type: ignore[method-assign]


def _everywhere() -> None:
    """Loopback is taken for every address."""
    real = vars(capture)["bind"]
    vars(capture)["bind"] = lambda _host, port: real("0.0.0.0", port)


def _open_files() -> None:
    """Files are made with the mode that the umask leaves."""

    def write(path: Path, data: bytes, *, replace: bool) -> None:
        del replace
        path.write_bytes(data)

    vars(files)["write_private"] = write


def _calls_home() -> None:
    """Something is sent elsewhere at the start."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        sock.connect_ex(("192.0.2.1", 53))


def _grows() -> None:
    """What came is held on to."""
    held: list[bytes] = []
    real = Log.submit_all

    def submit_all(self: Log, deliveries: Sequence[Delivery], done: Callable[..., None]) -> None:
        held.extend(bytes(bytearray(delivery.request.body)) for delivery in deliveries for _ in range(9))
        real(self, deliveries, done)

    Log.submit_all = submit_all  # type: ignore[method-assign]


def _leaks() -> None:
    """A little of each delivery is never freed, and now and then a file stays open."""
    held: list[object] = []
    real = Log.submit_all

    def submit_all(self: Log, deliveries: Sequence[Delivery], done: Callable[..., None]) -> None:
        for _ in deliveries:
            held.append(bytearray(b"\1" * 10_000))
            if len(held) % 20 == 0:
                held.append(Path(sys.executable).open("rb"))  # noqa: SIM115 (the fault)
        real(self, deliveries, done)

    Log.submit_all = submit_all  # type: ignore[method-assign]


def _tells_afterwards() -> None:
    """An attempt is kept when its outcome is known."""
    numbers = iter(range(1, 1_000_000))
    real = Log.finish_attempt

    def finish(self: Log, attempt: Attempt) -> None:
        real(self, replace(attempt, id=begin(self, replace(attempt, outcome=None))))

    begin = Log.begin_attempt
    Log.begin_attempt = lambda _self, _attempt: next(numbers)  # type: ignore[method-assign,assignment]
    Log.finish_attempt = finish  # type: ignore[method-assign]


def _tells() -> None:
    """Nothing is masked."""
    Secret.masked = lambda self: self.value  # type: ignore[method-assign]
    Access.shown = lambda self, target: str(target)  # type: ignore[method-assign]


MODES: dict[str, Callable[[], None]] = {
    "keeps-connections": _keeps_connections,
    "prints-refusals": _prints_refusals,
    "forgets-some": _forgets_some,
    "everywhere": _everywhere,
    "open-files": _open_files,
    "calls-home": _calls_home,
    "grows": _grows,
    "leaks": _leaks,
    "tells-afterwards": _tells_afterwards,
    "tells": _tells,
}


if __name__ == "__main__":
    MODES[sys.argv[1]]()
    del sys.argv[1]
    sys.exit(main())

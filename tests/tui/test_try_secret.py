"""`t` in the Signature tab: a pasted secret is tried, and kept nowhere."""

from __future__ import annotations

import contextlib
from pathlib import Path

from tests.support.factories import T0_NS, make_request
from tests.support.running_app import Running, imported, running
from webhook_inspector.core.clock import iso_utc
from webhook_inspector.core.headers import decode_header
from webhook_inspector.core.secret import Secret
from webhook_inspector.providers.load import builtin
from webhook_inspector.signing import sign

CANARY = "whsec_canary-of-the-prompt"


def signed() -> list[dict[str, object]]:
    request = sign(make_request(b'{"type":"a"}'), builtin()["stripe"], Secret(CANARY), now_ns=T0_NS)
    headers = [(decode_header(name), decode_header(value)) for name, value in request.headers]
    return [{**imported(request.body, headers=headers), "received_at": iso_utc(T0_NS)}]


async def try_secret(app: Running, secret: str) -> None:
    await app.press("3", "t")
    assert "paste a signing secret" in app.text
    for character in secret:
        await app.pilot.press("underscore" if character == "_" else "minus" if character == "-" else character)
    await app.quiet()
    assert secret not in app.text
    await app.press("enter")


async def test_a_pasted_secret_is_tried_and_kept_nowhere(tmp_path: Path) -> None:
    async with running(tmp_path, signed()) as app:
        await try_secret(app, CANARY)
        await app.shows("With the pasted secret; it is not kept")
        assert "✓" in app.text
        assert "pasted" in app.text
        assert CANARY not in app.text
        assert app.inspector.record(1).facts.verification.status == "no_secret"
        await app.press("4", "3")
        await app.shows("No secret")
    for file in tmp_path.rglob("*"):
        with contextlib.suppress(IsADirectoryError):
            assert CANARY.encode() not in file.read_bytes()


async def test_a_wrong_one_says_so_and_escape_asks_nothing(tmp_path: Path) -> None:
    async with running(tmp_path, signed()) as app:
        await try_secret(app, "whsec_wrong")
        await app.shows("✗ The signature does not match")
        await app.press("4", "3", "t", "x", "escape")
        await app.shows("No secret")
        assert "paste a signing secret" not in app.text

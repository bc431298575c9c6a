"""Whatever is captured, it is only ever words on the screen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.running_app import Running, imported, running
from tests.support.shared import shared_json
from webhook_inspector.core.headers import encode_header

OWN = (
    "a [/] b",
    "[@click=app.bell]press[/]",
    "[bold",
    "[$x] [ b ] [/b",
    "$who ${who} {who} %s",
    "\x1b]0;PWNED\x07 title",
    "\x1b]52;c;UFdORUQ=\x1b\\ clipboard",
    "\x1b[2J\x1b[31m red",
    "\x9b31m \x9d0;t\x9c c1",
    "\x00\x07\x08\x0b\x0c\x0e\x7f c0",
    "\u202egnp.exe \u2066x\u2069",
    "line\u2028sep\u2029par\x85nel",
    "\ud800 \udfff lone",
    "e" + "\u0301" * 40,
    "❤️ ⚠️ 🏳️‍🌈 👩‍👩‍👧",
    "日本語 한국어 ＡＢＣ",
    "\U000e0041\U000e0042 tags \ufeff bom \u200b zero",
    "🇩🇪" * 20,
)
_NEVER = {
    *map(chr, range(32)),
    *map(chr, range(0x7F, 0xA0)),
    "\u202e",
    "\u2066",
    "\u2028",
    "\u2029",
    "\ufeff",
    "\u200b",
}


def corpus() -> list[str]:
    return [str(item["text"]) for item in shared_json("corpora/own/terminal/attacks.json")["items"] if "text" in item]


def in_every_field(text: str, *, sendable: bool = True) -> list[dict[str, Any]]:
    """Deliveries that hold a text wherever one can stand; `sendable`: as far as it can come over HTTP there."""
    raw = text.encode("utf-8", "surrogatepass")
    method = re.sub(r"[^!#$%&'*+.^_`|~0-9A-Za-z-]", "", text) if sendable else text
    target = re.sub(rb"[\x00-\x20\x7f]", lambda found: b"%%%02x" % ord(found[0]), raw) if sendable else raw
    header = encode_header(text.replace("\n", " ").replace("\r", " ").replace("\0", " ")).decode("latin-1")
    json_text = "".join(f"\\u{ord(c):04x}" if ord(c) < 0x10000 else c for c in text)
    body = f'{{"id":"{json_text}","type":"{json_text}","{json_text}":["{json_text}",{{"k":"{json_text}"}}]}}'
    return [
        imported(body.encode("utf-8", "surrogatepass"), target=b"/a?q=" + target),
        imported(raw, target=b"/" + target, headers=(("Content-Type", "text/plain"), ("X-Note", header))),
        imported(raw, method=method[:20] or "POST", headers=(("Content-Type", header), ("X-GitHub-Event", header))),
        imported(
            b"a=" + raw, headers=(("Content-Type", "application/x-www-form-urlencoded"), ("X-GitHub-Event", "push"))
        ),
        imported(b"<a b='" + raw + b"'/>", headers=(("Content-Type", "application/xml"), ("Stripe-Signature", header))),
        imported(
            b'--B\r\nContent-Disposition: form-data; name="f"; filename="'
            + raw
            + b'"\r\n\r\n'
            + raw
            + b"\r\n--B--\r\n",
            headers=(("Content-Type", "multipart/form-data; boundary=B"),),
        ),
    ]


def judge(app: Running) -> None:
    shown = "".join(app.rows)
    bad = {char for char in shown if char in _NEVER or 0xD800 <= ord(char) < 0xE000}
    assert not bad, [hex(ord(char)) for char in bad]


def looks() -> Iterator[tuple[str, ...]]:
    yield ("1",)
    yield ("2",)
    yield ("3",)
    yield ("4",)
    yield ("5",)
    yield ("6",)
    yield ("tab", "enter")
    yield ("w", "G")
    yield ("1", "h", "l")
    yield ("escape", "escape")


async def look_at_everything(folder: Path, texts: list[str], size: tuple[int, int]) -> None:
    rows = [row for text in texts for row in in_every_field(text)]
    async with running(folder, rows, size=size) as app:
        for number in app.log.list.ids:
            app.log.list.move_to(number)
            for tab in range(1, 7):
                app.log.detail.open_tab(tab)
                await app.document(number, tab)
                judge(app)
        assert app.app.crash is None


@pytest.mark.parametrize("start", range(0, len(OWN), 6))
async def test_own_strings_in_every_field_of_every_tab(tmp_path: Path, start: int) -> None:
    await look_at_everything(tmp_path, list(OWN[start : start + 6]), (120, 36))


async def test_keys_on_hostile_deliveries_do_nothing_else(tmp_path: Path) -> None:
    async with running(tmp_path, in_every_field(OWN[1]) + in_every_field(OWN[0]), size=(80, 24)) as app:
        for _ in range(2):
            for keys in looks():
                await app.press(*keys)
                judge(app)
            await app.press("k")
        for keys in (
            ("plus",),
            ("escape",),
            ("minus",),
            ("escape",),
            ("f", *"type:", "down", "tab", "enter"),
            ("escape",),
        ):
            await app.press(*keys)
            judge(app)
        await app.press("slash", *"[/]", "enter")
        judge(app)
        assert app.app.crash is None


async def test_the_attack_corpus_in_every_tab(tmp_path: Path) -> None:
    texts = corpus()
    await look_at_everything(tmp_path, texts[:: max(1, len(texts) // 6)], (120, 36))

"""W1, W2: what web pages and scanners get from the port: one constant answer, and nothing else."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.listening import listening
from tests.support.shared import SHARED, shared_json
from tests.torture.results import record
from tests.torture.variants import catches
from webhook_inspector.core.delivery import Delivery
from webhook_inspector.core.headers import Headers
from webhook_inspector.net.access import Gate
from webhook_inspector.net.answer import Answer

OK = b"HTTP/1.1 200 OK\r\nServer: webhook-inspector\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 3\r\n"
CANARY = "canary-7f3a"

# -- W1

PAGES: list[tuple[str, dict[str, str]]] = [
    ("GET", {"Host": "rebound.example", "Origin": "http://rebound.example"}),
    ("POST", {"Origin": "https://page.example", "Content-Type": "text/plain"}),
    ("POST", {"Origin": "null", "Content-Type": "application/x-www-form-urlencoded"}),
    ("POST", {"Origin": f"https://{CANARY}.example", "Content-Type": "multipart/form-data; boundary=x"}),
    ("OPTIONS", {"Origin": "https://page.example", "Access-Control-Request-Method": "DELETE"}),
    (
        "OPTIONS",
        {
            "Origin": f"https://{CANARY}.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type, x-stolen",
            "Access-Control-Request-Private-Network": "true",
        },
    ),
    ("GET", {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}),
    ("GET", {"Accept": "text/event-stream", "Origin": "https://page.example"}),
    (
        "GET",
        {"Cookie": f"session={CANARY}", "Referer": f"https://page.example/{CANARY}", "Sec-Fetch-Site": "cross-site"},
    ),
    ("PUT", {"Host": f"127.0.0.1@{CANARY}.example"}),
    ("DELETE", {"Host": "localhost:1/.."}),
]


def _pages() -> list[tuple[str, dict[str, str]]]:
    found = list(PAGES)
    if SHARED.exists():
        names = {"origin": "Origin", "ct": "Content-Type", "acrm": "Access-Control-Request-Method"}
        names |= {"acrh": "Access-Control-Request-Headers", "upgrade": "Upgrade", "host": "Host"}
        for line in shared_json("corpora/own/web/browser.json")["requests"]:
            found.append((line["method"], {names[key]: value for key, value in line.items() if key in names and value}))
    return found


def _raw(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    lines = {"Host": "127.0.0.1", **headers, "Content-Length": str(len(body))}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body


def _as_a_page(**settings: Any) -> int:
    """Every page gets the constant answer, learns nothing, and leaves one delivery."""
    pages = _pages()
    with listening(**settings) as running:
        for number, (method, headers) in enumerate(pages):
            path = f"/{CANARY}?<script>{CANARY}</script>".replace("<", "%3C")
            answer = running.send(_raw(method, path, headers, f"name={CANARY}".encode()))
            head, _, body = answer.partition(b"\r\n\r\n")
            assert answer.startswith((OK, b"HTTP/1.1 4")), (method, headers, answer)
            assert b"access-control" not in answer.lower(), answer
            assert CANARY.encode() not in answer, answer
            assert not re.search(rb"(?i)^(set-cookie|location|refresh|link):", head, re.MULTILINE), answer
            assert len(body) < 60
            assert len(running.kept.wait_for(number + 1)) == number + 1
    return len(pages)


def test_w1_what_a_web_page_gets() -> None:
    pages = _as_a_page()
    guarded = _as_a_page(gate=Gate(token=b"0123456789abcdef"))
    record("W1", requests=pages + guarded, told_or_changed=0)


def _with_cors(_delivery: Delivery) -> Answer:
    return Answer(200, b"ok\n", Headers(((b"Access-Control-Allow-Origin", b"*"),)))


def _echoing(delivery: Delivery) -> Answer:
    return Answer(200, delivery.request.target[:40])


@pytest.mark.parametrize("answer", [_with_cors, _echoing])
def test_w1_catches_a_listener_that_opens_up(answer: Callable[[Delivery], Answer]) -> None:
    caught = catches(lambda: _as_a_page(answer=answer))
    record("W1", caught=caught)


# -- W2

WORDS = re.findall(
    r"\S+",
    """
    admin api app assets auth backup cgi-bin config console debug deliveries docs dump env events export
    favicon.ico feed graphql health healthz hooks import index.html info inspect inspector json list login logs
    metrics openapi.json ping proc quit ready replay reset restart robots.txt rpc search secrets settings
    shutdown sitemap.xml socket static stats status stop stream swagger test token trace ui users v1 version web
    ws .env .git/config .well-known/x ..;/ __debug__ _internal %2e%2e/%2e%2e/etc/passwd ..%2f..%2fetc%2fpasswd
    server-status actuator/env wp-login.php
    """,
)


def _paths() -> list[str]:
    rng = random.Random(7)
    letters = "abcdefghijklmnopqrstuvwxyz0123456789-_./%2e"
    found = [f"/{word}" for word in WORDS]
    found += ["/" + "".join(rng.choice(letters) for _ in range(rng.randrange(1, 40))) for _ in range(1000)]
    if SHARED.exists():
        folder = SHARED / "corpora" / "fetched" / "PayloadsAllTheThings"
        for file in sorted(folder.rglob("*")):
            if file.is_file() and file.stat().st_size < 300_000:
                lines = file.read_bytes().decode("utf-8", "replace").splitlines()
                plain = [re.sub(r"[^\x21-\x7e]", "", line).lstrip("/")[:200] for line in lines]
                found += [f"/{line}" for line in plain if line][:800]
    return found


def _scan(paths: list[str], **settings: Any) -> int:
    """No path gets another answer than every other one."""
    seen: set[bytes] = set()
    with listening(**settings) as running:
        for path in paths:
            for method in ("GET", "POST") if len(path) < 20 else ("GET",):
                # Whether the sender had ended before the answer is all that may differ.
                seen.add(running.send(_raw(method, path, {})).replace(b"Connection: close\r\n", b""))
        count = len(running.kept.deliveries)
    assert seen == {OK + b"\r\nok\n"}, seen - {OK + b"\r\nok\n"}
    return count


def test_w2_the_words_that_scanners_try() -> None:
    record("W2", requests=_scan(_paths()[: len(WORDS) + 100]), other_answers=0)


@pytest.mark.torture
def test_w2_a_thousand_paths_and_every_known_attack() -> None:
    record("W2", requests=_scan(_paths()), other_answers=0)


def test_w2_catches_a_listener_with_a_page_of_its_own() -> None:
    def served(delivery: Delivery) -> Answer:
        return Answer(200, b"up\n" if delivery.request.target == b"/healthz" else b"ok\n")

    caught = catches(lambda: _scan(_paths()[: len(WORDS)], answer=served))
    record("W2", caught=caught)

"""The sources screen: what it shows, and what its keys write into the file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.support.factories import make_request
from tests.support.running_app import COLOURS, Running
from webhook_inspector.config import load
from webhook_inspector.core.clock import SystemClock
from webhook_inspector.core.secret import Secret
from webhook_inspector.engine.app_options import AppOptions
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.engine.kept_secrets import secret_store
from webhook_inspector.signing import sign
from webhook_inspector.tui.app import InspectorApp
from webhook_inspector.tui.safe import PlainInput
from webhook_inspector.tui.screens.sources import SourcesScreen

FILE = """\
# Mine.
[sources.pay]  # payments
path = "/pay"
provider = "stripe"

[sources.code]
secrets = ["env:NOT_THERE"]
respond = "204"
"""
SECRET = "whsec_typed_into_the_app_7f3a"


@asynccontextmanager
async def opened(
    folder: Path, text: str | None = FILE, *, size: tuple[int, int] = (120, 36), keys: tuple[str, ...] = ("O",)
) -> AsyncIterator[Running]:
    if text is not None:
        (folder / "webhook-inspector.toml").write_text(text, encoding="utf-8")
    config = load(None, {"HOME": str(folder)}, folder).with_log(folder / "log.db")
    with Inspector.open(config, env={}) as inspector:
        inspector.listen(port=0)
        app = InspectorApp(inspector, AppOptions(config=config), COLOURS)
        async with app.run_test(size=size, notifications=True) as pilot:
            made = Running(app, inspector, pilot, folder)
            await made.quiet()
            await made.press(*keys)
            yield made


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def text_of(folder: Path) -> str:
    return (folder / "webhook-inspector.toml").read_text(encoding="utf-8")


async def typed(run: Running, words: str) -> None:
    """Type into the field that asks, as a paste would."""
    run.app.screen.query_one(PlainInput).value = words
    await run.pilot.pause()


async def deliver(run: Running, path: str) -> None:
    body = b'{"id":"evt_9","object":"event","type":"charge.paid"}'
    request = sign(make_request(body), run.inspector.provider("stripe"), Secret(SECRET), now_ns=SystemClock().wall_ns())
    await run.post(body, dict(request.headers.text_pairs()), path)
    await asyncio.to_thread(run.inspector.wait_analysed)
    await run.quiet()


@pytest.mark.parametrize("size", [(60, 18), (80, 24), (120, 36)])
async def test_every_source_is_a_row_and_its_fields_stand_below(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(tmp_path, size=size) as run:
        assert isinstance(run.app.screen, SourcesScreen)
        assert run.rows[size[0] >= 100].startswith(" Sources  2 sources")
        pay, code = (next(row for row in run.rows if f"{name}  " in row and "/" in row) for name in ("pay", "code"))
        assert "stripe" in pay
        assert "none" in pay
        assert "/code" in code
        assert "✗ missing" in code
        await run.press("j", "tab", "j", "j", "j")
        assert "✗ The environment variable NOT_THERE is not set" in run.text
        await run.press("escape", "escape")
        assert not isinstance(run.app.screen, SourcesScreen)


async def test_the_sentence_of_the_loader_stands_in_the_field_while_it_is_typed(tmp_path: Path) -> None:
    async with opened(tmp_path) as run:
        await run.press("enter", "j", "enter")
        await typed(run, "pay")
        row = next(row for row in run.rows if " path " in row)
        assert "✗ must start with / and hold no ? or #" in row
        await run.press("enter")
        assert text_of(tmp_path) == FILE
        assert "must start with /" in run.text
        await run.press("enter")
        await typed(run, "/in")
        assert "✓ /in" in run.text
        await run.press("enter")
        await run.shows("pay: path is /in")
        assert text_of(tmp_path) == FILE.replace('"/pay"', '"/in"')
        await deliver(run, "/in")
        assert run.inspector.record(1).delivery.source == "pay"


async def test_a_typed_secret_is_kept_and_verifies_and_is_not_in_the_file(tmp_path: Path) -> None:
    async with opened(tmp_path) as run:
        await deliver(run, "/pay")
        assert run.inspector.record(1).facts.verification.status == "no_secret"
        await run.press("enter", "j", "j", "j", "enter")
        await typed(run, SECRET)
        assert SECRET not in run.text
        assert "✓ kept in files that only you may read" in run.text
        await run.press("enter")
        await run.shows("1 delivery verified again")
        assert text_of(tmp_path) == FILE.replace('"stripe"\n', '"stripe"\nsecrets = ["keyring:pay"]\n')
        assert secret_store().get("pay") == SECRET
        assert SECRET not in run.text
        assert "✓ set …7f3a" in run.text
        await deliver(run, "/pay")
        assert [run.inspector.record(n).facts.verification.status.value for n in (1, 2)] == ["valid", "valid"]
        await run.until(lambda: "100%" in run.text)


async def test_adding_a_source_takes_its_provider_from_its_name(tmp_path: Path) -> None:
    async with opened(tmp_path, None) as run:
        assert "A source is a path of its own" in run.text
        assert "a adds one" in run.text
        await run.press("a")
        await typed(run, "shopify")
        assert "new source   ✓ /shopify" in run.text
        await run.press("enter")
        await run.shows("Added shopify")
        assert "new file" in run.text
        assert text_of(tmp_path) == '[sources.shopify]\npath = "/shopify"\nprovider = "shopify"\n'
        await run.press("escape", "a")
        await typed(run, "shopify")
        assert "✗ There is a source shopify already" in run.text
        await run.press("enter")
        await run.shows("already: choose another name")


async def test_a_target_elsewhere_is_marked_and_the_own_listener_refused(tmp_path: Path) -> None:
    async with opened(tmp_path) as run:
        listening = run.inspector.listening
        assert listening is not None
        await run.press("enter", *"jjjjjj", "enter")
        for text, words in (
            ("http://203.0.113.9/in", "! another machine"),
            ("http://127.0.0.1:9/in", "✓ http://127.0.0.1:9/in"),
            (listening.url + "/in", "✗ "),
            ("ftp://127.0.0.1", "✗ must be an address"),
        ):
            await typed(run, text)
            assert words in next(row for row in run.rows if " forward " in row and "▌" in row)
        await run.press("escape")
        assert text_of(tmp_path) == FILE


async def test_removing_and_undoing(tmp_path: Path) -> None:
    async with opened(tmp_path) as run:
        await run.press("x")
        await run.shows("Removed pay")
        assert "sources.pay" not in text_of(tmp_path)
        assert run.inspector.sources.get("pay") is None
        await run.press("u")
        await run.shows("Undone")
        assert text_of(tmp_path) == FILE
        assert run.inspector.sources.get("pay") is not None
        await run.press("u")
        await run.shows("nothing to undo")


async def test_providers_complete_and_choices_step(tmp_path: Path) -> None:
    async with opened(tmp_path) as run:
        await run.press("j", "enter", "j", "j", "enter")
        await typed(run, "githu")
        assert "github" in run.text
        await run.press("enter")
        await run.shows("code: provider is github")
        assert 'provider = "github"' in text_of(tmp_path)
        await run.press("G", "k", "k", "k", "k")
        assert "‹ – ›" in run.text
        await run.press("l")
        await run.shows("ack is async")
        await run.press("l")
        await run.shows("ack is sync")
        await run.press("x")
        await run.shows("no ack any more")
        assert "ack" not in text_of(tmp_path)


async def test_a_file_that_somebody_else_changed_is_not_written_over(tmp_path: Path) -> None:
    async with opened(tmp_path) as run:
        (tmp_path / "webhook-inspector.toml").write_text(FILE.replace("/pay", "/theirs"), encoding="utf-8")
        await run.press("x")
        await run.shows("changed by somebody else")
        assert text_of(tmp_path) == FILE.replace("/pay", "/theirs")
        await run.until(lambda: any("/theirs" in row for row in run.rows))


async def test_a_file_that_does_not_load_is_said(tmp_path: Path) -> None:
    async with opened(tmp_path, keys=()) as run:
        (tmp_path / "webhook-inspector.toml").write_text("[sources.pay]\ncolour = 1\n", encoding="utf-8")
        await run.press("O")
        await run.shows("unknown key sources.pay.colour")
        await run.press("a", "x", "u", "enter", "tab", "j", "l")
        assert isinstance(run.app.screen, SourcesScreen)


async def test_the_first_screen_leads_to_a_secret(tmp_path: Path) -> None:
    async with opened(tmp_path, None, keys=("5",)) as run:
        await typed(run, "stripe")
        await run.press("enter")
        await run.shows("of stripe: paste it")
        await typed(run, SECRET)
        await run.press("enter")
        await run.shows("the secret is set")
        assert 'secrets = ["keyring:stripe"]' in text_of(tmp_path)
        await deliver(run, "/stripe")
        assert run.inspector.record(1).facts.verification.status == "valid"


async def test_where_everything_else_goes(tmp_path: Path) -> None:
    async with opened(tmp_path) as run:
        await run.press("t")
        await typed(run, "localhost:3999")
        await run.press("enter")
        assert run.inspector.forward_target == "http://localhost:3999"
        assert "everything else goes to localhost:3999" in run.rows[1]
        await run.press("t")
        await typed(run, "-")
        await run.press("enter")
        assert run.inspector.forward_target is None


async def test_hostile_names_of_the_file_are_drawn_as_words(tmp_path: Path) -> None:
    text = '[sources.a]\npath = "/\\u202e[b]x"\nrespond = "200:\\u2028"\n'
    async with opened(tmp_path, text) as run:
        assert "\u202e" not in run.text
        assert "\u2028" not in run.text

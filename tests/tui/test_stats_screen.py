"""The Stats view over a real log, at the sizes that people have."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from tests.support.factories import T0_NS, make_delivery
from tests.support.posting import post
from tests.support.replaying import app_over
from tests.support.screen import screen_block, screen_text, settle, until
from webhook_inspector.config.model import Config
from webhook_inspector.core.clock import NS_PER_S, ManualClock
from webhook_inspector.core.delivery import Event, Facts
from webhook_inspector.core.verification import Verification, VerificationStatus
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.events.series import Kind
from webhook_inspector.store.log import Log
from webhook_inspector.tui import stats_lines
from webhook_inspector.tui.safe import Line
from webhook_inspector.tui.screens.log import LogScreen
from webhook_inspector.tui.screens.shapes import ShapesScreen
from webhook_inspector.tui.screens.stats import StatsScreen

HOSTILE = "\x1b[31m[/]\u202e=cmd()"
SIZES = [(60, 18), (80, 24), (120, 36), (200, 50)]


def fill(folder: Path, *, age_s: int = 60) -> Inspector:
    """6 paid (two of a new shape), 4 push whose secret is not set, 3 of a hostile name; within a minute."""
    clock = ManualClock(T0_NS)
    log = Log.open(folder / "log.db", clock=clock)
    kinds = [("stripe", "invoice.paid", VerificationStatus.VALID)] * 6
    kinds += [("github", "push", VerificationStatus.NO_SECRET)] * 4 + [
        (HOSTILE, HOSTILE, VerificationStatus.UNSIGNED)
    ] * 3
    try:
        for n, (source, name, status) in enumerate(kinds):
            at = T0_NS - (age_s - n) * NS_PER_S
            (number,) = log.append([make_delivery(received_ns=at, source=source)])
            facts = Facts(
                event=Event(name, None, None, None),
                verification=Verification(
                    status, reason=status.value if status is not VerificationStatus.VALID else "ok"
                ),
                shape="new" if n in {4, 5} else "old",
                drift=n == 4,
                duplicate_of=1 if n == 1 else None,
            )
            log.save_facts([(number, facts, None)])
    finally:
        log.close()
    return Inspector.open(Config(path=None, log=folder / "log.db"), env={}, clock=clock)


@pytest.mark.parametrize("size", SIZES)
async def test_the_view_at_every_size(tmp_path: Path, size: tuple[int, int]) -> None:
    with fill(tmp_path) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=size) as pilot:
            await settle(pilot)
            await pilot.press("T")
            block = await until(pilot, app, "13 deliveries, 3 types")
            rows = screen_text(app)
            assert rows[size[0] >= 100].startswith(" Stats   ‹ last hour ›")
            assert "Arriving" in block
            assert "nothing sent on" in block
            assert "no answers" in block
            (paid,) = (row for row in rows if row.startswith("▌stripe"))
            numbers = [part for part in paid.split() if part.isdigit()]
            assert numbers == (["6", "0", "1", "0", "2"] if size[0] > 60 else ["6", "0", "1", "0"])
            (head,) = (row for row in rows if row.startswith(" SOURCE"))
            assert head.endswith("SHAPES" if size[0] > 60 else "APP ✗")
            assert len(head) == len(paid)
            assert "✗ github  4 of 4 signatures could not be" in block
            assert "Δ stripe invoice.paid  new shape since" in block
            assert "\x1b" not in block
            assert "\u202e" not in block
            assert rows[-1].startswith(" ⏎ open")
            assert app.screen.virtual_size.height <= size[1]


async def test_more_rows_than_fit_scroll_and_push_nothing_off_the_screen(tmp_path: Path) -> None:
    clock = ManualClock(T0_NS)
    log = Log.open(tmp_path / "log.db", clock=clock)
    for n in range(40):
        (number,) = log.append([make_delivery(received_ns=T0_NS - n * NS_PER_S, source=f"s{n % 9}")])
        failed = Verification(VerificationStatus.INVALID, reason="wrong_secret")
        log.save_facts([(number, Facts(event=Event(f"t{n}", None, None, None), verification=failed), None)])
    log.close()
    with Inspector.open(Config(path=None, log=tmp_path / "log.db"), env={}, clock=clock) as inspector:
        app = app_over(inspector)
        for size in SIZES:
            async with app_over(inspector).run_test(size=size) as pilot:
                app = pilot.app  # type: ignore[assignment]
                await settle(pilot)
                await pilot.press("T")
                await until(pilot, app, "40 deliveries, 40 types")
                await settle(pilot)
                rows = screen_text(app)
                assert rows[-1].startswith(" ⏎ open")
                assert sum("40 of 40" in row or " of 4 sig" in row or " of 5 sig" in row for row in rows) >= 3
                assert app.screen.virtual_size.height <= size[1]
                await pilot.press("G")
                await settle(pilot)
                assert any(row.startswith("▌") and " t" in row for row in screen_text(app)[5:])


async def test_a_row_and_a_finding_lead_to_their_deliveries(tmp_path: Path) -> None:
    with fill(tmp_path) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(120, 36)) as pilot:
            await settle(pilot)
            for keys, found in (
                (("enter",), [1, 2, 3, 4, 5, 6]),
                (("j", "enter"), [7, 8, 9, 10]),
                (("j", "j", "enter"), [11, 12, 13]),
                (("exclamation_mark", "enter"), [7, 8, 9, 10]),
                (("right", "enter"), [1, 2, 3, 4, 5, 6]),
            ):
                await pilot.press("T")
                await until(pilot, app, "13 deliveries")
                await pilot.press(*keys)
                await settle(pilot)
                await settle(pilot)
                assert isinstance(app.screen, LogScreen)
                assert list(app.screen.list.ids) == found
            await pilot.press("T")
            await until(pilot, app, "13 deliveries")
            await pilot.press("exclamation_mark", "exclamation_mark", "enter")
            await settle(pilot)
            assert type(app.screen) is ShapesScreen
            await pilot.press("enter")
            await settle(pilot)
            await settle(pilot)
            assert app.screen is app.screen_stack[1]


async def test_ranges_step_and_the_first_is_one_with_something_in_it(tmp_path: Path) -> None:
    with fill(tmp_path, age_s=3 * 86_400) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(80, 24)) as pilot:
            await settle(pilot)
            await pilot.press("T")
            await until(pilot, app, "‹ last week ›")
            await until(pilot, app, "13 deliveries")
            await pilot.press("right", "right")
            await until(pilot, app, "The longest range there is")
            assert "‹ all ›" in screen_block(app)
            await pilot.press("left", "left")
            await until(pilot, app, "0 deliveries, 0 types")
            await pilot.press("left", "left", "left", "y", "enter", "exclamation_mark", "tab")
            await settle(pilot)


async def test_copied_and_saved_without_writing_over_anything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "webhook-stats-1h.csv").write_text("mine")
    with fill(tmp_path) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(120, 36)) as pilot:
            await settle(pilot)
            await pilot.press("T")
            await until(pilot, app, "13 deliveries")
            await pilot.press("y", "t")
            await settle(pilot)
            assert " Stats   ‹ last hour ›" in app.clipboard
            assert " ✗ github  4 of 4 signatures" in app.clipboard
            assert "\x1b" not in app.clipboard
            await pilot.press("e", "enter")
            await until(pilot, app, "Wrote webhook-stats-1h-2.csv")
            assert (tmp_path / "webhook-stats-1h.csv").read_text() == "mine"
            made = tmp_path / "webhook-stats-1h-2.csv"
            assert stat.S_IMODE(made.stat().st_mode) == 0o600
            assert made.read_bytes().startswith(b"source,event_type,deliveries,")
            await pilot.press("e")
            await pilot.press(*"no/", "x", "enter")
            await until(pilot, app, "✗ Not written to")
            await pilot.press("e", "escape", "j")
            await settle(pilot)
            assert isinstance(app.screen, StatsScreen)


async def test_what_arrives_is_counted_while_it_is_shown(tmp_path: Path) -> None:
    config = Config(path=None, log=tmp_path / "log.db")
    with Inspector.open(config, env={}) as inspector:
        listening = inspector.listen(port=0)
        app = app_over(inspector)
        async with app.run_test(size=(100, 30)) as pilot:
            await settle(pilot)
            await pilot.press("T")
            await until(pilot, app, "Nothing came yet")
            for n in range(1, 3):
                body = json.dumps({"id": f"evt_{n}", "type": "order.made"}).encode()
                post(f"{listening.url}/in", body, {"Content-Type": "application/json"})
                await until(pilot, app, f"{n} deliver")
            await until(pilot, app, "order.made")


async def test_thousands_of_types_are_drawn_as_far_as_they_are_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[Kind] = []
    real = stats_lines.kind_line

    def noted(kind: Kind, most: int, width: int) -> Line:
        drawn.append(kind)
        return real(kind, most, width)

    monkeypatch.setattr(stats_lines, "kind_line", noted)
    clock = ManualClock(T0_NS)
    log = Log.open(tmp_path / "log.db", clock=clock)
    numbers = log.append([make_delivery(received_ns=T0_NS - n) for n in range(3000)])
    log.save_facts([(number, Facts(event=Event(f"t{number}", None, None, None)), None) for number in numbers])
    log.close()
    with Inspector.open(Config(path=None, log=tmp_path / "log.db"), env={}, clock=clock) as inspector:
        app = app_over(inspector)
        async with app.run_test(size=(120, 36)) as pilot:
            await settle(pilot)
            await pilot.press("T")
            await until(pilot, app, "3 000 deliveries, over 2 000 types")
            await pilot.press("y", "t")
            await settle(pilot)
            assert app.clipboard.count("\n") < 220
            assert " … and 1 801 more\n" in app.clipboard
            drawn.clear()
            await pilot.press("G")
            await until(pilot, app, "all other types")
            assert {kind.source for kind in drawn} == {"default", None}
            assert len({kind.event_type for kind in drawn}) < 100
            await pilot.press("enter")
            await settle(pilot)
            assert isinstance(app.screen, LogScreen)

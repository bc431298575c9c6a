"""Replays, checks and single sends from tests."""

from __future__ import annotations

import asyncio
import importlib
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.pytest_plugin.conftest import SAMPLE
from tests.support.handler import Handler, handler
from tests.support.patience import PATIENCE_S
from tests.support.posting import post
from webhook_inspector.config.model import Config
from webhook_inspector.core.attempt import Outcome
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.engine.replay_options import ReplayOptions
from webhook_inspector.errors import InputError, TargetError, UsageError
from webhook_inspector.pytest_plugin.tester import WebhookInspector
from webhook_inspector.replay import planfile
from webhook_inspector.replay.convergence.model import ORDER, one_by_one
from webhook_inspector.replay.convergence.plans import to_plan
from webhook_inspector.replay.plan import PlanItem

PAYMENTS = SAMPLE / "fixtures" / "payments.json"
STORY = [{"id": f"evt_{n}", "type": "a.b", "n": n} for n in (1, 2, 3)]


@pytest.fixture
def target() -> Iterator[Handler]:
    with handler() as running:
        yield running


@pytest.fixture
def story(tmp_path: Path) -> Path:
    file = tmp_path / "story.jsonl"
    file.write_text("".join(json.dumps({"target": "/h", "body": json.dumps(event)}) + "\n" for event in STORY))
    return file


def test_options_are_those_of_the_command_line(wi: WebhookInspector, target: Handler, story: Path) -> None:
    replayed = wi.replay(story, to=target.url, times=2, reorder="reverse", seed=3)
    assert target.ids == ["evt_3", "evt_3", "evt_2", "evt_2", "evt_1", "evt_1"]
    assert (replayed.statuses, replayed.plan.seed, replayed.holds) == ([200] * 6, 3, True)
    replayed.assert_holds()
    target.bodies.clear()
    replayed = wi.replay("story.jsonl", to=target.url, duplicate=1, drop=None, burst=3, in_flight=2, rate=1000)
    assert sorted(target.ids) == sorted(["evt_1", "evt_2", "evt_3"] * 2)
    assert replayed.plan.faults == ("duplicate 1", "burst 3", "rate 1000/s")
    # The same seed gives the same plan, in another test too.
    one, other = (wi.replay(story, to=target.url, duplicate=0.5, reorder="shuffle", seed=7) for _ in range(2))
    assert one.plan == other.plan


def test_what_fails_is_shown_with_its_timeline(wi: WebhookInspector, story: Path) -> None:
    with handler(lambda n, _body: (500 if n == 2 else 200, b"\x1b[2J")) as target:
        replayed = wi.replay(story, to=target.url)
    with pytest.raises(AssertionError) as caught:
        replayed.assert_holds()
    lines = str(caught.value).split("\n")
    assert lines[0] == f"the replay does not hold: 3 sends to {target.url}, seed 1"
    assert "  expect-2xx: send 2 of delivery 2 (copy 1): answered 500" in lines
    assert lines[-3].endswith("a.b  200  original")
    assert lines[-2].endswith("a.b  500  original")
    with handler(lambda _n, _body: (409, b"")) as target:
        wi.replay(story, to=target.url, expect="409").assert_holds()
        assert not wi.replay(story, to=target.url, times=30).holds
        with pytest.raises(AssertionError, match=r"\(30 more\)"):
            wi.replay(story, to=target.url, times=30).assert_holds()


def test_signed_with_the_secret_of_the_test(wi: WebhookInspector, tmp_path: Path) -> None:
    # The judge is a second listener with the same secret, or with another.
    with WebhookInspector(Config(None, tmp_path), tmp_path / "judge", [tmp_path]) as judge:
        judge.use("stripe", secret=wi.secret("stripe"))
        wi.replay(PAYMENTS, to=judge.url).assert_holds()
        assert [one.verification.status for one in judge.wait_for_all(count=3)] == ["valid"] * 3
        judge.forget()
        wi.replay(PAYMENTS, to=judge.url, resign=False)
        assert [one.verification.valid for one in judge.wait_for_all(count=3)] == [False] * 3
        judge.forget()
        wi.replay(PAYMENTS, to=judge.url, secret="whsec_other")
        found = judge.wait_for_all(count=3)
        judge.use("stripe", secret="whsec_other")
        assert [one.inspector.verify(one.id).valid for one in found] == [True] * 3


def test_what_arrived_can_be_sent_on(wi: WebhookInspector, target: Handler) -> None:
    for event in STORY:
        post(wi.url, json.dumps(event).encode())
    wi.replay("type:a.b body.n:>1", to=target.url).assert_holds()
    assert target.ids == ["evt_2", "evt_3"]
    wi.replay(wi.deliveries()[:2], to=target.url)
    wi.replay(wi.deliveries()[0], to=target.url, headers={"X-Test": "1"})
    assert target.ids[2:] == ["evt_1", "evt_2", "evt_1"]
    with pytest.raises(TargetError, match="is where this log is captured"):
        wi.replay("type:a.b", to=wi.url)


def test_fixtures_are_not_what_arrived(wi: WebhookInspector, target: Handler) -> None:
    wi.replay(PAYMENTS, to=target.url)
    assert [one.event_id for one in wi.load(PAYMENTS)] == ["evt_payment_1", "evt_payment_2", "evt_payment_3"]
    assert wi.deliveries() == []


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda wi, to: wi.replay("no.json", to=to), InputError, "name a file beside the test"),
        (lambda wi, to: wi.replay("type:none", to=to), UsageError, "No delivery that arrived matches"),
        (lambda wi, to: wi.replay(PAYMENTS.parent, to=to), InputError, "is a folder: the marker webhook_fixtures"),
        (lambda wi, to: wi.replay([], to=to), UsageError, "the list of deliveries is empty"),
        (lambda wi, to: wi.replay(PAYMENTS, to=to, reordr="x"), UsageError, "reordr, did you mean reorder"),
        (lambda wi, to: wi.replay(PAYMENTS, to=to, plan="p", times=2), UsageError, "leave out times= or plan="),
        (lambda wi, to: wi.replay(PAYMENTS, to=to, reorder="wild"), UsageError, "reorder"),
        (lambda wi, to: wi.replay(PAYMENTS, to="http://192.0.2.1/"), TargetError, "not on this machine"),
        (lambda wi, to: wi.check(PAYMENTS, to=to, probe=dict), UsageError, "give reset= too"),
        (lambda wi, to: wi.check(PAYMENTS, to=to, properties=["ordr"]), UsageError, "'ordr'; there are idempotent"),
        (lambda wi, to: wi.check(PAYMENTS, to=to, times=2), UsageError, "Unknown argument times"),
        (lambda wi, to: wi.send("stripe", "no.such"), UsageError, "stripe has no sample of"),
        (lambda wi, to: wi.serve("app"), UsageError, "takes a WSGI app"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    wi: WebhookInspector, call: Callable[..., Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        call(wi, "http://127.0.0.1:9")


def test_plans_name_the_deliveries_of_their_fixture(wi: WebhookInspector, target: Handler, tmp_path: Path) -> None:
    # As saved from a log where they had other numbers.
    text = PAYMENTS.read_text(encoding="utf-8")
    for number, other in ((1, 41), (2, 57), (3, 58)):
        text = text.replace(f'"id": {number},', f'"id": {other},')
    (tmp_path / "f.json").write_text(text, encoding="utf-8")
    wi.load(PAYMENTS)  # so that the numbers are not those of the log by chance
    items = [PlanItem(number, number, "invoice.paid") for number in (41, 57, 58)]
    plan = to_plan(one_by_one(ORDER, 58, 41), items, 1)
    (tmp_path / "p.json").write_bytes(planfile.dump(plan))
    wi.replay("f.json", plan="p.json", to=target.url).assert_holds()
    assert target.ids == ["evt_payment_3", "evt_payment_1"]
    with pytest.raises(UsageError, match="names delivery #41, and there are #1, #2, #3"):
        wi.replay(PAYMENTS, plan="p.json", to=target.url)


def test_a_scenario_brings_its_plan(wi: WebhookInspector, target: Handler, tmp_path: Path) -> None:
    with Inspector.open(Config(None, tmp_path / "other.db"), env={}) as inspector:
        lines = [
            {"target": "/h", "body": json.dumps(event), "received_at": f"2026-11-20T10:{event['n']:02d}:00Z"}
            for event in STORY
        ]
        (tmp_path / "in.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
        ids = inspector.import_file(tmp_path / "in.jsonl").ids
        plan = inspector.plan(ids, ReplayOptions(times=2, reorder="reverse", seed=1))
        (tmp_path / "scenario.json").write_bytes(inspector.scenario(plan, redact=False))
    replayed = wi.replay("scenario.json", to=target.url)
    replayed.assert_holds()
    assert target.ids == ["evt_3", "evt_3", "evt_2", "evt_2", "evt_1", "evt_1"]
    target.bodies.clear()
    wi.replay("scenario.json", to=target.url, reorder="reverse")
    assert target.ids == ["evt_3", "evt_2", "evt_1"]


def test_samples(wi: WebhookInspector, target: Handler) -> None:
    answered = wi.send("stripe", "invoice.paid", to=target.url, set={"id": "evt_x", "data.object.amount_paid": 12})
    assert (answered.status, answered.json, answered.accepted) == (200, {"ok": True}, True)
    assert answered.headers["content-type"] == "application/json"
    event = json.loads(target.bodies[0])
    assert (event["id"], event["data"]["object"]["amount_paid"]) == ("evt_x", 12)
    wi.replay(wi.sample("github", "push"), to=target.url, times=3).assert_holds()
    assert len(set(target.bodies[1:])) == 1
    with handler(lambda _n, _body: (418, b"\x1b]0;x\x07")) as other:
        refused = wi.send("stripe", to=other.url)
    with pytest.raises(AssertionError, match="was answered 418, not 2xx\n  ␛]0;x␇"):
        refused.assert_accepted()
    gone = wi.send("stripe", to=other.url)
    assert (gone.status, gone.attempt.outcome) == (None, Outcome.REFUSED)
    with pytest.raises(AssertionError, match="nothing listened there"):
        gone.assert_accepted()


class Counter:
    """A WSGI handler that adds, and may know what it has seen."""

    def __init__(self, *, knows: bool) -> None:
        self.knows = knows
        self.total = 0
        self.seen: set[str] = set()

    def reset(self) -> None:
        self.total = 0
        self.seen.clear()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length)
        start_response("200 OK", [])
        if len(body) == length:
            self.take(json.loads(body))
        return []

    def take(self, event: dict[str, Any]) -> None:
        if not (self.knows and event["id"] in self.seen):
            self.seen.add(event["id"])
            self.total += event["n"]


def test_check_with_functions(wi: WebhookInspector, story: Path, tmp_path: Path) -> None:
    wrong = Counter(knows=False)
    checked = wi.check(
        story, to=wi.serve(wrong), probe=lambda: wrong.total, reset=wrong.reset, properties=["idempotent", "order"]
    )
    assert not checked.converges
    assert {name: result.holds for name, result in checked.properties.items()} == {"idempotent": False, "order": True}
    with pytest.raises(AssertionError, match=r"expected  1\n    got       2"):
        checked.assert_converges()
    found = checked.properties["idempotent"].counterexample
    assert found is not None
    plan = to_plan(found.trial, [PlanItem(number, number, "a.b") for number in (1, 2, 3)], 1)
    (tmp_path / "p.json").write_bytes(planfile.dump(plan))
    right = Counter(knows=True)
    wi.check(story, to=wi.serve(right), plan="p.json", probe=lambda: right.total, reset=right.reset).assert_converges()
    wi.check(story, to=wi.serve(right), properties=["order"], budget=4).assert_converges()


def test_check_as_the_readme_says(wi: WebhookInspector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(SAMPLE))
    shop = importlib.import_module("shop").Shop(wi.secret("stripe"))
    checked = wi.check(PAYMENTS, to=wi.serve(shop), probe=lambda: shop.paid, reset=shop.clear, budget=16)
    checked.assert_converges()
    assert checked.report.reference.state == '{"cus_1": 1500, "cus_2": 700}'


async def test_a_handler_in_the_tests_own_loop(wi: WebhookInspector, story: Path) -> None:
    counter = Counter(knows=False)
    threads = set()

    async def hook(request: web.Request) -> web.Response:
        threads.add(threading.current_thread())
        counter.take(await request.json())
        return web.Response()

    async def probe() -> int:
        threads.add(threading.current_thread())
        await asyncio.sleep(0)
        return counter.total

    app = web.Application()
    app.router.add_post("/{tail:.*}", hook)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        replayed = await wi.replay_async(story, to=url, times=2)
        replayed.assert_holds()
        assert counter.total == 12
        assert (await wi.send_async("stripe", to=url, set={"n": "no number"})).status == 500
        checked = await wi.check_async(story, to=url, probe=probe, reset=counter.reset, properties=["idempotent"])
        assert not checked.converges
        assert threads == {threading.main_thread()}
        with pytest.raises(UsageError, match="replay_async"):
            wi.replay(story, to=url)
        with pytest.raises(UsageError, match="check_async"):
            wi.check(story, to=url)
        with pytest.raises(UsageError, match="send_async"):
            wi.send("stripe", to=url)
    finally:
        await runner.cleanup()


def test_a_replay_ends_with_its_test(tmp_path: Path, story: Path) -> None:
    with handler() as target:
        target.gate.clear()
        with WebhookInspector(Config(None, tmp_path), tmp_path / "wi", [tmp_path]) as wi:
            runner = threading.Thread(target=wi.replay, args=(story,), kwargs={"to": target.url})
            runner.start()
            while not target.bodies:
                assert runner.is_alive()
        runner.join(PATIENCE_S)
        assert not runner.is_alive()


def test_served_apps_answer_errors_and_end(wi: WebhookInspector) -> None:
    def broken(_environ: object, _start: object) -> list[bytes]:
        raise LookupError("in the app")

    url = wi.serve(broken)
    assert post(url)[0] == 500
    wi.close()
    with pytest.raises(ConnectionRefusedError):
        post(url)

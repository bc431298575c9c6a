"""The pytest export is run against a recording socket: equal bytes, or the difference has a name in the file."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.replay.test_rewrite import HOSTILE_TARGETS, SAMPLES
from tests.support.exporting import corpus_request
from tests.support.factories import make_request
from tests.support.recording import Recorder, recording, split_request
from tests.support.shared import shared_json
from tests.support.user_pytest import run_pytest
from webhook_inspector.config.model import Config
from webhook_inspector.core.delivery import Delivery, Event, Facts, Record
from webhook_inspector.core.headers import Headers
from webhook_inspector.core.request import Request
from webhook_inspector.core.secret import Secret
from webhook_inspector.export.api import Privacy, export_records
from webhook_inspector.pytest_plugin.tester import WebhookInspector


def record_of(request: Request, number: int = 1, kind: str | None = None) -> Record:
    return Record(Delivery(request, 0, id=number), Facts(event=Event(type=kind)))


def rendered(requests: list[Request], target: str = "http://localhost:3000") -> bytes:
    records = [record_of(request, number) for number, request in enumerate(requests, 1)]
    return export_records(records, "pytest", target=target, redacted=False)


def deliveries(module: bytes) -> list[dict[str, Any]]:
    """What the module would send."""
    space: dict[str, Any] = {}
    exec(compile(module, "export.py", "exec"), space)
    return [parameter.values[0] for parameter in space["DELIVERIES"]]


texts = st.text(max_size=40)
requests = st.builds(
    Request,
    method=texts,
    target=st.binary(max_size=60),
    headers=st.lists(st.tuples(st.binary(max_size=20), st.binary(max_size=40)), max_size=4).map(
        lambda pairs: Headers(tuple(pairs))
    ),
    body=st.binary(max_size=300) | st.sampled_from([b"'" * 3 + b'"' * 3, b"\\", b"\r\n\x00\n", b"a\n" * 3000]),
)


@settings(max_examples=80)
@given(requests, texts)
def test_any_request_stands_in_the_module_as_it_is(request: Request, kind: str) -> None:
    module = export_records([record_of(request, 7, kind)], "pytest", redacted=False)
    assert module.isascii()
    (found,) = deliveries(module)
    assert (found["method"], found["target"], found["body"]) == (request.method, request.target, request.body)
    assert tuple(found["headers"]) == request.headers.pairs


def assert_sent_or_named(request: Request, recorder: Recorder, wi: WebhookInspector) -> None:
    module = rendered([request], recorder.url)
    (found,) = deliveries(module)
    answered = wi.send_request(found, to=recorder.url)
    answered.assert_accepted()
    (data,) = recorder.take()
    said = " ".join(line for line in module.decode().splitlines() if line.strip().startswith("# differs"))
    method, target, pairs, body = split_request(data)
    assert body == request.body
    assert method.decode() == request.method or "method" in said
    assert target == request.target or "target" in said
    assert pairs == list(request.headers.pairs) or any(
        words in said for words in ("left out", "Host is the target's", "Content-Length is", "space around")
    )
    for name in (b"host", b"content-length"):
        one, other = ([pair for pair in some if pair[0].lower() == name] for some in (pairs, request.headers.pairs))
        assert one == other or name.decode().title() in said
    rest = [pair for pair in pairs if pair[0].lower() not in {b"host", b"content-length"}]
    captured = [pair for pair in request.headers.pairs if pair[0].lower() not in {b"host", b"content-length"}]
    assert rest == captured or "left out" in said or "space around" in said


def test_corpus_and_hostile_targets(tmp_path: Path) -> None:
    every = [*SAMPLES, *(make_request(b"x", target=target) for target in HOSTILE_TARGETS)]
    every += [corpus_request(item) for item in shared_json("corpora/own/exporters/requests.json")["items"]]
    with recording() as recorder, WebhookInspector(Config(None, tmp_path), tmp_path, [tmp_path]) as wi:
        for request in every:
            assert_sent_or_named(request, recorder, wi)


def test_the_file_runs_as_it_is(tmp_path: Path) -> None:
    requests = [make_request(b'{"id":"evt_1","type":"invoice.paid"}\n' * 2), *SAMPLES[:3]]
    file = tmp_path / "test_export.py"
    with recording() as recorder:
        file.write_bytes(rendered(requests, recorder.url))
        ran = run(file)
        assert ran.returncode == 0, ran.stdout
        assert [split_request(data)[3] for data in recorder.take()] == [request.body for request in requests]
    with recording(status=500) as recorder:
        ran = run(file, WEBHOOK_TARGET=recorder.url)
    assert ran.returncode == 1
    assert f"{recorder.url}/hooks was answered 500, not 2xx" in ran.stdout
    ran = run(file, WEBHOOK_TARGET="http://127.0.0.1:9")
    assert "Nothing listens on 127.0.0.1:9" in ran.stdout


def run(file: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return run_pytest(file.parent, "-q", "-p", "no:cacheprovider", str(file), environment=environment)


def test_signed_again_with_a_secret(wi_with_stripe: tuple[WebhookInspector, Request]) -> None:
    wi, request = wi_with_stripe
    record = Record(Delivery(request, 0, id=1, provider_hint="stripe"), Facts(provider="stripe"))
    (found,) = deliveries(export_records([record], "pytest", redacted=False))
    assert wi.send_request(found, to=wi.url).accepted
    assert wi.send_request(found, to=wi.url, secret=wi.secret("stripe")).accepted
    first, second = wi.wait_for_all(count=2)
    assert first.verification.status == "invalid"
    second.assert_signature_valid()


@pytest.fixture
def wi_with_stripe(tmp_path: Path) -> Any:
    with WebhookInspector(Config(None, tmp_path), tmp_path, [tmp_path]) as wi:
        wi.use("stripe")
        headers = [("Content-Type", "application/json"), ("Stripe-Signature", "t=1,v1=" + "0" * 64)]
        yield wi, make_request(b'{"id":"evt_1","object":"event","type":"a.b"}', target=b"/stripe", headers=headers)


def test_what_is_masked_is_said_and_known_secrets_are_found(tmp_path: Path) -> None:
    request = make_request(b"line\nline", headers=[("Authorization", "Bearer abcdefgh12345678"), ("X-A", "1")])
    module = export_records(
        [record_of(request, 3, 'x"""\nimport os #')], "pytest", privacy=Privacy(secrets=(Secret("k" * 20),))
    ).decode()
    assert "# masked: " in module
    assert "Secrets are masked" in module
    assert "abcdefgh12345678" not in module
    assert 'id="3-x-import-os"' in module


def test_golden() -> None:
    request = make_request(b'{"a":1}', headers=[("Host", "localhost:3000"), ("Content-Length", "7")])
    module = export_records([record_of(request, 42, "invoice.paid")], "pytest", redacted=False).decode()
    assert module.partition("DELIVERIES = ")[2] == (
        "[\n"
        "    # delivery 42: invoice.paid\n"
        "    pytest.param(\n"
        "        {\n"
        '            "provider": None,\n'
        '            "method": "POST",\n'
        "            \"target\": b'/hooks',\n"
        '            "headers": [\n'
        "                (b'Host', b'localhost:3000'),\n"
        "                (b'Content-Length', b'7'),\n"
        "            ],\n"
        '            "body": b\'{"a":1}\',\n'
        "        },\n"
        '        id="42-invoice.paid",\n'
        "    ),\n"
        "]\n"
        "\n\n"
        '@pytest.mark.parametrize("delivery", DELIVERIES)\n'
        "def test_delivery_is_accepted(webhook_inspector, delivery):\n"
        "    webhook_inspector.send_request(delivery, to=TARGET, secret=SECRET).assert_accepted()\n"
    )

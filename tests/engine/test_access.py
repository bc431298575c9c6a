"""A guarded listener from the inside: what the token opens, where it never shows, and TLS of our own making."""

from __future__ import annotations

import os
import ssl
import stat
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.factories import T0_NS
from tests.support.fault_target import unused_port
from tests.support.patience import PATIENCE_S
from tests.support.posting import post
from tests.support.recording import recording, split_request
from webhook_inspector.config import load
from webhook_inspector.core.attempt import Outcome
from webhook_inspector.core.clock import NS_PER_S, ManualClock, SystemClock
from webhook_inspector.core.delivery import Delivery
from webhook_inspector.core.request import Request
from webhook_inspector.engine.certificate import certificate, own_path
from webhook_inspector.engine.demo import run_headless_demo
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.engine.replay_options import ReplayOptions
from webhook_inspector.errors import ConfigError, InspectorError

TOKEN = "Zx81-Qr55-Lm20-Tk07"
ENV = {"DOOR": TOKEN, "PAIR": "shop:pa55-w0rd-pa55"}
GUARDED = """
[listen]
port = 0
path_token = "env:DOOR"
[sources.pay]
path = "/pay"
provider = "stripe"
secrets = ["whsec_access_test"]
[sources.shop]
basic_auth = "env:PAIR"
"""


@contextmanager
def guarded(folder: Path, settings: str = GUARDED, env: dict[str, str] | None = None) -> Iterator[Inspector]:
    path = folder / "webhook-inspector.toml"
    path.write_text(settings, encoding="utf-8")
    config = load(path, {"WEBHOOK_INSPECTOR_LOG": str(folder / "log.db")}, folder)
    with Inspector.open(config, env=ENV if env is None else env) as inspector:
        yield inspector


def test_the_token_names_the_source_and_stays_in_what_is_kept(tmp_path: Path) -> None:
    with guarded(tmp_path) as inspector:
        listening = inspector.listen()
        assert (listening.shown, listening.address) == (f"{listening.url}/***", f"{listening.url}/{TOKEN}")
        assert TOKEN not in repr(listening)
        assert post(f"{listening.address}/pay")[0] == 200
        assert post(f"{listening.url}/pay")[0] == 404
        assert post(f"{listening.address}/shop")[0] == 401
        assert (
            post(f"{listening.address}/shop", headers={"Authorization": "Basic c2hvcDpwYTU1LXcwcmQtcGE1NQ=="})[0] == 200
        )
        sources = [inspector.record(number).delivery.source for number in (1, 2, 3, 4)]
        assert sources == ["pay", "pay", "shop", "shop"]
        assert inspector.record(1).delivery.request.target == f"/{TOKEN}/pay".encode()
        assert inspector.send_sample("stripe").status == 200, "samples know the way in"
        inspector.wait_analysed(PATIENCE_S)
        assert inspector.record(5).facts.verification.valid


def test_the_token_never_shows_in_lists_results_and_exports(tmp_path: Path) -> None:
    with guarded(tmp_path) as inspector, recording() as target:
        listening = inspector.listen()
        body = f'{{"callback":"https://x.example/{TOKEN}/pay"}}'.encode()
        post(f"{listening.address}/other", body, {"Referer": f"https://x.example/{TOKEN}"})
        inspector.wait_analysed(PATIENCE_S)
        assert [row.target for row in inspector.summaries([1])] == ["/***/other"]
        run = inspector.start_run(inspector.plan([1], ReplayOptions()), target.url)
        run.wait(PATIENCE_S)
        assert TOKEN not in repr(inspector.run_result(run.id))
        for entry in inspector.export_formats():
            assert TOKEN.encode() not in inspector.export([1], entry.name), entry.name
        (shown,) = inspector.preview([1])
        assert TOKEN not in repr(shown)


def test_an_export_that_does_not_know_the_token_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webhook_inspector.engine.access.Access.secrets", lambda _self: [])
    monkeypatch.setattr("webhook_inspector.engine.access.Access.inside", lambda _self, request: request)
    with pytest.raises(AssertionError):
        test_the_token_never_shows_in_lists_results_and_exports(tmp_path)


def test_apps_get_the_path_without_the_token(tmp_path: Path) -> None:
    with recording() as target, guarded(tmp_path) as inspector:
        listening = inspector.listen(forward=target.url)
        post(f"{listening.address}/pay")
        inspector.wait_analysed(PATIENCE_S)
        run = inspector.start_run(inspector.plan([1], ReplayOptions()), target.url)
        run.wait(PATIENCE_S)
        (attempt,) = run.attempts
        inspector.close()
    assert {split_request(raw)[1] for raw in target.requests} == {b"/pay"}
    assert len(target.requests) == 2
    assert "the token of the listener is left out of the path" in attempt.differences
    assert TOKEN not in attempt.url


def test_a_shell_without_the_token_hides_what_could_be_one(tmp_path: Path) -> None:
    with guarded(tmp_path) as inspector:
        post(f"{inspector.listen().address}/pay")
    with guarded(tmp_path, env={}) as inspector:
        assert [row.target for row in inspector.summaries([1])] == ["/***/pay"]
        assert inspector.sources.access.shown("/short/x") == "/short/x"


@pytest.mark.parametrize(
    ("settings", "env", "words"),
    [
        (GUARDED, {"PAIR": "a:b"}, "listen.path_token: The environment variable DOOR is not set"),
        (GUARDED, {"DOOR": TOKEN}, "sources.shop.basic_auth: The environment variable PAIR is not set"),
        (GUARDED, {"DOOR": "short", "PAIR": "a:b"}, "16 to 256"),
        (GUARDED, {"DOOR": TOKEN + "/x", "PAIR": "a:b"}, "16 to 256"),
        (GUARDED, {"DOOR": TOKEN, "PAIR": "nocolon"}, "user:password"),
    ],
)
def test_without_its_secrets_the_door_stays_closed(
    tmp_path: Path, settings: str, env: dict[str, str], words: str
) -> None:
    port = unused_port()
    with guarded(tmp_path, settings, env) as inspector:
        with pytest.raises(ConfigError) as caught:
            inspector.listen(port=port)
        assert words in caught.value.message
        with pytest.raises(OSError, match=r"refused|111|61"):
            post(f"http://127.0.0.1:{port}/pay")


@pytest.mark.parametrize("base", ["https://shop.example", "https://shop.example/in", "https://shop.example/in/"])
def test_the_address_that_was_signed_is_the_senders(tmp_path: Path, base: str) -> None:
    """Without a path of its own `public_url` is followed by the path as it came; with one that stands for both."""
    settings = GUARDED + f'public_url = "{base}"\n'
    with guarded(tmp_path, settings) as inspector:
        request = Request(method="POST", target=f"/{TOKEN}/shop/a?x=1".encode())
        delivery = Delivery(request, T0_NS, source="shop")
        wanted = f"{base}/{TOKEN}/shop/a?x=1" if base.endswith(".example") else "https://shop.example/in/a?x=1"
        assert inspector.sources.url_for(delivery) == wanted


def test_exposed_is_what_others_reach_and_nothing_guards(tmp_path: Path) -> None:
    plain = "[listen]\nport = 0\n"
    for settings, host, exposed in [
        (plain, "127.0.0.1", False),
        (plain, "0.0.0.0", True),
        (GUARDED, "0.0.0.0", False),
        (plain + 'allow_ips = ["127.0.0.1"]\n', "0.0.0.0", False),
    ]:
        with guarded(tmp_path, settings) as inspector:
            assert inspector.listen(host=host).exposed is exposed


def test_https_of_our_own_is_trusted_by_us_alone(tmp_path: Path) -> None:
    with guarded(tmp_path) as inspector:
        listening = inspector.listen(tls=True)
        assert listening.url.startswith("https://127.0.0.1:")
        assert "fingerprint" in listening.told
        assert str(own_path()) in listening.told
        assert inspector.send_sample("stripe").status == 200
        told = urllib.request.Request(listening.address + "/pay", b"{}")
        context = ssl.create_default_context(cafile=str(own_path()))
        with urllib.request.urlopen(told, context=context, timeout=PATIENCE_S) as answer:
            assert answer.status == 200
        with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
            urllib.request.urlopen(told, timeout=PATIENCE_S)
        with guarded(tmp_path) as other:  # as `send` in another terminal
            assert other.send_sample("stripe").status == 200
        inspector.wait_analysed(PATIENCE_S)
        assert inspector.count() == 3


def test_another_certificate_at_our_address_is_not_trusted(tmp_path: Path) -> None:
    with guarded(tmp_path) as inspector:
        inspector.listen(tls=True)
        assert inspector.listening is not None
        inspector.listening = replace(inspector.listening, fingerprint=bytes(32))
        attempt = inspector.send_sample("stripe")
        assert attempt.outcome is Outcome.REFUSED
        assert inspector.count() == 0


def test_the_certificate_is_private_and_kept_until_its_last_month(tmp_path: Path) -> None:
    now = SystemClock().wall_ns()
    listen = load(None, {}, tmp_path).listen
    first = certificate(listen, ManualClock(now), wanted=True)
    assert first is not None
    assert stat.S_IMODE(first.path.with_suffix(".key").stat().st_mode) == 0o600 or os.name != "posix"
    assert stat.S_IMODE(first.path.parent.stat().st_mode) == 0o700 or os.name != "posix"
    day = 86_400 * NS_PER_S
    same = certificate(listen, ManualClock(now + 366 * day), wanted=True)
    later = certificate(listen, ManualClock(now + 368 * day), wanted=True)
    assert same is not None
    assert later is not None
    assert same.fingerprint == first.fingerprint != later.fingerprint
    own_path().write_bytes(b"damaged")
    again = certificate(listen, ManualClock(now), wanted=True)
    assert again is not None
    assert again.fingerprint not in {first.fingerprint, later.fingerprint}
    assert certificate(listen, ManualClock(now), wanted=False) is None
    first.path.with_suffix(".key").unlink()
    assert certificate(listen, ManualClock(now), wanted=True) is not None


def test_a_configured_pair_is_used_without_being_asked_for(tmp_path: Path) -> None:
    made = certificate(load(None, {}, tmp_path).listen, SystemClock(), wanted=True)
    assert made is not None
    (tmp_path / "c.pem").write_bytes(made.path.read_bytes())
    (tmp_path / "k.pem").write_bytes(made.path.with_suffix(".key").read_bytes())
    with guarded(tmp_path, '[listen]\nport = 0\ntls_cert = "c.pem"\ntls_key = "k.pem"\n') as inspector:
        listening = inspector.listen()
        assert (listening.url[:8], listening.ca) == ("https://", None)
        assert inspector.send_sample("stripe").status == 200
    (tmp_path / "k.pem").write_bytes(b"")
    with (
        guarded(tmp_path, '[listen]\nport = 0\ntls_cert = "c.pem"\ntls_key = "k.pem"\n') as inspector,
        pytest.raises(InspectorError, match="tls_key"),
    ):
        inspector.listen()


def test_the_demo_speaks_https_too(tmp_path: Path) -> None:
    lines: list[str] = []
    run_headless_demo(load(None, {}, tmp_path), lines.append, tls=True)
    assert lines[0].startswith("Listening on https://")
    assert any("Verdict" in line for line in lines)

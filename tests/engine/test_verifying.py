"""A delivery that does not verify is held against others of its source."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.factories import T0_NS, make_request
from tests.support.patience import PATIENCE_S
from webhook_inspector.config import load
from webhook_inspector.core.clock import iso_utc
from webhook_inspector.core.headers import decode_header
from webhook_inspector.core.request import Request
from webhook_inspector.core.secret import Secret
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.providers.load import builtin
from webhook_inspector.signing import sign

CONFIG = """
[sources.github]
secrets = ["env:GITHUB"]
provider = "github"

[sources.shop]
secrets = ["env:GITHUB"]
provider = "github"
"""


def line(request: Request, path: str) -> str:
    headers = [[decode_header(name), decode_header(value)] for name, value in request.headers]
    fields = {"method": "POST", "target": path, "headers": headers, "body": request.body.decode()}
    return json.dumps({**fields, "received_at": iso_utc(T0_NS), "source": path.strip("/")})


def test_the_delivery_that_differs_is_named(tmp_path: Path) -> None:
    signed = sign(make_request(b'{"n":1}'), builtin()["github"], Secret("s3"), now_ns=T0_NS)
    changed = Request("POST", b"/github", signed.headers, b'{"n":2}')
    file = tmp_path / "in.jsonl"
    lines = [line(signed, "/github"), line(changed, "/github"), line(changed, "/shop")]
    file.write_text("\n".join(lines), encoding="utf-8")
    path = tmp_path / "webhook-inspector.toml"
    path.write_text(CONFIG, encoding="utf-8")
    config = load(path, {"WEBHOOK_INSPECTOR_LOG": str(tmp_path / "log.db")}, tmp_path)
    with Inspector.open(config, env={"GITHUB": "s3"}) as inspector:
        first, second, third = inspector.import_file(file).ids
        assert inspector.wait_analysed(PATIENCE_S)
        assert inspector.verify(first).valid
        said = inspector.verify(second)
        assert said.reason == "body_tampered"
        assert f"holds on #{first} with this secret" in said.explanation
        assert inspector.verify(third).reason == "wrong_secret", "another source is not looked at"


def test_the_source_whose_secret_it_is_is_named(tmp_path: Path) -> None:
    path = tmp_path / "webhook-inspector.toml"
    path.write_text(
        CONFIG.replace('secrets = ["env:GITHUB"]', 'secrets = ["env:SHOP"]').replace("SHOP", "GITHUB", 1),
        encoding="utf-8",
    )
    config = load(path, {"WEBHOOK_INSPECTOR_LOG": str(tmp_path / "log.db")}, tmp_path)
    file = tmp_path / "in.jsonl"
    file.write_text(
        line(sign(make_request(), builtin()["github"], Secret("s4"), now_ns=T0_NS), "/github"), encoding="utf-8"
    )
    with Inspector.open(config, env={"GITHUB": "s3", "SHOP": "s4"}) as inspector:
        (number,) = inspector.import_file(file).ids
        said = inspector.verify(number)
        assert said.reason == "other_source_secret"
        assert said.explanation == "It would match if it were checked with env:SHOP of the source shop."
        assert inspector.record(number).facts.verification.reason == "other_source_secret"

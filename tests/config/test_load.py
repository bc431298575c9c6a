"""The configuration file: what holds, and how wrong ones are refused."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webhook_inspector.config import Config, load, with_sources
from webhook_inspector.config.load import KEYS
from webhook_inspector.config.model import RetentionConfig
from webhook_inspector.config.reader import Table
from webhook_inspector.config.template import template
from webhook_inspector.core.display import one_line
from webhook_inspector.errors import ConfigError, UsageError

NAME = "webhook-inspector.toml"


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / NAME
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    config = load(None, {}, tmp_path)
    assert config.path is None
    assert (config.listen.host, config.listen.port, config.listen.max_body) == ("127.0.0.1", 4400, 26_214_400)
    assert config.sources == ()
    assert config.log.is_absolute()
    assert config.log.name == "log.db"
    assert "stripe" in config.providers
    assert not config.log.parent.exists(), "looking must create nothing"


def test_the_nearest_file_upward_is_read(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    write(tmp_path, "[listen]\nport = 1\n")
    write(tmp_path / "a", "[listen]\nport = 2\n")
    (inner / NAME).mkdir()
    config = load(None, {}, inner)
    assert config.path == tmp_path / "a" / NAME
    assert config.listen.port == 2


def test_every_key(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """
        log = "here.db"
        [listen]
        host = "localhost"
        port = 0
        max_body = "100 MiB"
        [redact]
        headers = ["X-A"]
        paths = ["$.a.b"]
        [sources.pay]
        path = "/pay/"
        provider = "stripe"
        secrets = ["env:A", "file:b", "whsec_literal"]
        public_url = "https://example.test/pay"
        params = { webhook_id = "WH-1" }
        handshake = ["slack", "zoom"]
        respond = "202"
        forward = "http://127.0.0.1:3000/x"
        retention = { days = 90, max_bytes = "1 GiB" }
        [sources.other]
        [search]
        index = false
        """,
    )
    config = load(path, {}, Path("/"))
    assert config.log == tmp_path / "here.db"
    assert (config.listen.host, config.listen.port, config.listen.max_body) == ("localhost", 0, 104_857_600)
    assert (config.redact.headers, config.redact.paths) == (("X-A",), ("$.a.b",))
    pay, other = config.sources
    assert (pay.name, pay.path, pay.provider, pay.respond) == ("pay", "/pay", "stripe", "202")
    assert (pay.public_url, pay.forward) == ("https://example.test/pay", "http://127.0.0.1:3000/x")
    assert pay.params == {"webhook_id": "WH-1"}
    assert (pay.handshake, other.handshake) == (("slack", "zoom"), ("auto",))
    assert pay.retention == RetentionConfig(days=90, max_bytes=2**30)
    assert (config.search.index, load(None, {}, Path("/")).search.index) == (False, True)
    assert not other.retention.is_set
    assert other.path == "/other"
    assert config.source("pay") is pay
    assert config.source("none") is None
    assert len(config.warnings) == 1
    assert "whsec_literal" not in config.warnings[0]


def test_the_log_is_chosen_by_variable_before_file(tmp_path: Path) -> None:
    path = write(tmp_path, 'log = "file.db"')
    cwd = tmp_path / "sub"
    cwd.mkdir()
    assert load(None, {"WEBHOOK_INSPECTOR_LOG": "env.db"}, cwd).log == cwd / "env.db"
    by_file = load(None, {"WEBHOOK_INSPECTOR_LOG": ""}, cwd)
    assert (by_file.log, by_file.log_origin) == (tmp_path / "file.db", str(path))
    by_option = by_file.with_log(Path("/x.db"))
    assert (by_option.log, by_option.log_origin) == (Path("/x.db"), "--log")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("lgo = 'x'", ["unknown key lgo", "did you mean log?"]),
        (
            "zzzzzz = 1",
            [
                "unknown key zzzzzz",
                "known: alert_bell, alerts, app, keys, listen, log, providers, redact, retention, search, shapes,",
            ],
        ),
        ("alerts = ['new_shap']", ["alerts has new_shap, which is no alert", 'did you mean "new_shape"?']),
        ("alerts = ['zzz']", ["alerts has zzz", '"failures 20% in 5m"', '"silence 10m stripe"']),
        ("alerts = ['failures 20 in 5m']", ["20 is not a share such as 20%", 'write it as "failures 20% in 5m"']),
        ("alerts = ['silence']", ["it ends too early", '"silence 10m stripe"']),
        ("alerts = ['new_shape'" + ", 'new_shape'" * 50 + "]", ["has 51 rules"]),
        ("alert_bell = 'yes'", ["alert_bell must be true or false, not text"]),
        ("[listen]\nprot = 1", ["listen.prot", "did you mean port?"]),
        ("[redact]\nheader = []", ["redact.header", "headers"]),
        ("[sources.a]\nproivder = 'x'", ["sources.a.proivder", "did you mean provider?"]),
        ("[sources.a]\nprovider = 'strip'", ["sources.a.provider", "strip", "did you mean stripe?"]),
        ("[sources.a]\nparams = 'x'", ["sources.a.params", "must be a table"]),
        ("[sources.a.params]\nwebhook_id = 5", ["sources.a.params.webhook_id", "must be text"]),
        ("[sources.a]\nhandshake = 'on'", ["sources.a.handshake", '"auto", "off"']),
        ("[sources.a]\nhandshake = ['slak']", ["sources.a.handshake", "did you mean slack?"]),
        ("[sources.a.retention]\nday = 3", ["sources.a.retention.day", "did you mean days?"]),
        ("search.index = 'no'", ["search.index", "true or false, not text"]),
        ("[sources.a]\npath = 'x'", ["sources.a.path", "must start with /"]),
        ("[sources.a]\npath = '/x?y'", ["sources.a.path", "?"]),
        ("[sources.a]\npath='/x'\n[sources.b]\npath='/x/'", ["sources.b", "same path as a"]),
        ("[sources.'a b']\n", ["sources.a b", "not a source name"]),
        ("[sources.a]\nsecrets = 'x'", ["sources.a.secrets", "list"]),
        ("[sources.a]\nsecrets = [1]", ["sources.a.secrets", "text in quotes, not a number"]),
        ("[sources.a]\nforward = 'localhost:1'", ["sources.a.forward", "must be an address"]),
        ("[sources.a]\nforward = 'http://x:99999/'", ["sources.a.forward", "must be an address"]),
        ("[sources.a]\nforward = 'http://[::1/'", ["sources.a.forward", "must be an address"]),
        ("[sources.a]\nrespond = 'ok'", ["sources.a.respond", "must be a status"]),
        ("[sources.a]\nrespond = '99'", ["sources.a.respond", "must be a status"]),
        ("[sources.a]\nrespond = 200", ["sources.a.respond", "text in quotes"]),
        ("sources = 1", ["sources", "must be a table, not a number"]),
        ("sources.a = true", ["sources.a", "must be a table, not true or false"]),
        ("listen.port = '80'", ["listen.port", "whole number, not text"]),
        ("listen.port = true", ["listen.port", "whole number, not true or false"]),
        ("listen.port = 70000", ["listen.port", "from 0 to 65535"]),
        ("listen.max_body = 0", ["listen.max_body", "from 1 to"]),
        ("listen.max_body = 'lots'", ["listen.max_body", "not a size"]),
        ("listen.allow_ips = []", ["listen.allow_ips", "let nobody in"]),
        ("listen.allow_ips = ['10.0.0.1/8']", ["listen.allow_ips", "one of its hosts", "10.0.0.0/8"]),
        ("listen.allow_ips = ['localhost']", ["listen.allow_ips", "neither an address nor a network"]),
        ("listen.allow_ips = '10.0.0.1'", ["listen.allow_ips", "list"]),
        ("listen.rate = '0/s'", ["listen.rate", '"100/s"']),
        ("listen.rate = '9/day'", ["listen.rate", '"600/min"']),
        ("listen.rate = 5", ["listen.rate", "text in quotes"]),
        ("listen.max_connections = 1", ["listen.max_connections", "from 8"]),
        ("listen.tls_cert = 'a.pem'", ["listen.tls_cert", "needs tls_key"]),
        ("listen.tls_key = 'a.pem'", ["listen.tls_key", "needs tls_cert"]),
        ("[sources.a]\nallow_ips = ['x']", ["sources.a.allow_ips", "neither an address"]),
        ("[sources.a]\nbasic_auth = 1", ["sources.a.basic_auth", "text in quotes"]),
        ("listen.host = ''", ["listen.host", "is empty"]),
        ("log = 2020-01-01", ["log", "not a date or time"]),
        ('log = "a\\u0000b"', ["log", "control character"]),
        ("log = \nlisten = 1", ["not valid TOML", "line 1"]),
        ("a = 1\na = 2", ["not valid TOML"]),
        ("retention = {days = 0}", ["retention.days"]),
        (b"\xff\xfe", ["not text in UTF-8"]),
        (b"a = " + b"[" * 5000, [NAME]),
        (b"a = " + b"1" * 5000, [NAME]),
        ('"\\u001b[2J" = 1', ["unknown key ␛[2J"]),
    ],
)
def test_wrong_files_are_refused_with_file_and_key(tmp_path: Path, text: str | bytes, words: list[str]) -> None:
    write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load(None, {}, tmp_path)
    message = caught.value.message
    assert NAME in message
    for word in words:
        assert word in message
    assert message.isprintable()
    assert caught.value.exit_code == 2


def test_a_named_file_must_be_there(tmp_path: Path) -> None:
    for path in (tmp_path / "none.toml", tmp_path, Path("a\0b")):
        with pytest.raises(ConfigError, match="cannot be read"):
            load(path, {}, tmp_path)


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    write(tmp_path, b"#" * (1024 * 1024 + 1))
    with pytest.raises(ConfigError, match="not a configuration file"):
        load(None, {}, tmp_path)


def test_windows_line_ends_and_bom(tmp_path: Path) -> None:
    write(tmp_path, b"\xef\xbb\xbf[listen]\r\nport = 9\r\n")
    assert load(None, {}, tmp_path).listen.port == 9


def test_no_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platformdirs.user_data_path", lambda *_, **__: Path("~/x"))
    with pytest.raises(ConfigError, match="--log FILE"):
        load(None, {}, tmp_path)
    assert load(None, {"WEBHOOK_INSPECTOR_LOG": "/l.db"}, tmp_path).log == Path("/l.db")


def test_sources_of_the_command_line(tmp_path: Path) -> None:
    write(tmp_path, "[sources.pay]\npath = '/p'\nforward = 'http://127.0.0.1:1/'\n")
    config = with_sources(load(None, {}, tmp_path), ["pay=stripe", "gh=github"])
    pay, github = config.sources
    assert (pay.path, pay.provider, pay.forward) == ("/p", "stripe", "http://127.0.0.1:1/")
    assert (github.name, github.path, github.provider) == ("gh", "/gh", "github")


@pytest.mark.parametrize("spec", ["stripe", "=stripe", "a b=stripe", "a=", "a=strip", "p=github", "\x1b[2J=x"])
def test_bad_sources_of_the_command_line(tmp_path: Path, spec: str) -> None:
    write(tmp_path, "[sources.pay]\npath = '/p'\n")
    with pytest.raises(UsageError) as caught:
        with_sources(load(None, {}, tmp_path), [spec])
    assert caught.value.message.startswith("--source ")
    assert caught.value.message.isprintable()


def uncommented() -> str:
    lines = [line.removeprefix("# ") for line in template().splitlines()]
    return "\n".join(line for line in lines if line.startswith("[") or " = " in line)


def test_the_template_is_valid_and_complete(tmp_path: Path) -> None:
    write(tmp_path, template())
    plain: Config = load(None, {}, tmp_path)
    assert plain.listen.port == 4400
    text = uncommented().replace("[providers.acme]", "")
    write(tmp_path, text)
    config = load(None, {}, tmp_path)
    assert config.log == tmp_path / "webhooks.db"
    assert (config.listen.port, config.listen.max_body) == (plain.listen.port, plain.listen.max_body)
    assert config.listen.rate == (100, 1)
    assert config.listen.tls_cert == tmp_path / "cert.pem"
    assert config.listen.allow_ips == ("127.0.0.1", "10.0.0.0/8", "2001:db8::/32")
    assert config.sources[0].secrets == ("env:STRIPE_WEBHOOK_SECRET",)
    assert config.warnings == ()
    for keys in (KEYS["listen"], KEYS["redact"], KEYS["sources"], ("log",)):
        for key in keys:
            assert f"# {key} = " in template()


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=8) | st.just("stripe"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(sorted({key for keys in KEYS.values() for key in keys} | {"stripe"})) | st.text(max_size=4)


@given(st.dictionaries(NAMES, VALUES | st.dictionaries(NAMES, VALUES | st.dictionaries(NAMES, VALUES))))
@settings(max_examples=30, deadline=None)
def test_whatever_the_file_holds_the_answer_is_one_sentence(values: dict[str, Any]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        module = sys.modules["webhook_inspector.config.load"]
        patch.setattr(module, "read_file", lambda _path: b"")
        patch.setattr(module, "_parse", lambda _data, where: Table(values, Path(where).name))
        try:
            config = load(Path("/x/c.toml"), {"WEBHOOK_INSPECTOR_LOG": "/l.db"}, Path("/x"))
        except ConfigError as error:
            assert one_line(error.message) == error.message
            assert "c.toml" in error.message
        else:
            assert config.path == Path("/x/c.toml")

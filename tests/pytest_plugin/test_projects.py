"""Whole pytest runs: the sample project, the switches, and what a failing test prints."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from tests.pytest_plugin.conftest import SAMPLE
from tests.support.patience import PATIENCE_S
from tests.support.user_pytest import ROOT, run_pytest, write_metadata

pytest_plugins = ["pytester"]
UserPytest = Callable[..., pytest.RunResult]


def test_the_sample_project(user_pytest: UserPytest, sample_project: Path) -> None:
    # Nothing leaks: no socket, file or thread is left to the garbage collector.
    result = user_pytest("-W", "error", "-v")
    result.assert_outcomes(passed=2)


def test_the_sample_project_where_the_package_is_installed(sample_project: Path, tmp_path: Path) -> None:
    # A virtual environment as a user has it; what the package depends on comes from this one.
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "venv")], check=True, timeout=PATIENCE_S
    )
    python = next((tmp_path / "venv").glob("*/python"))
    asked = "import sysconfig; print(sysconfig.get_path('purelib'))"
    place = Path(subprocess.run([python, "-c", asked], capture_output=True, text=True, check=True).stdout.strip())
    shutil.copytree(ROOT / "webhook_inspector", place / "webhook_inspector")
    write_metadata(place)
    (place / "others.pth").write_text(sysconfig.get_path("purelib"))
    ran = run_pytest(sample_project, "-v", python=python)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "webhook-inspector-" in ran.stdout
    assert "2 passed" in ran.stdout


def test_the_readme_shows_the_sample_project() -> None:
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition("## In your tests")[2].partition("\n## ")[0]
    shown = re.findall(r"```python\n(.*?)```", section, re.DOTALL)[0]
    assert shown == (SAMPLE / "test_shop.py").read_text(encoding="utf-8")
    assert "--as pytest" in section


def test_a_handler_that_counts_twice_is_caught(user_pytest: UserPytest, sample_project: Path) -> None:
    # The broken variants: one forgets what it has seen, the other checks no signature.
    shop = sample_project / "shop.py"
    right = shop.read_text(encoding="utf-8")
    shop.write_text(right.replace('self.seen.add(event["id"])', "pass"), encoding="utf-8")
    user_pytest().assert_outcomes(passed=1, failed=1)
    shop.write_text(right.replace("if not self.is_signed", "if False and not self.is_signed"), encoding="utf-8")
    result = user_pytest()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*AssertionError: the replay does not hold: * sends to http://127.0.0.1:*, seed 7",
            "*tampering-refused: send * (tampered-body): answered 200; a handler must answer 4xx to it",
            "*what was sent:*",
            "*1. * invoice.paid  200  *",
        ]
    )


def test_switches(user_pytest: UserPytest, pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(webhook_inspector): pass")
    user_pytest().assert_outcomes(passed=1)
    for off in (["-p", "no:webhook_inspector"], ["-o", "webhook_inspector=false"]):
        result = user_pytest(*off)
        result.assert_outcomes(errors=1)
        result.stdout.fnmatch_lines(["*fixture 'webhook_inspector' not found*"])


def test_a_configuration_for_tests(user_pytest: UserPytest, pytester: pytest.Pytester) -> None:
    (pytester.path / "hooks.toml").write_text('log = "mine.db"\n[sources.billing]\npath = "/b"\nprovider = "stripe"\n')
    pytester.makeini("[pytest]\nwebhook_inspector_config = hooks.toml")
    pytester.makepyfile(
        """
        import pytest

        from webhook_inspector.pytest_plugin import WebhookDelivery, WebhookInspector

        def test_file(webhook_inspector):
            assert isinstance(webhook_inspector, WebhookInspector)
            webhook_inspector.send("billing", "invoice.paid").assert_accepted()
            delivery = webhook_inspector.wait_for("source:billing sig:valid")
            assert isinstance(delivery, WebhookDelivery)
            assert (delivery.path, webhook_inspector.url_of("stripe")) == ("/b", webhook_inspector.url + "/b")
        """
    )
    user_pytest().assert_outcomes(passed=1)
    assert not (pytester.path / "mine.db").exists()
    (pytester.path / "hooks.toml").write_text("prot = 3")
    result = user_pytest()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*ConfigError: *hooks.toml: unknown key prot*"])


def test_what_a_failing_wait_prints(user_pytest: UserPytest, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        def test_it(webhook_inspector):
            webhook_inspector.send("stripe", "customer.subscription.updated")
            webhook_inspector.wait_for("type:invoice.paid", timeout=0.1)

        def test_shared(webhook_inspector_session):
            webhook_inspector_session.send("stripe")
            first = webhook_inspector_session.url

        def test_shared_again(webhook_inspector_session):
            assert len(webhook_inspector_session.deliveries()) == 1
            webhook_inspector_session.forget()
            assert webhook_inspector_session.deliveries() == []
        """
    )
    result = user_pytest()
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*AssertionError: 1 delivery arrived within 0.1 s, none matched type:invoice.paid:",
            "*#1 POST /stripe customer.subscription.updated (signature valid): type is customer.subscription.updated",
            "*look at them with: webhook-inspector --log *captured.db",
        ]
    )
    # Where it failed is the test's own line, not ours.
    assert "inbox.py" not in result.stdout.str()


def test_marked_tests_run_over_the_files_of_a_folder(user_pytest: UserPytest, sample_project: Path) -> None:
    (sample_project / "test_shop.py").unlink()
    (sample_project / "fixtures" / "deep").mkdir()
    (sample_project / "fixtures" / "deep" / "one.jsonl").write_text('{"target":"/x","body":"{}"}\n')
    (sample_project / "fixtures" / "a.plan.json").write_text('{\n "format": "webhook-inspector-plan"}')
    (sample_project / "test_marked.py").write_text(
        """
import pytest

arrived = []

def app(environ, start_response):
    arrived.append(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
    start_response("200 OK", [])
    return []

@pytest.mark.webhook_fixtures("fixtures", orders=("captured", "reverse"), duplicates=(0, 1), seed=7)
def test_each(webhook_case, webhook_inspector):
    arrived.clear()
    webhook_case.replay(to=webhook_inspector.serve(app)).assert_holds()
    bodies = [delivery.body for delivery in webhook_case.deliveries]
    if webhook_case.order == "reverse":
        bodies.reverse()
    assert sorted(arrived) == sorted(bodies * (1 + webhook_case.duplicates))
    assert list(dict.fromkeys(arrived)) == bodies
"""
    )
    result = user_pytest("-v")
    result.assert_outcomes(passed=8)
    ids = re.findall(r"test_each\[(.*?)\] PASSED", result.stdout.str())
    assert ids[:4] == [f"deep/one.jsonl-{order}-dup{n}" for order in ("captured", "reverse") for n in (0, 1)]
    assert ids[4:] == [f"payments.json-{order}-dup{n}" for order in ("captured", "reverse") for n in (0, 1)]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("@M('none')\ndef test_it(webhook_case): pass", ["there is no folder", "none: name one beside the test"]),
        ("@M('.')\ndef test_it(webhook_case): pass", ["there is no fixture in", "export last --as fixture -o FILE"]),
        ("@M('.')\ndef test_it(): pass", ["takes the argument webhook_case"]),
        ("def test_it(webhook_case): pass", ["webhook_case needs the marker"]),
        ("@M('.', orders='reverse')\ndef test_it(webhook_case): pass", ["orders is a list"]),
        ("@M('.', order='reverse')\ndef test_it(webhook_case): pass", ["unexpected keyword argument 'order'"]),
    ],
)
def test_a_marker_that_cannot_be_used_says_why(
    pytester: pytest.Pytester, code: str, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from webhook_inspector.pytest_plugin import hooks

    pytester.makepyfile(f"import pytest\nM = pytest.mark.webhook_fixtures\n{code}")
    # Where the package is installed, its entry point registers the plugin.
    installed = [entry for entry in entry_points(group="pytest11") if entry.name == "webhook_inspector"]
    registered = [] if installed else [hooks]
    result = pytester.inline_run("--strict-markers", "-p", "no:cacheprovider", "-p", "no:asyncio", plugins=registered)
    reports = [*result.getfailedcollections(), *result.getreports("pytest_runtest_logreport")]
    text = " ".join(str(report.longrepr) for report in reports if report.failed)
    for word in words:
        assert word in text.replace("\n", " ")


def test_importing_the_plugin_loads_nothing_heavy(user_pytest: UserPytest, pytester: pytest.Pytester) -> None:
    heavy = ("aiohttp", "sqlite_utils", "textual", "cryptography", "click", "jsonschema_rs", "keyring")
    pytester.makepyfile(
        f"""
        import sys

        def test_it():
            ours = {{name for name in sys.modules if name.startswith("webhook_inspector")}}
            assert ours == {{
                "webhook_inspector",
                *("webhook_inspector.pytest_plugin" + name for name in ("", ".hooks", ".fixtures", ".matrix")),
            }}
            assert not set(sys.modules) & set({heavy!r})
        """
    )
    user_pytest("-p", "no:asyncio").assert_outcomes(passed=1)


def test_it_is_there_where_the_package_is_installed(pytestconfig: pytest.Config) -> None:
    from importlib.metadata import entry_points

    if not any(entry.name == "webhook_inspector" for entry in entry_points(group="pytest11")):
        pytest.skip("the package runs from its source here")
    assert pytestconfig.pluginmanager.has_plugin("webhook_inspector")

"""What is published: source archive and wheel are whole, hold no tests, and run in an empty environment."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.posting import post
from tests.torture.listeners import ROOT
from tests.torture.results import record
from tests.torture.variants import catches

NAME = "webhook_inspector"
DATA = {".toml", ".json", ".tcss"}
VERSIONS = ("3.11", "3.12", "3.13", "3.14")
THIS = f"{sys.version_info.major}.{sys.version_info.minor}"

pytestmark = [pytest.mark.torture, pytest.mark.timeout(400)]


def _run(*command: str | Path, cwd: Path, env: dict[str, str] | None = None) -> str:
    plain = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "PYTHONHOME"}}
    done = subprocess.run(
        [str(word) for word in command], cwd=cwd, env={**plain, **(env or {})}, capture_output=True, text=True,
        timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{command}: {done.stdout[-1500:]}{done.stderr[-3000:]}"
    return done.stdout


def _environment(folder: Path, interpreter: str | Path, *requirements: str) -> Path:
    """A fresh environment with these packages; its interpreter. Skips where nothing can be installed."""
    _run(interpreter, "-m", "venv", folder, cwd=folder.parent)
    python = folder / "bin" / "python"
    try:
        _run(python, "-m", "pip", "install", "-q", *requirements, cwd=folder.parent)
    except AssertionError as error:
        if re.search("No matching distribution|Could not find a version|Failed to establish|Retry|resolve", str(error)):
            pytest.skip(f"no package index is in reach: {requirements[0].rpartition('/')[2]} cannot be installed")
        raise
    return python


@pytest.fixture(scope="module")
def builder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if os.name != "posix":
        pytest.skip("folders of environments are those of POSIX here")
    return _environment(tmp_path_factory.mktemp("builder") / "env", sys.executable, "build", "setuptools>=77")


def _source(folder: Path) -> Path:
    """What a checkout holds, without what lies about in it."""
    copy = folder / "source"
    shutil.copytree(ROOT / NAME, copy / NAME, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "tests" / "support", copy / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy / name)
    return copy


def _build(python: Path, source: Path) -> tuple[Path, Path]:
    """The source archive, and the wheel that is made of it."""
    out = source.parent / "dist"
    _run(python, "-m", "build", "--no-isolation", "--outdir", out, source, cwd=source.parent)
    (archive,) = out.glob("*.tar.gz")
    (wheel,) = out.glob("*.whl")
    return archive, wheel


def _whole(archive: Path, wheel: Path) -> int:
    """Both hold every module and data file of the package; the wheel holds nothing else."""
    wanted = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / NAME).rglob("*")
        if path.is_file() and path.suffix in {".py", ".typed", *DATA}
    }
    with zipfile.ZipFile(wheel) as made:
        inside = {name for name in made.namelist() if ".dist-info/" not in name}
        about = [name for name in made.namelist() if name.endswith(("METADATA", "entry_points.txt", "LICENSE"))]
        metadata = made.read(next(name for name in about if name.endswith("METADATA"))).decode()
    assert len(about) == 3
    assert inside - wanted == set(), f"what is not the package's: {sorted(inside - wanted)[:5]}"
    assert wanted - inside == set(), f"missing in the wheel: {sorted(wanted - inside)[:5]}"
    assert f"{NAME}/py.typed" in inside
    assert "Requires-Python: >=3.11" in metadata
    with tarfile.open(archive) as made_of:
        sources = {name.partition("/")[2] for name in made_of.getnames()}
    assert wanted - sources == set(), f"missing in the archive: {sorted(wanted - sources)[:5]}"
    assert {"pyproject.toml", "README.md", "LICENSE"} <= sources
    return len(inside)


@pytest.fixture(scope="module")
def built(builder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return _build(builder, _source(tmp_path_factory.mktemp("built")))


def test_archive_and_wheel_are_whole_and_hold_no_tests(built: tuple[Path, Path]) -> None:
    record("WHEEL", files=_whole(*built))


def _no_data(pyproject: str) -> str:
    return re.sub(r'(?m)^"\*" = \[.*\]$', '"*" = ["py.typed"]', pyproject)


def _with_tests(pyproject: str) -> str:
    return pyproject.replace('["webhook_inspector*"]', '["webhook_inspector*", "tests*"]')


@pytest.mark.parametrize(("broken", "says"), [(_no_data, "missing in the wheel"), (_with_tests, "not the package's")])
def test_a_wheel_that_is_wrong_is_caught(
    builder: Path, tmp_path: Path, broken: Callable[[str], str], says: str
) -> None:
    source = _source(tmp_path)
    project = source / "pyproject.toml"
    before = project.read_text(encoding="utf-8")
    project.write_text(broken(before), encoding="utf-8")
    assert project.read_text(encoding="utf-8") != before
    made = _build(builder, source)
    caught = catches(lambda: _whole(*made), says)
    record("WHEEL", caught=caught)


def _interpreter(version: str) -> str | Path | None:
    if version == THIS:
        return sys.executable
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = sorted(pyenv.glob(f"{version}.*/bin/python"))
    return found[-1] if found else shutil.which(f"python{version}")


@pytest.mark.parametrize("version", VERSIONS)
def test_it_runs_where_nothing_else_is_installed(built: tuple[Path, Path], tmp_path: Path, version: str) -> None:
    interpreter = _interpreter(version)
    if interpreter is None:
        pytest.skip(f"Python {version} is not installed")
    python = _environment(tmp_path / "env", interpreter, str(built[1]))
    program = tmp_path / "env" / "bin" / "webhook-inspector"
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    env = {"HOME": str(home), "XDG_DATA_HOME": str(home / "data"), "PYTHONWARNINGS": "error::SyntaxWarning"}
    assert _run(program, "--version", cwd=tmp_path, env=env).startswith("webhook-inspector ")
    assert version in _run(program, "doctor", cwd=tmp_path, env=env)
    assert "stripe" in _run(program, "providers", "list", cwd=tmp_path, env=env)  # data files of the package
    started = [str(program), "listen", "--port", "0", "--json", "--max", "2"]
    with subprocess.Popen(
        started, cwd=tmp_path, env={"PATH": os.environ["PATH"], **env}, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        assert post(url, b'{"type":"a.b"}')[0] == 200
        _run(program, "send", "stripe", "invoice.paid", "--to", url, cwd=tmp_path, env=env)
        process.communicate(timeout=60)
        assert process.returncode == 0
    listed = _run(program, "list", cwd=tmp_path, env=env)
    assert "a.b" in listed
    assert "invoice.paid" in listed
    where = _run(python, "-c", f"import {NAME}; print({NAME}.__file__)", cwd=tmp_path).strip()
    assert where.startswith(str(tmp_path)), "the wheel is tested, not the checkout"
    assert sysconfig.get_path("purelib") not in where
    record("WHEEL", Pythons=version)

"""A feature is one file: folders and registries agree in both directions."""

from __future__ import annotations

from pathlib import Path

from webhook_inspector import engine
from webhook_inspector.bodies import views
from webhook_inspector.export.api import formats
from webhook_inspector.export.importing import importers
from webhook_inspector.providers.load import builtin
from webhook_inspector.replay.faults.api import kinds
from webhook_inspector.samples import catalogue

PACKAGE = Path(engine.__file__).parents[1]


def _files(folder: str, suffix: str) -> set[str]:
    return {
        path.stem
        for path in (PACKAGE / folder).glob(f"*{suffix}")
        if not path.stem.startswith("_") and path.name != "api.py"
    }


def test_faults() -> None:
    assert set(kinds()) == _files("replay/faults", ".py")


def test_export_formats() -> None:
    assert {name.replace("-", "_") for name in formats()} == _files("export/formats", ".py")


def test_import_formats() -> None:
    assert {name.replace("-", "_") for name in importers()} == _files("export/imports", ".py")


def test_body_views() -> None:
    assert {name.replace("-", "_") for name in views()} == {
        name.removesuffix("_view") for name in _files("bodies/view", ".py")
    }


def test_providers() -> None:
    assert set(builtin()) == _files("providers", ".toml")


def test_samples_are_of_known_providers() -> None:
    assert set(catalogue()) == _files("samples", ".json")
    assert set(catalogue()) <= set(builtin())
    assert {name for name in catalogue() if len(catalogue()[name]) >= 2} >= {
        "stripe",
        "github",
        "shopify",
        "slack",
        "standard-webhooks",
        "squarespace",
    }


def test_every_room_has_tests() -> None:
    tests = Path(__file__).resolve().parents[1]
    rooms = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    assert rooms <= {path.name for path in tests.iterdir()} | {"benchmarks"}

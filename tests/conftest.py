"""Every test starts from a clean environment: no user's configuration, log or colours."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

# Speed has its own tests: on a busy machine one slow example says nothing.
settings.register_profile("house", deadline=None)
settings.load_profile("house")


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("home")
    for name in (
        "WEBHOOK_INSPECTOR_LOG",
        "NO_COLOR",
        "TMUX",
        "SSH_TTY",
        "DISPLAY",
        "WAYLAND_DISPLAY",
        "FORCE_COLOR",
    ):
        monkeypatch.delenv(name, raising=False)
    # Nobody's own keyring: tests that need one bring one in memory.
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "state"))
    monkeypatch.chdir(home)


@pytest.fixture
def log_path(tmp_path: Path) -> Path:
    return tmp_path / "log.db"

"""Kept secrets: private files, the desktop's keyring, and every way that either fails."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.memory_keyring import LockedKeyring, MemoryKeyring, desktop
from webhook_inspector.adapters.keyring import SERVICE, keyring_title
from webhook_inspector.adapters.secret_store import KeptSecret, SecretStore
from webhook_inspector.core.secret import MAX_SECRET_BYTES
from webhook_inspector.errors import ConfigError, UsageError

CANARY = "whsec_canary_0123456789"
posix = pytest.mark.skipif(os.name != "posix", reason="modes of files")


@pytest.fixture
def store(tmp_path: Path) -> SecretStore:
    return SecretStore(lambda: tmp_path / "data" / "secrets")


def test_there_is_no_desktop_keyring_in_tests() -> None:
    assert keyring_title() is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(value=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80).filter(str.strip))
def test_a_file_gives_back_what_was_kept(store: SecretStore, value: str) -> None:
    store.set("a", value, "file")
    assert store.get("a") == value
    assert store.lookup("a") == (value, "")


@posix
def test_only_the_user_may_read(store: SecretStore) -> None:
    old = os.umask(0)
    try:
        store.set("a", CANARY, "file")
        store.set("a", CANARY, "file")
    finally:
        os.umask(old)
    assert stat.S_IMODE(store.path("a").stat().st_mode) == 0o600
    assert stat.S_IMODE(store.path("a").parent.stat().st_mode) == 0o700
    for mode in (0o604, 0o640, 0o622, 0o644):
        store.path("a").chmod(mode)
        value, problem = store.lookup("a")
        assert value is None
        assert "chmod 600" in problem
        assert CANARY not in problem


def test_names_are_listed_and_removed(store: SecretStore) -> None:
    assert store.all() == []
    store.set("b", "2", "file")
    store.set("A.x-1_", "1", "file")
    (store.path("b").parent / ".b.part").write_text("half", encoding="utf-8")
    assert store.all() == [KeptSecret("A.x-1_", "file"), KeptSecret("b", "file")]
    assert store.remove("b") == KeptSecret("b", "file")
    with pytest.raises(UsageError, match="secrets list"):
        store.remove("b")
    assert store.lookup("b")[0] is None


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", "a\0b", ".hidden", "a" * 65, "a b", "ä", "\x1b[2J", "-x"])
def test_a_name_cannot_leave_the_folder(store: SecretStore, name: str) -> None:
    with pytest.raises(UsageError, match="is not a name") as caught:
        store.set(name, CANARY, "file")
    assert caught.value.message.isprintable()
    value, problem = store.lookup(name)
    assert value is None
    assert problem.isprintable()
    with pytest.raises(UsageError):
        store.remove(name)


@pytest.mark.parametrize("value", ["", " \n", "x" * (MAX_SECRET_BYTES + 1)])
def test_what_is_no_secret_is_not_kept(store: SecretStore, value: str) -> None:
    with pytest.raises(UsageError, match="nothing was kept"):
        store.set("a", value, "file")
    assert store.all() == []


def test_processes_do_not_lose_each_others_names(store: SecretStore) -> None:
    names = [f"n{number}" for number in range(40)]
    threads = [threading.Thread(target=store.set, args=(name, name, "file")) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {name: store.get(name) for name in names} == {name: name for name in names}


def test_a_secret_in_the_keyring_is_in_no_file(store: SecretStore) -> None:
    with desktop(MemoryKeyring()) as ring:
        store.set("a", CANARY, "keyring")
        assert ring.kept == {(SERVICE, "a"): CANARY}
        assert store.get("a") == CANARY
        assert store.all() == [KeptSecret("a", "keyring")]
        assert store.path("a").read_bytes() == b""
        store.set("a", "moved", "file")
        assert ring.kept == {}
        assert store.get("a") == "moved"
        store.set("a", "back", "keyring")
        assert CANARY.encode() not in store.path("a").read_bytes()
        store.remove("a")
        assert (ring.kept, store.all()) == ({}, [])


def test_a_secret_that_another_program_put_into_the_keyring_is_found(store: SecretStore) -> None:
    with desktop(MemoryKeyring()) as ring:
        ring.kept[SERVICE, "theirs"] = CANARY
        assert store.get("theirs") == CANARY
        ring.kept.clear()
        store.set("gone", CANARY, "keyring")
        ring.kept.clear()
        assert store.lookup("gone")[0] is None


def test_a_locked_keyring_is_one_sentence_without_its_words(store: SecretStore) -> None:
    with desktop(LockedKeyring()):
        for act in (lambda: store.set("a", CANARY, "keyring"), lambda: store.get("b")):
            with pytest.raises(UsageError) as caught:
                act()
            assert "unlock it" in caught.value.message
            assert "canary" not in caught.value.message
            assert caught.value.message.isprintable()
    assert store.all() == []


def test_without_a_home_it_is_said(tmp_path: Path) -> None:
    def homeless() -> Path:
        raise ConfigError("There is no home folder to keep secrets in: use env:NAME or file:PATH.")

    assert SecretStore(homeless).lookup("a") == (
        None,
        "There is no home folder to keep secrets in: use env:NAME or file:PATH.",
    )
    (tmp_path / "file").write_text("x", encoding="utf-8")
    blocked = SecretStore(lambda: tmp_path / "file")
    with pytest.raises(UsageError):
        blocked.all()
    with pytest.raises(UsageError):
        blocked.set("a", "x", "file")

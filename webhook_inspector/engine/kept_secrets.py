"""The secrets that `secrets set` keeps for the user, wherever this machine can keep them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import count

from webhook_inspector.adapters import keyring
from webhook_inspector.adapters.secret_store import SecretStore
from webhook_inspector.config import paths
from webhook_inspector.config.model import Config
from webhook_inspector.config.secrets import is_literal, masked, resolve
from webhook_inspector.core.display import show


def secret_store() -> SecretStore:
    """The user's store."""
    return SecretStore(paths.secrets_folder)


def keep_for(source: str, value: str) -> str:
    """Keep a new secret of a source under a name that is free, and give the reference that stands for it.

    Raises:
        UsageError: It cannot be kept.
    """
    store = secret_store()
    taken = {each.name for each in store.all()}
    further = (f"{source[:58]}-{number}" for number in count(2))
    name = source if source not in taken else next(name for name in further if name not in taken)
    store.set(name, value, "file" if keyring.keyring_title() is None else "keyring")
    return f"keyring:{name}"


def place_in_words() -> str:
    """Where a new secret would go: the name of the desktop's keyring, or the folder of files."""
    title = keyring.keyring_title()
    if title is not None:
        return f"the desktop keyring ({show(title, 60)})"
    return f"files that only you may read, in {show(str(paths.secrets_folder()), 300)} (no desktop keyring here)"


@dataclass(frozen=True, slots=True)
class SecretRow:
    """One line of `secrets list`. Safe to show: values are masked."""

    reference: str
    """As it stands in a configuration; a literal is masked."""
    place: str
    """`keyring`, `file`, `env` or `literal`."""
    value: str | None
    """The masked value; None when there is none."""
    sources: tuple[str, ...]
    """Names of the sources that use it."""
    problem: str | None
    """Why there is no value."""


def secret_rows(config: Config, env: Mapping[str, str]) -> list[SecretRow]:
    """Every secret that is kept, then every other one that a source names.

    Raises:
        UsageError: The folder of kept secrets cannot be read.
    """
    store = secret_store()
    places = {f"keyring:{each.name}": each.place for each in store.all()}
    users: dict[str, list[str]] = {reference: [] for reference in places}
    for source in config.sources:
        for reference in source.secrets:
            users.setdefault(reference, []).append(source.name)
    rows = []
    for reference, sources in users.items():
        found, problems = resolve([reference], env, config.base, store.lookup)
        place = "literal" if is_literal(reference) else places.get(reference, reference.partition(":")[0])
        value = found[0].masked() if found else None
        rows.append(SecretRow(masked(reference), place, value, _each_once(sources), problems[0] if problems else None))
    return rows


def _each_once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))

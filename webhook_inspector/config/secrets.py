"""Secrets are references: `env:NAME`, `keyring:NAME`, `file:PATH`. A literal works and is warned about in a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from webhook_inspector.core.display import show
from webhook_inspector.core.secret import MAX_SECRET_BYTES, Secret

Lookup = Callable[[str], tuple[str | None, str]]
"""From the name of a kept secret to its value, or None and one sentence that says why."""


def is_literal(reference: str) -> bool:
    """Whether the text is a secret itself rather than the name of a place that holds one."""
    return not reference.startswith(("env:", "file:", "keyring:"))


def masked(reference: str) -> str:
    """A reference as it may be shown: places in full, a literal by its last characters at most."""
    return show(reference) if not is_literal(reference) else f"literal {Secret(reference).masked()}"


def resolve(
    references: Sequence[str], env: Mapping[str, str], base: Path, kept: Lookup
) -> tuple[list[Secret], list[str]]:
    """The secrets behind references.

    Args:
        references: `env:NAME`, `keyring:NAME`, `file:PATH` (relative to `base`; one line end at its end is not
            part of the secret), or secrets themselves.
        env: Environment variables.
        base: Folder that relative paths start from.
        kept: Finds what `secrets set` keeps.

    Returns:
        The secrets that were found, and one sentence for each reference that gave none.
    """
    secrets: list[Secret] = []
    problems: list[str] = []
    for number, reference in enumerate(references, start=1):
        value: str | None = reference
        label = f"literal {number}" if len(references) > 1 else "literal"
        problem = f"Secret {number} is empty: give a secret, env:NAME, keyring:NAME or file:PATH."
        if not is_literal(reference):
            label = show(reference)
            value, problem = _from_place(reference, env, base, kept)
        if value and not _is_text(value):
            value, problem = None, f"The secret {label} is not text in UTF-8: check what it holds."
        if value:
            secrets.append(Secret(value, label))
        else:
            problems.append(problem)
    return secrets, problems


def _from_place(reference: str, env: Mapping[str, str], base: Path, kept: Lookup) -> tuple[str | None, str]:
    kind, _, rest = reference.partition(":")
    if kind == "env":
        return _from_env(rest, env)
    return kept(rest) if kind == "keyring" else _from_file(rest, base)


def _is_text(value: str) -> bool:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _from_env(name: str, env: Mapping[str, str]) -> tuple[str | None, str]:
    value = env.get(name)
    state = "is empty" if value == "" else "is not set"
    return value, f"The environment variable {show(name)} {state}: export it before you start."


def _from_file(name: str, base: Path) -> tuple[str | None, str]:
    try:
        with (base / Path(name).expanduser()).open("rb") as file:
            data = file.read(MAX_SECRET_BYTES + 1)
        if len(data) > MAX_SECRET_BYTES:
            return (
                None,
                f"The secret file {show(name)} is over {MAX_SECRET_BYTES} bytes: point to one that holds a secret.",
            )
        text = data.decode("utf-8")
    except OSError as error:
        return (
            None,
            f"The secret file {show(name)} cannot be read ({error.strerror or type(error).__name__}): check its path.",
        )
    except (ValueError, RuntimeError):
        return None, f"The secret file {show(name)} is not text in UTF-8, or its path is not valid: check it."
    for ending in ("\r\n", "\n"):
        if text.endswith(ending):
            text = text.removesuffix(ending)
            break
    return text, f"The secret file {show(name)} is empty: put the secret in it."

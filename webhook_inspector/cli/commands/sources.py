"""`sources`: the inbound paths of the configuration, seen and changed without losing its comments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from webhook_inspector.cli import completing, diagnostics
from webhook_inspector.cli.group import HouseCommand, HouseGroup
from webhook_inspector.cli.output import Styled
from webhook_inspector.cli.render import Cell, Columns
from webhook_inspector.cli.session import Session
from webhook_inspector.core.display import show
from webhook_inspector.errors import UsageError

if TYPE_CHECKING:
    from webhook_inspector.config.model import SourceConfig
    from webhook_inspector.engine.source_file import Change, SourceFile
    from webhook_inspector.engine.sources import Sources


def _record(source: SourceConfig, sources: Sources) -> dict[str, Any]:
    from webhook_inspector.config.secrets import masked

    return {
        "type": "source",
        "name": source.name,
        "path": source.path,
        "provider": source.provider,
        "secrets": [masked(secret) for secret in source.secrets],
        "secret_problems": list(sources.problems_of(source.name)),
        "public_url": source.public_url,
        "params": sorted(source.params),
        "forward": source.forward,
        "respond": source.respond,
        "ack": source.ack,
        "handshake": list(source.handshake),
    }


@click.pass_obj
def _list(session: Session) -> None:
    """List the sources of the configuration."""
    from webhook_inspector.engine.sources import Sources

    config = session.config
    sources = Sources(config, session.env)
    records = [_record(source, sources) for source in config.sources]
    if session.json:
        for record in records:
            session.out.record(record)
        return
    if not records:
        session.out.line("No source is configured: whatever comes belongs to the source default.")
        session.out.line(Styled("webhook-inspector sources add stripe provider=stripe", "dim"))
        return
    rows: list[list[Cell]] = [
        [Styled(head, "dim") for head in ("NAME", "PATH", "PROVIDER", "SECRET", "SENT ON TO", "ANSWERS")]
    ]
    for record in records:
        missing = Styled("✗ missing", "bad") if record["secret_problems"] else None
        secrets: Cell = missing or ", ".join(record["secrets"]) or "none"
        rows.append([
            Styled(record["name"], "strong"), record["path"], record["provider"] or "-", secrets,
            record["forward"] or "-", record["respond"] or "200",
        ])  # fmt: skip
    Columns(session.out).write(rows)
    for record in records:
        for problem in record["secret_problems"]:
            session.out.line(Styled("✗ ", "bad"), f"{record['name']}: {problem}")


def _texts(words: Sequence[str]) -> dict[str, str]:
    """`key=value` words. Secrets must be references: other processes can read arguments."""
    from webhook_inspector.config.reader import nearest
    from webhook_inspector.config.secrets import is_literal
    from webhook_inspector.engine.source_fields import BY_KEY, value_of

    texts: dict[str, str] = {}
    for word in words:
        key, equals, text = word.partition("=")
        if not equals:
            raise UsageError(f"{show(word, 80)} is not KEY=VALUE, for example provider=stripe.")
        if key not in BY_KEY and key != "name":
            raise UsageError(f"unknown key {show(key, 60)}, {nearest(key, [*BY_KEY, 'name'])}")
        texts[key] = text
    found = value_of("secrets", texts.get("secrets", ""))
    if isinstance(found, list) and any(is_literal(secret) for secret in found):
        raise UsageError(
            "secrets takes references, not a secret itself: `secrets set NAME` keeps one, then secrets=keyring:NAME."
        )
    return texts


def _file(session: Session) -> SourceFile:
    from webhook_inspector.engine.source_file import SourceFile

    return SourceFile(session.config.path, session.env, session.cwd)


def _write(session: Session, file: SourceFile, changes: Sequence[Change], name: str) -> None:
    from webhook_inspector.replay.targets import check_target

    def change(text: str) -> str:
        for one in changes:
            text = one(text)
        return text

    created = file.data is None
    draft = file.draft(change)
    source = draft.config.source(name)
    if source is not None and source.forward is not None:
        check_target(source.forward, allow_remote=True)
    file.write(draft.data)
    if session.json:
        session.out.record({"type": "source_written", "name": name, "config": str(file.path), "created": created})
    else:
        session.out.line(file.where)
    for warning in draft.config.warnings:
        diagnostics.warn(warning)
    diagnostics.say("A running app has it once its sources (O) are opened, a running `listen` from its next start on.")


@click.pass_obj
def _set(session: Session, name: str, words: tuple[str, ...]) -> None:
    """Change keys of a source in the file; everything else in it stays as it is, comments too.

    KEY= takes a key out. name=NEW renames the source: its path stays, and so does the name of what it captured.
    """
    from webhook_inspector.engine.source_changes import changed, renamed

    file = _file(session)
    source = session.config.source(name)
    if source is None:
        names = ", ".join(one.name for one in session.config.sources) or "there is none yet"
        raise UsageError(f"There is no source {show(name, 60)}; sources: {names}.")
    texts = _texts(words)
    new = texts.pop("name", name)
    changes = [changed(name, texts)] if texts else []
    _write(session, file, [*changes, renamed(name, new, source.path)] if new != name else changes, new)


@click.pass_obj
def _add(session: Session, name: str, words: tuple[str, ...]) -> None:
    """Add a source to the file, which is made when there is none. Without path=, it waits at /NAME."""
    from webhook_inspector.engine.source_changes import added

    texts = _texts(words)
    if "name" in texts:
        raise UsageError("The name stands before the keys: sources add NAME KEY=VALUE...")
    _write(session, _file(session), [added(name, texts)], name)


@click.pass_obj
def _remove(session: Session, name: str) -> None:
    """Take a source out of the file. What it captured stays in the log, a kept secret stays kept."""
    from webhook_inspector.engine.source_changes import removed

    _write(session, _file(session), [removed(name)], name)


COMMAND = HouseGroup(
    "sources",
    help="List the sources of the configuration, and change them.",
    examples=[
        ("sources add stripe provider=stripe secrets=env:STRIPE_WEBHOOK_SECRET", "A path of its own for Stripe.")
    ],
    no_args_is_help=False,
)
COMMAND.add_command(
    HouseCommand(
        "list", callback=_list, help=_list.__doc__, examples=[("sources list --json", "One object a line, masked.")]
    )
)
_NAME = click.Argument(["name"], shell_complete=completing.source_names)
_WORDS = click.Argument(["words"], nargs=-1, required=True, metavar="KEY=VALUE...")
COMMAND.add_command(
    HouseCommand(
        "set",
        callback=_set,
        params=[_NAME, _WORDS],
        help=_set.__doc__,
        examples=[
            ("sources set stripe respond='503 first 3'", "See how the provider comes again."),
            ("sources set stripe respond=", "Answer as usual again."),
        ],
    )
)
COMMAND.add_command(
    HouseCommand(
        "add",
        callback=_add,
        params=[click.Argument(["name"]), click.Argument(["words"], nargs=-1, metavar="[KEY=VALUE...]")],
        help=_add.__doc__,
        examples=[("sources add shop provider=shopify forward=http://127.0.0.1:3000/hooks", "Kept, and sent on.")],
    )
)
COMMAND.add_command(
    HouseCommand(
        "remove",
        callback=_remove,
        params=[_NAME],
        help=_remove.__doc__,
        examples=[("sources remove stripe", "No such path any more.")],
    )
)

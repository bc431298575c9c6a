"""`secrets`: keep signing secrets where the configuration can name them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from webhook_inspector.cli import completing, diagnostics
from webhook_inspector.cli.group import HouseCommand, HouseGroup
from webhook_inspector.cli.output import Styled
from webhook_inspector.cli.queries import one
from webhook_inspector.cli.render import Cell, Columns
from webhook_inspector.cli.session import Session
from webhook_inspector.core.display import show
from webhook_inspector.core.secret import MAX_SECRET_BYTES, Secret
from webhook_inspector.errors import UsageError

if TYPE_CHECKING:
    from webhook_inspector.adapters.secret_store import Place, SecretStore


@click.pass_obj
def _set(session: Session, name: str, from_delivery: str | None, place: Place | None) -> None:
    """Keep a secret under a name.

    The secret is asked for without showing it, or read from stdin (one line end at its end is not part of it); it is
    never an argument, which other processes could read. A secret of the same name is replaced.
    """
    from webhook_inspector.engine.kept_secrets import secret_store

    store = secret_store()
    replaced = store.kept(name) is not None
    chosen = place or _place(store)
    value = _typed() if from_delivery is None else _handed_over(session, from_delivery)
    store.set(name, value, chosen)
    reference = f"keyring:{name}"
    sources = [source.name for source in session.config.sources if reference in source.secrets]
    if session.json:
        masked = Secret(value).masked()
        session.out.record(
            {"type": "secret_kept", "reference": reference, "place": chosen, "value": masked, "replaced": replaced}
        )
        return
    where = "the desktop keyring" if chosen == "keyring" else show(str(store.path(name)), 300)
    verb = "Replaced" if replaced else "Kept"
    session.out.line(f"{verb} ", Styled(name, "strong"), f" in {where}, {Secret(value).masked()}")
    if value.strip() != value:
        diagnostics.warn("the secret begins or ends with white space, which was kept as it is.")
    used = f"Used by {', '.join(sources)}." if sources else f'Name it in a source: secrets = ["{reference}"]'
    session.out.line(Styled(used, "dim"))


def _place(store: SecretStore) -> Place:
    """The desktop's keyring; without one, files, after the user agreed once."""
    from webhook_inspector.adapters.keyring import keyring_title

    if keyring_title() is not None:
        return "keyring"
    if any(each.place == "file" for each in store.all()):
        return "file"
    folder = show(str(store.path("").resolve()), 300)
    if not _person_there():
        raise UsageError(f"there is no desktop keyring here: add --in file to keep it in {folder}, open to you only.")
    question = f"There is no desktop keyring here. Keep secrets in files in {folder}, which only you may read?"
    if not click.confirm(question, default=False, err=True):
        raise UsageError("nothing was kept; env:NAME and file:PATH work without.")
    return "file"


def _person_there() -> bool:
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr is not None and sys.stderr.isatty()


def _typed() -> str:
    """The secret from a hidden prompt, or from stdin where that is no terminal."""
    if _person_there():
        return str(click.prompt("Secret (not shown)", hide_input=True, err=True))
    data = b"" if sys.stdin is None else sys.stdin.buffer.read(MAX_SECRET_BYTES + 2)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError("the secret is not text in UTF-8: nothing was kept.") from None
    return text.removesuffix("\r\n") if text.endswith("\r\n") else text.removesuffix("\n")


def _handed_over(session: Session, query: str) -> str:
    """The secret that a provider handed over in an endpoint check."""
    with session.inspector(readonly=True) as inspector:
        delivery = inspector.record(one(inspector, [query])).delivery
        handshaken = inspector.handshake(delivery)
    if handshaken is None or handshaken.answer.gained is None:
        raise UsageError(f"delivery {delivery.id} handed over no secret: `show {delivery.id}` says what it is.")
    return handshaken.answer.gained


@click.pass_obj
def _list(session: Session) -> None:
    """List the secrets that are kept, and those that sources name."""
    from webhook_inspector.engine.kept_secrets import place_in_words, secret_rows

    rows = secret_rows(session.config, session.env)
    if session.json:
        for row in rows:
            session.out.record(
                {
                    "type": "secret",
                    "reference": row.reference,
                    "place": row.place,
                    "value": row.value,
                    "sources": list(row.sources),
                    "problem": row.problem,
                }
            )
        return
    if not rows:
        session.out.line(f"No secret is kept, and no source names one. New ones go to {place_in_words()}.")
        session.out.line(Styled("webhook-inspector secrets set stripe", "dim"))
        return
    table: list[list[Cell]] = [[Styled(head, "dim") for head in ("REFERENCE", "WHERE", "SECRET", "USED BY")]]
    for row in rows:
        value = row.value if row.problem is None else Styled("✗ none", "bad")
        table.append([Styled(row.reference, "strong"), row.place, value or "", ", ".join(row.sources) or "-"])
    Columns(session.out).write(table)
    for row in rows:
        if row.problem is not None:
            session.out.line(Styled("✗ ", "bad"), row.problem)


@click.pass_obj
def _remove(session: Session, name: str) -> None:
    """Forget a secret that `secrets set` kept."""
    from webhook_inspector.engine.kept_secrets import secret_store

    kept = secret_store().remove(name)
    users = [source.name for source in session.config.sources if f"keyring:{name}" in source.secrets]
    if session.json:
        session.out.record({"type": "secret_removed", "reference": f"keyring:{name}", "place": kept.place})
    else:
        session.out.line("Removed ", Styled(name, "strong"))
    for user in users:
        diagnostics.warn(f"the source {user} still names keyring:{name}.")


COMMAND = HouseGroup(
    "secrets",
    help="Keep signing secrets by name, where only you can read them.",
    examples=[
        ("secrets set stripe", "Ask for a secret, without showing it."),
        ("secrets list", "What is kept and what sources name, masked."),
    ],
    no_args_is_help=False,
)
COMMAND.add_command(
    HouseCommand(
        "set",
        callback=_set,
        params=[
            click.Argument(["name"]),
            click.Option(
                ["--from-delivery"],
                metavar="ID",
                help="Keep the secret that a provider handed over in an endpoint check.",
            ),
            click.Option(
                ["--in", "place"],
                type=click.Choice(["keyring", "file"]),
                help="Where; by default the desktop's keyring, where there is one.",
            ),
        ],
        help=_set.__doc__,
        examples=[
            ("secrets set stripe", 'Then write secrets = ["keyring:stripe"] in a source.'),
            ("secrets set adyen --in file < key.txt", "From a file or a pipe, for scripts."),
            ("secrets set asana --from-delivery 12", "What Asana handed over in delivery 12."),
        ],
    )
)
COMMAND.add_command(
    HouseCommand(
        "list", callback=_list, help=_list.__doc__, examples=[("secrets list --json", "One object a line, masked.")]
    )
)
COMMAND.add_command(
    HouseCommand(
        "remove",
        callback=_remove,
        params=[click.Argument(["name"], shell_complete=completing.kept_secrets)],
        help=_remove.__doc__,
        examples=[("secrets remove stripe", "Forget it, wherever it is kept.")],
    )
)

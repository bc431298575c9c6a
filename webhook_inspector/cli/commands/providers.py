"""`providers`: what is known of each provider."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from webhook_inspector.cli import completing, diagnostics
from webhook_inspector.cli.group import HouseCommand, HouseGroup
from webhook_inspector.cli.output import Styled
from webhook_inspector.cli.queries import one
from webhook_inspector.cli.render import Columns, fields
from webhook_inspector.cli.session import Session
from webhook_inspector.config.reader import nearest
from webhook_inspector.core.display import show
from webhook_inspector.core.units import duration
from webhook_inspector.errors import UsageError

if TYPE_CHECKING:
    from webhook_inspector.providers.model import Provider, RetryPolicy


def provider_json(provider: Provider) -> dict[str, Any]:
    """A provider as one JSON object: everything that its file says."""
    events = provider.events
    return {
        "type": "provider",
        "name": provider.name,
        "title": provider.title,
        "docs": provider.docs,
        "checked": provider.checked,
        "recipes": [
            {
                "name": recipe.name,
                "algorithm": recipe.algorithm,
                "header": str(recipe.signature.source) if recipe.signature else None,
                "signed": str(recipe.signed) if recipe.signed else None,
                "covers_body": recipe.covers_body,
                "tolerance_seconds": recipe.timestamp.past if recipe.timestamp else None,
                "needs_url": recipe.needs_url,
                "params": list(recipe.params),
                "note": recipe.note,
                "source": recipe.source or provider.docs,
                "checked": recipe.checked or provider.checked,
            }
            for recipe in provider.recipes
        ],
        "events": {
            "type": [str(rule) for rule in events.type],
            "id": [str(rule) for rule in events.id],
            "time": [str(rule.value) for rule in events.time],
            "attempt": [str(rule.value) for rule in events.attempt],
        },
        "volatile": list(provider.volatile),
        "handshake": list(provider.handshake),
        "retry": _retry_json(provider.retry),
        "note": provider.note,
    }


def _retry_json(retry: RetryPolicy | None) -> dict[str, Any] | None:
    if retry is None:
        return None
    return {
        "automatic": retry.automatic,
        "answer_within_seconds": retry.answer_within,
        "delays_seconds": list(retry.delays),
        "within_seconds": retry.within,
        "max_retries": retry.max_retries,
        "backoff": retry.backoff,
        "headers": dict(retry.headers),
        "final": list(retry.final),
        "note": retry.note,
        "source": retry.source,
    }


@click.pass_obj
def _list(session: Session) -> None:
    providers = session.config.providers
    if session.json:
        for provider in providers.values():
            session.out.record(provider_json(provider))
        return
    Columns(session.out).write(
        [
            [
                Styled(name, "strong"),
                provider.title,
                ", ".join(recipe.name for recipe in provider.recipes) or "signs nothing",
                Styled(provider.docs, "dim"),
            ]
            for name, provider in providers.items()
        ]
    )


@click.pass_obj
def _show(session: Session, name: str) -> None:
    providers = session.config.providers
    if name not in providers:
        raise UsageError(f"unknown provider {show(name, 60)}, {nearest(name, providers)}")
    document = provider_json(providers[name])
    if session.json:
        session.out.record(document)
        return
    out = session.out
    out.line(Styled(f"{document['title']} ({name})", "strong"))
    fields(out, [("docs", document["docs"] or "-"), ("checked", document["checked"] or "-")])
    for recipe in document["recipes"]:
        out.line()
        out.line(Styled(f"Recipe {recipe['name']}", "strong"))
        tolerance = recipe["tolerance_seconds"]
        rows = [
            ("algorithm", recipe["algorithm"]),
            ("signature in", recipe["header"]),
            ("signed", recipe["signed"]),
            ("tolerance", None if tolerance is None else f"{tolerance:g} s"),
            ("needs", ", ".join(recipe["params"])),
            ("note", recipe["note"]),
            ("source", recipe["source"]),
        ]
        fields(out, [(label, str(value)) for label, value in rows if value])
    out.line()
    out.line(Styled("Events", "strong"))
    fields(out, [(label, ", ".join(rules) or "-") for label, rules in document["events"].items()])
    out.line()
    out.line(Styled("Endpoint", "strong"))
    fields(
        out,
        [("handshake", ", ".join(document["handshake"]) or "none"), ("retries", _retry_text(providers[name].retry))],
    )


def _retry_text(retry: RetryPolicy | None) -> str:
    if retry is None:
        return "not documented"
    if not retry.automatic:
        return "none" + (f"; {retry.note}" if retry.note else "")
    parts = [
        "sends again by itself",
        f"at most {retry.max_retries} times" if retry.max_retries is not None else "",
        f"within {duration(retry.within * 1000)}" if retry.within else "",
        "after " + ", ".join(duration(delay * 1000) for delay in retry.delays) if retry.delays else "",
        f"when no answer comes in {duration(retry.answer_within * 1000)}" if retry.answer_within else "",
        retry.note,
    ]
    return "; ".join(part for part in parts if part)


@click.pass_obj
def _test_key(session: Session, name: str) -> None:
    """Print the public half of your test key, for your handler.

    `replay --test-key` signs with the private half where only the provider has its own. The key pair is made when it
    is first needed, and kept in a file that only you may read.
    """
    from webhook_inspector.engine.test_keys import public_keys

    providers = session.config.providers
    if name not in providers:
        raise UsageError(f"unknown provider {show(name, 60)}, {nearest(name, providers)}")
    for recipe, text in public_keys(providers[name]):
        if session.json:
            session.out.record({"type": "test_key", "provider": name, "scheme": recipe.name, "public_key": text})
            continue
        session.out.line(Styled(f"{recipe.name}, {recipe.algorithm}", "dim"))
        for line in text.splitlines():
            session.out.line(line)


@click.pass_obj
def _new(
    session: Session,
    *,
    name: str | None,
    query: str | None,
    secrets: tuple[str, ...],
    url: str | None,
    output: str | None,
) -> None:
    """Write a provider of your own, proposed from a captured delivery.

    Header, encoding, algorithm, time and event type are proposed from what the delivery looks like. With the secret,
    usual recipes are tried until one gives its signature: then it is proved. Put what is printed into
    webhook-inspector.toml.
    """
    from webhook_inspector.cli.files import write_new
    from webhook_inspector.engine.proposing import check_name
    from webhook_inspector.signing.proposing import provider_toml, template_toml

    if query is None:
        check_name(name)
        if secrets or url:
            raise UsageError("--secret and --url prove a proposal: name a delivery with --from ID.")
        text = template_toml(name or "acme")
    else:
        with session.inspector(readonly=True) as inspector:
            found = inspector.propose(one(inspector, [query]), name, secrets=session.secrets(secrets), url=url)
        text = provider_toml(found.name, found.proposal, path=found.path, whence=found.whence, source=found.source)
        for sentence in found.remarks:
            diagnostics.say(sentence)
    if session.json:
        session.out.record({"type": "proposal", "proved": query is not None and found.proposal.proved, "toml": text})
    elif output is None or output == "-":
        session.out.raw(text.encode(), what="provider")
    else:
        write_new(session.cwd / output, text.encode(), force=False)
        diagnostics.say(f"Written to {output}.")


COMMAND = HouseGroup(
    "providers",
    help="Show what is known of each provider.",
    examples=[("providers list", "Every provider."), ("providers show stripe --json", "One of them, as JSON.")],
    no_args_is_help=False,
)
COMMAND.add_command(
    HouseCommand(
        "list", callback=_list, help="List the providers.", examples=[("providers list --json", "One object a line.")]
    )
)
COMMAND.add_command(
    HouseCommand(
        "show",
        callback=_show,
        params=[click.Argument(["name"], shell_complete=completing.providers)],
        help="Show one provider.",
        examples=[("providers show github", "How GitHub signs, and where its events say what they are.")],
    )
)
COMMAND.add_command(
    HouseCommand(
        "test-key",
        callback=_test_key,
        params=[click.Argument(["name"], shell_complete=completing.providers)],
        help=_test_key.__doc__,
        examples=[("providers test-key discord", "The key to put in your handler instead of Discord's.")],
    )
)
COMMAND.add_command(
    HouseCommand(
        "new",
        callback=_new,
        params=[
            click.Argument(["name"], required=False),
            click.Option(["--from", "query"], metavar="ID", help="The delivery to propose it from: a number, or last."),
            click.Option(
                ["--secret", "secrets"],
                multiple=True,
                metavar="SECRET",
                help="Try recipes with this secret: env:NAME, keyring:NAME or file:PATH; repeatable.",
            ),
            click.Option(["--url"], metavar="URL", help="The public URL that the sender called, where it is signed."),
            click.Option(["-o", "--output"], metavar="PATH", help="Write to a new file instead of stdout."),
        ],
        help=_new.__doc__,
        examples=[
            ("providers new acme --from last --secret env:ACME_SECRET", "A recipe that is proved by the delivery."),
            ("providers new acme --from 12 >> webhook-inspector.toml", "A proposal, added to the configuration."),
        ],
    )
)

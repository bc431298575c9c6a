"""`config`: what holds here, where it comes from, and a new file."""

from __future__ import annotations

import dataclasses
from typing import Any

import click

from webhook_inspector.cli import diagnostics
from webhook_inspector.cli.files import write_new
from webhook_inspector.cli.group import HouseCommand, HouseGroup
from webhook_inspector.cli.output import Styled
from webhook_inspector.cli.render import fields
from webhook_inspector.cli.session import Session


def _json(session: Session) -> dict[str, Any]:
    from webhook_inspector.config.secrets import masked

    config = session.config
    listen = config.listen
    return {
        "type": "config",
        "path": None if config.path is None else str(config.path),
        "log": str(config.log),
        "log_from": config.log_origin,
        "listen": {"host": listen.host, "port": listen.port, "max_body": listen.max_body},
        "alerts": list(config.alerts),
        "alert_bell": config.alert_bell,
        "app": {
            "theme": config.app.theme,
            "ascii": config.app.ascii,
            "mouse": config.app.mouse,
            "cursor": config.app.cursor,
        },
        "keys": {key: list(keys) for key, keys in config.app.keys.items()},
        "shapes": dataclasses.asdict(config.shapes),
        "retention": dataclasses.asdict(config.retention),
        "search": dataclasses.asdict(config.search),
        "redact": {"headers": list(config.redact.headers), "paths": list(config.redact.paths)},
        "sources": [
            {
                "name": source.name,
                "path": source.path,
                "provider": source.provider,
                "secrets": [masked(secret) for secret in source.secrets],
                "public_url": source.public_url,
                "respond": source.respond,
                "forward": source.forward,
                "retention": dataclasses.asdict(source.retention),
            }
            for source in config.sources
        ],
        "providers": sorted(name for name in config.providers if name not in _builtin()),
        "warnings": list(config.warnings),
    }


def _builtin() -> frozenset[str]:
    from webhook_inspector.providers.load import builtin

    return frozenset(builtin())


@click.pass_obj
def _show(session: Session) -> None:
    document = _json(session)
    out = session.out
    if session.json:
        out.record(document)
        return
    listen, redact = document["listen"], document["redact"]
    fields(
        out,
        [
            ("file", document["path"] or "none: built-in settings hold"),
            ("log", f"{document['log']} ({document['log_from']})"),
            ("listen.host", listen["host"]),
            ("listen.port", str(listen["port"])),
            ("listen.max_body", f"{listen['max_body']} bytes"),
            ("alerts", ", ".join(document["alerts"]) or "none"),
            ("app.theme", document["app"]["theme"] or "chosen from the terminal"),
            ("keys", ", ".join(document["keys"]) or "none changed"),
            ("shapes.used", ", ".join(document["shapes"]["used"]) or "none named"),
            ("shapes.ignored", ", ".join(document["shapes"]["ignored"]) or "none named"),
            ("retention", _limits(document["retention"]) or "everything is kept"),
            ("search.index", "yes" if document["search"]["index"] else "no"),
            ("redact.headers", ", ".join(redact["headers"]) or "built-in rules only"),
            ("redact.paths", ", ".join(redact["paths"]) or "built-in rules only"),
            ("own providers", ", ".join(document["providers"]) or "none"),
        ],
    )
    for source in document["sources"]:
        out.line()
        out.line(Styled(f"Source {source['name']}", "strong"))
        rows = [(key, _words(value)) for key, value in source.items()]
        fields(out, [(key, value) for key, value in rows if value and key != "name"])


def _words(value: Any) -> str | None:
    if isinstance(value, dict):
        return _limits(value)
    return ", ".join(value) if isinstance(value, list) else value


def _limits(retention: dict[str, int | None]) -> str:
    return ", ".join(f"{name} {limit}" for name, limit in retention.items() if limit is not None)


@click.pass_obj
def _path(session: Session) -> None:
    from webhook_inspector.config.paths import FILE_NAME

    config = session.config
    if session.json:
        path = None if config.path is None else str(config.path)
        session.out.record({"type": "path", "config": path, "log": str(config.log), "log_from": config.log_origin})
        return
    if config.path is None:
        diagnostics.say(f"There is no {FILE_NAME} from here upward; `config init` writes one.")
    else:
        session.out.line(str(config.path))


@click.pass_obj
def _init(session: Session) -> None:
    from pathlib import Path

    from webhook_inspector.config.paths import FILE_NAME
    from webhook_inspector.config.template import template

    path = session.cwd / Path(session.config_path or FILE_NAME).expanduser()
    write_new(path, template().encode("utf-8"), force=False, hint="edit it, or remove it first")
    if session.json:
        session.out.record({"type": "path", "config": str(path)})
    else:
        session.out.line(str(path))
    diagnostics.say("Every line of it is a comment: remove the # before what you want.")


COMMAND = HouseGroup(
    "config",
    help="Show the configuration, or write a new file.",
    examples=[("config init", "Write a commented webhook-inspector.toml here.")],
    no_args_is_help=False,
)
for _name, _function, _help, _meaning in (
    ("show", _show, "Show what holds here; secrets are masked.", "File, log, sources."),
    ("path", _path, "Print the path of the file that is read.", "Nothing on stdout when there is none."),
    ("init", _init, "Write a commented file; one that is there is left alone.", "Into the working folder."),
):
    COMMAND.add_command(HouseCommand(_name, callback=_function, help=_help, examples=[(f"config {_name}", _meaning)]))

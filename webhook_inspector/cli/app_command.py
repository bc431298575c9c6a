"""The app as a command: its options, and what happens where no terminal can show it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from webhook_inspector.cli import diagnostics
from webhook_inspector.cli.session import Session
from webhook_inspector.core.display import show
from webhook_inspector.errors import UsageError

if TYPE_CHECKING:
    from webhook_inspector.config.model import AppConfig, Config


def app_options() -> list[click.Parameter]:
    """The options of the app, fresh for each command that has them."""
    return [
        click.Option(["--port"], type=click.IntRange(0, 65535), help="Port to listen on; 0 picks a free one."),
        click.Option(["--host"], metavar="ADDRESS", help="Address to listen on; loopback unless you say otherwise."),
        click.Option(["--forward"], metavar="URL", help="Send every delivery on to this address as it arrives."),
        click.Option(["--source", "sources"], multiple=True, metavar="NAME=PROVIDER", help="Add a source at /NAME."),
        click.Option(["--tls"], is_flag=True, help="Speak https, with a certificate made for this machine."),
        click.Option(["--no-listen"], is_flag=True, help="Look at the log without listening."),
        click.Option(["--demo"], is_flag=True, help="Send sample deliveries to itself, to see everything move."),
        click.Option(["--theme"], metavar="NAME", help="dark, light, ansi, contrast, or a theme of Textual's."),
        click.Option(["--ascii", "ascii_only"], is_flag=True, help="Draw with ASCII only."),
        click.Option(["--no-mouse"], is_flag=True, help="Leave the mouse to the terminal."),
    ]


def has_terminal(env: Mapping[str, str]) -> bool:
    """Whether a person's terminal can show the app."""
    streams = (sys.stdin, sys.stdout)
    return all(stream is not None and stream.isatty() for stream in streams) and env.get("TERM") != "dumb"


def start_app(
    session: Session,
    *,
    port: int | None,
    host: str | None,
    forward: str | None,
    sources: tuple[str, ...],
    no_listen: bool,
    demo: bool,
    tls: bool,
    theme: str | None,
    ascii_only: bool,
    no_mouse: bool,
) -> int:
    """Open the app, or say why not.

    Returns:
        Its exit code.

    Raises:
        UsageError: There is no terminal, or options contradict each other.
    """
    if no_listen and (demo or forward or port is not None or host or tls):
        raise UsageError("--no-listen only looks at the log: leave out --demo, --port, --host, --tls and --forward.")
    terminal = has_terminal(session.env)
    if not terminal and not demo:
        raise UsageError(
            "the app needs a terminal and there is none here: use `webhook-inspector listen` to capture without one."
        )
    from webhook_inspector.config.load import with_sources
    from webhook_inspector.engine.app_options import AppOptions

    config = with_sources(session.config, sources)
    config = replace(config, app=with_looks(config.app, theme, ascii_only=ascii_only, no_mouse=no_mouse))
    if not no_listen:
        warn_if_open(config, host, tls=tls)
    options = AppOptions(
        config=config,
        host=host,
        port=port,
        forward=forward,
        sources=sources,
        listen=not no_listen,
        demo=demo,
        tls=tls,
    )
    if demo and session.log is not None:
        diagnostics.warn("the demo keeps its deliveries in a log of its own and leaves --log alone.")
    if terminal and not demo:
        return session.open_app(options)
    from webhook_inspector.engine.demo import demo_config, demo_folder, run_headless_demo

    if terminal:
        with demo_folder() as folder:
            return session.open_app(replace(options, config=demo_config(config, folder), port=port or 0))
    diagnostics.say("There is no terminal for the app here, so the demo runs as text.")
    run_headless_demo(config, session.out.line, tls=tls)
    return 0


def with_looks(app: AppConfig, theme: str | None, *, ascii_only: bool, no_mouse: bool) -> AppConfig:
    """What is configured of the app's looks, with what the command line says of them."""
    return replace(
        app,
        theme=theme if theme is not None else app.theme,
        ascii=True if ascii_only else app.ascii,
        mouse=app.mouse and not no_mouse,
    )


def warn_if_open(config: Config, host: str | None, *, tls: bool) -> None:
    """Say on stderr what it means that other machines can send, and what to set."""
    from webhook_inspector.config.listen import is_local

    listen = config.listen
    host = listen.host if host is None else host
    if is_local(host):
        return
    plain = not (tls or listen.tls_cert)
    if not (listen.path_token or listen.allow_ips):
        diagnostics.warn(
            f"OPEN: listening on {show(host, 80)} lets every machine that reaches this one send deliveries and fill "
            "the log. Set listen.path_token or listen.allow_ips in webhook-inspector.toml, or leave out --host."
        )
    else:
        diagnostics.warn(
            f"listening on {show(host, 80)}: other machines can send what listen.path_token and allow_ips let in."
        )
    if plain:
        diagnostics.warn("deliveries come over plain http, readable on the way: --tls or a tunnel encrypts them.")

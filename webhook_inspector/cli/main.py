"""The command line: builds the commands from their folder and turns every outcome into an exit code."""

from __future__ import annotations

import errno
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from webhook_inspector.cli import commands, diagnostics
from webhook_inspector.cli.app_command import app_options, start_app
from webhook_inspector.cli.diagnostics import ExitCode
from webhook_inspector.cli.group import FolderGroup
from webhook_inspector.cli.output import OutputClosedError
from webhook_inspector.cli.session import AppKeys, OpenApp, Session, no_keys
from webhook_inspector.errors import InspectorError

NAMES = ("webhook-inspector", "whi")


def build() -> FolderGroup:
    """The root command. Its `obj` must be a `Session`."""

    @click.pass_context
    def root(context: click.Context, /, **options: Any) -> int | None:
        """Capture webhooks, look into them, and replay them, in your terminal.

        Without a command the app opens and listens.
        """
        if context.invoked_subcommand is None:
            return start_app(context.ensure_object(Session), **options)
        given = [
            parameter.opts[-1]
            for parameter in app_options()
            if parameter.name and options.get(parameter.name) not in {None, False, ()}
        ]
        if given:
            raise click.UsageError(
                f"{given[0]} before `{context.invoked_subcommand}` belongs to the app: write it after the command."
            )
        return None

    return FolderGroup(
        name=NAMES[0],
        callback=root,
        params=app_options(),
        help=root.__doc__,
        invoke_without_command=True,
        package=commands.__name__,
        folder=list(commands.__path__),
        subcommand_metavar="[COMMAND] [ARGS]...",
        examples=[
            ("--demo", "Open the app and watch it receive sample deliveries."),
            ("listen --port 4400 --json", "Capture without a screen, one JSON object a delivery."),
            ("list type:invoice.* sig:invalid", "List deliveries that match a filter."),
            ("replay last:3 --to http://127.0.0.1:3000 --duplicate 0.3 --seed 7", "Send three deliveries again."),
        ],
    )


def run(
    arguments: Sequence[str] | None, open_app: OpenApp, *, program: str | None = None, app_keys: AppKeys = no_keys
) -> int:
    """Run one command line and give its exit code. Prints at most one sentence about what went wrong.

    Args:
        arguments: Without the program's name; None: those of the process.
        open_app: Opens the app and gives its exit code.
        program: The name that the user typed; None: taken from the process.
        app_keys: Lists the keys of the app.
    """
    name = program or _program()
    session: Session | None = None
    try:
        session = Session(open_app=open_app, program=name, app_keys=app_keys)
        root = build()
        complete(root, name, session)
        given = list(sys.argv[1:] if arguments is None else arguments)
        # Not `main()`: that one would answer a closed pipe and Ctrl+C in its own way.
        with root.make_context(name, given, obj=session) as context:
            code = root.invoke(context)
    except BaseException as error:  # noqa: BLE001 (the one boundary of the command line)
        return _outcome(error, session, name)
    return code if isinstance(code, int) else ExitCode.DONE


def complete(root: click.Command, name: str, session: Session) -> None:
    """Answer a shell that asks for completions, and end the program; do nothing when none does."""
    variable = f"_{name.replace('-', '_').upper()}_COMPLETE"
    instruction = session.env.get(variable)
    if instruction:
        from click.shell_completion import shell_complete

        raise click.exceptions.Exit(shell_complete(root, {"obj": session}, name, variable, instruction))


def _program() -> str:
    name = Path(sys.argv[0]).stem if sys.argv else ""
    return name if name in NAMES else NAMES[0]


def _outcome(error: BaseException, session: Session | None, name: str) -> int:
    """Translate what ended a command, in this one place."""
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, (KeyboardInterrupt, click.Abort)):
        diagnostics.progress("")
        return ExitCode.INTERRUPTED
    if isinstance(error, click.ClickException):
        diagnostics.fail(_usage_sentence(error, name))
        return ExitCode.USAGE
    if isinstance(error, InspectorError):
        return diagnostics.report(error)
    if isinstance(error, OutputClosedError) or (isinstance(error, OSError) and error.errno == errno.EPIPE):
        return ExitCode.DONE
    if isinstance(error, FileNotFoundError) and session is None:
        diagnostics.fail("the working folder is gone: change to one that exists.")
        return ExitCode.USAGE
    from webhook_inspector.core.clock import SystemClock

    return diagnostics.report_unexpected(error, session.clock if session else SystemClock())


def _usage_sentence(error: click.ClickException, name: str) -> str:
    message = " ".join(error.format_message().split())
    message = message[:1].lower() + message[1:] if message[:2].istitle() else message
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else name
    joiner = "" if message.endswith((".", "?")) else "."
    return f"{message}{joiner} See `{path} --help`."

"""How commands are found, what options all of them take, and how their help reads."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click

from webhook_inspector import __version__
from webhook_inspector.cli.session import Session
from webhook_inspector.core.display import show

EXITS: Mapping[int, str] = {
    0: "done, and it holds",
    1: "the thing that was checked does not hold",
    2: "usage, configuration or input file",
    3: "cannot listen, connect or open the log",
    130: "interrupted",
}
_HELP_NAMES = {"help_option_names": ["-h", "--help"], "max_content_width": 110}
_NEGATED = re.compile(r"-\(*(?:[a-z]+[:.]|@[A-Za-z])")
_MARK = "\0"
"""Before a word such as `-type:x`, so that the option parser leaves it alone. No argument of a process holds it."""


def _keep(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    def callback(context: click.Context, _parameter: click.Parameter, value: Any) -> None:
        session = context.find_object(Session)
        if session is not None and value not in {None, False}:
            setattr(session, name, value)

    return callback


def _version(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:
        session = context.find_object(Session)
        if session is not None:
            session.out.line(f"webhook-inspector {__version__}")
        context.exit()


def _help(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:
        session = context.find_object(Session)
        if session is not None:
            for line in context.get_help().splitlines():
                session.out.line(line)
        context.exit()


def global_options() -> list[click.Parameter]:
    """The options that stand before or after every command."""
    return [
        click.Option(
            ["--log"], metavar="FILE", expose_value=False, callback=_keep("log"), help="The log to use (SQLite file)."
        ),
        click.Option(
            ["--config"], metavar="FILE", expose_value=False, callback=_keep("config_path"), help="The configuration."
        ),
        click.Option(
            ["--json"], is_flag=True, expose_value=False, callback=_keep("json"), help="Print one JSON object a line."
        ),
        click.Option(
            ["--version"], is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Print the version."
        ),
    ]  # fmt: skip


class QueryWord(click.types.StringParamType):
    """A word of a QUERY, or the number of a delivery."""

    name = "query"

    def convert(self, value: Any, _parameter: click.Parameter | None, _context: click.Context | None) -> str:
        """Take the mark away that kept a negated word from being read as an option."""
        return str(value).removeprefix(_MARK)


class HouseCommand(click.Command):
    """A command with the global options, examples and exit codes in its help.

    Args:
        examples: Lines without the program's name, each with what it does.
        exits: Exit codes whose meaning is more exact here than in general.
    """

    def __init__(
        self,
        *args: Any,
        examples: Sequence[tuple[str, str]] = (),
        exits: Mapping[int, str] | None = None,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("context_settings", _HELP_NAMES)
        super().__init__(*args, **kwargs)
        self.examples = tuple(examples)
        self.exits = dict(EXITS) | dict(exits or {})
        self.params += global_options()

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Let `-type:x` be part of a QUERY rather than an option."""
        if any(isinstance(parameter.type, QueryWord) for parameter in self.params):
            args = [_MARK + arg if _NEGATED.match(arg) else arg for arg in args]
        return super().parse_args(ctx, args)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """The help option, which writes by the one way to stdout."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.callback = _help
        return option

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples and the exit codes."""
        program = ctx.find_root().info_name or "webhook-inspector"
        if self.examples:
            with formatter.section("Examples"):
                for example, meaning in self.examples:
                    formatter.write_text(f"{program} {example}")
                    formatter.indent()
                    formatter.write_text(meaning)
                    formatter.dedent()
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(code), meaning) for code, meaning in self.exits.items()])


class HouseGroup(HouseCommand, click.Group):
    """A command that has commands of its own, or none of them."""

    command_class = HouseCommand

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; an unknown one is refused with the nearest known."""
        name = args[0]
        command = self.get_command(ctx, name)
        if command is None:
            names = self.list_commands(ctx)
            close = difflib.get_close_matches(name.lower(), names, n=1, cutoff=0.5)
            hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(names)}."
            raise click.UsageError(f"unknown command {show(name, 60)}, {hint}", ctx)
        return name, command, args[1:]


class FolderGroup(HouseGroup):
    """The root: its commands are the files of a folder, each imported when it is called.

    Args:
        package: Full name of the folder's package; each module defines `COMMAND`.
        folder: Its path.
    """

    def __init__(self, *args: Any, package: str, folder: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._package = package
        self._modules = {
            info.name.rstrip("_").replace("_", "-"): info.name
            for info in pkgutil.iter_modules(folder)
            if not info.name.startswith("_")
        }

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """The names of the files."""
        return sorted(self._modules)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        module = self._modules.get(cmd_name)
        if module is None:
            return None
        command = importlib.import_module(f"{self._package}.{module}").COMMAND
        assert isinstance(command, click.Command)
        return command


def command(
    name: str, *, examples: Sequence[tuple[str, str]], exits: Mapping[int, str] | None = None, **settings: Any
) -> Callable[[Callable[..., Any]], HouseCommand]:
    """Make a function a command; its docstring is the help."""
    settings.setdefault("cls", HouseCommand)
    return click.command(name, examples=examples, exits=exits, **settings)


def query_argument(name: str = "query", *, required: bool = False) -> Callable[[Any], Any]:
    """Words of a QUERY or numbers of deliveries."""
    metavar = "QUERY..." if required else "[QUERY...]"
    return click.argument(name, nargs=-1, required=required, type=QueryWord(), metavar=metavar)

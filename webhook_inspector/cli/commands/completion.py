"""`completion`: scripts for shells."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from webhook_inspector.cli.group import command
from webhook_inspector.cli.session import Session

NAMES = ("webhook-inspector", "whi")


@command(
    "completion",
    examples=[
        ("completion bash >> ~/.bashrc", "Bash; open a new shell afterwards."),
        ("completion zsh >> ~/.zshrc", "Zsh."),
        ("completion fish > ~/.config/fish/completions/webhook-inspector.fish", "Fish."),
    ],
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def run(context: click.Context, shell: str) -> None:
    """Print the completion script of a shell."""
    session = context.find_object(Session)
    kind = get_completion_class(shell)
    root = context.find_root().command
    assert session is not None
    assert kind is not None
    for name in NAMES:
        variable = f"_{name.replace('-', '_').upper()}_COMPLETE"
        completer = kind(root, {}, name, variable)
        script = completer.source_template % completer.source_vars()
        for line in script.splitlines():
            session.out.line(line)


COMMAND = run

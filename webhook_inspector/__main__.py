"""The entry point: gives the command line a function that opens the app, so that neither imports the other."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from webhook_inspector.engine.app_options import AppOptions


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    try:
        from webhook_inspector.cli.main import run
    except KeyboardInterrupt:
        return 130
    return run(arguments, open_app)


def open_app(options: AppOptions) -> int:
    """Open the app and return its exit code."""
    from webhook_inspector.tui.app import run_app

    return run_app(options)


if __name__ == "__main__":
    sys.exit(main())

"""The entry point: gives the command line functions of the app, so that neither imports the other."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from webhook_inspector.config.model import Config
    from webhook_inspector.engine.app_options import AppOptions, KeyRow


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    try:
        from webhook_inspector.cli.main import run
    except KeyboardInterrupt:
        return 130
    return run(arguments, open_app, app_keys=app_keys)


def open_app(options: AppOptions) -> int:
    """Open the app and return its exit code."""
    # What is loaded now stays: looking through it for garbage takes a fourth of the time until the first picture.
    # The app begins to collect once that is on the screen.
    gc.disable()
    try:
        from webhook_inspector.tui.ground import asked, deep_colours

        # The terminal answers while the app is loaded.
        wanted = options.config.app.theme is None and deep_colours(os.environ)
        with asked(os.environ) if wanted else nullcontext() as question:
            from webhook_inspector.tui.app import run_app

            return run_app(options, question)
    finally:
        gc.enable()


def app_keys(config: Config) -> list[KeyRow]:
    """The keys of the app under a configuration."""
    from webhook_inspector.tui.keyboard import list_keys

    return list_keys(config)


if __name__ == "__main__":
    sys.exit(main())

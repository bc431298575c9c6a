"""The app: screens, themes and the way out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from textual.app import App
from textual.binding import BindingType

from webhook_inspector.config import Config
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.tui import theme
from webhook_inspector.tui.keys import binds


@dataclass(frozen=True, slots=True)
class AppOptions:
    """What the app is started with."""

    config: Config
    host: str | None = None
    """Address to listen on; None: the configuration's."""
    port: int | None = None
    """Port to listen on; None: the configuration's; 0: any free one."""
    forward: str | None = None
    """Target that deliveries are sent on to; None: none."""
    listen: bool = True
    """False: show the log without listening."""
    demo: bool = False
    """Send signed samples to ourselves through the real listener."""
    theme: str | None = None
    env: Mapping[str, str] = field(default_factory=dict)


class InspectorApp(App[int]):
    """The terminal app over an engine."""

    BINDINGS: ClassVar[list[BindingType]] = [*binds("commands", "quit", "interrupt")]

    def __init__(self, inspector: Inspector, options: AppOptions) -> None:
        super().__init__(ansi_color=True if "NO_COLOR" in options.env else None)
        self.inspector = inspector
        self.options = options
        for made in theme.THEMES:
            self.register_theme(made)
        self.theme = options.theme or theme.default_theme(options.env)

    def show_help(self, screen: Any) -> None:
        """All keys of a view."""

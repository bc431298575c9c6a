"""What a shell may offer at the place of a word. Nothing here opens a log or fails."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click


def _starting(words: Iterable[str], incomplete: str) -> list[str]:
    return [word for word in words if word.startswith(incomplete)]


def providers(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Built-in providers."""
    from webhook_inspector.providers.load import builtin

    return _starting(builtin(), incomplete)


def sample_providers(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Providers with samples."""
    from webhook_inspector.samples.load import catalogue

    return _starting(sorted(catalogue()), incomplete)


def sample_events(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """The samples of the provider that was named."""
    from webhook_inspector.samples.load import catalogue

    return _starting(catalogue().get(str(context.params.get("provider")), ()), incomplete)


def sample_stories(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """The stories of the provider that was named."""
    from webhook_inspector.samples import describe_stories

    named = context.params.get("provider")
    return _starting((info.name for info in describe_stories() if named in {None, info.provider}), incomplete)


def export_formats(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Export formats."""
    from webhook_inspector.export.api import formats

    return _starting(formats(), incomplete)


def import_kinds(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Kinds of files that can be imported."""
    from webhook_inspector.export.importing import importers

    return _starting(importers(), incomplete)


def source_names(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Configured sources."""
    from webhook_inspector.cli.session import Session
    from webhook_inspector.config.load import load
    from webhook_inspector.errors import InspectorError

    session = context.find_object(Session)
    if session is None:
        return []
    try:
        config = load(Path(session.config_path) if session.config_path else None, session.env, session.cwd)
    except InspectorError:
        return []
    return _starting((source.name for source in config.sources), incomplete)


def body_views(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Ways to show a body."""
    from webhook_inspector.bodies.registry import views

    return _starting(views(), incomplete)


def kept_secrets(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Names under which secrets are kept."""
    from webhook_inspector.engine.kept_secrets import secret_store
    from webhook_inspector.errors import InspectorError

    try:
        return _starting((each.name for each in secret_store().all()), incomplete)
    except InspectorError:
        return []

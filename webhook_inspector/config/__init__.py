"""Settings: the file, the environment, the places of each system, references to secrets."""

from webhook_inspector.config.load import load, with_sources
from webhook_inspector.config.model import AppConfig, Config, ListenConfig, RedactConfig, SourceConfig
from webhook_inspector.config.secrets import masked, resolve
from webhook_inspector.config.template import template

__all__ = [
    "AppConfig",
    "Config",
    "ListenConfig",
    "RedactConfig",
    "SourceConfig",
    "load",
    "masked",
    "resolve",
    "template",
    "with_sources",
]

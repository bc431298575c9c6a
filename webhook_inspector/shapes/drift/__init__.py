"""What changed between two summaries of one kind of payload, how sure that is, and what it means for who reads it."""

from webhook_inspector.shapes.drift.aliases import with_aliases
from webhook_inspector.shapes.drift.compare import compare
from webhook_inspector.shapes.drift.model import (
    ADDITIVE,
    BREAKING,
    CONFIRMED,
    LIKELY,
    RISKY,
    SEVERITIES,
    WATCH,
    Drift,
    Rules,
    worst,
)
from webhook_inspector.shapes.drift.rolling import Payload, Rolling, rolling

__all__ = [
    "ADDITIVE", "BREAKING", "CONFIRMED", "LIKELY", "RISKY", "SEVERITIES", "WATCH", "Drift", "Payload", "Rolling",
    "Rules", "compare", "rolling", "with_aliases", "worst",
]  # fmt: skip

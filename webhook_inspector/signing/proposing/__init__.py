"""Proposing a recipe for a provider that nobody described yet, from one of its requests."""

from webhook_inspector.signing.proposing.propose import Proposal, propose
from webhook_inspector.signing.proposing.text import provider_toml, template_toml

__all__ = ["Proposal", "propose", "provider_toml", "template_toml"]

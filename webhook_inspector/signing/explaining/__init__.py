"""The steps of the near-miss search: each yields the case with one thing changed, cheapest first."""

from __future__ import annotations

from webhook_inspector.signing.explaining.api import Step, Variation
from webhook_inspector.signing.explaining.bodies import changed_body
from webhook_inspector.signing.explaining.contents import signed_content
from webhook_inspector.signing.explaining.recipes import other_recipe
from webhook_inspector.signing.explaining.secrets import read_secret, spare_secret
from webhook_inspector.signing.explaining.times import changed_time
from webhook_inspector.signing.explaining.urls import changed_url
from webhook_inspector.signing.explaining.written import written_signature

STEPS: tuple[Step, ...] = (
    spare_secret,
    written_signature,
    other_recipe,
    read_secret,
    changed_url,
    changed_time,
    signed_content,
    changed_body,
)
"""The ladder, cheapest first. A further step is one more function here."""

__all__ = ["STEPS", "Step", "Variation"]

"""What a scheme in code gives."""

from __future__ import annotations

from typing import Protocol

from webhook_inspector.core.request import Request
from webhook_inspector.providers.model import Recipe
from webhook_inspector.signing.case import Case, Match
from webhook_inspector.signing.making import Making


class Scheme(Protocol):
    """A signature scheme that a recipe cannot say. Its module names its one instance `SCHEME`.

    It is asked exactly as a recipe is: the explainer asks again with one thing changed, so `match` must
    look only at the case. The recipe carries what differs between providers, in `options`.
    """

    def match(self, case: Case) -> Match:
        """Read the request and compare. Never raises on anything in the request.

        A form that cannot be read is a `Problem` of status `malformed`; something that is wrong beside the
        signature (a body digest that differs, a certificate from a foreign host) is one of status `invalid`.
        A signature that no key gives is a match without key. The time window of the recipe's `timestamp` is
        checked by the caller against `time_ns`.
        """
        ...

    def obstacle(self, recipe: Recipe) -> str | None:
        """Why requests cannot be signed by it, as the end of "because ..."; None when they can."""
        ...

    def sign(self, request: Request, recipe: Recipe, making: Making) -> Request:
        """The request with a fresh time and a new signature, everything else kept.

        Raises:
            UsageError: Something that is signed is missing, or the secret does not fit.
        """
        ...

"""What a scheme in code gives: either only the content that is signed, or the whole check."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from webhook_inspector.core.request import Request
from webhook_inspector.providers.fields import Fields
from webhook_inspector.providers.model import Recipe
from webhook_inspector.signing.case import Case, Match
from webhook_inspector.signing.found import Found, find
from webhook_inspector.signing.making import Making


class ContentScheme:
    """A scheme whose only peculiarity is what is signed: the recipe says the rest (key, algorithm, place, time)."""

    def find(self, recipe: Recipe, fields: Fields) -> Found:
        """The signatures, or the problem in words."""
        return find(recipe, fields)

    def content(self, recipe: Recipe, fields: Fields, found: Found, *, url: str, secret: bytes) -> bytes:
        """The bytes that are signed.

        Raises:
            MissingFieldError: Something that is signed is not there.
        """
        raise NotImplementedError

    def rewritten(self, request: Request, found: Found, text: bytes) -> Request | None:  # noqa: ARG002 (for others)
        """The request with a new signature, where only the scheme can write it; None: where the recipe says."""
        return None


@runtime_checkable
class WholeScheme(Protocol):
    """A scheme that reads and compares by itself. Its module names its one instance `SCHEME`.

    It is asked exactly as a recipe is: the explainer asks again with one thing changed, so `match` must
    look only at the case. The recipe carries what differs between providers, in `options`.
    """

    def match(self, case: Case) -> Match:
        """Read the request and compare. Never raises on anything in the request.

        A form that cannot be read is a `Problem` of status `malformed`; something that is wrong beside the
        signature (a body digest that differs, an algorithm that is not allowed) is one of status `invalid`.
        A signature that no key gives is a match without key. The time window of the recipe's `timestamp` is
        checked by the caller against `time_ns`.
        """
        ...

    def obstacle(self, recipe: Recipe, *, private_key: bool) -> str | None:
        """Why requests cannot be signed by it, as the end of "because ..."; None when they can.

        `private_key`: whether a private key of the user's own stands in for the provider's.
        """
        ...

    def sign(self, request: Request, recipe: Recipe, making: Making) -> Request:
        """The request with a fresh time and a new signature, everything else kept.

        Raises:
            UsageError: Something that is signed is missing, or the secret does not fit.
        """
        ...


Scheme = ContentScheme | WholeScheme

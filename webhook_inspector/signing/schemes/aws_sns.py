"""AWS SNS: some fields of the JSON message, by its type, signed with a certificate's key.

Read in sns-message-validator for PHP and sns-validator for JavaScript (2026-11-20). Nothing is fetched: the
certificate is given by the user, and the address in the message is only checked by name.
"""

from __future__ import annotations

from typing import Any

from webhook_inspector.core.display import show
from webhook_inspector.core.request import Request
from webhook_inspector.core.verification import VerificationStatus
from webhook_inspector.errors import UsageError
from webhook_inspector.providers.fields import Fields, to_bytes
from webhook_inspector.providers.model import Recipe
from webhook_inspector.providers.template import Field
from webhook_inspector.providers.units import format_time
from webhook_inspector.signing import digests
from webhook_inspector.signing.case import Case, Match
from webhook_inspector.signing.found import Problem, find
from webhook_inspector.signing.making import Making
from webhook_inspector.signing.trust import foreign_address
from webhook_inspector.signing.writing import written

_NOTIFICATION = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_CONFIRMATION = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
_FIELDS = {
    "Notification": _NOTIFICATION,
    "SubscriptionConfirmation": _CONFIRMATION,
    "UnsubscribeConfirmation": _CONFIRMATION,
}
_ALGORITHMS = {"1": "rsa-pkcs1v15-sha1", "2": "rsa-pkcs1v15-sha256"}


class AwsSns:
    """Name and value, each ended by a line feed, for each signed field that is there."""

    def match(self, case: Case) -> Match:
        """Check the message's own signature."""
        recipe = case.recipe
        fields = Fields(case.request)
        found = find(recipe, fields)
        if found.problem is not None:
            return Match(found, found.problem)
        foreign = foreign_address(recipe, fields)
        if foreign is not None:
            return Match(found, foreign)
        document = fields.json()
        names = _FIELDS.get(str(document.get("Type"))) if isinstance(document, dict) else None
        version = str(document.get("SignatureVersion")) if isinstance(document, dict) else ""
        if names is None or version not in _ALGORITHMS:
            what = f"The message has no Type and SignatureVersion that are known (version {show(version, 20)})."
            return Match(found, Problem(VerificationStatus.MALFORMED, "header_malformed", what))
        content = _content(document, names)
        given = digests.decode(found.signatures[0], "base64")
        if given is None:
            what = "The Signature of the message is not base64."
            return Match(found, Problem(VerificationStatus.MALFORMED, "header_malformed", what), content=content)
        for key in case.keys:
            if digests.check_public(_ALGORITHMS[version], key.data, recipe.key.decode, content, given):
                return Match(found, key=key, content=content)
        other = "1" if version == "2" else "2"
        for key in case.keys:
            if digests.check_public(_ALGORITHMS[other], key.data, recipe.key.decode, content, given):
                what = f"The message says SignatureVersion {version}, but its signature is one of version {other}."
                return Match(found, Problem(VerificationStatus.INVALID, "wrong_algorithm", what), content=content)
        return Match(found, content=content)

    def obstacle(self, recipe: Recipe, *, private_key: bool) -> str | None:  # noqa: ARG002 (the protocol's)
        """Only AWS has the private key."""
        return None if private_key else "only the provider has the private key"

    def sign(self, request: Request, recipe: Recipe, making: Making) -> Request:
        """The message with a new time and signature, by a private key of one's own."""
        document = Fields(request).json()
        if not isinstance(document, dict) or str(document.get("Type")) not in _FIELDS:
            raise UsageError(f"The request cannot be signed by {recipe.name}: it is no message of SNS.")
        if making.timestamp != "keep":
            stamp = format_time(making.now_ns, "iso8601").replace("Z", ".000Z")
            request = written(request, Field("json", "/Timestamp"), stamp.encode()) or request
        document = Fields(request).json()
        content = _content(document, _FIELDS[str(document["Type"])])
        algorithm = _ALGORITHMS.get(str(document.get("SignatureVersion")), recipe.algorithm)
        signature = digests.sign_private(algorithm, making.secret.value, content)
        if signature is None:
            raise UsageError(f"The key {making.secret.label} is no private RSA key; make a new one.")
        changed = written(request, Field("json", "/Signature"), digests.encode(signature, "base64"))
        if changed is None:
            raise UsageError(f"The request cannot be signed by {recipe.name}: it has no Signature; add one.")
        return changed


def _content(document: dict[str, Any], names: tuple[str, ...]) -> bytes:
    lines = [f"{name}\n{document[name]}\n" for name in names if isinstance(document.get(name), str)]
    return to_bytes("".join(lines))


SCHEME = AwsSns()

"""Which names stand for something secret, and which values give themselves away."""

from __future__ import annotations

import re
from functools import lru_cache

# One of these words anywhere in a name: `client_secret`, `X-Gitlab-Token`, `userPassword`.
_WORDS = frozenset(
    {
        "authorization",
        "bearer",
        "cookie",
        "credential",
        "credentials",
        "passcode",
        "passphrase",
        "passwd",
        "password",
        "pwd",
        "secret",
        "secrets",
        "session",
        "sessionid",
        "token",
        "tokens",
        "jwt",
    }
)
# The whole name, without case and separators.
_NAMES = frozenset(
    {
        "accesskey",
        "accountnumber",
        "address1",
        "address2",
        "apikey",
        "auth",
        "birthdate",
        "birthday",
        "cardnumber",
        "ccnumber",
        "clientip",
        "cvc",
        "cvv",
        "dateofbirth",
        "dob",
        "email",
        "emailaddress",
        "encryptionkey",
        "familyname",
        "firstname",
        "givenname",
        "iban",
        "ipaddress",
        "lastname",
        "line1",
        "line2",
        "middlename",
        "otp",
        "pan",
        "phone",
        "phonenumber",
        "pin",
        "postalcode",
        "privatekey",
        "routingnumber",
        "secretkey",
        "sid",
        "signingkey",
        "socialsecuritynumber",
        "sortcode",
        "ssn",
        "surname",
        "taxid",
        "webhookkey",
        "xapikey",
        "xauth",
        "xauthkey",
        "zip",
        "zipcode",
    }
)
# The last words of a name: `customer_email`, `billing_phone`, `stripe_api_key`.
_ENDINGS = ("apikey", "email", "phone", "secretkey", "privatekey", "accesskey", "firstname", "lastname", "ssn", "iban")
# Names that hold such a word and say something about the secret, not the secret.
_HARMLESS = frozenset({"nextpagetoken"})
_HARMLESS_LAST_WORDS = frozenset(
    {
        "at",
        "count",
        "enabled",
        "expires",
        "expiry",
        "href",
        "in",
        "limit",
        "method",
        "required",
        "status",
        "type",
        "uri",
    }
    | {"url", "urls", "verified"}
)
# An object under a name with one of these words is secret as a whole; under `session` or `authorization` it may be
# the event's own object, and its fields are looked at one by one.
_WHOLE = frozenset(
    {"credential", "credentials", "passphrase", "passwd", "password", "secret", "secrets", "token", "tokens"}
)
# Only in a query string, where they sign or open a link.
_QUERY_NAMES = frozenset({"key", "sig", "signature", "code", "hmac", "xamzcredential", "xamzsignature"})

_SPLIT = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])")

VALUES = re.compile(
    # Stripe, GitHub, Slack, GitLab, AWS, Google, SendGrid, Shopify, npm, PyPI, OpenAI and Anthropic style keys: a
    # fixed beginning that names the kind, then the secret part. Whole JWTs and private keys in PEM.
    rb"(?<![A-Za-z0-9])(?:(?:[sr]k_(?:live|test)_|whsec_|gh[opsur]_|github_pat_|xox[abeprs]-|xapp-|glpat-|AKIA|ASIA|"
    rb"AIza|SG\.|shp(?:at|ca|pa|ss)_|npm_|pypi-)(?P<tail>[A-Za-z0-9_.+/=-]{8,})|sk-(?P<key>[A-Za-z0-9_-]{20,}))"
    # Only at the beginning of a run: a long run of beginnings must not be read again from each of them.
    rb"|(?<![A-Za-z0-9_-])eyJ(?P<jwt>[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,})"
    rb"|-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----(?P<pem>(?:[^-]|-(?!----)){1,20000})-----END"
)


@lru_cache(maxsize=4096)
def is_secret_name(name: str) -> bool:
    """Whether a header, key or field of this name holds something that must not leave."""
    words = _words(name)
    joined = "".join(words)
    if joined in _HARMLESS or (words and words[-1] in _HARMLESS_LAST_WORDS):
        return False
    return (
        joined in _NAMES
        or joined.removesuffix("s") in _NAMES
        or joined.endswith(_ENDINGS)
        or not _WORDS.isdisjoint(words)
        or joined in _WORDS
    )


@lru_cache(maxsize=4096)
def is_secret_object(name: str) -> bool:
    """Whether everything in an object of this name is secret."""
    return is_secret_name(name) and not _WHOLE.isdisjoint(_words(name))


def _words(name: str) -> list[str]:
    return [word.lower() for word in _SPLIT.split(name[:200]) if word]


def is_secret_parameter(name: str) -> bool:
    """As `is_secret_name`, for a parameter of a query string."""
    joined = "".join(_words(name))
    return is_secret_name(name) or joined in _QUERY_NAMES

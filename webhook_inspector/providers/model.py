"""What is known of a provider: how to recognise it, where its events say what they are, and how it signs.

Every record is what one TOML file says (see `load`); the interpreters are `signing` and `events`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from webhook_inspector.providers.template import BODY_FIELDS, Field, Template

HMACS = ("hmac-sha1", "hmac-sha256", "hmac-sha384", "hmac-sha512", "hmac-md5")
HASHES = ("sha1", "sha256", "sha512", "md5")
PUBLIC_KEY = ("ed25519", "ecdsa-p256-sha256", "rsa-pkcs1v15-sha256", "rsa-pkcs1v15-sha1", "rsa-pss-sha512")
ALGORITHMS = (*HMACS, *HASHES, *PUBLIC_KEY, "token", "none")
"""`token`: the secret itself is sent; `none`: only a scheme in code knows."""
KEY_DECODINGS = ("utf8", "hex", "base64", "spki-base64", "x509-pem", "pem")
ENCODINGS = ("hex", "base64", "base64url", "text")
UNITS = ("s", "ms", "us", "ns", "iso8601", "http-date")
URL_VARIANTS = ("as-is", "no-port", "default-port")


def _empty() -> Mapping[str, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class KeySpec:
    """How the configured secret becomes the key."""

    strip: tuple[str, ...] = ()
    """Prefixes of which the one that is there is removed."""
    decode: str = "utf8"
    """One of `KEY_DECODINGS`."""
    unprefixed: str = "decode"
    """What to do with a secret without the prefix: `decode` as well, take as `utf8`, or `refuse`."""
    derive: str | None = None
    """`sha1`: the key is the SHA-1 of the decoded secret (Braintree)."""
    normalise: str | None = None
    """Unicode form of the secret before it is encoded, for example `NFKD` (EasyPost)."""


@dataclass(frozen=True, slots=True)
class SignatureSpec:
    """Where the signatures stand in the request and how they are written."""

    source: Field
    """Where the text with the signature or signatures is."""
    items: str | None = None
    """What separates the items of a list; None: the text is one signature."""
    pair: str | None = None
    """What separates key and value of an item; None: an item is a signature."""
    pick: str | None = None
    """Key of the items that are signatures; may be a template (`{param:key_id}`). None: every item."""
    prefix: str = ""
    """Text before the signature that is not part of it, for example `sha256=`."""
    encoding: str = "hex"
    """One of `ENCODINGS`."""
    case: str = "exact"
    """`fold`: hex digits of any case are accepted."""


@dataclass(frozen=True, slots=True)
class TimestampSpec:
    """The time that is checked against the clock."""

    source: Field
    unit: str = "s"
    """One of `UNITS`."""
    past: float | None = None
    """Oldest accepted age, seconds; None: old ones are not refused."""
    future: float | None = None
    """Furthest accepted time ahead, seconds; None: future ones are not refused."""
    edge: str = "inclusive"
    """Whether exactly the limit is accepted: `inclusive` or `exclusive`."""


@dataclass(frozen=True, slots=True)
class BodyDigest:
    """A digest of the body that is named elsewhere in the request and must be right too."""

    source: Field
    algorithm: str = "sha256"
    encoding: str = "hex"


@dataclass(frozen=True, slots=True)
class TrustedUrl:
    """An address in the request that a receiver would fetch a key from. Only its name is checked."""

    source: Field
    hosts: tuple[str, ...]
    """Patterns with `*` for the host; it must also be https."""


@dataclass(frozen=True, slots=True)
class Resign:
    """What is made new when a request is signed again; what is not named is kept."""

    timestamp: str = "now"
    """`now` or `keep`."""
    id: str = "keep"
    """`keep`: the receiver's duplicate handling can be tested; `new`. The ids are signed headers that end in `-id`."""
    nonce: Field | None = None
    """Header with a nonce that must be new each time."""
    remove: tuple[str, ...] = ()
    """Headers that the old signature needed and the new one does not."""


@dataclass(frozen=True, slots=True)
class DetectRule:
    """One hint, and how much it weighs."""

    source: Field
    weight: int
    """Points when it holds; may be negative."""
    like: str | None = None
    """Pattern with `*` for the value, any case; None: it is enough that the field is there."""
    absent: bool = False
    """Holds when the field is not there."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """A signature scheme as data."""

    name: str
    """For example `stripe-v1`."""
    algorithm: str
    """One of `ALGORITHMS`."""
    signature: SignatureSpec | None
    """None only for schemes in code that find it themselves."""
    signed: Template | None = None
    """What is signed; None for `token`."""
    key: KeySpec = field(default_factory=KeySpec)
    timestamp: TimestampSpec | None = None
    url_variants: tuple[str, ...] = ("as-is",)
    """Forms of the URL of which any may match."""
    body_digest: BodyDigest | None = None
    trusted_url: TrustedUrl | None = None
    scope: str = ""
    """JSON pointer at which the other pointers start."""
    refuse_empty_body: bool = False
    params: tuple[str, ...] = ()
    """Names of values that the user must configure beside the secret, for example `webhook_id`."""
    requires: tuple[Field, ...] = ()
    """Fields without which it does not apply, not even when it is asked for by name."""
    detect: tuple[DetectRule, ...] = ()
    """Hints that choose between the recipes of one provider."""
    resign: Resign = field(default_factory=Resign)
    code: str | None = None
    """Name of the scheme in code that does what data cannot."""
    options: Mapping[str, Any] = field(default_factory=_empty)
    """What that scheme needs to know."""
    note: str = ""
    source: str = ""
    """Where these facts were read."""
    checked: str = ""
    """When, ISO date."""

    @property
    def covers_body(self) -> bool | None:
        """Whether a change of the body is noticed; None: only the code knows."""
        if self.code is not None and "covers_body" in self.options:
            return bool(self.options["covers_body"])
        if self.code is not None:
            return None
        if self.body_digest is not None:
            return True
        return self.signed is not None and any(part.kind in BODY_FIELDS for part in self.signed.fields)

    @property
    def covered_parts(self) -> tuple[str, ...]:
        """The fields of the body that are signed where the whole body is not."""
        if self.code is not None:
            return tuple(self.options.get("covers_parts", ()))
        parts = self.signed.fields if self.signed is not None else ()
        return tuple(part.name for part in parts if part.kind in {"json", "form"})

    @property
    def needs_url(self) -> bool:
        """Whether the public URL is part of what is signed."""
        if self.code is not None:
            return bool(self.options.get("signs_url"))
        return self.signed is not None and any(part.kind == "url" for part in self.signed.fields)

    @property
    def signs_form(self) -> bool:
        """Whether the fields of a form are signed, and so a body that is not a form is not."""
        if self.code is not None:
            return bool(self.options.get("signs_form"))
        return self.signed is not None and any(part.kind == "form_sorted" for part in self.signed.fields)

    @property
    def uses_public_key(self) -> bool:
        """Whether it is checked with a public key, so that it cannot be signed again here."""
        return self.algorithm in PUBLIC_KEY


@dataclass(frozen=True, slots=True)
class TimeRule:
    """Where a time stands, and its unit."""

    value: Template
    unit: str = "iso8601"
    """One of `UNITS`."""


@dataclass(frozen=True, slots=True)
class AttemptRule:
    """Where the number of the try stands."""

    value: Template
    add: int = 0
    """Added to the number so that the first try is 1 (Slack counts retries: 1 is the second try)."""


@dataclass(frozen=True, slots=True)
class EventRules:
    """Where a delivery says which event it carries. Of alternatives the first that is there counts."""

    type: tuple[Template, ...] = ()
    id: tuple[Template, ...] = ()
    """The same on a retry."""
    time: tuple[TimeRule, ...] = ()
    attempt: tuple[AttemptRule, ...] = ()
    order: tuple[TimeRule, ...] = ()
    """What events of one object are ordered by, when it is not `time` (a sequence number has unit `s`)."""
    object: tuple[Template, ...] = ()
    """What the event is about: events of one object can be late."""
    hook_id: tuple[Template, ...] = ()
    """The subscription at the provider."""
    variant: tuple[Template, ...] = ()
    """What tells forms of one event type apart, for example GitHub's `action`."""
    version: tuple[Template, ...] = ()
    """The version of the payload's form, for example Stripe's `api_version`."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """What the provider documents about failed deliveries. Data only."""

    automatic: bool
    """Whether it sends again by itself."""
    answer_within: float | None = None
    """Seconds within which an answer must come; None: not documented."""
    delays: tuple[float, ...] = ()
    """Seconds between the tries, in order; empty: none, or not documented."""
    within: float | None = None
    """Seconds after which it gives up."""
    max_retries: int | None = None
    backoff: str = ""
    """`exponential`, `fixed` or empty."""
    headers: tuple[tuple[str, str], ...] = ()
    """Headers of a retry; `{retry}` is its number from 1, `{left}` how many may follow, `{reason}` one of `reasons`."""
    reasons: tuple[tuple[str, str], ...] = ()
    """`core.attempt.Outcome` of the try before, and the provider's word for it."""
    no_retry_header: str = ""
    """Header of an answer that ends the retries."""
    final: tuple[str, ...] = ()
    """Statuses that end the retries; `permanent`: all that `core.attempt` classifies so."""
    note: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Provider:
    """Everything known of one provider."""

    name: str
    title: str
    docs: str = ""
    """Address of the provider's own page on its signatures."""
    checked: str = ""
    """ISO date on which the facts were read."""
    recipes: tuple[Recipe, ...] = ()
    """Best first. Empty: it signs nothing."""
    accept: str = "best"
    """`best`: the recipe that fits best decides. `any`: any that is there may match."""
    detect: tuple[DetectRule, ...] = ()
    """It is recognised when the weights of the rules that hold add up to `DETECT_AT`; the most points win."""
    events: EventRules = field(default_factory=EventRules)
    discriminator: tuple[Template, ...] = ()
    """What separates variants of one event type, for example GitHub's `json:/action`."""
    volatile: tuple[str, ...] = ()
    """Paths that differ between deliveries that mean the same, for example `$.created` or `header:X-Request-Id`."""
    handshake: tuple[str, ...] = ()
    """Names of the responders for its endpoint checks."""
    retry: RetryPolicy | None = None
    base: str | None = None
    """The provider that it was made from."""
    note: str = ""

    def recipe(self, name: str) -> Recipe | None:
        """The recipe of that name, or None."""
        return next((recipe for recipe in self.recipes if recipe.name == name), None)

    def renamed(self, name: str) -> Provider:
        """The same facts under another name."""
        return replace(self, name=name)


DETECT_AT = 50
"""Points from which a provider is recognised."""

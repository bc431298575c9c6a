"""What stays as it is: the words by which a handler decides, and the fixed parts of providers' addresses.

All other text is somebody's until it is known not to be.
"""

from __future__ import annotations

import re
from functools import lru_cache

_LAST_WORDS = frozenset(
    """
    action algo algorithm association behavior behaviour billing brand category channel charset check checks
    collection conclusion countries country currency direction encoding env environment event events feature
    features flags format funding gateway granularity interval kind lang language level livemode locale merge
    method methods mode network object op operation outcome permission permissions phase platform policy
    priority proto protocol reason resolution result role scheme scope scopes severity side stage state status
    strategy subtype tier timezone topic trigger type types unit units version visibility zone
    """.split()  # noqa: SIM905 (a list of words is read as words)
)
_NEVER = frozenset({"postal_code", "zip_code", "country_code_phone", "access_code", "auth_code", "plan_name"})
_CODE = re.compile(r"[A-Za-z0-9*][A-Za-z0-9_.:/* +-]{0,47}\Z")
_CODE_WORDS = 3
_IN_WORDS = frozenset("action event kind object reason result state status topic type".split())  # noqa: SIM905
"""Under these a few words are a closed list too: `Merge Request Hook`."""
_CODED = frozenset("country currency decline error language reason response status".split())  # noqa: SIM905
"""What a `code` may be of, and say nothing about anybody."""
_SPLIT = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])")
_ID_WORDS = frozenset(
    {"id", "ids", "gid", "sid", "uid", "guid", "number", "num", "no", "key", "node", "sequence", "account"}
)
_TIME_WORDS = frozenset(
    """
    at on time times timestamp ts date created updated modified expires expiry expiration start end starts ends until
    since from to due deadline born paid finalized canceled cancelled issued sent received iat exp nbf anchor
    """.split()  # noqa: SIM905 (a list of words is read as words)
)
_AMOUNTS = frozenset(
    """
    amount amounts balance cents cost count discount duration fee height length limit offset page percent points price
    quantity rate score size subtotal tax total value weight width
    """.split()  # noqa: SIM905 (a list of words is read as words)
)
_SOMEBODY = frozenset(
    """
    actor address author by company contact customer email first from host hostname last login name nickname
    organization owner phone pusher recipient sender shop surname team title to user username
    """.split()  # noqa: SIM905 (a list of words is read as words)
)
HEADERS = frozenset(
    """
    accept accept-encoding accept-language accept-charset cache-control connection content-encoding content-length
    content-type transfer-encoding user-agent te expect pragma upgrade-insecure-requests keep-alive
    webhook-inspector-sample
    """.split()  # noqa: SIM905 (a list of words is read as words)
)
"""Headers that say how, not what."""
API_HOSTS = (
    "api.github.com", "github.com", "avatars.githubusercontent.com", "gitlab.com", "bitbucket.org", "api.bitbucket.org",
    "api.stripe.com", "dashboard.stripe.com", "invoice.stripe.com", "pay.stripe.com", "files.stripe.com", "slack.com",
    "api.slack.com", "hooks.slack.com", "api.twilio.com", "api.sendgrid.com", "api.mailgun.net", "discord.com",
    "cdn.discordapp.com", "api.paddle.com", "api.linear.app", "linear.app", "api.hubapi.com", "schema.org", "w3.org",
    "api.line.me", "graph.facebook.com", "cdn.shopify.com", "api.twitch.tv", "api.zoom.us", "api.intercom.io",
)  # fmt: skip
"""Hosts of providers, the same for everybody."""
PATH_WORDS = frozenset(
    """
    account accounts acct actions admin api apis app apps archive artifacts assignees attempts avatars blob
    blobs boards branch branches callback callbacks carts channels charge charges check-runs check-suites
    checkout checkouts collaborators comment comments commit commits compare contents contributors conversations
    customer customers dashboard default deliveries deployment deployments discord disputes downloads edit
    environments epics event events file files followers following forks fulfillments gists git github gitlab
    graphql groups health history hook hooks image images in inbound incoming installation installations
    integrations invoice invoices invst issue issues item items jobs keys labels languages list lists logs
    marketplace member members merge_requests merges message messages milestones new notifications notify order
    orders org organizations orgs out payment payments paypal ping pipeline pipelines prices private product
    products project projects public pull pulls raw receipts received_events refs refunds release releases repo
    repos repositories rest runs search service services settings shop shopify site sites slack snippets square
    stargazers starred status statuses store stores stripe subscribers subscription subscriptions svix tags team
    teams test transactions tree trees u twilio user users v webhook webhooks wikis workflows
    """.split()  # noqa: SIM905 (a list of words is read as words)
)
"""Segments of paths that are no identity."""


@lru_cache(maxsize=8192)
def words_of(name: str) -> tuple[str, ...]:
    """The words of a name, in lower case: `billingReason` is billing, reason."""
    return tuple(word.lower() for word in _SPLIT.split(name[:200]) if word)


def is_kept(name: str, text: str) -> bool:
    """Whether a text under a name is a word of a closed list: a type, a state, a currency."""
    words = words_of(name)
    if not words or "_".join(words[-2:]) in _NEVER:
        return False
    if words[-1] not in _LAST_WORDS and not (words[-1] == "code" and not _CODED.isdisjoint(words)):
        return False
    return bool(_CODE.match(text)) and len(text.split()) <= (_CODE_WORDS if words[-1] in _IN_WORDS else 1)


def is_identifier(name: str) -> bool:
    """Whether a name says that its number is an identifier."""
    words = words_of(name)
    return bool(words) and words[-1] in _ID_WORDS


def is_time(name: str) -> bool:
    """Whether a name says that its number is a moment."""
    return not _TIME_WORDS.isdisjoint(words_of(name))


def is_amount(name: str) -> bool:
    """Whether a name says that its number is an amount or a count."""
    return not _AMOUNTS.isdisjoint(words_of(name))


def is_about_somebody(path: str) -> bool:
    """Whether the last name of a path says that its values are people, companies or what they are called."""
    return not _SOMEBODY.isdisjoint(words_of(path.rpartition(".")[2]))

"""What is known of the shapes of real payloads, from the reference data: which members occur, with which JSON types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from tests.support.shared import shared_jsonl

FILES = {
    "bitbucket": ("scm_goplayground", "multi_hookdeck"),
    "discord": ("discord_docs",),
    "github": ("github_octokit", "github_ghes", "multi_hookdeck"),
    "gitlab": ("gitlab_gogitlab", "gitlab_gitlab4j", "multi_hookdeck", "scm_goplayground", "scm_goscm"),
    "lemon-squeezy": ("billing_payrails",),
    "line": ("line_sdk",),
    "paddle": ("paddle_phpsdk", "billing_payrails", "multi_hookdeck"),
    "resend": ("email_anymail",),
    "sendgrid": ("sendgrid_docs", "email_anymail"),
    "shopify": ("shopify_hookdeck",),
    "slack": ("slack_javasdk", "slack_boltpython"),
    "stripe": ("stripe_openapi_fixtures", "stripe_rubymock", "billing_payrails", "multi_hookdeck"),
    "twilio": ("twilio_alerts", "twilio_plugin"),
    "woocommerce": ("multi_hookdeck",),
}
NAMES = {
    "github": ("github", "github_enterprise"),
    "lemon-squeezy": ("lemon_squeezy",),
    "paddle": ("paddle_billing",),
}
GITLAB_TITLES = {"push": "Push Hook", "issue": "Issue Hook", "note": "Note Hook", "tag_push": "Tag Push Hook"}
GITLAB_TITLES |= {"release": "Release Hook"}


@dataclass
class Node:
    """Everything that was seen at one place of the payloads of one type."""

    members: dict[str, Node] = field(default_factory=dict)
    entries: Node | None = None
    scalars: set[str] = field(default_factory=set)

    def add(self, value: Any) -> None:
        if isinstance(value, dict):
            self.scalars.add("object")
            for key, inner in value.items():
                self.members.setdefault(key, Node()).add(inner)
        elif isinstance(value, list):
            self.scalars.add("list")
            for inner in value:
                self.entries = self.entries or Node()
                self.entries.add(inner)
        else:
            self.scalars.add(kind(value))

    def replacing(self, member: str, node: Node) -> Node:
        """This object with something else known of one member."""
        return Node({**self.members, member: node}, self.entries, self.scalars)


def joined(*nodes: Node | None) -> Node | None:
    """What is known of any of these."""
    given = [node for node in nodes if node is not None]
    if not given:
        return None
    result = Node()
    for node in given:
        result.scalars |= node.scalars
        result.entries = joined(result.entries, node.entries)
        for key, inner in node.members.items():
            result.members[key] = joined(result.members.get(key), inner) or Node()
    return result


def kind(value: Any) -> str:
    """The JSON type of a value."""
    if isinstance(value, dict):
        return "object"
    if isinstance(value, list):
        return "list"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, int | float) else "string"


def unknown(node: Node, value: Any, path: str = "$") -> Iterator[str]:
    """The places of a value that were never seen, or only with another type.

    Nothing is known below what was only ever empty or null.
    """
    found = kind(value)
    if node.scalars <= {"null"}:
        return
    if found not in node.scalars and found != "null":
        yield f"{path} is {found}, known as {'/'.join(sorted(node.scalars))}"
        return
    if isinstance(value, dict) and node.members:
        for key, inner in value.items():
            if key in node.members:
                yield from unknown(node.members[key], inner, f"{path}.{key}")
            else:
                yield f"{path}.{key}"
    elif isinstance(value, list) and node.entries is not None:
        for inner in value:
            yield from unknown(node.entries, inner, f"{path}[]")


@cache
def bodies(provider: str) -> Mapping[str, Node]:
    """Event type of the reference data to what is known of its payloads."""
    found: dict[str, Node] = {}
    for name in FILES[provider]:
        for row in shared_jsonl(f"data/{name}.jsonl"):
            if row["provider"] in NAMES.get(provider, (provider,)):
                found.setdefault(str(row["event_type"]), Node()).add(row["body"])
    return found

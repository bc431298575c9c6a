"""A proposal as commented TOML."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from webhook_inspector.core.display import show
from webhook_inspector.signing.proposing.propose import Proposal

_GUESSES = {
    "algorithm": "by the length of the signature",
    "signed": "a guess: read the provider's documentation, or give the secret with --secret",
    "timestamp": "refuses what was signed longer ago, in seconds",
    "key": "how the secret becomes the key",
}


def provider_toml(name: str, proposal: Proposal, *, path: str, whence: str, source: str | None = None) -> str:
    """The provider and a source for it, ready to be put into `webhook-inspector.toml`.

    Args:
        name: Of the new provider: small letters, digits and dashes.
        proposal: What was found.
        path: The path of the source.
        whence: What it was made from, one line that is safe to show.
        source: A configured source that should use it; None: a new one is written.
    """
    proved = "it gives the signature that this delivery carries" if proposal.proved else "nothing in it is proved"
    lines = [f"# Proposed from {whence}: {proved}.", f"[providers.{name}]"]
    for key, value in proposal.table.items():
        comment = "" if proposal.proved or key not in _GUESSES else f"  # {_GUESSES[key]}"
        lines.append(f"{key} = {_value(value)}{comment}")
    header = str(proposal.table.get("signature", {}).get("from", "")).removeprefix("header:")
    if header and "base" not in proposal.table:
        lines.append(f"detect = [{{ header = {_value(header)}, weight = 60 }}]")
    if proposal.others:
        lines.append(f"# Other headers that may hold the signature: {', '.join(map(show, proposal.others))}")
    if source is not None:
        return "\n".join([*lines, "", f"# Then, in [sources.{show(source)}]: provider = {_value(name)}"]) + "\n"
    variable = "".join(letter if letter.isalnum() else "_" for letter in name.upper())
    lines += [
        "",
        f"[sources.{name}]",
        f"path = {_value(path)}",
        f"provider = {_value(name)}",
        f'secrets = ["env:{variable}_WEBHOOK_SECRET"]',
    ]
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    """A value as TOML. Texts of JSON are texts of TOML, once DEL is escaped."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_value(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value).replace("\x7f", "\\u007f")
    return str(value)


def template_toml(name: str) -> str:
    """A commented provider to fill in."""
    return f"""\
[providers.{name}]
header = "X-{name.title()}-Signature"          # where the signature stands
algorithm = "hmac-sha256"              # hmac-sha1, hmac-sha512, sha256, ed25519, rsa-pkcs1v15-sha256, token, ...
signed = "{{header:X-{name.title()}-Timestamp}}.{{body}}"   # {{body}}, {{url}}, {{method}}, {{json:/id}}, ...
encoding = "hex"                       # hex, base64 or base64url
# prefix = "sha256="                   # text before the signature
timestamp = {{ from = "header:X-{name.title()}-Timestamp", unit = "s", past = 300 }}
# key = {{ strip = ["whsec_"], decode = "base64" }}   # how the secret becomes the key
events = {{ type = "json:/type", id = "json:/id", time = {{ from = "json:/created", unit = "s" }} }}
detect = [{{ header = "X-{name.title()}-Signature", weight = 60 }}]   # how deliveries are recognised
"""

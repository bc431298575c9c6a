"""Addresses in place of others: hosts, URLs, e-mail, IP and phone numbers that belong to nobody.

Host names end in `.test` or `.example`, which are reserved (RFC 2606, RFC 6761); IP addresses are of the documentation
ranges (RFC 5737, RFC 3849), private ones stay private; numbers of the North American plan become 555-01xx.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from urllib.parse import urlsplit

from webhook_inspector.redaction.keeping import API_HOSTS, PATH_WORDS
from webhook_inspector.redaction.permute import Permutation
from webhook_inspector.redaction.tokens import Tokens

_RESERVED = ("example", "test", "invalid", "localhost")
_INSIDE = ("local", "internal", "lan", "home")
"""Ends of names of somebody's own machines."""
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{1,20}://)([^/?#\s]*)([^?#\s]*)(\?[^#\s]*)?(#\S*)?")
_VERSION = re.compile(r"v\d{1,4}(?:[.-]\d{1,4}){0,3}\Z|\d{4}-\d\d\Z")
_TEMPLATE = re.compile(r"(\{[^{}]*\})")
_PLAIN = re.compile(r"[a-z]{1,24}(?:[_-][a-z]{1,24}){0,3}\Z")
_LONG_TOP = 7
_GIT_USERS = frozenset({"git", "hg", "svn"})


class Addresses:
    """Fakes of addresses under one key.

    Args:
        value: Fakes a value that stands in an address: a segment of a path, a value of a query.
    """

    def __init__(self, permutation: Permutation, tokens: Tokens, value: Callable[[str, str], str]) -> None:
        self._permutation = permutation
        self._tokens = tokens
        self._value = value

    def host(self, name: str) -> str:
        """A host name, with its port if it has one: the same number of labels, mostly of the same length."""
        bare, colon, port = name.partition(":")
        if name.startswith("["):
            inner, end, port = name[1:].partition("]")
            try:
                return f"[{self.ip(inner)}{end}{port}"
            except ValueError:
                return self._tokens.words(name)
        lower = bare.lower()
        labels = bare.split(".")
        if labels[-1].lower() in _RESERVED or lower in API_HOSTS:
            return name
        if len(labels) < 2:
            return self._tokens.words(bare) + colon + port
        if labels[-1].lower() in _INSIDE:
            return f"{self._tokens.words('.'.join(labels[:-1]))}.{labels[-1]}{colon}{port}"
        try:
            return self.ip(bare) + colon + port
        except ValueError:
            pass
        top = "example" if len(labels[-1]) >= _LONG_TOP else "test"
        fakes = [self._tokens.words(label) for label in labels[:-1]]
        spare = len(labels[-1]) - len(top)
        last = fakes[-1]
        # The label before takes what the new ending leaves or needs, so that the length stays.
        more = self._tokens.word("x" * 16 + last.lower())[-16:][: max(0, spare)]
        fakes[-1] = last[:spare] if spare < 0 and len(last) + spare > 1 else last + more.lower()
        return ".".join([*fakes, top]) + colon + port

    def ip(self, text: str) -> str:
        """An IP address of the same kind.

        Raises:
            ValueError: It is none.
        """
        address = ipaddress.ip_address(text.partition("%")[0])
        if address.is_loopback or address.is_unspecified or address.is_multicast:
            return text
        drawn = self._permutation.stream("ip", address.exploded, 4)
        if address.version == 6:
            return f"2001:db8::{int.from_bytes(drawn[:2], 'big'):x}:{int.from_bytes(drawn[2:], 'big'):x}"
        if address.is_private:
            first, second, *_ = text.split(".")
            return f"{first}.{second}.{drawn[0]}.{1 + drawn[1] % 254}"
        net = ("192.0.2", "198.51.100", "203.0.113")[drawn[0] % 3]
        return f"{net}.{1 + drawn[1] % 254}"

    def email(self, text: str) -> str:
        """An e-mail address: the parts of the local part and of the host each for themselves."""
        local, _, host = text.rpartition("@")
        return f"{self._tokens.words(local)}@{self.host(host)}"

    def phone(self, text: str) -> str:
        """`+` and digits: the country stays for the most part."""
        digits = text[1:]
        if digits.startswith("1") and len(digits) == 11:
            drawn = self._permutation.stream("phone", digits, 3)
            return f"+1{2 + drawn[0] % 8}{drawn[1] % 100:02d}55501{drawn[2] % 100:02d}"
        return "+" + digits[:2] + self._tokens.word(digits[2:])

    def git(self, text: str) -> str:
        """`git@host:owner/name.git`."""
        user, _, rest = text.partition("@")
        host, _, path = rest.partition(":")
        kept, dot, ending = (path[:-4], ".", "git") if path.endswith(".git") else (path, "", "")
        user = user if user in _GIT_USERS else self._tokens.words(user)
        return f"{user}@{self.host(host)}:{self.path(kept)}{dot}{ending}"

    def url(self, text: str) -> str:
        """A URL: scheme, API hosts of providers and the words of their paths stay."""
        match = _URL.match(text)
        if match is None:
            return self._tokens.words(text)
        scheme, where, path, query, fragment = match.groups(default="")
        user, at, host = where.rpartition("@")
        result = scheme + (self._tokens.words(user) if user else "") + at + self.host(host)
        result += self.path(path)
        if query:
            result += "?" + self.query(query[1:])
        rest = text[match.end() :]
        return result + ("#" + self._tokens.words(fragment[1:]) if fragment else "") + self._tokens.words(rest)

    def path(self, path: str) -> str:
        """A path: words of APIs, versions and templates stay, all else is faked segment by segment."""
        pieces = _TEMPLATE.split(path)
        pieces[::2] = ["/".join(self._segment(segment) for segment in piece.split("/")) for piece in pieces[::2]]
        return "".join(pieces)

    def query(self, query: str) -> str:
        """A query: names stay."""
        pairs = (part.partition("=") for part in query.split("&"))
        return "&".join(f"{name}{mark}{self._value(name, value) if value else ''}" for name, mark, value in pairs)

    def _segment(self, segment: str) -> str:
        if not segment or segment.lower() in PATH_WORDS or _VERSION.match(segment):
            return segment
        return self._value("", segment)


def is_plain_path(path: str) -> bool:
    """Whether a path is made of plain lower-case words alone: a user's own route, not an identity."""
    return all(_PLAIN.match(part) or _VERSION.match(part) or not part for part in path.split("/"))


def split_target(target: str) -> tuple[str, str]:
    """A request target as its path (with scheme and host if it is absolute) and its query."""
    parts = urlsplit(target)
    return (target.partition("?")[0], parts.query) if "?" in target else (target, "")

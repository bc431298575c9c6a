"""What GitHub's REST API says of a webhook's deliveries: for catching up on what was missed.

`GET /repos/OWNER/REPO/hooks/HOOK/deliveries/DELIVERY` (also of organisations and apps) gives a delivery whole; the list
gives summaries. https://docs.github.com/en/rest/repos/webhooks (read 2026-11-21).
"""

from __future__ import annotations

import re
from typing import Any

from webhook_inspector.core.delivery import Delivery
from webhook_inspector.core.display import show
from webhook_inspector.export.file_text import head_of
from webhook_inspector.export.forms import url_encoded
from webhook_inspector.export.gathering import Gathering, Note, Pairs, has, made_request, place_of, value_of, with_host
from webhook_inspector.export.importing import Importer, ImportFile, ImportResult, SkipError, moment_of
from webhook_inspector.export.json_entries import gather_entries
from webhook_inspector.export.json_text import compact, elements, member, parsed

_SNIFF = re.compile(r"\s*(?:\[\s*)*\{")
_MARKS = (re.compile(r'"guid"\s*:\s*"'), re.compile(r'"delivered_at"\s*:\s*"'))
_FORM = b"application/x-www-form-urlencoded"


class GithubDeliveriesImporter(Importer):
    """One delivery for each that is whole, in the file's order."""

    name = "github-deliveries"
    help = "deliveries from GitHub's REST API"
    origin = "`gh api repos/OWNER/REPO/hooks/HOOK/deliveries/ID`"
    provider = "github"

    def sniff(self, data: bytes) -> bool:
        """Whether it is JSON that names the guid and the time of a delivery."""
        head = head_of(data)
        return _SNIFF.match(head) is not None and all(mark.search(head) for mark in _MARKS)

    def parse(self, file: ImportFile) -> ImportResult:
        """Read one delivery, a list, or several of either one after another.

        Raises:
            InputError: It is not JSON, or holds no delivery that is whole.
        """
        gathering = Gathering(file, self.provider)
        gather_entries(file, gathering, "delivery", _parts, _delivery)
        return gathering.result()


def _parts(document: str) -> list[tuple[str, Any]]:
    """Text and values of each delivery of a document; pages that `gh --slurp` put into a list are opened."""
    values = parsed(document)
    if not isinstance(values, list):
        return [(document, values)]
    found: list[tuple[str, Any]] = []
    for text, value in zip(elements(document), values, strict=True):
        found += zip(elements(text), value, strict=True) if isinstance(value, list) else [(text, value)]
    return found


def _delivery(text: str, entry: Any, gathering: Gathering, note: Note) -> Delivery:
    if not isinstance(entry, dict) or "guid" not in entry:
        raise SkipError("it is not a delivery")
    request = entry.get("request")
    if not isinstance(request, dict):
        raise SkipError(
            "it is a summary without headers and payload; "
            f"`gh api repos/OWNER/REPO/hooks/HOOK/deliveries/{show(str(entry.get('id')), 30)}` gives the whole"
        )
    written = member(member(text, "request") or "{}", "payload")
    if written is None or request.get("payload") is None:
        raise SkipError("GitHub no longer has its payload")
    pairs = _headers(request.get("headers"), entry)
    body = compact(written)
    if (value_of(pairs, b"content-type") or b"").lower().startswith(_FORM):
        body = url_encoded([("payload", body.decode("utf-8", "surrogateescape"))])
    note(
        "the body was put together from what GitHub's API gives, as compact JSON; "
        "its signature holds only where these are the bytes that were sent"
    )
    url = entry.get("url")
    target = b"/github"
    if isinstance(url, str) and url:
        place = place_of(url.encode("utf-8", "replace"), note)
        target, pairs = place.target, with_host(pairs, place.host)
    received_ns = moment_of(entry.get("delivered_at"))
    if received_ns is None:
        note("its time cannot be read; the time of the import is used")
    return gathering.delivery(made_request("POST", target, pairs, body), received_ns)


def _headers(headers: Any, entry: dict[str, Any]) -> Pairs:
    if not isinstance(headers, dict):
        headers = {}
    pairs: Pairs = []
    for name, value in headers.items():
        for one in value if isinstance(value, list) else [value]:
            if not isinstance(one, str):
                raise SkipError(f"its header {show(name, 40)} is not text")
            pairs.append((name.encode("utf-8", "replace"), one.encode("utf-8", "replace")))
    for name, key in ((b"X-GitHub-Event", "event"), (b"X-GitHub-Delivery", "guid")):
        value = entry.get(key)
        if isinstance(value, str) and value and not has(pairs, name.lower()):
            pairs.append((name, value.encode("utf-8", "replace")))
    if not has(pairs, b"content-type"):
        pairs.append((b"Content-Type", b"application/json"))
    return pairs


IMPORTER = GithubDeliveriesImporter()

"""Verification of requests from a file: needs no log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from webhook_inspector.core.clock import Clock
from webhook_inspector.core.verification import Verification
from webhook_inspector.providers.model import Provider
from webhook_inspector.signing.requests_file import parse_requests, verify_items


def verify_file(
    data: bytes, where: str, providers: Mapping[str, Provider], clock: Clock
) -> Iterator[tuple[str, Verification]]:
    """The id and the verification of each request of a file.

    Args:
        data: A JSON list of requests, or one; see the README for its keys.
        where: The file's name, for messages.
        providers: All known providers.
        clock: Used where a request gives no `now_epoch`.

    Raises:
        InputError: The file is not of that form; the message names the request and the key.
    """
    for item, result in verify_items(parse_requests(data, where=where), providers, clock.wall_ns()):
        yield item.id, result

"""A sender for tests: one request, its status and body."""

from __future__ import annotations

import http.client
import urllib.parse
from collections.abc import Mapping

from tests.support.patience import PATIENCE_S


def post(url: str, body: bytes = b"{}", headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
    """Post a body to a URL."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=PATIENCE_S)
    try:
        connection.request("POST", parts.path or "/", body=body, headers=dict(headers or {}))
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()

"""A reader of Postman collections that does what Postman does: it replaces variables and adds headers of its own."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.support.playing import Played

_VARIABLE = re.compile(r"\{\{([^{}]*?)\}\}")
_SUBSTITUTIONS = 19
DYNAMIC = {"$guid": "INJECTED", "$timestamp": "INJECTED", "$randomInt": "INJECTED", "$processEnv HOME": "INJECTED"}


def read(data: bytes, dynamic: dict[str, str] | None = None) -> list[Played]:
    """The requests of a collection, as they would be sent.

    Args:
        data: The file.
        dynamic: Values that stand behind the collection's own, for example those that Postman makes up.
    """
    collection = json.loads(data)
    assert collection["info"]["schema"].endswith("/v2.1.0/collection.json")
    assert set(collection) == {"info", "item", "auth", "variable"}, "no scripts"
    variables = {**(DYNAMIC if dynamic is None else dynamic)}
    variables |= {entry["key"]: entry["value"] for entry in collection["variable"]}
    return [_request(item, variables) for item in collection["item"]]


def _request(item: dict[str, Any], variables: dict[str, str]) -> Played:
    assert set(item) == {"name", "request", "response", "protocolProfileBehavior"}, "no scripts"
    assert isinstance(item["name"], str)
    assert item["response"] == []
    raw = item["request"]
    assert set(raw) <= {"method", "header", "url", "body", "description"}
    request = _replaced({key: value for key, value in raw.items() if key != "description"}, variables)
    url = request["url"]
    built = f"{url['protocol']}://{'.'.join(url['host'])}" + (f":{url['port']}" if "port" in url else "")
    built += "/" + "/".join(url["path"])
    if "query" in url:
        built += "?" + "&".join(
            part["key"] if part["value"] is None else f"{part['key']}={part['value']}" for part in url["query"]
        )
    assert url["raw"] in {built, f"{built}?"}
    headers: list[tuple[str, str]] = []
    grouped: dict[str, list[str]] = {}
    for header in request["header"]:
        grouped.setdefault(header["key"], []).append(header["value"])
    for name, values in grouped.items():
        headers += [(name, value) for value in values]
    disabled = item["protocolProfileBehavior"]["disabledSystemHeaders"]
    present = {name.lower() for name in grouped}
    for name in ("User-Agent", "Accept", "Cache-Control", "Postman-Token", "Accept-Encoding", "Connection"):
        # Not every version lets these two be switched off.
        if name.lower() not in present and (not disabled.get(name.lower()) or name in {"User-Agent", "Accept"}):
            headers.append((name, "postman"))
    body = request.get("body", {"mode": "raw", "raw": ""})
    assert body["mode"] == "raw", "a body from a file"
    text = body["raw"]
    if body.get("options", {}).get("raw", {}).get("language") == "json":
        json.loads(text)  # comments, which it cannot hold, would go away
    return Played(request["method"], built, headers, text.encode())


def _replaced(part: Any, variables: dict[str, str]) -> Any:
    if isinstance(part, str):
        for _ in range(_SUBSTITUTIONS):
            part = _VARIABLE.sub(lambda match: variables.get(match[1], match[0]), part)
        return part
    if isinstance(part, dict):
        return {key: _replaced(value, variables) for key, value in part.items()}
    if isinstance(part, list):
        return [_replaced(value, variables) for value in part]
    return part

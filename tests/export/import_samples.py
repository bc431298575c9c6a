"""One hand-made file of each kind that can be imported, for tests that go over all kinds."""

from __future__ import annotations

import json
from typing import Any


def tnet(value: Any) -> bytes:
    """A typed netstring, as mitmproxy writes them."""
    if value is None:
        return b"0:~"
    if isinstance(value, bool):
        text, mark = (b"true" if value else b"false"), b"!"
    elif isinstance(value, int):
        text, mark = str(value).encode(), b"#"
    elif isinstance(value, float):
        text, mark = repr(value).encode(), b"^"
    elif isinstance(value, bytes):
        text, mark = value, b","
    elif isinstance(value, str):
        text, mark = value.encode(), b";"
    elif isinstance(value, list):
        text, mark = b"".join(map(tnet, value)), b"]"
    else:
        text, mark = b"".join(tnet(key) + tnet(one) for key, one in value.items()), b"}"
    return b"%d:%s%s" % (len(text), text, mark)


def flow(**changes: Any) -> dict[str, Any]:
    """A flow of mitmproxy with what an import reads, and some of what it does not."""
    request = {
        "path": b"/stripe?x=1",
        "authority": b"",
        "scheme": b"http",
        "method": b"POST",
        "port": 8080,
        "host": "hooks.example",
        "timestamp_start": 1795210315.25,
        "trailers": None,
        "content": b'{"a":1}\x00\xff',
        "headers": [[b"Host", b"hooks.example:8080"], [b"X-Twice", b"1"], [b"x-twice", b"\xff"]],
        "http_version": b"HTTP/1.1",
    } | changes.pop("request", {})
    known = {"websocket": None, "response": None, "request": request, "marked": "", "type": "http", "version": 21}
    return known | changes


HAR: dict[str, Any] = {
    "log": {
        "version": "1.2",
        "creator": {"name": "hand", "version": "1"},
        "entries": [
            {
                "startedDateTime": "2026-11-20T22:31:55.123+01:00",
                "request": {
                    "method": "POST",
                    "url": "https://hooks.example/stripe?x=1#part",
                    "httpVersion": "h2",
                    "headers": [
                        {"name": ":authority", "value": "hooks.example:444"},
                        {"name": ":method", "value": "POST"},
                        {"name": "Content-Type", "value": "application/json"},
                        {"name": "X-Twice", "value": "1"},
                        {"name": "x-twice", "value": "2"},
                    ],
                    "bodySize": 8,
                    "postData": {"mimeType": "application/json", "text": '{"é":1}'},
                },
            },
            {"startedDateTime": "2026-11-20T21:31:56Z", "request": {"method": "GET", "url": "ws://x/", "headers": []}},
        ],
    }
}
CURL = rb"""
# from some documentation
$ curl -X PUT https://hooks.example/a/b?c=d \
    -H 'Content-Type: application/json' -H "X-Q: \"q\" \$5" \
    --data-raw $'{"it\'s":"\u00e9\n"}'
curl http://127.0.0.1:3000 -d a=1 -d b=2 -u me:secret -sSL | tee out
"""
HTTP = b"""@host = hooks.example
@base = https://{{host}}/v1

### paid
# a comment
POST {{base}}/paid
    ?x=1
    &y=2 HTTP/1.1
Content-Type: application/json
X-Host: {{host}}

{
  "a": 1
}

> {% client.log("x") %}
###
GET https://hooks.example/{{$guid}}
"""
POSTMAN: dict[str, Any] = {
    "info": {"name": "hand", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},
    "variable": [{"key": "host", "value": "hooks.example"}, {"key": "off", "value": "x", "disabled": True}],
    "item": [
        {
            "name": "folder",
            "item": [
                {
                    "name": "paid",
                    "event": [{"listen": "test", "script": {"exec": ["pm.test()"]}}],
                    "request": {
                        "method": "POST",
                        "header": [
                            {"key": "X-Host", "value": "{{host}}"},
                            {"key": "X-Off", "value": "1", "disabled": True},
                        ],
                        "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "t0"}]},
                        "url": {"raw": "https://{{host}}/paid/:id?x=1", "variable": [{"key": "id", "value": "7"}]},
                        "body": {"mode": "raw", "raw": '{"a":1}', "options": {"raw": {"language": "json"}}},
                    },
                },
            ],
        },
        {"name": "unknown", "request": {"method": "GET", "url": "https://{{nobody}}/"}},
    ],
}
GITHUB: dict[str, Any] = {
    "id": 12345678,
    "guid": "0b989ba4-242f-11e5-81e1-c7b6966d2516",
    "delivered_at": "2026-11-20T21:31:55Z",
    "redelivery": False,
    "duration": 0.27,
    "status": "OK",
    "status_code": 200,
    "event": "issues",
    "action": "opened",
    "url": "https://hooks.example/gh?x=1",
    "request": {
        "headers": {"X-GitHub-Event": "issues", "content-type": "application/json", "Accept": "*/*"},
        "payload": {"action": "opened", "issue": {"number": 1.50, "big": 12345678901234567890123}, "note": "a b"},
    },
    "response": {"headers": {}, "payload": "ok"},
}
STRIPE: dict[str, Any] = {
    "object": "list",
    "url": "/v1/events",
    "has_more": False,
    "data": [
        {"id": "evt_2", "object": "event", "created": 1795210316, "type": "invoice.paid", "data": {"object": {}}},
        {"id": "evt_1", "object": "event", "created": 1795210315, "type": "charge.failed", "data": {"list": []}},
    ],
}
SMEE: dict[str, Any] = {
    "host": "smee.io",
    "content-type": "application/json",
    "x-github-event": "ping",
    "body": {"zen": "é", "n": 1.50},
    "query": {"a": "b c"},
    "timestamp": 1795210315123,
}
GOSMEE = b"""#!/usr/bin/env bash
set -euxfo pipefail
cd $(dirname $(readlink -f $0))

targetURL="http://localhost:8080"
if [[ -n ${GOSMEE_DEBUG_SERVICE:-""} ]]; then
  targetURL=${GOSMEE_DEBUG_SERVICE}
fi

curl -sSi -H "Content-Type: application/json" -H 'X-Github-Event: push' -H 'X-Github-Delivery: d-1'  -X POST -d @./push-2026-11-20T21.31.11.123.json ${targetURL}
"""  # noqa: E501 (as it is written)
GOSMEE_BODY = "push-2026-11-20T21.31.11.123.json"
LINE = {"method": "POST", "target": "/stripe", "headers": [["Content-Type", "application/json"]], "body": "text"}
FIXTURE = {"format": "webhook-inspector-fixture", "version": 1, "deliveries": [LINE, LINE]}


def _json(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


SAMPLES: dict[str, bytes] = {
    "har": _json(HAR),
    "curl": CURL,
    "http": HTTP,
    "postman": _json(POSTMAN),
    "mitmproxy": tnet(flow()) + tnet(flow(type="tcp")),
    "github-deliveries": _json(GITHUB),
    "stripe-events": _json(STRIPE),
    "gosmee": GOSMEE,
    "jsonl": "\n".join([json.dumps(LINE)] * 3).encode(),
    "fixture": _json(FIXTURE),
}

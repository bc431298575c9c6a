"""What is said of bytes that are not a request the listener accepts. Never echoes them."""

from __future__ import annotations

import re

from webhook_inspector.core.headers import decode_header
from webhook_inspector.core.request import Request

_REQUEST_LINE = re.compile(rb"([^ \t\r\n]+)[ \t]+(.*?)(?:[ \t]+HTTP/(\d+(?:\.\d+)?))?[ \t]*\Z", re.DOTALL)
_MAX_METHOD = 32
_MAX_TARGET = 2048
_UNKNOWN = "?"

_PROTOCOLS: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (
        re.compile(rb"\x16\x03[\x00-\x04]"),
        "A TLS handshake (https) came to this plain HTTP port: send to http:// or put TLS in front.",
    ),
    (re.compile(rb"PRI \* HTTP/2\.0\r\n"), "HTTP/2 without upgrade came to this port, which speaks HTTP/1.1."),
    (re.compile(rb"SSH-\d"), "An SSH client came to this HTTP port."),
    (re.compile(rb"(?i)(?:EHLO|HELO|MAIL FROM|STARTTLS)\b"), "A mail client (SMTP) came to this HTTP port."),
    (re.compile(rb"\*\d+\r\n\$\d|(?i:PING\r\n|AUTH )"), "A Redis client came to this HTTP port."),
    (re.compile(rb"[\x04\x05]\x01"), "A SOCKS proxy client came to this HTTP port."),
    (re.compile(rb"PROXY TCP|\r\n\r\n\0\r\nQUIT\n"), "A PROXY protocol header came before the request."),
    (re.compile(rb"GET /[^ \r\n]*\r?\n"), "An HTTP/0.9 request came: a version is missing after the target."),
)

_PARSER_WORDS: tuple[tuple[str, str], ...] = (
    ("Missing 'Host'", "The request has no Host header, which HTTP/1.1 demands."),
    ("Too many headers", "The request has more header lines than the limit."),
    ("Invalid method", "The method is not one that HTTP knows (methods are written in capitals)."),
    ("Expected space after method", "The method is not one that HTTP knows (methods are written in capitals)."),
    ("Invalid HTTP version", "The HTTP version in the request line is not one that is understood."),
    ("Expected HTTP/", "The request line does not end in HTTP/1.1: the target may hold a space."),
    ("Invalid char in url", "The target holds a character that must be percent-encoded."),
    ("Invalid characters in url", "The target holds a character that must be percent-encoded."),
    ("Unexpected start char in url", "The target does not start with a slash."),
    ("Content-Length can't be present with", "Content-Length and Transfer-Encoding contradict each other."),
    ("Transfer-Encoding can't be present with", "Content-Length and Transfer-Encoding contradict each other."),
    ("Content-Length", "The Content-Length is repeated or not a plain number."),
    ("Transfer-Encoding", "The Transfer-Encoding is not one that ends in chunked."),
    ("chunk size", "A chunk of the body does not start with its size."),
    ("after chunk", "A chunk of the body does not end where its size says."),
    ("Invalid header token", "A header name holds a character that is not allowed."),
    ("Invalid header field char", "A header name holds a character that is not allowed."),
    ("Invalid header value char", "A header value holds a control character."),
    ("Missing expected LF", "A line of the request ends in a carriage return without a line feed."),
    ("Missing expected CR", "A line of the request ends in a line feed without a carriage return."),
    ("Unexpected whitespace after header value", "A header is folded over two lines, which is no longer allowed."),
    ("after `Connection: close`", "Bytes came after a request that said it was the last of its connection."),
)
_DUPLICATE = re.compile(r"Duplicate '([A-Za-z-]{1,40})' header")


def recognise(raw: bytes) -> str | None:
    """A sentence about another protocol that came to this port; None when it is none that is known."""
    return next((sentence for pattern, sentence in _PROTOCOLS if pattern.match(raw)), None)


def describe(raw: bytes, error: BaseException | None = None) -> str:
    """One plain sentence about why `raw` was refused.

    Args:
        raw: The bytes that were received.
        error: What the parser raised, if it did.
    """
    other = recognise(raw)
    if other is not None:
        return other
    if not raw.lstrip(b"\r\n")[:1].isalpha():
        return "What came is not an HTTP request."
    kind = type(error).__name__
    text = str(getattr(error, "message", "") or error or "")
    if kind == "LineTooLong":
        return "The request target or a header is longer than the limit."
    duplicate = _DUPLICATE.search(text)
    if duplicate:
        return f"The header {duplicate.group(1)} came twice, which HTTP does not allow."
    for words, sentence in _PARSER_WORDS:
        if words in text:
            return sentence
    if kind == "InvalidURLError":
        return "The target is not a path or a URL that is understood."
    if kind == "BadHttpMethod":
        return "What came is not an HTTP request."
    return "The request is not well-formed HTTP/1.1."


def best_effort(raw: bytes) -> Request:
    """A request whose body is the raw bytes; method and target come from the first line, as far as it has them."""
    first = re.split(rb"\r\n|\n|\r", raw.lstrip(b"\r\n")[: _MAX_TARGET + 128], maxsplit=1)[0]
    method, target, version = _UNKNOWN, b"", ""
    match = _REQUEST_LINE.match(first)
    if match and len(match.group(1)) <= _MAX_METHOD and match.group(1).isascii() and match.group(1).isalpha():
        method = decode_header(match.group(1))
        target = match.group(2)[:_MAX_TARGET]
        version = decode_header(match.group(3) or b"")
    return Request(method=method, target=target, body=raw, http_version=version)

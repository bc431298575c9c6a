"""The request that a curl command makes, as curl 8 would send it, without asking any file, host or shell."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from urllib.parse import quote_from_bytes

from webhook_inspector.core.display import show
from webhook_inspector.core.request import Request
from webhook_inspector.export.curl_reading.command import Command
from webhook_inspector.export.curl_reading.options import Options, read_options
from webhook_inspector.export.forms import Part, free_boundary, multipart
from webhook_inspector.export.gathering import Note, Pairs, Place, has, made_request, place_of, value_of, with_host
from webhook_inspector.export.importing import SkipError

FORM = b"application/x-www-form-urlencoded"
_DATA = ("data", "data-raw", "data-binary", "data-ascii", "data-urlencode", "json")
_GLOB = re.compile(rb"\{[^}]*\}|\[[^\]]*-[^\]]*\]")
_FIELD = re.compile(rb';\s*(type|filename|headers|encoder)=("(?:[^"\\]|\\.)*"|[^;]*)')

_FILE_TYPES = {
    b".gif": b"image/gif", b".jpg": b"image/jpeg", b".jpeg": b"image/jpeg", b".png": b"image/png",
    b".svg": b"image/svg+xml", b".txt": b"text/plain", b".htm": b"text/html", b".html": b"text/html",
    b".pdf": b"application/pdf", b".xml": b"application/xml",
}  # fmt: skip
"""What curl says of a part that has a file name, by its end."""


@dataclass(slots=True)
class _Body:
    data: bytes
    content_type: bytes = b""
    accept: bytes = b""


def request_of(command: Command, note: Note) -> Request:
    """The request of one command.

    Raises:
        SkipError: The command is not curl, needs what only a shell or the sender's machine has, or is no request.
    """
    if command.problem is not None:
        raise SkipError(command.problem)
    words = command.words[1:] if command.words[:1] == [b"$"] else command.words
    if not words or words[0] not in {b"curl", b"curl.exe"}:
        raise SkipError(f"it runs {show(words[0], 40)!r}, not curl" if words else "it is empty")
    options = read_options(words[1:])
    body = _body(options, command.stdin)
    place = _place(options, note)
    target = place.target
    if body is not None and options.has("get"):
        target += (b"&" if b"?" in target else b"?") + body.data
        body = None
    for _, query in options.all("url-query"):
        target += (b"&" if b"?" in target else b"?") + (query[1:] if query[:1] == b"+" else _url_encoded(query))
    wanted = options.last("request-target")
    pairs = _headers(options, place, body, note)
    made = made_request(
        _method(options, body),
        target if wanted is None else wanted,
        pairs,
        b"" if body is None else body.data,
        _version(options),
    )
    _name_differences(options, pairs, note)
    return made


def _version(options: Options) -> str:
    spoken = {"http1.0": "1.0", "http2": "2", "http2-prior-knowledge": "2", "http3": "3", "http3-only": "3"}
    return next((spoken[name] for name, _ in reversed(options.given) if name in spoken), "1.1")


def _method(options: Options, body: _Body | None) -> str:
    named = options.last("request")
    if named is not None:
        return named.decode("utf-8", "replace")
    return "HEAD" if options.has("head") else "GET" if body is None else "POST"


def _place(options: Options, note: Note) -> Place:
    urls = [value for _, value in options.all("url")]
    if len(urls) != 1:
        raise SkipError(
            "it names no URL" if not urls else f"it names {len(urls)} URLs; only commands with one are taken"
        )
    url = urls[0]
    if not options.has("globoff") and _GLOB.search(url):
        raise SkipError("curl would make several URLs of the braces or brackets in it; add --globoff if they are meant")
    return place_of(url, note, plain_scheme=True, dots=not options.has("path-as-is"))


def _body(options: Options, stdin: bytes | None) -> _Body | None:
    data, forms = options.all(*_DATA), options.all("form", "form-string")
    if data and forms:
        raise SkipError("it has both data and a form")
    if forms:
        return _form(forms)
    if not data:
        if stdin is not None:
            raise SkipError("what is piped into it is not sent")
        return None
    made = b""
    for index, (name, value) in enumerate(data):
        piece = _piece(name, value, stdin)
        made += (b"&" if index and name != "json" else b"") + piece
    if options.has("json"):
        return _Body(made, b"application/json", b"application/json")
    return _Body(made, FORM)


def _piece(name: str, value: bytes, stdin: bytes | None) -> bytes:
    if name == "data-urlencode":
        return _url_encoded(value)
    if name == "data-raw" or not value.startswith(b"@"):
        return value
    if value == b"@-" and stdin is not None and name == "data-binary":
        return stdin
    raise SkipError(f"its data comes from the file {show(value[1:], 60)!r}, which an import does not open")


def _url_encoded(value: bytes) -> bytes:
    """`content`, `=content` and `name=content`: only the content is encoded."""
    name, mark, content = value.partition(b"=")
    if b"@" in (name if mark else value):
        raise SkipError(
            f"its data comes from the file {show(value.partition(b'@')[2], 60)!r}, which an import does not open"
        )
    if not mark:
        return _quoted(value)
    return (name + b"=" if name else b"") + _quoted(content)


def _quoted(content: bytes) -> bytes:
    return quote_from_bytes(content, safe="-._~").replace("%20", "+").encode("ascii")


def _form(forms: list[tuple[str, bytes]]) -> _Body:
    parts: list[Part] = []
    for option, field in forms:
        name, mark, value = field.partition(b"=")
        if not mark:
            raise SkipError(f"the form field {show(field, 40)!r} has no value")
        if option == "form" and value[:1] in {b"@", b"<"}:
            raise SkipError(f"its form holds the file {show(value[1:], 60)!r}, which an import does not open")
        parts.append(Part(name, value) if option == "form-string" else _field(name, value))
    boundary = free_boundary(parts)
    return _Body(multipart(parts, boundary), b"multipart/form-data; boundary=" + boundary)


def _field(name: bytes, value: bytes) -> Part:
    """A field with what may stand after its value: `;type=text/plain;filename=x`."""
    if value.startswith(b"("):
        raise SkipError("its form holds parts within parts")
    known: dict[bytes, bytes] = {}
    start = len(value)
    for match in _FIELD.finditer(value):
        start = min(start, match.start())
        known[match[1]] = match[2].strip(b'"')
    if b"headers" in known or b"encoder" in known:
        raise SkipError("its form has headers or an encoding of its own")
    content = value[:start]
    if len(content) > 1 and content[:1] == content[-1:] == b'"':
        content = re.sub(rb"\\([\\\"])", rb"\1", content[1:-1])
    file_name, kind = known.get(b"filename"), known.get(b"type")
    if file_name is not None and kind is None:
        endings = (made for end, made in _FILE_TYPES.items() if file_name.lower().endswith(end))
        kind = next(endings, None)
    return Part(name, content, file_name, kind)


def _headers(options: Options, place: Place, body: _Body | None, note: Note) -> Pairs:
    """Host first, what options stand for, then the headers as given; Content-Length last, as curl writes them."""
    custom: Pairs = []
    removed: set[bytes] = set()
    for _, text in options.all("header"):
        if text.startswith(b"@"):
            raise SkipError(f"its headers come from the file {show(text[1:], 60)!r}, which an import does not open")
        name, mark, value = text.partition(b":")
        if mark and value.strip():
            custom.append((name, value))
        elif mark:
            removed.add(name.strip().lower())
        elif text.rstrip().endswith(b";"):
            custom.append((text.rstrip()[:-1], b""))
        else:
            note(f"the header {show(text, 40)!r} has no colon; curl does not send it")
    made = _implied(options, place, body, note)
    kept = [pair for pair in made if pair[0].lower() not in removed and not has(custom, pair[0].lower())]
    own_type = value_of(custom, b"content-type")
    if body is not None and own_type is not None and options.has("form") and b"boundary=" not in own_type:
        custom = [
            (name, value + body.content_type.removeprefix(b"multipart/form-data"))
            if name.lower() == b"content-type" and value.strip().lower().startswith(b"multipart/")
            else (name, value)
            for name, value in custom
        ]
    pairs = kept + custom
    if b"host" not in removed:
        pairs = with_host(pairs, place.host)
    if body is not None and not has(pairs, b"content-length") and b"content-length" not in removed:
        pairs.append((b"Content-Length", str(len(body.data)).encode()))
    return pairs


def _implied(options: Options, place: Place, body: _Body | None, note: Note) -> Pairs:
    """The headers that other options than -H stand for."""
    pairs: Pairs = []
    bearer = options.last("oauth2-bearer")
    user = options.last("user")
    if bearer is not None:
        pairs.append((b"Authorization", b"Bearer " + bearer))
    elif user is not None:
        if b":" not in user:
            raise SkipError("curl would ask for the password of -u")
        pairs.append((b"Authorization", b"Basic " + base64.b64encode(user)))
    elif place.user is not None:
        pairs.append((b"Authorization", b"Basic " + base64.b64encode(place.user.encode("utf-8", "surrogateescape"))))
        note("name and password of the URL became the header Authorization")
    names = {"user-agent": b"User-Agent", "referer": b"Referer", "range": b"Range"}
    for option, name in names.items():
        value = options.last(option)
        if value:
            pairs.append((name, b"bytes=" + value if option == "range" else value))
    cookies = [value for _, value in options.all("cookie")]
    if any(b"=" not in value for value in cookies):
        raise SkipError("its cookies come from a file, which an import does not open")
    if cookies:
        pairs.append((b"Cookie", b";".join(cookies)))
    if body is not None:
        pairs += [(b"Content-Type", body.content_type)]
        pairs += [(b"Accept", body.accept)] if body.accept else []
    return pairs


def _name_differences(options: Options, pairs: Pairs, note: Note) -> None:
    if options.has("compressed") and not has(pairs, b"accept-encoding"):
        note("curl would add the header Accept-Encoding for --compressed")
    if options.has("form") or options.has("form-string"):
        note("the form was rebuilt with a boundary of our own; its bytes may not be as sent")

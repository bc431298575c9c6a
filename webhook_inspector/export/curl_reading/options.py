"""The options of curl that matter to a request, and those that do not: see https://curl.se/docs/manpage.html."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from webhook_inspector.core.display import show
from webhook_inspector.export.importing import SkipError

SHORT = {
    "X": "request", "H": "header", "d": "data", "F": "form", "u": "user", "A": "user-agent", "e": "referer",
    "b": "cookie", "G": "get", "I": "head", "K": "config", "T": "upload-file", "o": "output", "x": "proxy",
    "k": "insecure", "s": "silent", "S": "show-error", "L": "location", "i": "include", "v": "verbose", "f": "fail",
    "g": "globoff", "q": "disable", "N": "no-buffer", "#": "progress-bar", "4": "ipv4", "6": "ipv6", "O": "remote-name",
    "J": "remote-header-name", "c": "cookie-jar", "D": "dump-header", "m": "max-time", "w": "write-out", "r": "range",
    "z": "time-cond", "E": "cert", "0": "http1.0", "1": "tlsv1", "2": "sslv2", "3": "sslv3", ":": "next", "n": "netrc",
    "a": "append", "B": "use-ascii", "j": "junk-session-cookies", "p": "proxytunnel", "R": "remote-time",
    "y": "speed-time", "Y": "speed-limit", "Z": "parallel", "U": "proxy-user", "C": "continue-at", "h": "help",
    "V": "version", "l": "list-only", "M": "manual", "P": "ftp-port", "Q": "quote", "t": "telnet-option",
}  # fmt: skip
WITH_VALUE = frozenset({
    "request", "header", "data", "data-raw", "data-binary", "data-ascii", "data-urlencode", "json", "form",
    "form-string", "user", "user-agent", "referer", "cookie", "url", "request-target", "oauth2-bearer", "range",
    "url-query",
})  # fmt: skip
FLAGS = frozenset({
    "get", "head", "compressed", "http1.0", "http1.1", "http2", "http2-prior-knowledge", "http3", "http3-only",
    "globoff", "path-as-is", "basic",
})  # fmt: skip
IGNORED = frozenset({
    "insecure", "silent", "show-error", "location", "location-trusted", "include", "verbose", "fail", "fail-with-body",
    "disable", "no-buffer", "progress-bar", "no-progress-meter", "ipv4", "ipv6", "tlsv1", "tlsv1.2", "tlsv1.3",
    "tcp-nodelay", "tcp-fastopen", "no-keepalive", "no-sessionid", "no-alpn", "raw", "parallel", "ssl-no-revoke",
    "ssl-reqd", "styled-output", "fail-early", "junk-session-cookies", "http0.9", "post301", "post302", "post303",
    "show-headers", "no-location", "suppress-connect-headers", "use-ascii",
})  # fmt: skip
IGNORED_WITH_VALUE = frozenset({
    "max-time", "connect-timeout", "retry", "retry-delay", "retry-max-time", "write-out", "max-redirs", "noproxy",
    "resolve", "connect-to", "interface", "limit-rate", "keepalive-time", "max-filesize", "ciphers", "tls-max",
    "speed-time", "speed-limit", "proto", "proto-default", "proto-redir", "expect100-timeout",
    "happy-eyeballs-timeout-ms", "local-port", "dns-servers", "curves", "rate",
})  # fmt: skip
REFUSED = {
    "config": "reads options from a file",
    "upload-file": "sends a file",
    "output": "writes a file",
    "output-dir": "writes files",
    "remote-name": "writes a file",
    "remote-name-all": "writes files",
    "cookie-jar": "writes a file",
    "dump-header": "writes a file",
    "trace": "writes a file",
    "trace-ascii": "writes a file",
    "stderr": "writes a file",
    "etag-save": "writes a file",
    "etag-compare": "reads a file",
    "netrc": "reads passwords from a file",
    "netrc-file": "reads passwords from a file",
    "netrc-optional": "reads passwords from a file",
    "cert": "reads a file",
    "key": "reads a file",
    "cacert": "reads a file",
    "capath": "reads files",
    "variable": "sets a variable",
    "proxy": "goes through a proxy",
    "preproxy": "goes through a proxy",
    "proxytunnel": "goes through a proxy",
    "proxy-user": "goes through a proxy",
    "socks5": "goes through a proxy",
    "socks5-hostname": "goes through a proxy",
    "socks4": "goes through a proxy",
    "socks4a": "goes through a proxy",
    "unix-socket": "does not go over the network",
    "abstract-unix-socket": "does not go over the network",
    "next": "makes several requests of one command",
    "digest": "signs the request when it is sent",
    "ntlm": "signs the request when it is sent",
    "negotiate": "signs the request when it is sent",
    "anyauth": "signs the request when it is sent",
    "aws-sigv4": "signs the request when it is sent",
    "help": "asks curl about itself",
    "version": "asks curl about itself",
    "manual": "asks curl about itself",
}
_WITH_VALUE = WITH_VALUE | IGNORED_WITH_VALUE
_KNOWN = _WITH_VALUE | FLAGS | IGNORED


@dataclass(slots=True)
class Options:
    """What a command says, in order."""

    given: list[tuple[str, bytes]] = field(default_factory=list)
    """Long names of options that matter, with their values; URLs as `url`."""

    def has(self, name: str) -> bool:
        """Whether an option is there."""
        return any(key == name for key, _ in self.given)

    def last(self, name: str) -> bytes | None:
        """The last value of an option."""
        return next((value for key, value in reversed(self.given) if key == name), None)

    def all(self, *names: str) -> list[tuple[str, bytes]]:
        """The options of some names, in order."""
        return [pair for pair in self.given if pair[0] in names]


def read_options(words: Sequence[bytes]) -> Options:
    """The options of a command, without the word `curl`.

    Raises:
        SkipError: One of them is not known, or does what an import must not do.
    """
    options = Options()
    waiting = iter(words)
    plain_only = False
    for word in waiting:
        if plain_only or not word.startswith(b"-") or word == b"-":
            options.given.append(("url", word))
        elif word == b"--":
            plain_only = True
        elif word.startswith(b"--"):
            name = word[2:].decode("utf-8", "replace")
            _take(options, name, f"--{name}", next(waiting, None) if name in _WITH_VALUE else None)
        else:
            _letters(options, word[1:], waiting)
    return options


def _letters(options: Options, letters: bytes, waiting: Iterator[bytes]) -> None:
    """`-sSLX POST`, `-XPOST`: flags, and at the end perhaps one option with a value."""
    while letters:
        letter, letters = letters[:1].decode("latin-1"), letters[1:]
        name = SHORT.get(letter)
        if name is None:
            raise SkipError(f"the option {show('-' + letter, 10)!r} is not known here")
        if name in _WITH_VALUE:
            _take(options, name, f"-{letter}", letters or next(waiting, None))
            return
        _take(options, name, f"-{letter}", None)


def _take(options: Options, name: str, written: str, value: bytes | None) -> None:
    if name in REFUSED:
        raise SkipError(f"the option {written} {REFUSED[name]}")
    if name not in _KNOWN:
        raise SkipError(f"the option {show(written, 40)!r} is not known here")
    if name in _WITH_VALUE and value is None:
        raise SkipError(f"the option {written} has no value")
    if name in WITH_VALUE or name in FLAGS:
        options.given.append((name, value or b""))

"""An HTTP request as bytes: what was received, what is sent, what is signed."""

from __future__ import annotations

from dataclasses import dataclass, field

from webhook_inspector.core.headers import Headers


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. The body is as on the wire (not decompressed), after un-chunking."""

    method: str
    """As sent, for example `POST`."""
    target: bytes
    """Request target exactly as on the request line, for example `/stripe?x=1`."""
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""
    http_version: str = "1.1"

    @property
    def target_text(self) -> str:
        """The target as text: UTF-8 where it decodes, else Latin-1. Not safe to show: see `core.display`."""
        try:
            return self.target.decode("utf-8")
        except UnicodeDecodeError:
            return self.target.decode("latin-1")

    @property
    def path(self) -> str:
        """The target up to the first `?`, not decoded. The path of an absolute-form target."""
        text = self.target_text
        if "://" in text.split("?", 1)[0] and not text.startswith("/"):
            text = "/" + text.split("://", 1)[1].partition("/")[2]
        return text.split("?", 1)[0].split("#", 1)[0]

    @property
    def query(self) -> str:
        """The target after the first `?`, not decoded; empty when there is none."""
        return self.target_text.partition("?")[2].split("#", 1)[0]

    @property
    def content_type(self) -> str:
        """Media type in lower case without parameters; empty when there is no Content-Type."""
        return (self.headers.get("content-type") or "").partition(";")[0].strip().lower()

    def raw(self) -> bytes:
        """The request as bytes: request line, headers and body. The head is rebuilt from its kept parts."""
        lines = [f"{self.method} ".encode("utf-8", "replace") + self.target + f" HTTP/{self.http_version}".encode()]
        lines += [name + b": " + value for name, value in self.headers]
        return b"\r\n".join(lines) + b"\r\n\r\n" + self.body

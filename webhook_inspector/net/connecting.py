"""Opening the connection of one request.

aiohttp's parser reads the answer, but its client is not used: that one folds and adds headers, keeps cookies, follows
redirects, sends some requests again, and takes longer over all that than the exchange itself.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from asyncio import staggered
from functools import partial
from typing import Any

from aiohttp import ClientPayloadError, Fingerprint
from aiohttp.client_proto import ResponseHandler
from aiohttp.resolver import ThreadedResolver
from aiohttp.streams import StreamReader
from yarl import URL

from webhook_inspector.net.exact_request import NotLoopbackError, is_address, is_loopback
from webhook_inspector.net.limits import KIB

_NEXT_ADDRESS_S = 0.25
"""After so long the next address of a name is tried as well (RFC 8305 section 5)."""
_TLS_END_S = 1.0
_READ_AHEAD = 64 * KIB
_MAX_ANSWER_LINE = 64 * KIB
_MAX_ANSWER_HEADERS = 1000

Address = tuple[socket.AddressFamily, str, int]
"""Family, IP address, port."""


class UnknownNameError(OSError):
    """A name that has no address."""


class AnswerReader(ResponseHandler):
    """One connection, from which one answer is read."""

    lost = False
    """Whether the connection has ended."""
    content: StreamReader | None = None
    """The body of the answer, once its head is read."""

    def connection_lost(self, exc: BaseException | None) -> None:
        """Called by asyncio."""
        super().connection_lost(exc)
        self.lost = True
        self.tell_reader()

    def tell_reader(self) -> None:
        """End the reading of a body whose connection has ended.

        aiohttp closes the connection when an answer's framing breaks in the middle of its body, but does not tell the
        body's reader, who would wait until the deadline.
        """
        content = self.content
        if self.lost and content is not None and not content.is_eof() and content.exception() is None:
            content.set_exception(ClientPayloadError("the connection ended"))

    def expect_answer(self, *, head_only: bool) -> None:
        """Say what kind of answer comes. Nothing is read before."""
        self.set_response_params(
            skip_payload=head_only,
            read_until_eof=True,
            auto_decompress=False,
            read_bufsize=_READ_AHEAD,
            max_line_size=_MAX_ANSWER_LINE,
            max_field_size=_MAX_ANSWER_LINE,
            max_headers=_MAX_ANSWER_HEADERS,
        )


class Connector:
    """Opens connections, each for one request, on the loop that runs."""

    def __init__(self) -> None:
        self._trust: dict[bool, ssl.SSLContext] = {}

    async def connect(
        self, scheme: str, authority: str, *, allow_remote: bool, certificate: Fingerprint | None
    ) -> AnswerReader:
        """Connect to one of the addresses that a target's authority has now.

        Args:
            scheme: `http` or `https`.
            authority: `host` or `host:port`.
            allow_remote: Whether the connection may lead away from this machine.
            certificate: The only one that is trusted; None: those that the system trusts.

        Raises:
            NotLoopbackError: It would lead away from this machine; nobody was called there.
            UnknownNameError: The name has no address.
            ServerFingerprintMismatch: It has another certificate.
            OSError: No connection could be made.
            ValueError: This is no authority.
        """
        url = URL(f"{scheme}://{authority}/", encoded=True)
        host, port = url.raw_host, url.port
        if not host or port is None:
            raise ValueError("no host")
        addresses = await self._addresses(host, port, allow_remote=allow_remote)
        sock = await _first(addresses)
        loop = asyncio.get_running_loop()
        more: dict[str, Any] = {}
        if scheme == "https":
            context = await self._context(verified=certificate is None)
            more = {"ssl": context, "server_hostname": host.rstrip("."), "ssl_shutdown_timeout": _TLS_END_S}
        try:
            transport, reader = await loop.create_connection(lambda: AnswerReader(loop), sock=sock, **more)
        except BaseException:
            sock.close()
            raise
        try:
            if certificate is not None:
                certificate.check(transport)
        except BaseException:
            transport.abort()
            raise
        return reader

    async def _addresses(self, host: str, port: int, *, allow_remote: bool) -> list[Address]:
        if is_address(host):
            found: list[Address] = [(socket.AF_INET6 if ":" in host else socket.AF_INET, host, port)]
        else:
            try:
                entries = await ThreadedResolver().resolve(host, port, socket.AF_UNSPEC)
            except OSError as error:
                raise UnknownNameError(error.errno, str(error)) from error
            found = [(socket.AddressFamily(entry["family"]), entry["host"], entry["port"]) for entry in entries]
        allowed = [address for address in found if allow_remote or is_loopback(address[1])]
        if not allowed:
            raise NotLoopbackError if found else UnknownNameError(None, "no address")
        return allowed

    async def _context(self, *, verified: bool) -> ssl.SSLContext:
        if verified not in self._trust:
            context = await asyncio.to_thread(ssl.create_default_context)
            context.set_alpn_protocols(["http/1.1"])
            if not verified:  # the fingerprint is what counts
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE
            self._trust[verified] = context
        return self._trust[verified]


async def _first(addresses: list[Address]) -> socket.socket:
    """A socket that is connected to the first of some addresses that answers."""
    if len(addresses) == 1:
        return await _open(addresses[0])
    sock: socket.socket | None
    sock, _, errors = await staggered.staggered_race([partial(_open, one) for one in addresses], _NEXT_ADDRESS_S)
    if sock is not None:
        return sock
    for error in errors:
        if isinstance(error, OSError) and error.errno == errno.ECONNREFUSED:
            raise error
    raise next(error for error in errors if error is not None)


async def _open(address: Address) -> socket.socket:
    family, host, port = address
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, (host, port))
    except BaseException:
        sock.close()
        raise
    return sock

"""Programs that make a port of this machine reachable from the internet: what to run, and how their address is read.

None of them is part of this program. Their facts come from their documentation and from what they print, as seen in
public logs (read 2026-11-21): cloudflared, developers.cloudflare.com/cloudflare-one (quick tunnels); ngrok,
ngrok.com/docs/agent (`--log stdout`); tailscale, tailscale.com/kb/1223 (Funnel); localhost.run, localhost.run/docs;
localtunnel, github.com/localtunnel/localtunnel; bore, github.com/ekzhang/bore; zrok, docs.zrok.io.
"""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Callable
from dataclasses import dataclass

Find = Callable[[str], str | None]
"""From a program's name to its path, or None: `shutil.which`."""

_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+"


@dataclass(frozen=True, slots=True)
class TunnelProgram:
    """One program.

    Args:
        name: As the user names it.
        program: What is looked for on PATH.
        words: Program and arguments; `{port}` stands for the port.
        address: Finds the public address in a line of its output: the whole one in the group `url`, or without
            scheme in `host`.
        get: How to get it.
        caution: What to know before.
        scheme: Of an address that comes as a host.
    """

    name: str
    program: str
    words: tuple[str, ...]
    address: re.Pattern[str]
    get: str
    caution: str
    scheme: str = "https"

    def arguments(self, port: int) -> list[str]:
        """Program and arguments for a port."""
        return [word.replace("{port}", str(port)) for word in self.words]

    def command(self, port: int) -> str:
        """The same as a line for a shell."""
        return shlex.join(self.arguments(port))

    def found(self, find: Find = shutil.which) -> bool:
        """Whether it is on PATH."""
        return find(self.program) is not None

    def public_url(self, line: str) -> str | None:
        """The public address in a line of its output, or None. Whatever the line holds, it is a plain address."""
        found = self.address.search(line)
        if found is None:
            return None
        groups = found.groupdict()
        url = groups.get("url")
        return url.rstrip("/") if url else f"{self.scheme}://{groups['host']}"


def _address(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace("HOST", _HOST))


PROGRAMS: tuple[TunnelProgram, ...] = (
    TunnelProgram(
        "cloudflared",
        "cloudflared",
        ("cloudflared", "tunnel", "--url", "http://127.0.0.1:{port}"),
        # INF |  https://four-plain-words-here.trycloudflare.com  |
        _address(r"(?P<url>https://(?!api\.)[a-z0-9-]+\.trycloudflare\.com)"),
        "https://developers.cloudflare.com/cloudflare-one/connections/connect-networks/downloads/",
        "no account; another address at each start, and no promise that it stays up",
    ),
    TunnelProgram(
        "ngrok",
        "ngrok",
        ("ngrok", "http", "127.0.0.1:{port}", "--log", "stdout", "--log-format", "logfmt"),
        # lvl=info msg="started tunnel" obj=tunnels name=command_line addr=... url=https://x.ngrok-free.app
        _address(r'msg="started tunnel".* url="?(?P<url>https://HOST)'),
        "https://ngrok.com/download",
        "needs an account and its token on this machine (ngrok config add-authtoken)",
    ),
    TunnelProgram(
        "tailscale",
        "tailscale",
        ("tailscale", "funnel", "{port}"),
        # Available on the internet: / https://machine.tailnet.ts.net/
        _address(r"(?P<url>https://HOST\.ts\.net(?::[0-9]{1,5})?)(?![A-Za-z0-9.-])"),
        "https://tailscale.com/download",
        "Funnel must be allowed in your tailnet; the address stays and carries the machine's name",
    ),
    TunnelProgram(
        "localhost.run",
        "ssh",
        (
            "ssh",
            "-o",
            "ServerAliveInterval=30",
            "-o",
            "ExitOnForwardFailure=yes",
            "-T",
            "-R",
            "80:127.0.0.1:{port}",
            "nokey@localhost.run",
        ),
        # 8beaa541ba3dc2.lhr.life tunneled with tls termination, https://8beaa541ba3dc2.lhr.life
        _address(r"tunneled with tls termination, (?P<url>https://HOST)"),
        "OpenSSH, which most systems have",
        "no account; ssh must know the server's key: connect once by hand. The address changes every few hours",
    ),
    TunnelProgram(
        "zrok",
        "zrok",
        ("zrok", "share", "public", "http://127.0.0.1:{port}", "--headless"),
        # access your zrok share at the following endpoints: / https://token.share.zrok.io
        _address(r"(?P<host>[a-z0-9-]+\.shares?\.zrok\.io)"),
        "https://docs.zrok.io/docs/getting-started/",
        "needs an account, and this machine enabled for it (zrok enable)",
    ),
    TunnelProgram(
        "localtunnel",
        "lt",
        ("lt", "--port", "{port}", "--local-host", "127.0.0.1"),
        # your url is: https://four-plain-words-here.loca.lt
        _address(r"your url is: (?P<url>https://HOST)"),
        "npm install -g localtunnel",
        "no account; browsers are shown a page in between, webhooks are not",
    ),
    TunnelProgram(
        "bore",
        "bore",
        ("bore", "local", "{port}", "--local-host", "127.0.0.1", "--to", "bore.pub"),
        # INFO bore_cli::client: listening at bore.pub:34055
        _address(r"listening at (?P<host>HOST:[0-9]{1,5})"),
        "https://github.com/ekzhang/bore",
        "plain HTTP without TLS: payloads and signatures can be read on the way",
        scheme="http",
    ),
)
"""The most used first."""
EXPOSED = "Whoever knows the address can post to your listener."


def program(name: str) -> TunnelProgram | None:
    """The program of a name."""
    return next((each for each in PROGRAMS if each.name == name), None)

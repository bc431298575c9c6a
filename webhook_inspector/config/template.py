"""The commented file that `config init` writes. Every key of `config.load.KEYS` is in it."""

from __future__ import annotations

_TEMPLATE = """\
# Webhook Inspector. Found from the working folder upward; every line is optional.
# Remove the "# " before a line to use it. Relative paths start at this file.

# The log: one SQLite file with everything captured and sent.
# --log and the variable WEBHOOK_INSPECTOR_LOG go before it.
# log = "webhooks.db"

# What is said aloud. "new_shape": a payload of a structure that its event type never had. "failures 20% in 5m": of
# what is sent on, so much is not answered 2xx. "signatures 3 in a row": none of them holds. "silence 10m": nothing
# came. "undelivered 5m": something waits to be sent on. "disk 500MB or 5%": less is free (on without being written).
# All but the last two may end with the name of a source: "silence 10m stripe".
# alerts = ["new_shape"]
# Ring the terminal's bell at an alert while another window is looked at.
# alert_bell = false

# How the app looks. Without a line, the theme and the glyphs are chosen from what the terminal says of itself.
# [app]
# "dark", "light", "ansi" (the terminal's own colours), "contrast", or one of Textual's, for example "nord".
# theme = "dark"
# Draw with ASCII only, for fonts and terminals that draw other signs too wide. Bodies and headers stay as they are.
# ascii = false
# false leaves the mouse to the terminal: it selects and scrolls as everywhere else, and clicks do nothing.
# mouse = true
# "visible" shows the terminal's cursor on the selected row, for what follows it.
# cursor = "hidden"

# Other keys in the app: an id (`webhook-inspector keys` lists them) to a key or several. They take the place of those
# that it has. Enter, Escape and ctrl+c stay what they are.
# [keys]
# replay = "x"
# down = ["down", "ctrl+n"]

# [listen]
# Where to wait. Anything but loopback lets other machines send to you.
# host = "127.0.0.1"
# 0 picks a free port.
# port = 4400
# Longer bodies are answered 413 and kept as refused deliveries. Bytes, or text such as "100 MiB".
# max_body = "25 MiB"
# What the path of every request must begin with: https://YOUR.TUNNEL/<token>/stripe. Others are answered 404. At least
# 16 letters, digits, dots, dashes or underscores: "env:NAME", "keyring:NAME" or "file:PATH".
# path_token = "env:WEBHOOK_PATH_TOKEN"
# Who may send at all; 403 for others. Behind a tunnel every sender has a local address: use path_token there.
# allow_ips = ["127.0.0.1", "10.0.0.0/8", "2001:db8::/32"]
# Requests from one address; what comes faster is answered 429. Also "600/min".
# rate = "100/s"
# Connections open at once; the one that waited longest makes room.
# max_connections = 256
# A certificate and its key (PEM): the listener speaks https. `--tls` makes a pair for this machine.
# tls_cert = "cert.pem"
# tls_key = "key.pem"

# What the log keeps while something listens; the oldest go first. Without it nothing is ever deleted (`prune` does
# it by hand). What still waits to be sent on stays, and what is pinned. A source can have limits of its own.
# [retention]
# days = 30
# max_deliveries = 100000
# max_bytes = "2 GiB"

# Words in headers and bodies are found by an index, a twentieth of the log's size, made behind the acknowledgement.
# [search]
# index = true

# How severe changes of payload shapes are.
# [shapes]
# Paths that your code reads (their drift is one step more severe), and paths that it does not (additive).
# used = ["$.data.object.amount"]
# ignored = ["$.data.object.metadata"]
# Tools disagree on these three: "additive", "risky" or "breaking".
# enum_added = "risky"
# became_optional = "breaking"
# format_changed = "risky"
# Paths whose values differ in every delivery and say nothing, beside those that are known of each provider.
# volatile = ["$.data.request_number"]
# What tells forms of one event type apart; `shapes variants TYPE` proposes it.
# variants = { "invoice.paid" = "$.data.object.billing_reason" }

# What exports mask besides the built-in rules.
# [redact]
# headers = ["X-Internal-Token"]
# paths = ["$.customer.email"]

# A source is an inbound path. Requests that fit none belong to the source "default".
# [sources.stripe]
# path = "/stripe"
# Without a provider it is recognised from each delivery. `webhook-inspector providers list` names them.
# provider = "stripe"
# "env:NAME", "keyring:NAME" (kept by `secrets set NAME`) or "file:PATH"; with several, any may match, as while
# an old and a new one overlap.
# secrets = ["env:STRIPE_WEBHOOK_SECRET"]
# The address of this source as the sender knows it, for providers that sign it (Twilio, Square, HubSpot, ...).
# public_url = "https://example.ngrok.app/stripe"
# Values that some providers need beside the secret; `providers show NAME` names them.
# params = { webhook_id = "1JE4291016473214C" }
# Endpoint checks (Slack's challenge, Zoom's token, ...): "auto" answers those of the provider, "off" none; or names.
# handshake = "auto"
# Who may send to this source (403 for others), and the user and password that it asks for (401).
# allow_ips = ["192.0.2.10"]
# basic_auth = "env:SHOP_USER_AND_PASSWORD"
# What senders are answered; 200 without it. Also "503 first 3", "429 every 5 retry-after 2", "500 rate 0.2",
# "200 after 3s", "200 drip 3s", "hang", "reset every 4", "302 header Location=/x": to see what the provider does then.
# respond = "200"
# Send every delivery on as it arrives.
# forward = "http://127.0.0.1:3000/webhooks/stripe"
# "async" answers once a delivery is kept, and sends it on, in order, when the app is up; "sync" gives the app's answer.
# ack = "async"
# Limits of this source in the place of those of the whole log.
# retention = { days = 90, max_deliveries = 10000, max_bytes = "1 GiB" }

# Your own provider, in the format of the built-in ones (`webhook-inspector providers show stripe --json`).
# [providers.acme]
"""


def template() -> str:
    """The text of a new `webhook-inspector.toml`."""
    return _TEMPLATE

"""What each view must show as text, at every size: rows by place and pattern, and the keys of its last row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Row = tuple[int | None, str]
"""Where (from the top, or from the end when negative; None: anywhere) and a regular expression that is found there."""

SIZES = {"narrow": (80, 24), "wide": (120, 36), "widest": (200, 50)}

HEAD = r"^ whi    Log  Shapes  Runs  Stats  Sources +[●○] 127\.0\.0\.1:\d+    → .* deliveries    \? keys$"
"""The first row of every main view that has room for it."""
SHORT_HEAD = r"^ whi  ● :\d+ → (:\d+|–)   f .* deliver(y|ies)( +following)?$"
NARROW_LIST = r"^   TIME      SOURCE       TYPE {22}SIG  APP       SIZE      ID$"
LIST = r"^   TIME      SOURCE   TYPE {20}SIG  APP    │"
TABS = r"1 Body  2 Headers  3 Sig(nature)? [✓✗]  4 Shape( Δ)?  5 Runs( \d+)?  6 Raw"
RULE = r"[─━]{40,}"


@dataclass(frozen=True)
class Look:
    """One state of a view."""

    rows: tuple[Row, ...] = ()
    """At every size."""
    at: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)
    """At one size, by its name in `SIZES`."""
    keys: tuple[str, ...] = ()
    """In the last row, in this order."""
    main: bool = False
    """It is a main view: the header is its first row where there is room, else its own title."""
    columns: str = ""
    """How the row with the names of its columns begins; empty: it has none."""
    ends: str = r"^ *$"
    """A regular expression of the first row after the table."""
    right: tuple[str, ...] = ()
    """The columns that are set to the right."""


def _log(*rows: Row, narrow: tuple[Row, ...] = (), keys: tuple[str, ...] = (), wide: tuple[Row, ...] = ()) -> Look:
    """A state of the log that leaves its list in sight."""
    return Look(
        rows=rows,
        at={
            "narrow": ((0, SHORT_HEAD), (1, NARROW_LIST), *narrow),
            "wide": ((0, HEAD), (1, "^ f all deliveries"), (2, LIST), *wide),
            "widest": ((0, HEAD), (2, LIST), (2, "│ Signature [✓✗]$"), *wide),
        },
        keys=keys or ("⏎ open", "r replay", ". again", "d diff prev", "y copy", "! problem", "? keys"),
        columns="   TIME ",
        ends=r"^(?!...\d\d:\d\d:\d\d)",
        right=("APP", "SIZE", "ID"),
    )


def _tab(*rows: Row, mark: str = TABS) -> Look:
    """A state of the detail."""
    return Look(
        rows=((None, mark), (None, RULE), *rows),
        at={
            "narrow": ((0, SHORT_HEAD), (1, r"^ \S.* #\d+$"), (2, r"^ POST /\w+  ·  "), (5, f"^ {mark}$")),
            "wide": ((0, HEAD), (2, LIST), (2, r"│ \S.* #\d+$"), (6, f"│ {mark}$")),
            "widest": ((0, HEAD), (2, LIST), (2, r"#\d+ │ Signature [✓✗]$"), (6, f"│ {mark} +│")),
        },
        keys=("esc back", "/ search", "y copy", "r replay", "? keys"),
    )


_BOTTOM = ("? keys", "esc back")
_VERDICTS = (r"^.A #17 issues +2  200 ×2 +\d+ ms  ✓ looks safe", r"^▌C #19 message +2  200 409 +\d+ ms  ! refused")

LOOKS: dict[str, Look] = {
    "log": _log(
        (None, r"^▌  11:06:30  stripe +invoice\.paid +✓    200 Δ"),
        (None, r"^   11:06:35  github +push +✗      —"),
        (None, r"payment_int.*succeeded +✓    409 ×2"),
        narrow=((-2, r"^ ✓ signature  ·  app 200  ·  Δ new shape +#18  2\.1 KB$"), (-3, r"#20$")),
        wide=((-2, r"^ ✗ 1 signature   ✗ 2 app errors   ! next"), (6, TABS), (9, r'│     "id": "evt_')),
    ),
    "log-marked": _log(
        (None, "^ • 11:06:29  github"),
        (None, '^▌" 11:06:32  slack'),
        (-2, "^ Pinned 2 deliveries   they stay when others are pruned   p unpins$"),
        wide=((5, r'│ " seen by Ada'),),
    ),
    "body": _tab((None, r'"created": \d+, +2026-11-18T\d\d:\d\d:\d\dZ'), (None, r'"amount_paid": "42\.00",')),
    "headers": _tab((None, "  Signature and delivery"), (None, "  Stripe-Signature +t="), (None, "  The rest")),
    "signature": _tab(
        (None, "✗ The signature does not match"),
        (None, "It would match if the body had no trailing newline"),
        (None, "✗ 3  digest   the digests differ"),
    ),
    "shape": _tab((None, r"10 changes since #7 at 10:48:20   d opens the diff"), (None, r'~  data.*2420 → "42\.00"')),
    "attempts": _tab((None, "  SENT +RUN +AS +ANSWER +TIME"), (None, r"▾ \S+  1      original      ✓ 200")),
    "raw": _tab((None, r"▌  POST /stripe HTTP/1\.1"), (None, "  Content-Type: application/json; charset=utf-8")),
    "filter": Look(
        rows=((None, r"^ *▌ invoice\.paid +5   last 11:06:30"), (None, "⇥ complete   ↑↓ choose")),
        at={"narrow": ((0, "^ f type:in +0 of 20 +⏎ keep esc undo$"),), "wide": ((1, "^ f type:in +0 of 20 +⏎"),)},
        keys=("⏎ keep", "esc undo", "⇥ complete", "↑↓ choose"),
    ),
    "no-match": Look(
        rows=((-2, r"^ 0 of 20 match   did you mean type:invoice\.paid\?   esc clear the filter$"),),
        at={
            "narrow": ((0, r"f type:invoce\.paid +0 of 20$"),),
            "wide": ((1, r"^ f type:invoce\.paid +0 of 20$"), (None, "Nothing is selected")),
        },
        keys=("⏎ open", "? keys"),
    ),
    "first-run": Look(
        rows=(
            (None, r"^ +Waiting for the first webhook$"),
            (None, r"^ +Send it to +http://127\.0\.0\.1:\d+/        y copy$"),
            (None, r"▌  1  Send me a sample event +signed, over real HTTP"),
            (None, r"    5  Add a signing secret +Stripe, GitHub, .*any HMAC$"),
            (None, r"    6  Open a capture +HAR, mitmproxy"),
            (None, r"● .*on 127\.0\.0\.1 only · nothing leaves this machine$"),
        ),
        at={"narrow": ((0, SHORT_HEAD),), "wide": ((0, HEAD),), "widest": ((0, HEAD),)},
        keys=("⏎ choose", "y copy address", "^p commands", "q quit", "? keys"),
    ),
    "replay": Look(
        rows=(
            (0, r"^ Replay 3 deliveries +seed [0-9a-f]+  n new seed$"),
            (None, r"^ send to    http://127\.0\.0\.1:\d+ +t change$"),
            (None, r"a as captured +u duplicates +o out of order +c chaos +b burst +l late"),
            (None, r"^▌copies       ‹ 2 › "),
            (None, r"├─+┼.*┤$"),
            (None, r"^ A #17 issues .*×2$"),
            (None, r"^ captured order   A  B  C       replay order   B  A  A′  B′  C  C′$"),
            (None, "^ 6 requests +· "),
            (-2, "^ Nothing is sent before ⏎; targets are on this machine$"),
        ),
        at={"wide": ((None, "● first copy    ○ duplicate"), (None, "1 pair swapped$"))},
        keys=("⏎ send", "0-9 copies", "←→ change", "⇥ next field", "y copy", "w save plan", "esc cancel"),
    ),
    "result": Look(
        rows=(
            (0, r"^ Run \d+   3 deliveries, 6 requests .* ✗ 1 of 3 deliveries failed$"),
            (None, "^ DELIVERY +SENT  ANSWERS +SLOWEST  VERDICT$"),
            *((None, words) for words in _VERDICTS),
            (None, r"^ Is my handler safe to repeat\?$"),
            (None, "^   ! C  refused      answered 409; a provider reads that as a failure"),
            (-2, "^ Answers show what your handler said, not what it stored$"),
        ),
        at={"wide": ((0, r"6 requests to 127\.0\.0\.1:\d+ +finished in"), (None, "^ Checks$"))},
        keys=(". again", "r edit plan", "⏎ answers", "! problem", "y copy", *_BOTTOM),
        columns=" DELIVERY ",
        right=("SENT", "SLOWEST"),
    ),
    "answer": Look(
        rows=(
            (0, r"^ Run \d+   #19 message$"),
            (None, r"^ C  ·  copy 1  ·  send \d  ·  at .* 200 after \d+ ms  ·  11 B$"),
            (None, "^   · signed again with the published sample secret"),
            (None, r'^   \{"ok":true\}$'),
        ),
        keys=("j down", "k up", "y copy", *_BOTTOM),
    ),
    "runs": Look(
        rows=(
            (None, r"^▌    2  18 Nov 11:06.* 3 +6  127\.0\.0\.1:\d+ +\d.* s  ✗ 1 of 3"),
            (None, "^     1 .* 19 +19 "),
        ),
        at={"narrow": ((0, "^ Runs +2 runs$"),), "wide": ((1, "^ Runs +2 runs$"),)},
        main=True,
        keys=("⏎ open", "! problem", "y copy", *_BOTTOM),
        columns="   RUN ",
        right=("RUN", "OF", "SENT", "TOOK"),
    ),
    "check": Look(
        rows=(
            (0, r"^ Check 4 deliveries +\d+ passes   ✗ does not converge$"),
            (None, r"^ probe +http://127\.0\.0\.1:\d+/state +p change$"),
            (None, "^   ✗ idempotent   broken by trial"),
            (None, r"^   \? order        not tried: the passes were used up before it$"),
            (None, r"^   1\. #1 order\.created +200   original$"),
        ),
        at={"wide": ((None, r"^   expected   \{\}$"), (None, r'^   got        \{"a"'))},
        keys=("⏎ check", "t target", "r reset", "p probe", "w save plan", *_BOTTOM),
    ),
    "diff": Look(
        rows=(
            (0, r"^ Diff   invoice\.paid #18  against  invoice\.paid #7  18 min.* 10 changes$"),
            (None, r"^     PATH +#7 +#18$"),
            (None, r'^▌  ~ data\.object\.amount_paid +2420 +"42\.00"$'),
            (None, r"^   \+ data\.object\.discount +none +\{ 1 key \}$"),
            (None, "^   =  52 equal paths$"),
            (-2, r"^ data\.object\.amount_paid  ·  another type"),
        ),
        keys=("n next", "N before", "i ids too", "| side by side", "D other side", "X swap", "esc back"),
        columns="     PATH ",
    ),
    "diff-text": Look(
        rows=(
            (0, r"^ Diff   invoice\.paid #18  against .* 10 changes$"),
            (1, r"^   #7 +│ #18$"),
            (None, r'^ ~ +"amount_paid": 2420, +│ +"amount_paid": "42\.00",'),
        ),
        keys=("n next", "N before", "i ids too", "| side by side", "esc back"),
    ),
    "shapes": Look(
        rows=(
            (None, r"^ Shapes  order\.paid +3 shapes in 14 days, 70 deliveries$"),
            (None, r"^▌ S2 +[▁▂▃▄▅▆▇]+ +14  13 Nov 11:30    #45$"),
            (None, "^ S1 → S2   14 of the new shape since #45, 44 of the old$"),
            (None, r"^▌ − \$\.data\.object\.coupon +string, always +not there +breaking$"),
            (-2, "^ it was always there and is gone: code that reads it fails$"),
        ),
        main=True,
        keys=("⏎ its deliveries", "d diff two", "r replay one of each", "b mark as known", "esc back"),
        columns="  SHAPE ",
        right=("COUNT",),
    ),
    "stats": Look(
        rows=(
            (None, "^ Stats   ‹ last hour › +20 deliveries, 12 types$"),
            (None, r"^ Arriving +.*peak 4 .*at 11:06"),
            (None, r"rrors .*2 of 19   10\.5 %$"),
            (None, r"^▌stripe     invoice\.paid +5  ▆+ +0 +0 +0 +2$"),
            (None, r"^ github     push +1  ▆+ +1 +0 +0 +1$"),
            (None, "^ Worth a look   ! next$"),
            (None, r"^ Δ stripe invoice\.paid  new shape since 11:06$"),
        ),
        main=True,
        keys=("⏎ open", "← → range", "! problem", "y copy", "e save", *_BOTTOM),
        columns=" SOURCE ",
        right=("COUNT", "SIG ✗", "DUP", "APP ✗", "SHAPES"),
    ),
    "sources": Look(
        rows=(
            (None, r"^ Sources  3 sources .*~/webhook-inspector\.toml$"),
            (None, "^▌stripe +/stripe +stripe +✓ set …9f2c"),
            (None, "^ shopify +/shopify +shopify +none"),
            (None, r"^ stripe   http://127\.0\.0\.1:\d+/stripe$"),
            (None, "^  respond +– +a status such as 204"),
        ),
        at={"wide": ((3, "PROVIDER +SECRET +SENT ON TO +LAST  GOOD +SEEN$"),)},
        main=True,
        keys=("⏎ edit", "a add", "x delete", "u undo", "t deliver to", "i from the internet", "esc back"),
        columns=" NAME ",
        ends="^ *$|http://",
        right=("LAST", "GOOD", "SEEN"),
    ),
    "source-edit": Look(
        rows=((None, "^▌ provider +‹ stripe ›|^▌ provider +stripe "), (-2, "for example stripe$")),
        at={"narrow": ((-2, "^ whose webhooks come here; without, seen from each; for example stripe$"),)},
        main=True,
        keys=("⏎ edit", "x delete", "u undo", "? keys", "esc list"),
    ),
    "source-field": Look(rows=((-2, r"^ name  stripe +⏎ keep  esc undo$"), (-1, "^$")), main=True),
    "no-sources": Look(
        rows=(
            (None, "^ Sources  0 sources"),
            (None, "^   A source is a path of its own at this listener:$"),
            (None, r"^   a adds one   its file: ~/webhook-inspector\.toml$"),
        ),
        main=True,
        keys=("a add", "t deliver to", "i from the internet", *_BOTTOM),
    ),
    "alerts": Look(
        rows=(
            (0, "^ Alerts +2 alerts$"),
            (2, r"^▌\d\d:\d\d:\d\d +Δ .*#20 is the first invoice\.paid of a new shape$"),
            (3, r"^ \d\d:\d\d:\d\d +! .*github: 3 signatures in a row did not hold"),
        ),
        at={"wide": ((3, "! signatures 3 in a row       github"),)},
        keys=("⏎ open", "y copy", *_BOTTOM),
    ),
    "no-alerts": Look(
        rows=((0, "^ Alerts$"), (2, r"^   No alert since this started\.$"), (4, "^   rules   new_shape$")),
        keys=("⏎ open", "y copy", *_BOTTOM),
    ),
    "tunnel": Look(
        rows=(
            (0, r"^ Reach it from the internet +http://127\.0\.0\.1:\d+$"),
            (None, r"^ ! Whoever knows the address can post to your listener\.$"),
            (None, r"^▌ cloudflared    cloudflared tunnel --url http://127\.0\.0\.1:\d+$"),
            (None, r"^  ngrok          not here: https://ngrok\.com/download$"),
            (-2, "^ no account; another address at each start"),
        ),
        keys=("⏎ run", "y copy", *_BOTTOM),
    ),
    "export": Look(
        rows=(
            (0, "^ Save 1 delivery +into ~$"),
            (2, "^▌ fixture         a versioned JSON fixture for tests$"),
            (None, r"^ invoice\.paid\.json +27 places replaced, 18 texts kept$"),
            (None, "^ replaced  header Stripe-Signature, "),
            (None, '^   "format": "webhook-inspector-fixture",$'),
        ),
        keys=("⏎ write it", "o originals or pseudonyms", "p elsewhere", *_BOTTOM),
    ),
    "commands": Look(
        rows=(
            (2, "^  › re$"),
            (3, r"^▌ Replay: plan first, then send +r$"),
            (4, r"^  Repeat the last replay now +\.$"),
        ),
    ),
    "help": Look(
        rows=(
            (0, "^ Keys of Log +type to search$"),
            (1, "^ search$"),
            (None, "^ Move"),
            (None, r"^   ⏎        open the detail"),
            (None, " Look( |$)"),
        ),
        keys=("↓↑ scroll", "esc back"),
    ),
    "copy": _log(keys=("copy", "c curl", "b body", "h headers", "i id", "r report", "f to a file", "esc")),
    "prompt": Look(
        rows=((-2, r"^ note on #18  anything; empty takes it away +⏎ keep  esc undo$"), (-1, "^$")),
    ),
}  # fmt: skip
"""By the name of the state in `scenarios.STATES`."""

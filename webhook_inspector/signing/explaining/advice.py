"""Where a proved cause usually comes from. General knowledge, worded as such; nothing here is claimed of a request."""

from __future__ import annotations

from collections.abc import Mapping

_RAW_BODY = (
    "In your handler, verify the raw bytes before any body parser: express.raw() for express.json(), request.get_data()"
    " in Flask, request.body in Django, await request.body() in FastAPI, request.raw_post in Rails."
)
_URL = "A tunnel or proxy usually changes scheme, host or port: set public_url of the source to what the provider has."

ADVICE: Mapping[str, tuple[str, ...]] = {
    "trailing_newline_changed": (
        "Usually an editor, `echo` or a shell heredoc added a newline, or `curl -d @file` removed it.",
        "With curl, send files with --data-binary @file: -d drops line ends.",
    ),
    "line_endings_changed": (
        "Usually an editor, a Windows checkout (git autocrlf) or `curl -d @file` changed the line ends.",
        "With curl, send files with --data-binary @file: -d drops line ends.",
    ),
    "other_source_secret": (
        "Usually two endpoints of one provider: each has a secret of its own, and test and live ones differ too.",
        "See which path the provider calls, and which source that is here.",
    ),
    "bom_added": ("Usually an editor on Windows, or PowerShell's Out-File, wrote a byte order mark.",),
    "bom_removed": ("Usually a text reader on the way dropped the byte order mark.",),
    "body_reserialized": (
        "Usually a body parser read the JSON and something wrote it again: a framework, a function, an API gateway.",
        _RAW_BODY,
    ),
    "body_reserialized_key_order": (
        "Usually the JSON was parsed and written with sorted keys, or kept in a store that orders keys (jsonb).",
        _RAW_BODY,
    ),
    "body_reserialized_escapes": (
        "Usually another library parsed the JSON and wrote it: Python escapes non-ASCII, PHP slashes, Go < > &.",
        _RAW_BODY,
    ),
    "body_reserialized_number_precision": (
        "Usually JavaScript parsed the JSON: numbers above 2^53 lose digits, and 1.0 becomes 1.",
        _RAW_BODY,
    ),
    "body_reserialized_form_order": ("Usually a framework parsed the form and encoded it again.", _RAW_BODY),
    "form_body_unwrapped": ("Usually a framework took the JSON out of the form field before it was verified.",),
    "body_transcoded": ("Usually the bytes were decoded and encoded as text with another character set.",),
    "body_compressed": ("Usually a proxy compressed the body after it was signed.",),
    "body_tampered": (_RAW_BODY,),
    "secret_has_surrounding_whitespace": (
        "Usually copied with a line end: `echo secret > file` adds one (printf does not), and so do some .env readers.",
    ),
    "secret_not_decoded": ("This provider's secret is hex or base64 and must be decoded to bytes before it is a key.",),
    "secret_wrongly_decoded": ("This provider's secret looks encoded, but its text itself is the key, or part of it.",),
    "wrong_algorithm": ("Usually an older signature header was read, or the digest in the code is another one.",),
    "wrong_encoding": ("Usually the digest was printed in hex where base64 is meant, or the other way round.",),
    "hex_case": ("Most receivers compare the text: write the hex digits in small letters.",),
    "prefix_missing": ("Usually the prefix was cut off before the value was passed on.",),
    "wrong_scheme_version": ("The provider signs in several versions: look at its version header or settings.",),
    "wrong_signed_content": ("Usually the joiner or the order in hand-written signing code differs from the docs.",),
    "timestamp_not_signed": ("This provider signs the time together with the body.",),
    "url_not_signed": ("This provider signs the URL together with the body.",),
    "timestamp_wrong_unit": ("Date.now() gives milliseconds, time.time() and most providers use seconds.",),
    "timestamp_altered": ("Usually the time was made twice: once for the header and once for the signature.",),
    "stale_timestamp": ("Usually a replay of an old request, a queue that held it back, or a clock that is wrong.",),
    "future_timestamp": ("Usually a clock that is wrong: here, or at the sender.",),
    **{f"url_mismatch_{part}": (_URL,) for part in ("scheme", "port", "path", "query", "host")},
}
"""Sentences by reason code."""

"""What became of the secret on its way into the configuration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from webhook_inspector.providers.model import KeySpec
from webhook_inspector.signing.case import Case, Match
from webhook_inspector.signing.explaining.api import Variation
from webhook_inspector.signing.keys import Key, decode_base64, decode_hex, read_key, read_keys

_INVISIBLE = "\ufeff\u200b\u200c\u200d\u2060"


_MOST_SPARE = 50


def spare_secret(case: Case, _result: Match) -> Iterator[Variation]:
    """A secret that is configured for another source."""
    for secret in case.spare[:_MOST_SPARE]:
        text = secret.value if case.recipe.uses_public_key else None
        keys = read_keys(case.recipe, [secret], text)
        if keys and keys[0].data not in {key.data for key in case.keys}:
            yield Variation("other_source_secret", f"it were checked with {secret.label}", replace(case, keys=keys))


def read_secret(case: Case, _result: Match) -> Iterator[Variation]:
    """White space, prefixes, and decoding of each secret."""
    if case.recipe.uses_public_key:
        yield from _public_keys(case)
        return
    known = {key.data for key in case.keys}
    for secret in case.secrets:
        seen = set(known)
        for reason, what, data in _other_keys(case.recipe.key, secret.value):
            if data and data not in seen:
                seen.add(data)
                yield Variation(reason, what, replace(case, keys=(Key(data, secret.value, secret.label),)))


def _other_keys(spec: KeySpec, text: str) -> Iterator[tuple[str, str, bytes | None]]:
    blanks = "secret_has_surrounding_whitespace"
    trimmed = text.strip().strip(_INVISIBLE).strip()
    quoted = trimmed.strip("'\"")
    if trimmed != text:
        yield blanks, "the secret had no white space around it", read_key(spec, trimmed)
    if quoted != trimmed:
        yield blanks, "the secret had no quotes around it", read_key(spec, quoted)
    bare = quoted.removeprefix("whsec_")
    as_text = "secret_wrongly_decoded" if spec.decode == "utf8" else "secret_not_decoded"
    plain = replace(spec, strip=(), decode="utf8")
    yield as_text, "the secret were used as text", read_key(plain, quoted)
    yield as_text, "the secret were used as text with whsec_ before it", read_key(plain, f"whsec_{bare}")
    yield as_text, "the secret were used as text without whsec_", read_key(plain, bare)
    standard = bare.replace("-", "+").replace("_", "/")
    yield "secret_wrongly_decoded", "the secret were decoded from base64", decode_base64(standard)
    yield "secret_wrongly_decoded", "the secret were decoded from hex", decode_hex(bare)
    yield blanks, "the secret ended with a line feed", (text + "\n").encode("utf-8", "replace")
    if spec.derive is not None:
        yield "secret_not_decoded", f"the secret were not hashed with {spec.derive} first", quoted.encode()


def _public_keys(case: Case) -> Iterator[Variation]:
    """The key that is there, read in the other forms in which keys are handed out."""
    recipe = case.recipe
    for key in case.keys or tuple(Key(b"", secret.value, secret.label) for secret in case.secrets):
        text = key.text.strip().strip("'\"")
        for decode in ("hex", "base64", "spki-base64", "pem", "x509-pem"):
            spec = KeySpec(strip=recipe.key.strip, decode=decode)
            data = read_key(spec, text)
            if data and decode != recipe.key.decode:
                what = f"the key were read as {decode}, not as {recipe.key.decode}"
                changed = replace(recipe, key=spec)
                keys = (Key(data, key.text, key.label),)
                yield Variation("secret_wrongly_decoded", what, replace(case, recipe=changed, keys=keys))

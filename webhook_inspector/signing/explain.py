"""Why a signature does not match: one thing at a time is changed until it does, which proves the cause.

Each step is a function that yields variations of the case, cheapest first; `STEPS` is the whole ladder. What
is found is reported as "matches if ...", never as valid. The search is bounded by the number of tries and by
the bytes that are hashed, not by the clock, so that the same delivery always gets the same explanation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from webhook_inspector.providers.model import HMACS, KeySpec, Recipe, SignatureSpec
from webhook_inspector.providers.template import parse_template
from webhook_inspector.signing import digests, jsontext
from webhook_inspector.signing.case import Case, Match
from webhook_inspector.signing.keys import Key, decode_base64, decode_hex, read_key
from webhook_inspector.signing.matching import match

MAX_TRIES = 150
MAX_HASHED_BYTES = 24 << 20
"""About 60 ms of SHA-256; a body of 10 KiB with all tries needs 2 MB."""
_REPLACEMENT = "\ufffd".encode()


@dataclass(frozen=True, slots=True)
class Variation:
    """The case with one thing changed."""

    reason: str
    """Stable code of the cause."""
    matches_if: str
    """What was changed, as the end of "it matches if ..."."""
    case: Case


@dataclass(frozen=True, slots=True)
class Explanation:
    """What the search proved."""

    reason: str | None = None
    sentences: tuple[str, ...] = ()
    matches_if: tuple[str, ...] = ()


Step = Callable[[Case, Match], Iterator[Variation]]


def explain(case: Case, result: Match) -> Explanation:
    """Search for the one change that makes a signature match.

    Args:
        case: What was asked.
        result: The answer: no match, or a problem with the signature's form.
    """
    tries = 0
    hashed = 0
    if case.recipe.signature is not None:
        for step in STEPS:
            for variation in step(case, result):
                cost = (len(variation.case.request.body) + 500) * max(1, len(variation.case.keys))
                if tries >= MAX_TRIES or hashed + cost > MAX_HASHED_BYTES:
                    return on_sight(case, result)
                tries += 1
                hashed += cost
                if match(variation.case).key is not None:
                    return Explanation(
                        variation.reason, (f"It would match if {variation.matches_if}.",), (variation.matches_if,)
                    )
    return on_sight(case, result)


# Step: how the signature is written


def written_signature(case: Case, _result: Match) -> Iterator[Variation]:
    """Prefix, case, encoding and algorithm of the signature."""
    recipe, spec = case.recipe, case.recipe.signature
    assert spec is not None
    if spec.prefix:
        yield _with_spec(case, replace(spec, prefix=""), "prefix_missing", f"it started with `{spec.prefix}`")
    if recipe.algorithm == "token":
        for word in ("Bearer ", "Basic ", "Token "):
            changed = replace(spec, prefix=word)
            yield _with_spec(case, changed, "wrong_encoding", f"the value were sent without `{word.strip()}`")
        return
    if spec.encoding == "hex" and spec.case == "exact":
        yield _with_spec(case, replace(spec, case="fold"), "hex_case", "its hex digits were in lower case")
    for encoding in ("hex", "base64", "base64url"):
        if encoding != spec.encoding:
            changed = replace(spec, encoding=encoding, case="fold" if encoding == "hex" else "exact")
            what = f"it were written in {spec.encoding}, not in {encoding}"
            yield _with_spec(case, changed, "wrong_encoding", what)
    if recipe.algorithm in HMACS:
        for algorithm in HMACS:
            if algorithm != recipe.algorithm:
                what = f"it were {_title(recipe.algorithm)}, not {_title(algorithm)}"
                yield Variation("wrong_algorithm", what, replace(case, recipe=replace(recipe, algorithm=algorithm)))


def _with_spec(case: Case, spec: SignatureSpec, reason: str, what: str) -> Variation:
    return Variation(reason, what, replace(case, recipe=replace(case.recipe, signature=spec)))


def _title(algorithm: str) -> str:
    return algorithm.replace("hmac-", "HMAC-").replace("sha", "SHA-").replace("md5", "MD5")


# Step: what became of the secret


def read_secret(case: Case, _result: Match) -> Iterator[Variation]:
    """White space, prefixes, and decoding of each secret."""
    if case.recipe.uses_public_key:
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
    trimmed = text.strip()
    quoted = trimmed.strip("'\"")
    if trimmed != text:
        yield blanks, "the secret had no white space around it", read_key(spec, trimmed)
    if quoted != trimmed:
        yield blanks, "the secret had no quotes around it", read_key(spec, quoted)
    bare = quoted.removeprefix("whsec_")
    as_text = "secret_wrongly_decoded" if spec.decode == "utf8" else "secret_not_decoded"
    yield as_text, "the secret were used as text", quoted.encode("utf-8", "replace")
    yield as_text, "the secret were used as text with whsec_ before it", b"whsec_" + bare.encode("utf-8", "replace")
    yield as_text, "the secret were used as text without whsec_", bare.encode("utf-8", "replace")
    standard = bare.replace("-", "+").replace("_", "/")
    yield "secret_wrongly_decoded", "the secret were decoded from base64", decode_base64(standard)
    yield "secret_wrongly_decoded", "the secret were decoded from hex", decode_hex(bare)
    yield blanks, "the secret ended with a line feed", (text + "\n").encode("utf-8", "replace")


# Step: what became of the body


def changed_body(case: Case, _result: Match) -> Iterator[Variation]:
    """Line ends, byte order mark, and JSON that was written again."""
    body = case.request.body
    seen = {body}
    for reason, what, other in _other_bodies(body):
        if other not in seen:
            seen.add(other)
            request = replace(case.request, body=other)
            yield Variation(reason, what, replace(case, request=request))


def _other_bodies(body: bytes) -> Iterator[tuple[str, str, bytes]]:
    reason = "trailing_newline_changed"
    if body[-1:] in {b"\n", b"\r"}:
        yield reason, "the body had no trailing newline", body.rstrip(b"\r\n")
        yield reason, "the body had one trailing newline less", body[:-2] if body.endswith(b"\r\n") else body[:-1]
        yield reason, "the body had no white space at its ends", body.strip()
    else:
        yield reason, "the body had a trailing newline", body + b"\n"
        yield reason, "the body had a trailing CR LF", body + b"\r\n"
    if b"\n" in body or b"\r" in body:
        line_feeds = body.replace(b"\r\n", b"\n")
        reason = "line_endings_changed"
        yield reason, "the body had LF, not CR LF, at its line ends", line_feeds
        yield reason, "the body had CR LF, not LF, at its line ends", line_feeds.replace(b"\n", b"\r\n")
    if body.startswith(b"\xef\xbb\xbf"):
        yield "bom_added", "the body had no byte order mark", body[3:]
    for rewriting, text in jsontext.rewritten(body):
        yield rewriting.reason, f"the JSON body were written {rewriting.name}", text
        if not body.endswith(b"\n"):
            what = f"the JSON body were written {rewriting.name} and ended with a newline"
            yield rewriting.reason, what, text + b"\n"


# Step: the content that gets signed


def signed_content(case: Case, _result: Match) -> Iterator[Variation]:
    """The body alone, and other joiners, for recipes that sign a time as well."""
    recipe = case.recipe
    if recipe.signed is None or recipe.timestamp is None or len(recipe.signed.parts) == 1:
        return
    for text, what in _other_templates(recipe):
        changed = replace(recipe, signed=parse_template(text))
        reason = "timestamp_not_signed" if text == "{body}" else "wrong_signed_content"
        yield Variation(reason, what, replace(case, recipe=changed))


def _other_templates(recipe: Recipe) -> Iterable[tuple[str, str]]:
    assert recipe.signed is not None
    text = recipe.signed.text
    yield "{body}", "only the body were signed, without the time"
    for old in ("}.{", "}:{", "}{"):
        if old in text:
            for new in ("}.{", "}:{", "}{"):
                if new != old:
                    joiner = {"}.{": "full stops", "}:{": "colons", "}{": "nothing"}[new]
                    yield text.replace(old, new), f"{joiner} joined the parts of what is signed"
            break


STEPS: tuple[Step, ...] = (written_signature, read_secret, changed_body, signed_content)
"""The ladder, cheapest first. A further step is one more function here."""


# What can be seen without a proof


def on_sight(case: Case, result: Match) -> Explanation:
    """What the form of the signature alone says, without a proof."""
    spec = case.recipe.signature
    name = digests.hash_name(case.recipe.algorithm)
    if result.problem is not None or spec is None or spec.encoding == "text" or name is None or not case.keys:
        return Explanation()
    lengths = {length: other for other, length in digests.DIGEST_BYTES.items()}
    size = digests.DIGEST_BYTES[name]
    for text in result.found.signatures:
        given = digests.decode(text, spec.encoding)
        if given is not None and len(given) == size:
            break
        if given is not None and len(given) in lengths:
            other = lengths[len(given)].replace("sha", "SHA-")
            what = f"The signature is as long as one of {other}, not of {name.replace('sha', 'SHA-')}."
            return Explanation("wrong_algorithm", (what,))
        for encoding in ("hex", "base64", "base64url"):
            data = digests.decode(text, encoding)
            if encoding != spec.encoding and data is not None and len(data) == size:
                return Explanation("wrong_encoding", (f"The signature is in {encoding}, not in {spec.encoding}.",))
        form = f"{name.replace('sha', 'SHA-')} in {spec.encoding}"
        what = f"The signature has {len(text)} characters, which is not the length of {form}."
        return Explanation("header_malformed", (what,))
    if _REPLACEMENT in case.request.body:
        what = (
            "The body holds replacement characters (U+FFFD), as when bytes that are not UTF-8 were decoded on the way;"
            " if so, the bytes that were signed are lost."
        )
        return Explanation("body_transcoded", (what,))
    if len(result.found.signatures) > 1:
        return Explanation("none_of_several_signatures")
    return Explanation()

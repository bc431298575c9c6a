"""Why the signature holds or not: headline, cause in plain words, the steps, what would have matched, where to look."""

from __future__ import annotations

import re
from collections.abc import Sequence

from webhook_inspector.core import units
from webhook_inspector.core.delivery import Record
from webhook_inspector.core.marks import SIGNATURE_MARKS
from webhook_inspector.core.verification import Verification, VerificationStatus
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.tui.safe import Line, Piece, clean, fit
from webhook_inspector.tui.tabs.api import Tab
from webhook_inspector.tui.widgets.documents import Document, FixedDocument

_S = VerificationStatus

HEADLINES = {
    _S.VALID: "The signature holds",
    _S.INVALID: "The signature does not match",
    _S.STALE: "The signature matches, but its time is out",
    _S.MISSING: "There is no signature",
    _S.MALFORMED: "The signature cannot be read",
    _S.NO_SECRET: "Not checked: no secret is set",
    _S.UNSUPPORTED: "Not checked: this scheme is known but cannot be checked here",
    _S.UNSIGNED: "Nothing to check",
}
_STEPS = ("header", "parse", "age", "digest")
_RESULTS: dict[VerificationStatus, str] = {
    _S.VALID: "✓✓✓✓",
    _S.INVALID: "✓✓ ✗",
    _S.STALE: "✓✓✗✓",
    _S.MISSING: "✗   ",
    _S.MALFORMED: "✓✗  ",
}
"""Result of each step: `✓`, `✗`, or a space for one that says nothing."""


_PREFIX = re.compile(r"(sha\d+|v\d+a?)=")


def build(inspector: Inspector, record: Record, _flipped: bool) -> Document:
    """The verification, made again now with what is configured now."""
    return explain(inspector.verify(record.delivery.id), record, above=_handshake(inspector, record))


def _handshake(inspector: Inspector, record: Record) -> list[Line]:
    """The endpoint check that the delivery is, and what it leaves to the user."""
    handshaken = inspector.handshake(record.delivery)
    if handshaken is None:
        return []
    from webhook_inspector.engine.handshake import what_to_do  # noqa: PLC0415 (the first screen has no signature)

    left = what_to_do(record.delivery, handshaken)
    words = [Line.of("  ") + Line.captured(left)] if left else []
    return [Line.of(("strong", f"An endpoint check, answered as {handshaken.name} expects")), *words, Line()]


def explain(verification: Verification, record: Record, *, above: Sequence[Line] = ()) -> FixedDocument:
    """A verification as lines, below others."""
    lines = [*above, *_headline(verification), Line(), *_scheme(verification)]
    arrival = record.facts.verification
    if arrival.status is not verification.status and arrival.status is not _S.UNSIGNED:
        lines.append(
            _labelled("at arrival", Line.of(SIGNATURE_MARKS[arrival.status][::-1], ("dim", f" {arrival.status.value}")))
        )
    lines += [Line(), *_steps(verification, len(record.delivery.request.body))]
    if verification.matches_if:
        lines += [Line(), Line.of(("strong", "What would have matched"))]
        lines += [Line.of(("ok", "  ✓  "), ("text", each)) for each in verification.matches_if]
        lines += _difference(verification)
    lines += _advice(verification, record)
    return FixedDocument(lines, values=_values(lines, verification))


def _headline(verification: Verification) -> list[Line]:
    sign, role = SIGNATURE_MARKS[verification.status]
    strong = role if role in {"bad", "ok", "warn"} else "strong"
    lines = [Line((Piece(f"{sign} ", role), Piece(HEADLINES[verification.status], strong)))]
    if verification.explanation:
        lines.append(Line.of("  ") + Line.captured(verification.explanation))
    return lines


def _labelled(label: str, line: Line) -> Line:
    return Line.of(("dim", fit(label, 12))) + line


def _scheme(verification: Verification) -> list[Line]:
    lines: list[Line] = []
    if verification.provider or verification.scheme:
        name = " · ".join(part for part in (verification.provider, verification.scheme) if part)
        lines.append(_labelled("scheme", Line.of(name)))
    if verification.secret_label:
        lines.append(_labelled("secret", Line.of(verification.secret_label)))
    if verification.covers_body is False:
        lines.append(
            _labelled("covers", Line.of(("warn", "! "), "not the whole body: a change elsewhere would not be noticed"))
        )
    if verification.valid_now is not None and verification.valid_now != verification.valid:
        now = "it would hold" if verification.valid_now else "it would be too old: replay signs afresh"
        lines.append(_labelled("sent now", Line.of(now)))
    return lines


def _steps(verification: Verification, body_size: int) -> list[Line]:
    results = _RESULTS.get(verification.status)
    if results is None:
        return []
    skew = verification.skew_seconds
    words = {
        "header": "the signature is there"
        if results[0] == "✓"
        else "the signature, or the time it needs, is not there",
        "parse": "it can be read" if results[1] == "✓" else "it cannot be read",
        "age": "no time is signed" if skew is None else _age(skew),
        "digest": "the digests are equal" if results[3] == "✓" else "the digests differ",
    }
    lines: list[Line] = []
    number = 0
    for step, result in zip(_STEPS, results, strict=True):
        if result == " " and not (step == "age" and skew is not None and verification.status is _S.INVALID):
            continue
        number += 1
        role = {"✓": "ok", "✗": "bad"}.get(result, "dim")
        lines.append(
            Line.of((role, f"{result.replace(' ', '·')} "), ("dim", f"{number}  {fit(step, 9)}"), ("text", words[step]))
        )
        if step == "digest":
            lines += _digests(verification, body_size)
    return lines


def _digests(verification: Verification, body_size: int) -> list[Line]:
    lines: list[Line] = []
    if verification.expected and not verification.valid:
        expected = verification.expected
        if not any(_PREFIX.match(each) for each in verification.received):
            expected = _PREFIX.sub("", expected)  # so that the two can be compared
        lines.append(Line.of(("dim", f"     {fit('expected', 10)}")) + Line.captured(expected[:200]))
    label = Line.of(("dim", f"     {fit('received', 10)}"))
    lines += [label + Line.captured(each[:200]) for each in verification.received[:5]]
    if verification.signed_content is not None:
        signed = verification.signed_content
        start = signed[:40].decode("utf-8", "backslashreplace")
        size = (
            f"   {units.size(len(signed))}, of which body {units.size(body_size)}" if verification.covers_body else ""
        )
        more = "…" if len(signed) > 40 else ""
        lines.append(
            Line.of(("dim", f"     {fit('signed', 10)}")) + Line.captured(start + more) + Line.of(("dim", size))
        )
    return lines


def _difference(verification: Verification) -> list[Line]:
    """What was signed above what arrived, around the first place where they differ."""
    from webhook_inspector.signing.difference import difference  # noqa: PLC0415 (as above)

    found = difference(verification)
    if found is None:
        return []
    cut = "…" if found.at > len(found.before) else ""
    more = Line.of(("dim", "…")) if found.more else Line()

    def row(label: str, part: bytes, role: str, size: int) -> Line:
        shown = Line.of((role, clean(part))) if part else Line.of(("dim", "(nothing)"))
        start = Line.of(("dim", f"     {fit(label, 12)}{cut}{clean(found.before)}"))
        return start + shown + Line.of(("dim", clean(found.after))) + more + Line.of(("dim", f"   {size} B"))

    return [
        row("was signed", found.signed, "ok", found.signed_bytes),
        row("arrived", found.here, "bad", found.here_bytes),
        Line.of(("dim", f"     {fit('', 12)}from byte {found.at} of what is signed")),
    ]


def _age(skew: float) -> str:
    words = units.duration(abs(skew) * 1000)
    return f"signed {words} before it arrived" if skew >= 0 else f"signed {words} after it arrived: a clock is wrong"


def _advice(verification: Verification, record: Record) -> list[Line]:
    status = verification.status
    source = record.delivery.source
    name = "my-source" if source == "default" else source
    provider = verification.provider or record.facts.provider
    words: list[str] = []
    if verification.advice:
        words = list(verification.advice)
    elif status is _S.INVALID and verification.matches_if:
        words = [
            "something between the sender and here changed what was signed: a proxy, a function, an editor",
            "in your handler: verify the raw bytes, before any JSON parser or middleware touches them",
        ]
    elif status is _S.INVALID:
        words = [
            "another secret than the sender's: test and live, old and rotated ones differ",
            "a proxy, function or framework that re-writes the body before it arrives here",
        ]
        if verification.covers_body:
            words.append("in your handler: verify the raw bytes, before any JSON parser or middleware touches them")
    elif status is _S.NO_SECRET:
        variable = f"{(provider or 'MY').upper().replace('-', '_')}_WEBHOOK_SECRET"
        words = [
            "in webhook-inspector.toml:",
            f"    [sources.{name}]",
            f'    path = "{record.delivery.request.path[:60] or "/"}"',
            *([f'    provider = "{provider}"'] if provider else []),
            f'    secrets = ["env:{variable}"]',
            "or `O` in the app: paste the secret there, and it is kept",
            f'or `webhook-inspector secrets set {provider or name}`, then secrets = ["keyring:{provider or name}"]',
        ]
    elif status is _S.STALE:
        words = [
            "the clock of this machine",
            "a sender or a tunnel that held the delivery back",
            "an old request sent again",
        ]
    elif status in {_S.MISSING, _S.MALFORMED}:
        words = ["signing may be off at the provider", "a proxy that removes or re-writes headers"]
    if not words:
        return []
    title = "Where this usually comes from" if verification.advice else "Where to look"
    title = "Add the secret" if status is _S.NO_SECRET else title
    lines = [Line(), Line.of(("strong", title)), *(Line.of("  ") + Line.captured(each) for each in words)]
    if status is _S.NO_SECRET or (status is _S.INVALID and not verification.matches_if):
        act = "screen.try_secret"
        lines += [Line(), Line.of(Piece("t", "key", act), Piece(" tries a secret, and keeps it nowhere", "dim", act))]
    return lines


def _values(lines: list[Line], verification: Verification) -> dict[int, str]:
    found: dict[int, str] = {}
    for index, line in enumerate(lines):
        if line.text.startswith("     expected") and verification.expected:
            found[index] = verification.expected
    return found


def badge(record: Record) -> Line:
    """The glyph of the result at arrival."""
    sign, role = SIGNATURE_MARKS[record.facts.verification.status]
    return Line() if role == "dim" else Line.of((role, sign))


TAB = Tab(3, "Signature", "Sig", build, badge)

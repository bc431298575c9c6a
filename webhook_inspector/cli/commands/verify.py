"""`verify`: signatures of deliveries, or of requests in a file."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from webhook_inspector.cli import completing, diagnostics
from webhook_inspector.cli.group import command, query_argument
from webhook_inspector.cli.output import Output, Styled
from webhook_inspector.cli.queries import several
from webhook_inspector.cli.render import signature
from webhook_inspector.cli.session import Session
from webhook_inspector.core.display import show
from webhook_inspector.core.verification import Verification
from webhook_inspector.errors import InputError, UsageError


@command(
    "verify",
    examples=[
        ("verify last --explain", "Check the newest delivery and say how."),
        ("verify provider:stripe --secret env:NEW_SECRET", "Check deliveries with another secret."),
        ("verify --requests requests.json --json", "Check requests of a file; needs no log."),
    ],
    exits={0: "every signature is valid", 1: "at least one is not"},
)
@query_argument()
@click.option(
    "--provider",
    metavar="NAME",
    shell_complete=completing.providers,
    help="Verify as this provider instead of the recognised one.",
)
@click.option("--scheme", metavar="NAME", help="Use this recipe of the provider.")
@click.option(
    "--secret",
    "secrets",
    multiple=True,
    metavar="SECRET",
    help="Secret, env:NAME, keyring:NAME or file:PATH; repeatable, any may match.",
)
@click.option("--url", metavar="URL", help="The address that the sender used, for schemes that sign it.")
@click.option(
    "--param",
    "params",
    multiple=True,
    metavar="NAME=VALUE",
    help="A value that the scheme needs beside the secret, for example webhook_id=...; repeatable.",
)
@click.option("--explain", is_flag=True, help="Print what was signed, and what would have matched.")
@click.option("--requests", "requests_file", metavar="FILE", help="Verify the requests of a JSON file; - reads stdin.")
@click.pass_obj
def run(
    session: Session,
    *,
    query: tuple[str, ...],
    provider: str | None,
    scheme: str | None,
    secrets: tuple[str, ...],
    url: str | None,
    params: tuple[str, ...],
    explain: bool,
    requests_file: str | None,
) -> int:
    """Verify signatures, at the time of arrival.

    QUERY names deliveries: numbers or a filter; without one all are verified.
    """
    if requests_file is not None:
        if query or provider or scheme or secrets or url or params:
            raise UsageError(
                "--requests takes all from the file:"
                " leave out QUERY, --provider, --scheme, --secret, --url and --param."
            )
        return _verify_file(session, requests_file, explain=explain)
    values = _values(params)
    resolved = session.secrets(secrets) if secrets else None
    good = True
    with session.inspector(readonly=True) as inspector:
        for problem in inspector.sources.problems if resolved is None else ():
            diagnostics.warn(problem)
        for number in several(inspector, query):
            result = inspector.verify(
                number, provider=provider, scheme=scheme, secrets=resolved, url=url, params=values
            )
            good = good and result.valid
            _print(session, number, result, explain=explain)
    return 0 if good else 1


def _values(params: tuple[str, ...]) -> dict[str, str]:
    values: dict[str, str] = {}
    for param in params:
        name, equals, value = param.partition("=")
        if not equals or not name:
            raise UsageError(f"--param {show(param, 60)}: write NAME=VALUE, for example webhook_id=1JE4291016473214C.")
        values[name] = value
    return values


def _verify_file(session: Session, name: str, *, explain: bool) -> int:
    data = _read(name)
    from webhook_inspector.engine.verify_file import verify_file

    good = True
    for identifier, result in verify_file(data, show(name), session.config.providers, session.clock):
        good = good and result.valid
        _print(session, identifier, result, explain=explain)
    return 0 if good else 1


def _print(session: Session, identifier: int | str, result: Verification, *, explain: bool) -> None:
    if session.json:
        from webhook_inspector.engine.contract import verification_json

        session.out.record(verification_json(result, identifier))
        return
    name = f"#{identifier}" if isinstance(identifier, int) else identifier
    scheme = result.scheme or result.provider or "-"
    session.out.line(name, "  ", signature(result.status), "  ", scheme, "  ", result.explanation)
    if explain:
        _explain(session.out, result)


def _read(name: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its name is not valid"
        raise InputError(f"{show(name)} cannot be read ({reason}): check the path.") from None


def _explain(out: Output, result: Verification) -> None:
    covers = {True: "the whole body is signed", False: "the body is not signed as a whole", None: ""}
    now = {True: "the same request would be accepted now", False: "the same request would be refused now", None: ""}
    skew = result.skew_seconds
    signed = result.signed_content
    facts = [
        ("reason", result.reason.replace("_", " ")),
        ("covers", covers[result.covers_body]),
        ("age", "" if skew is None else f"{skew:.1f} s between signing and arrival"),
        ("now", now[result.valid_now]),
        ("secret", result.secret_label or ""),
        ("signed", "" if signed is None else f"{len(signed)} bytes: {show(signed)}"),
        *(("received", value) for value in result.received),
        # A correct signature is as good as a password to the endpoint: only for the eyes of the user.
        ("expected", (result.expected or "") if out.terminal else ""),
        *(("matches if", change) for change in result.matches_if),
        *_where(result),
        *(("usually", advice) for advice in result.advice),
    ]
    for name, value in facts:
        if value:
            out.line("    ", Styled(name.ljust(12), "dim"), show(value, 400))


def _where(result: Verification) -> list[tuple[str, str]]:
    from webhook_inspector.signing.difference import difference

    found = difference(result)
    if found is None:
        return []
    more = ", and more after it" if found.more else ""
    was, came = (show(part) if part else "nothing" for part in (found.signed, found.here))
    return [
        ("differs", f"from byte {found.at} on, after {show(found.before)}"),
        ("was signed", f"{was}{more}   ({found.signed_bytes} bytes in all)"),
        ("arrived", f"{came}{more}   ({found.here_bytes} bytes in all)"),
    ]


COMMAND = run

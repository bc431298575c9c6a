"""What `doctor` says about the listener: who reaches it, what it asks of them, how many it can serve."""

from __future__ import annotations

from collections.abc import Iterator

from webhook_inspector.cli.finding import Finding
from webhook_inspector.cli.session import Session
from webhook_inspector.core.display import show
from webhook_inspector.errors import InspectorError

_ENOUGH_DESCRIPTORS = 1024


def door(session: Session) -> Iterator[Finding]:
    """Address, secrets at the door, certificate, descriptors. Nothing is opened or made."""
    yield _bind(session)
    yield from _secrets(session)
    yield _tls(session)
    yield _descriptors(session)


def _bind(session: Session) -> Finding:
    from webhook_inspector.config.listen import is_local

    listen = session.config.listen
    place = f"{show(listen.host, 80)} port {listen.port}"
    if is_local(listen.host):
        asks = " (a tunnel makes it public: listen.path_token keeps strangers out)" if not listen.path_token else ""
        return Finding("listen", "ok", f"{place}: only this machine{asks}")
    if listen.path_token or listen.allow_ips:
        return Finding("listen", "note", f"{place}: other machines can send what path_token and allow_ips let in")
    return Finding(
        "listen", "note", f"{place}: every machine that reaches this one can send; set listen.path_token or allow_ips"
    )


def _secrets(session: Session) -> Iterator[Finding]:
    from webhook_inspector.engine.access import Access
    from webhook_inspector.engine.kept_secrets import secret_store

    config = session.config
    asks = [name for name in ("path_token", "allow_ips", "rate") if getattr(config.listen, name)]
    asks += [f"{source.name}.allow_ips" for source in config.sources if source.allow_ips]
    asks += [f"{source.name}.basic_auth" for source in config.sources if source.basic_auth]
    if not asks:
        return
    try:
        Access(config, session.env, secret_store().lookup).gate()
    except InspectorError as error:
        yield Finding("access", "wrong", error.message)
    else:
        yield Finding("access", "ok", f"asks for {', '.join(asks)}")


def _tls(session: Session) -> Finding:
    from webhook_inspector.engine.certificate import certificate, own_path

    listen = session.config.listen
    if listen.tls_cert is None:
        made = own_path()
        there = f"; the one that --tls made is {show(str(made), 300)}" if made.exists() else ""
        return Finding("tls", "ok", f"no certificate is configured: plain http unless --tls is given{there}")
    try:
        found = certificate(listen, session.clock, wanted=False)
    except InspectorError as error:
        return Finding("tls", "wrong", error.message)
    assert found is not None
    left = found.days_left(session.clock)
    if left < 0:
        return Finding("tls", "wrong", f"the certificate ended {-left} days ago: renew it. {found.sentence}")
    status, soon = ("note", " (renew it soon)") if left < 30 else ("ok", "")
    return Finding("tls", status, f"{left} days left{soon}. {found.sentence}")


def _descriptors(session: Session) -> Finding:
    from webhook_inspector.engine.environment import descriptor_limit, within_descriptors

    limit, most = descriptor_limit(), session.config.listen.max_connections
    served = within_descriptors(most)
    if limit is None:
        return Finding("descriptors", "ok", f"no limit that counts; {served} connections at once")
    if served < most:
        return Finding(
            "descriptors", "note",
            f"{limit} files and sockets, so {served} connections at once, not {most}: run `ulimit -n 4096` before",
        )  # fmt: skip
    status = "ok" if limit >= _ENOUGH_DESCRIPTORS else "note"
    return Finding("descriptors", status, f"{limit} files and sockets, {served} connections at once")

"""The keyword arguments of `replay` and `check`, named as the options of the command line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypedDict

from webhook_inspector.config.reader import nearest
from webhook_inspector.engine.replay_options import ReplayOptions, SendOptions
from webhook_inspector.errors import UsageError

ASAP: Literal["asap"] = "asap"


class How(TypedDict, total=False):
    """How requests are sent."""

    resign: bool
    """Sign again with the present time (as it is without a word), or send what was captured."""
    secret: str | None
    """Signs from now on; None: the provider's test secret, which `secret(provider)` gives."""
    test_key: bool
    """Let a key pair of your own stand in where only the provider has the private key."""
    headers: Mapping[str, str]
    """Headers to set."""
    expect: str
    """What every answer must be: `"2xx"` without a word, `"200"`, `"200,409"`, `"any"`."""
    retry_policy: str | None
    """Send failures again as this provider would."""
    timeout: float
    """Seconds that an answer may take; 30 without a word."""
    allow_remote: bool
    """Whether the target may be another machine."""


class Faults(TypedDict, total=False):
    """What is done to the deliveries. None leaves a fault out; a number stands for its text."""

    times: int
    """Copies of each delivery."""
    concurrent: bool
    """Those copies at the same instant."""
    duplicate: float | str | None
    """Probability that a delivery is sent again: `0.5`, `"1:fresh-id"`, `"1:later=200ms"`."""
    delay: str | None
    """`"500ms"`, `"0-2s"`, `"exp:200ms"`."""
    jitter: str | None
    reorder: str | int | None
    """A window such as `3`, `"shuffle"`, `"reverse"`, `"swap"`, `"by-type"`."""
    drop: float | str | None
    lose: float | str | None
    """Probability that an answer is lost, so that the delivery comes again."""
    cut: float | str | None
    reset: float | str | None
    drip: float | str | None
    burst: int | str | None
    tamper: str | None
    """Copies that must be refused: `"body"`, `"signature"`, `"missing"`, `"stale"` or `"all"`."""
    rate: float | None
    """At most so many sends a second."""
    in_flight: int
    """At most so many requests at once; with 1 the target sees the order of the plan."""


class ReplayArguments(How, Faults, total=False):
    """Both."""


_HOW = frozenset(How.__annotations__)
_PLAIN = ("times", "concurrent", "rate")
_SPECS = tuple(name for name in Faults.__annotations__ if name not in {*_PLAIN, "in_flight"})


def split(given: Mapping[str, Any], known: type = ReplayArguments) -> tuple[How, Faults]:
    """Arguments, told apart.

    Raises:
        UsageError: One is not known.
    """
    names = {*How.__annotations__, *(Faults.__annotations__ if known is ReplayArguments else ())}
    for name in given:
        if name not in names:
            raise UsageError(f"Unknown argument {name}, {nearest(name, names)}")
    how: Any = {name: value for name, value in given.items() if name in _HOW}
    faults: Any = {name: value for name, value in given.items() if name not in _HOW}
    return how, faults


def send_options(how: How) -> SendOptions:
    """How requests are sent, in the engine's words."""
    return SendOptions(
        allow_remote=how.get("allow_remote", False),
        sign="now" if how.get("resign", True) else "captured",
        test_key=how.get("test_key", False),
        set_headers=tuple(how.get("headers", {}).items()),
        expect=how.get("expect", "2xx"),
        timeout_s=how.get("timeout", 30.0),
        retry_policy=how.get("retry_policy"),
    )


def replay_options(faults: Faults, *, speed: float | Literal["asap"], seed: int) -> ReplayOptions:
    """The choices of a replay in the engine's words."""
    given: dict[str, Any] = dict(faults)
    specs: dict[str, Any] = {name: _text(given[name]) for name in _SPECS if given.get(name) is not None}
    plain: dict[str, Any] = {name: given[name] for name in _PLAIN if name in given}
    return ReplayOptions(
        **specs,
        **plain,
        concurrency=faults.get("in_flight", 1),
        speed=None if speed == ASAP else float(speed),
        seed=seed,
    )


def _text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)

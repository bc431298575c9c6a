"""Filling a sample: placeholders for identifiers and times, and structures that are shared.

In any string of a data file:

* `{name}` is the value of that name: one of the file's `make` table (the same wherever it stands in one sample or
  story) or a word about the event (`event.name`, `event.title`);
* `{=name}` as the whole string is that value as a number;
* `{time.s}`, `{time.ms}`, `{time.iso}`, ... are the moment of the event, and `{time.s-60}` a minute before it; in the
  place of `time` stands any name of the file's `moments` table;
* `{@name}` as the whole string is the structure of that name in the file's `shared` table.

An object with a member `@` is the shared structure of that name with the object's other members over it: objects are
merged, `{-}` takes a member away, anything else replaces what was there.

In the `make` table `{alnum 14}`, `{upper 9}`, `{hex 40}`, `{digits 9}` and `{uuid}` are drawn from the random source.
"""

from __future__ import annotations

import math
import random
import re
import string
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

from webhook_inspector.core.clock import NS_PER_S

_PLACE = re.compile(r"\{(=?)([a-z][a-z0-9_.]*)([+-]\d+)?\}")
_WHOLE_SHARED = re.compile(r"\{@([a-z][a-z0-9_]*)\}")
_DRAW = re.compile(r"\{(alnum|lower|upper|hex|digits|uuid)(?: (\d+))?\}")
_ALPHABETS = {
    "alnum": string.ascii_letters + string.digits,
    "lower": string.ascii_lowercase + string.digits,
    "upper": string.ascii_uppercase + string.digits,
    "hex": "0123456789abcdef",
}
_SHOP_ZONE = timezone(timedelta(hours=1))
_OVER = "@"
GONE = "{-}"
"""Stands for a member that is not there."""


class SampleDataError(ValueError):
    """A data file names something that it does not define."""


class NotANumberError(ValueError):
    """A value that has to be a number is none."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def draw(template: str, rng: random.Random) -> str:
    """A template of the `make` table with its random parts drawn."""

    def drawn(match: re.Match[str]) -> str:
        kind, count = match.group(1), int(match.group(2) or 0)
        if kind == "uuid":
            digits = f"{rng.getrandbits(128):032x}"
            variant = "89ab"[rng.getrandbits(2)]
            return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"
        if kind == "digits":
            return str(rng.randrange(10 ** (count - 1), 10**count))
        return "".join(rng.choice(_ALPHABETS[kind]) for _ in range(count))

    return _DRAW.sub(drawn, template)


_TIMES: Mapping[str, Callable[[datetime, int], str]] = {
    "s": lambda _moment, ns: str(ns // NS_PER_S),
    "s_us": lambda _moment, ns: f"{ns // NS_PER_S}.{ns % NS_PER_S // 1000:06d}",
    "ms": lambda _moment, ns: str(ns // 1_000_000),
    "iso": lambda moment, _ns: moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
    "iso_ms": lambda moment, _ns: moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z",
    "iso_us": lambda moment, _ns: moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    "iso_utc": lambda moment, _ns: moment.isoformat(timespec="seconds"),
    "naive": lambda moment, _ns: moment.strftime("%Y-%m-%dT%H:%M:%S"),
    "naive_us": lambda moment, _ns: moment.strftime("%Y-%m-%dT%H:%M:%S.%f"),
    "offset": lambda moment, _ns: moment.astimezone(_SHOP_ZONE).isoformat(timespec="seconds"),
    "mail": lambda moment, _ns: format_datetime(moment),
    "utc": lambda moment, _ns: moment.strftime("%Y-%m-%d %H:%M:%S UTC"),
    "slack": lambda _moment, ns: f"{ns // NS_PER_S}.{ns % NS_PER_S // 1000:06d}",
    "date": lambda moment, _ns: moment.strftime("%Y-%m-%d"),
}


class Filler:
    """Fills the strings of one event.

    Args:
        values: Names and their texts.
        shared: Structures that may be referred to.
        moments: Names and their times, nanoseconds since the epoch, UTC; `time` is the event's own.
    """

    def __init__(self, values: Mapping[str, str], shared: Mapping[str, Any], moments: Mapping[str, int]) -> None:
        self._values = values
        self._shared = shared
        self._moments = moments

    def fill(self, template: Any) -> Any:
        """A copy of a JSON value with every placeholder replaced.

        Raises:
            SampleDataError: A placeholder names nothing.
            NotANumberError: The value of a `{=name}` is no number.
        """
        if isinstance(template, dict):
            members = {key: self.fill(value) for key, value in template.items() if key != _OVER}
            return _merged(self._structure(template[_OVER]), members) if _OVER in template else members
        if isinstance(template, list):
            return [self.fill(value) for value in template]
        if not isinstance(template, str):
            return template
        whole = _WHOLE_SHARED.fullmatch(template)
        if whole is not None:
            return self._structure(whole.group(1))
        number = _PLACE.fullmatch(template)
        if number is not None and number.group(1):
            return _number(self._value(number), number.group(2))
        return _PLACE.sub(self._value, template)

    def _structure(self, name: str) -> Any:
        if name not in self._shared:
            raise SampleDataError(f"nothing is shared as {name!r}")
        return self.fill(self._shared[name])

    def _value(self, match: re.Match[str]) -> str:
        name, shift = match.group(2), match.group(3)
        if name in self._values and shift is None:
            return self._values[name]
        moment, _, form = name.partition(".")
        write = _TIMES.get(form)
        if write is None or moment not in self._moments:
            raise SampleDataError(f"nothing is called {match.group(0)!r}")
        ns = self._moments[moment] + int(shift or 0) * NS_PER_S
        return write(datetime.fromtimestamp(ns // NS_PER_S, UTC).replace(microsecond=ns % NS_PER_S // 1000), ns)


def _number(text: str, name: str) -> int | float:
    try:
        number = float(text) if "." in text else int(text)
    except ValueError:
        raise NotANumberError(name) from None
    if not math.isfinite(number):  # JSON has no such number
        raise NotANumberError(name)
    return number


def _merged(base: Any, over: dict[str, Any]) -> dict[str, Any]:
    """The members of `over` over those of `base`: see the top."""
    if not isinstance(base, dict):
        raise SampleDataError("only an object can have members put over it")
    result = dict(base)
    for key, value in over.items():
        here = result.get(key)
        if value == GONE:
            result.pop(key, None)
            continue
        result[key] = _merged(here, value) if isinstance(here, dict) and isinstance(value, dict) else value
    return result

"""Filling a sample: placeholders for identifiers and times.

In any string of a data file:

* `{name}` is the value of that name: one of the file's `make` table (the same wherever it stands in one sample), a time
  or a word about the event (`event.name`, `event.title`);
* `{=name}` as the whole string is that value as a number;
* `{@name}` as the whole string is the structure of that name in the file's `shared` table;
* `{time.s}`, `{time.ms}`, `{time.iso}`, ... are the moment of the event, and `{time.s-60}` a minute before it.

In the `make` table `{alnum 14}`, `{upper 9}`, `{hex 40}`, `{digits 9}` and `{uuid}` are drawn from the random source.
"""

from __future__ import annotations

import random
import re
import string
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from webhook_inspector.core.clock import NS_PER_S

_PLACE = re.compile(r"\{(=?)([a-z][a-z0-9_.]*)([+-]\d+)?\}")
_WHOLE_SHARED = re.compile(r"\{@([a-z][a-z0-9_]*)\}")
_DRAW = re.compile(r"\{(alnum|upper|hex|digits|uuid)(?: (\d+))?\}")
_ALPHABETS = {
    "alnum": string.ascii_letters + string.digits,
    "upper": string.ascii_uppercase + string.digits,
    "hex": "0123456789abcdef",
}
_SHOP_ZONE = timezone(timedelta(hours=1))


class SampleDataError(ValueError):
    """A data file names something that it does not define."""


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
    "ms": lambda _moment, ns: str(ns // 1_000_000),
    "iso": lambda moment, _ns: moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
    "iso_ms": lambda moment, _ns: moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z",
    "iso_us": lambda moment, _ns: moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    "offset": lambda moment, _ns: moment.astimezone(_SHOP_ZONE).isoformat(timespec="seconds"),
    "utc": lambda moment, _ns: moment.strftime("%Y-%m-%d %H:%M:%S UTC"),
    "slack": lambda _moment, ns: f"{ns // NS_PER_S}.{ns % NS_PER_S // 1000:06d}",
    "date": lambda moment, _ns: moment.strftime("%Y-%m-%d"),
}


class Filler:
    """Fills the strings of one sample.

    Args:
        words: Names that are known before anything is drawn.
        make: Templates of identifiers, drawn in order.
        shared: Structures that may be referred to.
        now_ns: The moment of the event, nanoseconds since the epoch, UTC.
        rng: Where identifiers come from.
    """

    def __init__(
        self,
        words: Mapping[str, str],
        make: Mapping[str, str],
        shared: Mapping[str, Any],
        *,
        now_ns: int,
        rng: random.Random,
    ) -> None:
        self._values = dict(words)
        for name, template in make.items():
            self._values[name] = draw(template, rng)
        self._shared = shared
        self._now_ns = now_ns

    def fill(self, template: Any) -> Any:
        """A copy of a JSON value with every placeholder replaced.

        Raises:
            SampleDataError: A placeholder names nothing.
        """
        if isinstance(template, dict):
            return {key: self.fill(value) for key, value in template.items()}
        if isinstance(template, list):
            return [self.fill(value) for value in template]
        if not isinstance(template, str):
            return template
        whole = _WHOLE_SHARED.fullmatch(template)
        if whole is not None:
            if whole.group(1) not in self._shared:
                raise SampleDataError(f"nothing is shared as {whole.group(1)!r}")
            return self.fill(self._shared[whole.group(1)])
        number = _PLACE.fullmatch(template)
        if number is not None and number.group(1):
            return int(self._value(number))
        return _PLACE.sub(self._value, template)

    def _value(self, match: re.Match[str]) -> str:
        name, shift = match.group(2), match.group(3)
        if name.startswith("time."):
            write = _TIMES.get(name.removeprefix("time."))
            if write is not None:
                ns = self._now_ns + int(shift or 0) * NS_PER_S
                return write(datetime.fromtimestamp(ns // NS_PER_S, UTC).replace(microsecond=ns % NS_PER_S // 1000), ns)
        elif name in self._values and shift is None:
            return self._values[name]
        raise SampleDataError(f"nothing is called {match.group(0)!r}")

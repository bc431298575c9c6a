"""The choices of the replay screen as a record: steppers, presets, and the command line that does the same."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from webhook_inspector.engine.replay_options import ReplayOptions, SendOptions

MAX_COPIES = 999
Values = tuple[tuple[str, Any], ...]
"""The steps of a stepper: (words, value)."""

APART: Values = (
    ("at once", None),
    ("together", "concurrent"),
    ("0.5 s apart", "later=500ms"),
    ("2 s apart", "later=2s"),
    ("10 s apart", "later=10s"),
    ("1 – 5 s apart", "later=1-5s"),
)
DELAY: Values = (
    ("none", None),
    ("0 – 0.5 s", "0-500ms"),
    ("0 – 2.5 s", "0-2.5s"),
    ("0 – 10 s", "0-10s"),
    ("0.5 s", "500ms"),
    ("2 s", "2s"),
    ("10 s", "10s"),
)
JITTER: Values = (("none", None), ("± 50 ms", "50ms"), ("± 200 ms", "200ms"), ("± 1 s", "1s"), ("± 5 s", "5s"))
ORDER: Values = (
    ("captured", None),
    ("neighbours swap", "swap"),
    ("within 3", "3"),
    ("within 5", "5"),
    ("shuffled", "shuffle"),
    ("reversed", "reverse"),
)
SPEED: Values = (
    ("×0.5", 0.5),
    ("×1", 1.0),
    ("×2", 2.0),
    ("×5", 5.0),
    ("×10", 10.0),
    ("×100", 100.0),
    ("no gaps", None),
)
IN_FLIGHT: Values = (("1", 1), ("2", 2), ("4", 4), ("8", 8), ("16", 16), ("32", 32))
SIGNING: Values = (
    ("fresh", "now"),
    ("captured time", "keep"),
    ("stale time", "stale"),
    ("own test key", "test-key"),
    ("as captured", "captured"),
)


_SIGNING_WORDS: dict[str, list[str]] = {"now": [], "captured": ["--as-captured"], "test-key": ["--test-key"]}


@dataclass(frozen=True, slots=True)
class ReplayForm:
    """What the user chose."""

    seed: int
    copies: int = 1
    apart: str | None = None
    delay: str | None = None
    jitter: str | None = None
    order: str | None = None
    speed: float | None = 1.0
    in_flight: int = 1
    tamper: str | None = None
    """Copies that must be refused, as `--tamper` takes them; set by a preset."""
    signing: str = "now"
    """One of `SIGN_CHOICES`, or `test-key`: now, and with a key of the user's own where only the provider has one."""

    def options(self) -> ReplayOptions:
        """As the engine takes them."""
        apart = self.apart if self.copies > 1 else None
        return ReplayOptions(
            times=1 if apart else self.copies,
            duplicate=f"times={self.copies}:{apart}" if apart else None,
            delay=self.delay,
            jitter=self.jitter,
            reorder=self.order,
            tamper=self.tamper,
            speed=self.speed,
            concurrency=self.in_flight,
            seed=self.seed,
        )

    def sending(self) -> SendOptions:
        """How the engine sends."""
        own = self.signing == "test-key"
        return SendOptions(sign="now" if own else self.signing, test_key=own)

    def random(self) -> bool:
        """Whether the seed matters."""
        return (
            self.jitter is not None
            or any("-" in (spec or "") for spec in (self.delay, self.apart))
            or (self.order in {"3", "5", "shuffle"})
        )

    def command(self, ids: Sequence[int], target: str) -> str:
        """The command line that plans and sends the same."""
        made = self.options()
        words = ["webhook-inspector", "replay", *map(str, ids), "--to", target]
        words += ["--times", str(made.times)] if made.times > 1 else []
        words += ["--in-flight", str(made.concurrency)] if made.concurrency > 1 else []
        for name, spec in (
            ("--duplicate", made.duplicate),
            ("--delay", made.delay),
            ("--jitter", made.jitter),
            ("--reorder", made.reorder),
            ("--tamper", made.tamper),
        ):
            words += [name, spec] if spec is not None else []
        if made.speed != 1.0:
            words += ["--speed", "asap" if made.speed is None else f"{made.speed:g}"]
        words += ["--seed", str(self.seed)] if self.random() else []
        words += _SIGNING_WORDS.get(self.signing, ["--sign-time", self.signing])
        return shlex.join(words)


@dataclass(frozen=True, slots=True)
class Field:
    """One stepper: `copies ‹ 2 › each delivery twice`."""

    name: str
    """Name of the field of `ReplayForm`."""
    label: str
    values: Values
    """Empty for the number of copies."""

    def words(self, form: ReplayForm) -> str:
        """The chosen step in words."""
        value = getattr(form, self.name)
        for words, known in self.values:
            if known == value and type(known) is type(value):
                return words
        return str(value)

    def changed(self, form: ReplayForm, step: int) -> ReplayForm:
        """The form with this field one step up or down; steppers stop at their ends."""
        if not self.values:
            return replace(form, copies=max(1, min(MAX_COPIES, form.copies + step)))
        known = [value for _, value in self.values]
        value = getattr(form, self.name)
        index = known.index(value) if value in known else 0
        made: ReplayForm = replace(form, **{self.name: known[max(0, min(len(known) - 1, index + step))]})
        return made


FIELDS: tuple[Field, ...] = (
    Field("copies", "copies", ()),
    Field("order", "order", ORDER),
    Field("apart", "copies come", APART),
    Field("speed", "speed", SPEED),
    Field("delay", "delay", DELAY),
    Field("in_flight", "in flight", IN_FLIGHT),
    Field("jitter", "jitter", JITTER),
    Field("signing", "signing", SIGNING),
)
"""In the order of `⇥`; drawn in two columns, row by row."""

PRESETS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("a", "as captured", {}),
    ("u", "duplicates", {"copies": 2, "apart": "later=2s"}),
    ("o", "out of order", {"order": "swap"}),
    ("c", "chaos", {"copies": 2, "apart": "later=500ms", "order": "shuffle"}),
    ("b", "burst", {"speed": None, "in_flight": 16}),
    ("l", "late", {"delay": "0-2.5s", "in_flight": 4}),
    ("x", "forged", {"tamper": "all"}),
)
"""Letter, name, and what it sets; everything else goes back to as captured."""


def with_preset(form: ReplayForm, letter: str) -> ReplayForm:
    """The form that a preset makes; seed and signing stay."""
    settings = next(settings for known, _, settings in PRESETS if known == letter)
    made: ReplayForm = replace(ReplayForm(seed=form.seed, signing=form.signing), **settings)
    return made


def preset_of(form: ReplayForm) -> str | None:
    """The letter of the preset that the form is at, or None."""
    return next((letter for letter, _, _ in PRESETS if with_preset(form, letter) == form), None)


def hint(field: Field, form: ReplayForm) -> str:
    """What a choice means, in a few words."""
    return _HINTS[field.name](form)


def _copies(form: ReplayForm) -> str:
    return "each is sent once" if form.copies == 1 else f"each is sent {form.copies} times"


def _apart(form: ReplayForm) -> str:
    if form.copies == 1:
        return ""
    return {None: "right after each other", "concurrent": "in flight at once"}.get(form.apart, "after the one before")


def _order(form: ReplayForm) -> str:
    words = {None: "as they arrived", "swap": "1 2 3 4 → 2 1 4 3", "reverse": "last first", "shuffle": "random"}
    return words.get(form.order, "places, random")


def _speed(form: ReplayForm) -> str:
    if form.speed is None:
        return "as soon as possible"
    return "gaps as captured" if form.speed == 1 else "shorter gaps" if form.speed > 1 else "longer gaps"


def _random_time(spec: str | None, fixed: str) -> str:
    return "" if spec is None else "random, for each send" if "-" in spec else fixed


def _signing(form: ReplayForm) -> str:
    return {
        "now": "signed for now where it can be",
        "keep": "signed again for its own time",
        "stale": "too old on purpose: to be refused",
        "test-key": "also what only providers sign",
        "captured": "old signature and time",
    }[form.signing]


_HINTS: dict[str, Callable[[ReplayForm], str]] = {
    "copies": _copies,
    "apart": _apart,
    "order": _order,
    "speed": _speed,
    "delay": lambda form: _random_time(form.delay, "for each send"),
    "jitter": lambda form: "" if form.jitter is None else "random, for each send",
    "in_flight": lambda form: "one at a time" if form.in_flight == 1 else "requests at most",
    "signing": _signing,
}

"""A counterexample of `check` as a pytest module, with its fixture and its plan beside it."""

from __future__ import annotations

from pathlib import Path

from webhook_inspector.cli.files import write_new
from webhook_inspector.core.display import show
from webhook_inspector.engine.checking import CheckOptions
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.errors import UsageError
from webhook_inspector.export.shell import comment
from webhook_inspector.replay import planfile
from webhook_inspector.replay.convergence import PROPERTIES, Counterexample
from webhook_inspector.replay.convergence.plans import labels, to_plan
from webhook_inspector.replay.plan import PlanItem

_MODULE = '''\
"""The smallest sequence that broke a handler, as `webhook-inspector check` found it.

It must hold: {meaning}.

Needs webhook-inspector beside pytest. Start the handler on test data, then run

    WEBHOOK_TARGET=http://127.0.0.1:3000/hooks WEBHOOK_SECRET=... python -m pytest {name}

WEBHOOK_SECRET is the secret that the handler checks signatures with; secrets in the fixture are masked.
"""

import os
from pathlib import Path

HERE = Path(__file__).parent
TARGET = os.environ.get("WEBHOOK_TARGET") or {target}
SECRET = os.environ.get("WEBHOOK_SECRET") or None
PROBE = {probe}
RESET = {reset}

{sends}


def test_{kind}(webhook_inspector):
    checked = webhook_inspector.check(
        HERE / {fixture},
        plan=HERE / {plan},
        to=TARGET,
        probe=PROBE,
        reset=RESET,
        secret=SECRET,
    )
    checked.assert_converges()
'''


def check_name(name: str) -> None:
    """Refuse a name that pytest would not collect, before anything is sent.

    Raises:
        UsageError: It is none of a Python file.
    """
    if Path(name).suffix != ".py" or not Path(name).stem.isidentifier():
        raise UsageError(f"--save-test {show(name, 100)} is not the name of a test, for example test_order.py.")


def save_test(
    inspector: Inspector,
    found: Counterexample,
    items: tuple[PlanItem, ...],
    options: CheckOptions,
    *,
    to: str,
    path: Path,
) -> list[Path]:
    """Write the module, the fixture and the plan; gives their paths.

    Raises:
        UsageError: One of them is there already.
        InputError: A secret would be left in the fixture.
    """
    trial = found.trial
    fixture, plan = (path.with_name(f"{path.stem}.{word}.json") for word in ("fixture", "plan"))
    for each in (path, fixture, plan):
        if each.exists():
            raise UsageError(f"{show(str(each), 300)} is there already: choose another name.")
    names = {item.delivery_id: item.label for item in items}
    sends = [
        comment(f"{place}. #{send.delivery} {show(names.get(send.delivery, ''), 80)}: {', '.join(words)}")
        for place, (send, words) in enumerate(zip(trial.sends, labels(trial), strict=True), 1)
    ]
    text = _MODULE.format(
        meaning=PROPERTIES[trial.kind], name=ascii(path.name)[1:-1], target=ascii(to), probe=_called(options.probe),
        reset=_called(options.reset), sends="\n".join(sends), kind=trial.kind, fixture=ascii(fixture.name),
        plan=ascii(plan.name),
    )  # fmt: skip
    data = inspector.export(list(trial.deliveries), "fixture")
    write_new(fixture, data, force=False)
    write_new(plan, planfile.dump(to_plan(trial, items, options.seed)), force=False)
    write_new(path, text.encode("ascii"), force=False)
    return [path, fixture, plan]


def _called(what: object) -> str:
    return ascii(what) if isinstance(what, str) else "None"

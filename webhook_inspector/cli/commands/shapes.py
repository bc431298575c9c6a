"""`shapes`: what payloads look like, what changed about that, and what a team relies on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from webhook_inspector.cli import diagnostics
from webhook_inspector.cli.files import write_new
from webhook_inspector.cli.group import HouseCommand, HouseGroup, QueryWord
from webhook_inspector.cli.output import Styled
from webhook_inspector.cli.queries import one, several
from webhook_inspector.cli.render import Cell, Columns
from webhook_inspector.cli.session import Session
from webhook_inspector.core.display import show
from webhook_inspector.core.units import plural
from webhook_inspector.engine.quarantine import FOLDER
from webhook_inspector.errors import InputError, UsageError

if TYPE_CHECKING:
    from webhook_inspector.engine.inspector import Inspector
    from webhook_inspector.engine.shape_views import DriftReport
    from webhook_inspector.shapes.schema import Pin

PINS = FOLDER
_STYLES = {"breaking": "bad", "risky": "warn", "additive": "ok"}
_MARKS = {"breaking": "✗", "risky": "!", "additive": "+"}


def _learnt(inspector: Inspector) -> None:
    """Learn from what is new, with progress."""
    inspector.shapes.learn(lambda done, newest: diagnostics.progress(f"learning: delivery {done} of {newest}"))
    diagnostics.progress("")


@click.pass_obj
def _list(session: Session) -> None:
    """List the event types whose payloads were seen, and how varied they are."""
    from webhook_inspector.engine.shape_contract import learned_json

    with session.inspector() as inspector:
        _learnt(inspector)
        rows = inspector.shapes.all()
    if session.json:
        for row in rows:
            session.out.record(learned_json(row))
        return
    if not rows:
        session.out.line("No payload with a structure was captured yet.")
        return
    heads = ("EVENT TYPE", "SOURCE", "PAYLOADS", "PATHS", "VARIANTS", "VERSIONS", "LAST")
    table: list[list[Cell]] = [[Styled(head, "dim") for head in heads]]
    table += [
        [
            Styled(row.event_type, "strong"),
            row.source,
            str(row.payloads),
            str(row.positions),
            str(len(row.variants)) if row.variants else "-",
            ", ".join(row.versions[-2:]) or "-",
            f"#{row.last_id}",
        ]
        for row in rows
    ]
    Columns(session.out, right=(2, 3, 4)).write(table)


@click.pass_obj
def _show(session: Session, event_type: str, variant: str | None) -> None:
    """Show every path of an event type: how often it is there, of which type and form."""
    from webhook_inspector.engine.shape_contract import place_json
    from webhook_inspector.shapes.drift.values import described
    from webhook_inspector.shapes.summary import places

    with session.inspector() as inspector:
        _learnt(inspector)
        summary = inspector.shapes.summary(event_type, variant)
    presence = _presence(summary)
    table: list[list[Cell]] = [[Styled(head, "dim") for head in ("PATH", "THERE", "IS")]]
    for path, place in places(summary.root):
        share = presence.get(path, 1.0)
        if session.json:
            session.out.record(place_json(path, place, share))
            continue
        words = described(place, "").removesuffix(", ")
        if place.values and not place.mixed and len(place.values) <= 6 and not place.is_volatile():
            words += ": " + ", ".join(sorted(value.removeprefix('"') for value in place.values))
        table.append([path, "always" if share >= 1 else f"{100 * share:.0f} %", words[:200]])
    if not session.json:
        Columns(session.out, right=(1,)).write(table)


def _presence(summary: Any) -> dict[str, float]:
    """The share of a path's parents that have it."""
    from webhook_inspector.core.paths import step
    from webhook_inspector.shapes.summary import places

    found: dict[str, float] = {}
    for path, place in places(summary.root):
        for key, child in place.members.items():
            found[path + step(key)] = child.n / max(1, place.objects)
    return found


@click.pass_obj
def _variants(session: Session, event_type: str) -> None:
    """Propose what tells forms of an event type apart: the member whose value explains best what else is there."""
    with session.inspector(readonly=True) as inspector:
        found = inspector.shapes.proposals(event_type)
    for each in found:
        if session.json:
            session.out.record({
                "type": "proposal", "event_type": event_type, "path": each.path, "values": dict(each.values),
                "optional_before": round(each.optional_before, 4), "optional_after": round(each.optional_after, 4),
            })  # fmt: skip
            continue
        values = ", ".join(f"{value} ({count})" for value, count in list(each.values.items())[:6])
        more = f" and {len(each.values) - 6} more" if len(each.values) > 6 else ""
        shares = (
            f"{100 * each.optional_before:.0f} % of paths are optional, {100 * each.optional_after:.0f} % within one"
        )
        session.out.line(Styled(each.path, "strong"), f"   {shares}")
        session.out.line(Styled(f"   {values}{more}", "dim"))
    if found and not session.json:
        line = f"{json.dumps(event_type, ensure_ascii=False)} = {json.dumps(found[0].path, ensure_ascii=False)}"
        session.out.line("To use the first, put this under [shapes.variants] in webhook-inspector.toml:")
        session.out.line(f"   {line}")
    if not found and not session.json:
        session.out.line(Styled("✓ ", "ok"), "no member tells forms apart: this event type has one form.")


@click.pass_obj
def _drift(session: Session, /, event_type: str | None, **options: Any) -> int:
    """Show what changed: of TYPE, where the most changed at once, or between two filters.

    A change is confirmed when chance does not explain it; else it is watched, and says how many more deliveries would
    confirm it.
    """
    from webhook_inspector.engine.shape_contract import change_row, drift_json
    from webhook_inspector.shapes.drift import BREAKING, worst

    with session.inspector() as inspector:
        report = _compared(inspector, event_type, options)
        if options["acknowledge"]:
            count = inspector.shapes.acknowledge(report.changes)
            diagnostics.say(f"{plural(count, 'change')} acknowledged: not reported again.")
    shown = [one for one in report.changes if options["all"] or one.drift.confidence != "watch"]
    if session.json:
        for change in report.changes:
            session.out.record(change_row(change))
        session.out.record(drift_json(report))
    else:
        _print_drift(session, report, shown)
    severity = worst((change.drift for change in report.changes), confirmed=True)
    return 1 if severity == BREAKING and not options["acknowledge"] else 0


def _compared(inspector: Inspector, event_type: str | None, options: dict[str, Any]) -> DriftReport:
    rules = inspector.shapes.rules(options["used"], options["ignored"])
    windows = [options["before"], options["after"]]
    times = [options["start"], options["end"]]
    if any(windows):
        if not all(windows) or event_type or any(times):
            raise UsageError("--before and --after are filters that go together, without TYPE, --from and --to.")
        old, new = (several(inspector, [each]) for each in windows)
        return inspector.shapes.between(old, new, rules)
    if event_type is None:
        raise UsageError("name an event type, for example `shapes drift invoice.paid`, or give --before and --after.")
    if any(times):
        start = times[0] or times[1]
        kind = f'type:"{event_type}"'
        old = several(inspector, [f"{kind} before:{start}"])
        new = several(inspector, [f"{kind} after:{times[1] or start}"])
        return inspector.shapes.between(old, new, rules)
    report = inspector.shapes.drift(
        event_type, rules, lambda done, all_: diagnostics.progress(f"comparing: {done} of {all_}")
    )
    diagnostics.progress("")
    return report


def _print_drift(session: Session, report: DriftReport, shown: list[Any]) -> None:
    from webhook_inspector.engine.shape_contract import rolling_sentence

    out = session.out
    out.line(f"{plural(report.before, 'payload')} before, {plural(report.after, 'payload')} after")
    if any(report.versions):
        out.line(f"The version changed from {report.versions[0] or 'none'} to {report.versions[1] or 'none'}.")
    for sentence in report.groups:
        out.line(Styled("+ ", "dim"), sentence)
    label = ""
    for change in shown:
        name = " ".join(filter(None, (change.event_type, change.variant, change.version and f"({change.version})")))
        if name != label:
            label = name
            out.line(Styled(name, "strong"))
        one = change.drift
        sure = "" if one.confidence == "confirmed" else f"  {one.confidence}"
        sure += f", needs {one.needs} more" if one.needs else ""
        out.line(
            "  ",
            Styled(f"{_MARKS[one.severity]} {one.severity:<9}", _STYLES[one.severity]),
            f" {one.kind:<18} {one.path}{f' = {one.other}' if one.kind == 'alias' else ''}",
            Styled(f"   {one.before} → {one.after}", "dim"),
            Styled(sure, "warn"),
        )
        out.line(Styled(f"      between #{one.last_before} and #{one.first_after}: {one.why}", "dim"))
    for each in report.rolling:
        out.line(Styled("~ ", "warn"), rolling_sentence(each))
    for name in report.new_types:
        out.line(Styled("+ ", "ok"), f"new event type {name}")
    watched = len(report.changes) - len(shown)
    if watched:
        out.line(Styled(f"{plural(watched, 'difference')} may be chance: --all shows them", "dim"))
    if not report.changes:
        out.line(Styled("✓ ", "ok"), "no change")


@click.pass_obj
def _pin(session: Session, event_type: str, output: str | None, *, force: bool) -> None:
    """Write the shape of an event type and its JSON Schema to a file that a team can commit."""
    from webhook_inspector.export.names import file_name
    from webhook_inspector.shapes.schema import dump_pin

    with session.inspector() as inspector:
        _learnt(inspector)
        summary = inspector.shapes.summary(event_type)
    path = session.cwd / output if output else session.config.base / PINS / file_name(event_type, ".json")
    if output is None:
        path.parent.mkdir(mode=0o755, exist_ok=True)
    write_new(path, dump_pin(event_type, summary), force=force, hint="--force replaces it")
    diagnostics.say(
        f"Pinned {show(event_type, 80)} as of {plural(summary.root.n, 'payload')} in {show(str(path), 200)}"
    )


@click.pass_obj
def _check(session: Session, query: tuple[str, ...], pins: str | None, schema: str | None) -> int:
    """Hold deliveries against pins: exit 1 when something breaks who reads them.

    QUERY names deliveries; all when left out. Members that are missing, other types and constants break; new values,
    unknown members and forms do not.
    """
    from webhook_inspector.engine.shape_contract import broken_json, check_verdict

    every = _imported(session, schema) if schema else None
    chosen = [] if every else _pins(session, pins)
    with session.inspector(readonly=True) as inspector:
        ids = several(inspector, query) if query else list(inspector.ids(""))
        report = inspector.shapes.check(ids, chosen, every)
    if session.json:
        for row in report.broken:
            session.out.record(broken_json(row))
        session.out.record(check_verdict(report))
        return 0 if report.holds else 1
    for row in report.broken:
        mark = Styled("✗ ", "bad") if row.breaking else Styled("! ", "warn")
        count = plural(row.deliveries, "delivery", "deliveries")
        session.out.line(mark, Styled(row.event_type, "strong"), f"  {row.path}  {row.keyword}: {row.message}")
        session.out.line(Styled(f"    {count}, first #{row.example}", "dim"))
    word = Styled("holds", "ok") if report.holds else Styled("does not hold", "bad")
    unpinned = f", {report.unpinned} without a pin" if report.unpinned else ""
    session.out.line(f"{plural(report.checked, 'payload')} checked{unpinned}: the pin ", word, ".")
    return 0 if report.holds else 1


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{show(str(path), 200)} cannot be read ({error.strerror}): check the path.") from None


def _pins(session: Session, name: str | None) -> list[Pin]:
    from webhook_inspector.shapes.schema import load_pin

    place = session.cwd / name if name else session.config.base / PINS
    files = sorted(place.glob("*.json")) if place.is_dir() else [place] if place.exists() else []
    if not files:
        raise UsageError(f"there are no pins in {show(str(place), 200)}: write one with `shapes pin TYPE`.")
    return [load_pin(_read(file), file.name) for file in files]


def _imported(session: Session, name: str) -> Pin:
    """Somebody's schema, opened."""
    from webhook_inspector.core.jsondoc import JsonInvalidError, load_json
    from webhook_inspector.shapes.schema import Pin, opened

    try:
        document = load_json(_read(session.cwd / name))
    except JsonInvalidError as error:
        raise InputError(f"{show(name, 200)} is no JSON: {error}.") from None
    schema, count = opened(document)
    if count:
        diagnostics.say(f"{plural(count, 'ban')} on unknown members taken away: providers add members at any time.")
    return Pin("", schema, None)


@click.pass_obj
def _accept(session: Session, delivery: str) -> None:
    """Widen the pin that a delivery breaks, so that payloads like it fit."""
    with session.inspector(readonly=True) as inspector:
        record = inspector.record(one(inspector, [delivery]))
        files = inspector.quarantine.accept(record.delivery, record.facts.provider, record.facts.event.type)
    for file in files:
        diagnostics.say(f"Widened {show(str(file), 200)}: look at it with your version control.")


@click.pass_obj
def _export(session: Session, event_type: str, form: str, output: str | None) -> None:
    """Write an event type as JSON Schema 2020-12, or as an OpenAPI 3.1 webhook."""
    from webhook_inspector.shapes.schema import json_schema, openapi

    with session.inspector() as inspector:
        _learnt(inspector)
        summary = inspector.shapes.summary(event_type)
    made = json_schema(summary, event_type) if form == "json-schema" else openapi({event_type: summary}, event_type)
    data = json.dumps(made, indent=2, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"
    if output is None:
        session.out.raw(data, what="schema")
    else:
        write_new(session.cwd / output, data, force=False, hint="choose another name")


_TYPE = ["event_type"]
COMMAND = HouseGroup(
    "shapes",
    help="What payloads look like, what changed, and what you rely on.",
    examples=[
        ("shapes list", "Every event type with how many payloads and paths."),
        ("shapes drift invoice.paid", "What changed, when, and what that means."),
        ("shapes pin invoice.paid", "Keep the shape in a file to commit."),
        ("shapes check", "Hold deliveries against the pins, for CI."),
    ],
    no_args_is_help=False,
)
COMMAND.add_command(
    HouseCommand("list", callback=_list, help=_list.__doc__, examples=[("shapes list --json", "One object a line.")])
)
COMMAND.add_command(
    HouseCommand(
        "show",
        callback=_show,
        params=[
            click.Argument(_TYPE, metavar="TYPE"),
            click.Option(["--variant"], help="Only this variant, for example GitHub's action."),
        ],
        help=_show.__doc__,
        examples=[("shapes show invoice.paid", "Every path, how often it is there, and what it is.")],
    )
)
COMMAND.add_command(
    HouseCommand(
        "variants",
        callback=_variants,
        params=[click.Argument(_TYPE, metavar="TYPE")],
        help=_variants.__doc__,
        examples=[("shapes variants issues", "What tells its forms apart, with the line for the configuration.")],
    )
)
COMMAND.add_command(
    HouseCommand(
        "drift",
        callback=_drift,
        params=[
            click.Argument(_TYPE, metavar="TYPE", required=False),
            click.Option(["--from", "start"], metavar="TIME", help="The earlier window ends here, as 3d or a date."),
            click.Option(["--to", "end"], metavar="TIME", help="The later window begins here; --from when left out."),
            click.Option(["--before"], metavar="QUERY", help="The earlier deliveries, as a filter."),
            click.Option(["--after"], metavar="QUERY", help="The later ones."),
            click.Option(["--used"], multiple=True, metavar="PATH", help="Your code reads this: one step more severe."),
            click.Option(["--ignored"], multiple=True, metavar="PATH", help="It does not: additive."),
            click.Option(["--acknowledge"], is_flag=True, help="Accept what is reported: not reported again."),
            click.Option(["--all"], is_flag=True, help="Print what may be chance too."),
        ],
        help=_drift.__doc__,
        examples=[
            ("shapes drift invoice.paid", "Where the most changed at once."),
            ("shapes drift --before 'before:7d' --after 'after:7d'", "All event types, last week against before."),
        ],
        exits={0: "nothing confirmed breaks a consumer", 1: "something does"},
    )
)
COMMAND.add_command(
    HouseCommand(
        "pin",
        callback=_pin,
        params=[
            click.Argument(_TYPE, metavar="TYPE"),
            click.Option(["-o", "--output"], metavar="FILE", help=f"Where; by default {PINS}/TYPE.json."),
            click.Option(["--force"], is_flag=True, help="Replace a pin that is there."),
        ],
        help=_pin.__doc__,
        examples=[("shapes pin invoice.paid", f"Writes {PINS}/invoice.paid.json.")],
    )
)
COMMAND.add_command(
    HouseCommand(
        "check",
        callback=_check,
        params=[
            click.Argument(["query"], nargs=-1, type=QueryWord()),
            click.Option(["--pins"], metavar="PATH", help=f"A pin or a folder of pins; by default {PINS}."),
            click.Option(["--schema"], metavar="FILE", help="A JSON Schema in place of pins, for every payload."),
        ],
        help=_check.__doc__,
        examples=[("shapes check after:1d --json", "What came today, one object a violation.")],
        exits={0: "nothing breaks", 1: "something does"},
    )
)
COMMAND.add_command(
    HouseCommand(
        "accept",
        callback=_accept,
        params=[click.Argument(["delivery"], metavar="ID")],
        help=_accept.__doc__,
        examples=[("shapes accept 42", "What delivery 42 does is all right from now on.")],
    )
)
COMMAND.add_command(
    HouseCommand(
        "export",
        callback=_export,
        params=[
            click.Argument(_TYPE, metavar="TYPE"),
            click.Option(["--as", "form"], type=click.Choice(["json-schema", "openapi"]), default="json-schema"),
            click.Option(["-o", "--output"], metavar="FILE", help="Where; stdout when left out."),
        ],
        help=_export.__doc__,
        examples=[("shapes export invoice.paid --as openapi -o webhooks.json", "An OpenAPI 3.1 document.")],
    )
)

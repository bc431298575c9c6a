"""Exports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from webhook_inspector.config.model import Config
from webhook_inspector.core.delivery import Record
from webhook_inspector.core.request import Request
from webhook_inspector.engine.project_key import project_key
from webhook_inspector.engine.signer import CAPTURED, Signer
from webhook_inspector.engine.sources import Sources
from webhook_inspector.errors import UsageError
from webhook_inspector.events import extract
from webhook_inspector.export.api import DEFAULT_TARGET, Privacy, cleaned_record, export_records
from webhook_inspector.redaction.keeping import is_about_somebody
from webhook_inspector.redaction.pseudonyms import Pseudonyms
from webhook_inspector.shapes.drift.values import is_enumeration
from webhook_inspector.shapes.summary import load, merged, places, settled
from webhook_inspector.store.log import Log

_FOR_TESTS = "fixture"
"""The format that is signed with the published test secret when it is redacted, so that it verifies."""


@dataclass(frozen=True, slots=True)
class Previewed:
    """What an export would make of one delivery."""

    id: int
    request: Request
    """As it would leave, but for its signature."""
    replaced: tuple[str, ...]
    """Where something was replaced, safe to show."""
    kept: tuple[str, ...]
    """Texts that stay, each once. Not yet safe to show."""


class Exchange:
    """Turns deliveries into files."""

    def __init__(self, config: Config, log: Log, signer: Signer) -> None:
        self._config = config
        self._log = log
        self._signer = signer

    def export(
        self,
        records: Sequence[Record],
        name: str,
        sources: Sources,
        *,
        target: str | None,
        redact: bool,
        sign: str,
        test_key: bool,
    ) -> bytes:
        """See `Inspector.export`. A token that only the listener asks for is left out of paths."""
        records = [_inside(record, sources) for record in records]

        def signed(record: Record) -> tuple[Record, str | None]:
            made = self._signer.signed(record, sign, url=target, test_key=test_key)
            if made.kept_because is not None:
                raise UsageError(f"Delivery {record.delivery.id} cannot be signed again: {made.kept_because}.")
            return replace(record, delivery=replace(record.delivery, request=made.request)), None

        def for_tests(record: Record) -> tuple[Record, str | None]:
            request, secret = self._signer.for_tests(record)
            return replace(record, delivery=replace(record.delivery, request=request)), secret

        chosen = signed if sign != CAPTURED else for_tests if redact and name == _FOR_TESTS else None
        return export_records(
            records,
            name,
            target=target or DEFAULT_TARGET,
            redacted=redact,
            privacy=self.privacy(records, sources) if redact else None,
            restate=self._restated,
            sign=chosen,
        )

    def privacy(self, records: Sequence[Record], sources: Sources) -> Privacy:
        """What redaction of these records goes by."""
        secrets = [secret for source in sources.all() for secret in sources.secrets_of(source.name)]
        secrets += sources.access.secrets()
        types = {record.facts.event.type for record in records} - {None}
        enumerations = {path for name in sorted(filter(None, types)) for path in self._enumerations(name)}
        chosen = self._config.redact
        style = Pseudonyms(project_key(self._config), enumerations)
        return Privacy(chosen.headers, chosen.paths, tuple(secrets), style)

    def preview(self, records: Sequence[Record], sources: Sources) -> list[Previewed]:
        """What an export of these records would replace and what it would keep; nothing is written."""
        privacy = self.privacy(records, sources)
        style = privacy.pseudonyms
        assert style is not None
        result = []
        for each in records:
            record = _inside(each, sources)
            style.kept.clear()
            clean, what = cleaned_record(record, privacy)
            result.append(Previewed(record.delivery.id, clean.delivery.request, what, tuple(style.kept)))
        return result

    def _enumerations(self, event_type: str) -> Iterator[str]:
        """Paths of an event type whose few values were seen often."""
        summary = settled(merged(load(row.data) for row in self._log.shapes({"event_type": event_type})))
        for path, place in places(summary.root):
            if is_enumeration(place) and not is_about_somebody(path):
                yield path

    def _restated(self, record: Record) -> Record:
        """A redacted record whose event is read anew: ids and times are those of the pseudonyms."""
        provider = self._config.providers.get(record.facts.provider or "")
        event = extract(record.delivery.request, provider)
        return replace(record, facts=replace(record.facts, event=event))


def _inside(record: Record, sources: Sources) -> Record:
    """A record whose request is as an app is to see it."""
    delivery = record.delivery
    request = sources.access.inside(delivery.request)
    return record if request is delivery.request else replace(record, delivery=replace(delivery, request=request))

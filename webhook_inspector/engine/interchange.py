"""What enters and leaves a log, as one part of the facade."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from webhook_inspector.config.model import Config
from webhook_inspector.core.clock import Clock
from webhook_inspector.engine.deleting import Deleting
from webhook_inspector.engine.late import Late
from webhook_inspector.engine.reading import Reading
from webhook_inspector.engine.sources import Sources
from webhook_inspector.store.log import Log

if TYPE_CHECKING:
    # Loaded when they are first needed.
    from webhook_inspector.engine.analysis import Analyst
    from webhook_inspector.engine.exchange import Exchange, Previewed
    from webhook_inspector.engine.importing import Importing, ImportOptions, ImportReport
    from webhook_inspector.engine.pruning import Progress, Pruned
    from webhook_inspector.engine.signer import Signer
    from webhook_inspector.export.api import ExportFormat
    from webhook_inspector.replay.plan import Plan


class Interchange(Reading):
    """Exports, imports, scenarios, and what need not be kept."""

    def __init__(self, config: Config, log: Log, clock: Clock, sources: Sources) -> None:
        super().__init__(config, log, clock, sources)
        self._signer = Late(self._make_signer)
        self._late_exchange = Late(self._make_exchange)
        self._late_importing = Late(self._make_importing)
        self.deleting = Deleting(log, clock, self._analyse_later)

    def _make_signer(self) -> Signer:
        from webhook_inspector.engine.signer import Signer

        return Signer(self.config.providers, self.sources, self.clock)

    def _make_exchange(self) -> Exchange:
        from webhook_inspector.engine.exchange import Exchange

        return Exchange(self.config, self._log, self.signer)

    def _make_importing(self) -> Importing:
        from webhook_inspector.engine.importing import Importing

        return Importing(self.config, self._log, self.clock, self.sources)

    @property
    def signer(self) -> Signer:
        """Signs again what is sent or written."""
        return self._signer()

    @property
    def _exchange(self) -> Exchange:
        return self._late_exchange()

    @property
    def _importing(self) -> Importing:
        return self._late_importing()

    @property
    def _analyst(self) -> Analyst:
        """Derives the facts of what was imported."""
        raise NotImplementedError

    def _analyse_later(self, ids: Sequence[int]) -> None:
        """Derive the facts of deliveries that were brought back before they had any."""
        self._analyst.add(ids)

    @property
    def forward_target(self) -> str | None:
        """What deliveries are sent on to; None: nothing."""
        return None

    def export(
        self,
        ids: Sequence[int],
        format: str,  # noqa: A002 (the word of the command line)
        *,
        target: str | None = None,
        redact: bool = True,
        sign: str = "captured",
        test_key: bool = False,
    ) -> bytes:
        """Deliveries in a format of `export_formats()`.

        Args:
            ids: Which.
            format: Its name.
            target: URL that a runnable export sends to, not asked for now; None: what deliveries are forwarded to.
            redact: Whether secrets and what may be about somebody are replaced.
            sign: One of `SIGN_CHOICES`: how what is written is signed again, after masking.
            test_key: Whether a key pair of the user's own stands in for a provider's private key.

        Raises:
            UsageError: No such format or delivery, the format takes one delivery only, or one cannot be signed.
        """
        records = [self.record(number) for number in ids]
        target = target or self.forward_target
        return self._exchange.export(
            records, format, self.sources, target=target, redact=redact, sign=sign, test_key=test_key
        )

    def preview(self, ids: Sequence[int]) -> list[Previewed]:
        """What an export would replace in each delivery, and what it would keep; nothing leaves.

        Raises:
            UsageError: One is not in the log.
        """
        return self._exchange.preview([self.record(number) for number in ids], self.sources)

    @staticmethod
    def export_formats() -> Sequence[ExportFormat]:
        """What `export` can write, by name: each with its `name`, the `suffix` of its files and one line of `help`."""
        from webhook_inspector.export.api import formats

        return tuple(formats().values())

    def to_prune(
        self,
        among: Sequence[int],
        *,
        keep: int | None = None,
        max_bytes: int | None = None,
        include_pinned: bool = False,
    ) -> Pruned:
        """Which of some deliveries need not be kept; nothing is deleted. See `pruning.to_prune`."""
        from webhook_inspector.engine import pruning

        return pruning.to_prune(self._log, among, keep=keep, max_bytes=max_bytes, include_pinned=include_pinned)

    def prune(self, chosen: Pruned, *, wipe: bool = False, progress: Progress = lambda _done, _all: None) -> int:
        """Delete what was chosen; how many deliveries went.

        Raises:
            StoreError: The log cannot be written; what went before is gone.
        """
        from webhook_inspector.engine import pruning

        return pruning.prune_log(self._log, chosen, wipe=wipe, progress=progress)

    def import_file(self, path: Path, options: ImportOptions | None = None) -> ImportReport:
        """Read deliveries from a file into the log. Parse only: nothing is sent.

        No other file is opened, unless `options.given` names it and this one is no whole without it.

        Raises:
            UsageError: No such importer or source.
            InputError: The file cannot be read.
        """
        report = self._importing.file(path, options)
        self._analyst.analyse(report.ids)
        return report

    def import_parts(self, paths: Sequence[Path], kind: str | None = None) -> frozenset[Path]:
        """Those of several files that are only a part of another one of them: not to be imported by themselves."""
        return self._importing.parts(paths, kind)

    def import_data(self, data: bytes, where: str, options: ImportOptions | None = None) -> ImportReport:
        """As `import_file`, of bytes; `where` is their name in messages."""
        report = self._importing.data(data, where, options)
        self._analyst.analyse(report.ids)
        return report

    def scenario(self, plan: Plan, *, redact: bool = True) -> bytes:
        """A plan and its deliveries as one file that needs no log.

        Raises:
            UsageError: A delivery is not in the log any more.
            InputError: Something that was to be replaced would be in it.
        """
        from webhook_inspector.engine import scenarios

        ids = [item.delivery_id for item in plan.items]
        return scenarios.dump(plan, self.export(ids, "fixture", redact=redact))

    def open_plan(self, path: Path) -> Plan:
        """A saved plan or scenario; the deliveries of a scenario are put into the log unless they are there.

        Raises:
            InputError: The file cannot be read, or is none of both.
            StoreError: The log cannot be written.
        """
        from webhook_inspector.engine import scenarios
        from webhook_inspector.replay import planfile

        data = scenarios.read_plan_file(path)
        if not scenarios.is_scenario(data):
            return planfile.load(data, str(path))
        plan, deliveries = scenarios.load(data, str(path))
        return scenarios.opened(self._log, plan, deliveries, self._analyst.analyse)

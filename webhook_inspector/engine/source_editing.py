"""Sources as the running process changes them: in the file first, then here, without a restart.

What was judged before stays as it was judged, but for deliveries that had no secret to be judged with.
"""

from __future__ import annotations

import threading
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from webhook_inspector.config import editing
from webhook_inspector.config.model import Config, SourceConfig
from webhook_inspector.config.secrets import is_literal, resolve
from webhook_inspector.core.display import show
from webhook_inspector.core.filters import Query, parse
from webhook_inspector.engine.analysis import Analyst
from webhook_inspector.engine.forwarding import Forwarding
from webhook_inspector.engine.kept_secrets import keep_for, secret_store
from webhook_inspector.engine.source_changes import added, changed, removed, renamed
from webhook_inspector.engine.source_file import Change, SourceFile
from webhook_inspector.engine.sources import Sources
from webhook_inspector.errors import ConfigError, InspectorError, UsageError
from webhook_inspector.store.log import Log

MOST_JUDGED_AGAIN = 2000
_MOST_UNDONE = 100
_JUDGE = frozenset({"secrets", "provider", "public_url", "params"})
"""Keys that may give a signature another verdict."""


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source and what came of it."""

    source: SourceConfig
    in_file: bool
    """False: the command line named it."""
    secrets: tuple[str, ...]
    """Masked values of those that were found."""
    problems: tuple[str, ...]
    """A sentence for each secret that was not."""
    deliveries: int
    last_ns: int | None
    valid: int
    bad: int
    """Signatures that could be judged and do not hold."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What a change did."""

    created: bool
    """There was no file before."""
    judged: int
    """Deliveries without a verdict for want of a secret that have one now."""


class SourceEditing:
    """Looks at sources and changes them. Its verbs may take a while: the file, a keyring, the log.

    Args:
        config: As the process was started, with what the command line added.
        env: For references to secrets, and for the loader.
        cwd: Where a new file goes.
        log: Where deliveries are counted.
        sources: Those of the process; they are changed.
        forwarding: Made ready for new targets.
        analyst: Judges again.

    Raises:
        ConfigError: The file cannot be read.
    """

    def __init__(
        self,
        config: Config,
        env: Mapping[str, str],
        cwd: Path,
        *,
        log: Log,
        sources: Sources,
        forwarding: Forwarding,
        analyst: Analyst,
    ) -> None:
        self._file = SourceFile(config.path, env, cwd)
        self._env = env
        self._log = log
        self._sources = sources
        self._forwarding = forwarding
        self._analyst = analyst
        self._lock = threading.Lock()
        self._before: list[tuple[bytes | None, dict[str, SourceConfig]]] = []
        """For each change: the file and what the command line gave, as they were before it."""
        self._extra = {source.name: source for source in config.sources if source.name in config.given}
        """What the command line added or changed; the file's own entry stands once it is edited."""

    @property
    def where(self) -> str:
        """The file, safe to show."""
        return self._file.where

    def sentence(self, message: str) -> str:
        """A sentence without the file's name, for a place that shows it."""
        return self._file.sentence(message)

    def reread(self) -> None:
        """Have what the file says now, when somebody else changed it.

        Raises:
            ConfigError: It does not load; the process goes on with what it has.
        """
        with self._lock:
            known = self._file.data
            self._file.read()
            if self._file.data != known:
                self._before.clear()
            self._follow(self._in_file())

    def rows(self) -> list[SourceRow]:
        """Every source of the process, in the order of the file."""
        known = self._in_file()
        counts = {name: (number, last) for name, number, last in self._log.values("source", "", 1000)}
        return [self._row(source, known, counts.get(source.name)) for source in self._sources.all()]

    def _row(
        self, source: SourceConfig, known: Mapping[str, SourceConfig], counted: tuple[int, int] | None
    ) -> SourceRow:
        secrets = tuple(secret.masked() for secret in self._sources.secrets_of(source.name))
        number, last = counted or (0, None)
        valid = self._log.count(self._query(f"source:{source.name} sig:valid")) if number else 0
        bad = self._log.count(self._query(f"source:{source.name} sig:invalid,stale,missing,malformed")) if number else 0
        problems = tuple(self._sources.problems_of(source.name))
        return SourceRow(source, source.name in known, secrets, problems, number, last, valid, bad)

    # Changes. Each is tried by `problem` while it is typed, and made by `save`.

    def problem_of_key(self, name: str, key: str, text: str) -> str:
        """What the loader would say of a text for a key, in a sentence; empty when it is well."""
        return self._problem(lambda: self._change_of(name, {key: text}))

    def problem_of_name(self, name: str | None, new: str) -> str:
        """The same of a new name for a source, or (None) of a new source."""
        return self._problem(lambda: added(new, {}) if name is None else self._renaming(name, new))

    def set_keys(self, name: str, texts: Mapping[str, str]) -> Saved:
        """Give keys of a source other values, as typed; an empty text takes a key out.

        Raises:
            ConfigError: The file would not load, or was changed by somebody else: nothing was written.
            UsageError: A text cannot be read, or the file cannot be written.
            TargetError: `forward` may not be a target.
        """
        return self._save(self._change_of(name, texts), name, judge=bool(_JUDGE & set(texts)))

    def add(self, name: str, texts: Mapping[str, str]) -> Saved:
        """A new source. Raises as `set_keys`."""
        return self._save(added(name, texts), name, judge=bool(_JUDGE & set(texts)))

    def add_secret(self, name: str, typed: str) -> Saved:
        """One more secret for a source: a reference as it is; anything else is kept, and the file names it.

        Raises as `set_keys`.
        """
        source = self._sources.get(name)
        known = () if source is None else source.secrets
        if not is_literal(typed):
            return self._with_secrets(name, (*known, typed))
        reference = keep_for(name, typed)
        try:
            return self._with_secrets(name, (*known, reference))
        except InspectorError:
            secret_store().remove(reference.partition(":")[2])
            raise

    def _with_secrets(self, name: str, secrets: Sequence[str]) -> Saved:
        change = self._change_of(name, {})
        return self._save(
            lambda text: editing.set_keys(change(text), name, {"secrets": list(secrets)}), name, judge=True
        )

    def problem_of_secret(self, typed: str) -> str:
        """Why a reference gives no secret at the moment, in a sentence; empty when it does, or is none."""
        if is_literal(typed) or typed.startswith("keyring:"):
            return ""  # a keyring may ask its user
        return next(iter(resolve([typed], self._env, self._file.path.parent, secret_store().lookup)[1]), "")

    def rename(self, name: str, new: str) -> Saved:
        """Another name; the path stays. Deliveries that came before keep the old name. Raises as `set_keys`."""
        return self._save(self._renaming(name, new), name)

    def remove(self, name: str) -> Saved:
        """No such source any more; what it captured stays. Raises as `set_keys`."""
        if name not in self._in_file():
            raise UsageError(f"{show(name, 60)} is not in the file: it was named with --source, and ends with the app.")
        return self._save(removed(name), name)

    def undo(self) -> bool:
        """Put back what the file was before the last change; False when there was none. Raises as `set_keys`."""
        with self._lock:
            if not self._before:
                return False
            text, extra = self._before[-1]
            self._write(text)
            del self._before[-1]
            self._extra = extra
            self._follow(self._in_file())
            return True

    # How

    def _change_of(self, name: str, texts: Mapping[str, str]) -> Change:
        if name in self._in_file():
            return changed(name, texts)
        extra = self._extra.get(name)
        if extra is None:
            raise ConfigError(f"There is no source {show(name, 60)} any more.")
        known = {"path": extra.path, "provider": extra.provider or ""}
        return added(name, {**known, **texts})

    def _renaming(self, name: str, new: str) -> Change:
        source = self._in_file().get(name)
        if source is None:
            raise UsageError(f"{show(name, 60)} is not in the file: it was named with --source.")
        return renamed(name, new, source.path)

    def _problem(self, change: Callable[[], Change]) -> str:
        try:
            self._forwarding_allows(self._file.draft(change()).config.sources)
        except InspectorError as error:
            return self._file.sentence(error.message)
        return ""

    def _forwarding_allows(self, sources: Iterable[SourceConfig]) -> None:
        for source in sources:
            self._forwarding.check(source.forward)

    def _save(self, change: Change, name: str, *, judge: bool = False) -> Saved:
        with self._lock:
            created = self._file.data is None
            draft = self._file.draft(change)
            self._forwarding_allows(draft.config.sources)
            before = self._file.data, dict(self._extra)
            self._write(draft.data)
            self._before = [*self._before[1 - _MOST_UNDONE :], before]
            self._extra.pop(name, None)
            self._follow({source.name: source for source in draft.config.sources})
        return Saved(created, self._judge_again(name) if judge else 0)

    def _write(self, data: bytes | None) -> None:
        """Raises ConfigError when somebody else wrote; what they wrote holds here from now on."""
        try:
            self._file.write(data)
        except ConfigError:
            self._before.clear()
            self._follow(self._in_file())
            raise

    def _follow(self, known: Mapping[str, SourceConfig]) -> None:
        """Let the process have the sources of the file, and those of the command line beside them."""
        paths = {source.path for source in known.values()}
        extra = [one for one in self._extra.values() if one.name in known or one.path not in paths]
        wanted = {**known, **{one.name: one for one in extra}}
        # First the ways out, then the sources that use them: a delivery never finds a target that is not ready.
        self._forwarding.prepare(source.forward for source in wanted.values())
        self._sources.change(wanted.values())

    def _in_file(self) -> dict[str, SourceConfig]:
        return {} if self._file.data is None else {source.name: source for source in self._file.load().sources}

    def _judge_again(self, name: str) -> int:
        """Verify what could not be verified for want of a secret; how many have a verdict now."""
        source = self._sources.get(name)
        queries = [f"source:{name} sig:no_secret"]
        if source is not None and source.provider is not None:
            queries.append(f"provider:{source.provider} sig:no_secret")
        ids = sorted({number for query in queries for number in self._log.ids(self._query(query))})[-MOST_JUDGED_AGAIN:]
        self._analyst.analyse(ids, again=True)
        still: array[int] = self._log.ids(self._query("sig:no_secret")) if ids else array("q")
        return len(set(ids) - set(still))

    @staticmethod
    def _query(text: str) -> Query:
        return parse(text, now_ns=0)

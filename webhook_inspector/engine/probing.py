"""What a handler stored, as the user's own probe prints it, and how it is put back to its start."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from dataclasses import dataclass

from webhook_inspector.adapters.program import run_command
from webhook_inspector.core.attempt import Outcome
from webhook_inspector.core.display import show
from webhook_inspector.core.headers import Headers
from webhook_inspector.core.jsondoc import JsonInvalidError, load_json
from webhook_inspector.errors import UsageError
from webhook_inspector.net.sender import Sender
from webhook_inspector.replay.targets import check_target


@dataclass(frozen=True, slots=True)
class Probe:
    """A command or a URL of the user's.

    Args:
        text: `http://...` or a command line.
        what: Its role in sentences: `probe` or `reset`.
        method: Of a URL: GET reads, POST resets.
    """

    text: str
    what: str
    method: str
    allow_remote: bool = False
    timeout_s: float = 30.0

    def check(self) -> None:
        """Refuse a URL that may not be used.

        Raises:
            TargetError: It is not of this machine, and that was not allowed.
        """
        if self._is_url:
            check_target(self.text, allow_remote=self.allow_remote)

    async def run(self, sender: Sender) -> str:
        """What it prints.

        Raises:
            UsageError: It fails.
        """
        if not self._is_url:
            return await asyncio.to_thread(run_command, self.text, what=self.what, timeout_s=self.timeout_s)
        sent = await sender.send(
            check_target(self.text, allow_remote=self.allow_remote),
            self.method,
            Headers(()),
            b"",
            timeout_s=self.timeout_s,
            allow_remote=self.allow_remote,
        )
        if sent.outcome is not Outcome.RESPONDED or sent.status is None or not 200 <= sent.status < 300:
            said = f"was answered {sent.status}" if sent.status else f"did not answer: {sent.detail}"
            raise UsageError(f"The {self.what} {self.method} {show(self.text, 100)} {said.rstrip('.')}.")
        return sent.body.decode("utf-8", "replace")

    @property
    def _is_url(self) -> bool:
        return self.text.startswith(("http://", "https://"))


def described(state: object) -> str:
    """A Python value as text in which equal values are equal: JSON where it can be, with sets in order."""
    return json.dumps(_plain(state), sort_keys=True, ensure_ascii=False)


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {key if isinstance(key, str) else repr(key): _plain(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted((_plain(item) for item in value), key=repr)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value if value is None or isinstance(value, str | int | float) else repr(value)


def comparable(text: str) -> str:
    """A state in a form in which equal states are equal texts: JSON with sorted keys, else without outer space."""
    try:
        return json.dumps(load_json(text.encode()), sort_keys=True, ensure_ascii=False)
    except (JsonInvalidError, ValueError, RecursionError):
        return text.strip()

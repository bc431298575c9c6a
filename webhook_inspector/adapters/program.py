"""Programs that the user names: run without a shell, for a limited time, with limited output."""

from __future__ import annotations

import shlex
import subprocess

from webhook_inspector.core.display import one_line, show
from webhook_inspector.errors import UsageError

MAX_OUTPUT = 1024 * 1024


def run_command(text: str, *, what: str, timeout_s: float) -> str:
    """Run a command and give its output.

    Args:
        text: Program and arguments, quoted as in a shell; no shell runs it.
        what: Its role in sentences, for example `probe`.
        timeout_s: Seconds it may take.

    Raises:
        UsageError: It cannot be read or started, fails, takes too long, or writes too much.
    """
    shown = show(text, 100)
    try:
        words = shlex.split(text)
    except ValueError:
        raise UsageError(f"The {what} `{shown}` has a quote that is not closed.") from None
    if not words:
        raise UsageError(f"The {what} is empty: name a command or a URL.")
    try:
        done = subprocess.run(words, capture_output=True, timeout=timeout_s, check=False)  # noqa: S603 (the user's own)
    except subprocess.TimeoutExpired:
        raise UsageError(f"The {what} `{shown}` did not end within {timeout_s:g} s.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its name is not valid"
        raise UsageError(f"The {what} `{shown}` cannot be started ({reason}).") from None
    if done.returncode:
        said = one_line(show(done.stderr.decode("utf-8", "replace").strip().partition("\n")[0], 200))
        raise UsageError(f"The {what} `{shown}` failed with code {done.returncode}{f': {said}' if said else ''}.")
    if len(done.stdout) > MAX_OUTPUT:
        raise UsageError(
            f"The {what} `{shown}` wrote over {MAX_OUTPUT} bytes: let it print only what is to be compared."
        )
    return done.stdout.decode("utf-8", "replace")

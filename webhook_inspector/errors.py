"""The exception tree. Network failures of attempts are data (`core.attempt.Outcome`), not exceptions.

InspectorError                what happened, where, what to do next; `exit_code` for the command line
├── UsageError          (2)   a wrong option, identifier or combination
│   └── QueryError      (2)   a filter that cannot be read; knows the position of the fault
├── ConfigError         (2)   the configuration file: names file and key
├── InputError          (2)   a file or a plan given by the user that cannot be read
├── ListenError         (3)   the listener cannot start
├── StoreError          (3)   the log cannot be opened, read or written
│   ├── LogBusyError    (3)   another process holds the write lock for too long
│   └── LogFullError    (3)   no room on the disk
└── TargetError         (2)   a replay target that may not be used
"""

from __future__ import annotations


class InspectorError(Exception):
    """Base of every error that a user may see: one plain sentence that says what to do next.

    Args:
        message: One sentence: what happened, where, what to do next. Safe to print: text that came
            from outside has been through `core.display`.
    """

    exit_code = 2

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class UsageError(InspectorError):
    """A wrong option, identifier or combination of options."""


class QueryError(UsageError):
    """A filter that cannot be read.

    Args:
        message: What is wrong and what was expected.
        position: Index of the first character that is not understood, from 0.
    """

    def __init__(self, message: str, position: int = 0) -> None:
        super().__init__(message)
        self.position = position


class ConfigError(InspectorError):
    """The configuration file is wrong; the message names the file and the key."""


class InputError(InspectorError):
    """A file or a plan given by the user cannot be read."""


class TargetError(InspectorError):
    """A replay target that may not be used."""


class ListenError(InspectorError):
    """The listener cannot start."""

    exit_code = 3


class StoreError(InspectorError):
    """The log cannot be opened, read or written."""

    exit_code = 3


class LogBusyError(StoreError):
    """Another process holds the write lock for too long."""


class LogFullError(StoreError):
    """There is no room on the disk for the log."""

"""Many lines, each made when it is drawn."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import overload

from webhook_inspector.tui.safe import Line


class DrawnLines(Sequence[Line]):
    """Lines by number; a subclass says how many there are and makes one."""

    @abstractmethod
    def line(self, index: int) -> Line:
        """One line, from 0."""

    @overload
    def __getitem__(self, index: int) -> Line: ...
    @overload
    def __getitem__(self, index: slice) -> list[Line]: ...
    def __getitem__(self, index: int | slice) -> Line | list[Line]:
        if isinstance(index, slice):
            return [self.line(at) for at in range(*index.indices(len(self)))]
        return self.line(index)

"""The cases of a marked test: each fixture file of a folder, in each order, with each number of copies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

CAPTURED = "captured"
SUFFIXES = frozenset({".json", ".jsonl", ".ndjson", ".har", ".http"})
_OTHERS = (b'"webhook-inspector-plan"', b'"webhook-inspector-shape"')
"""Files of this program that hold no deliveries."""
_HEAD = 200


@dataclass(frozen=True, slots=True)
class Cell:
    """One case."""

    path: Path
    name: str
    """The file's path in its folder, with `/`."""
    order: str
    """`captured`, or as in the option `--reorder`."""
    duplicates: int
    """How many more copies of each delivery are sent."""
    seed: int

    @property
    def label(self) -> str:
        """Its id: `paid.json-reverse-dup1`."""
        return f"{self.name}-{self.order}-dup{self.duplicates}"


def cells(
    places: Sequence[Path],
    folder: str | Path,
    *,
    orders: Sequence[str] = (CAPTURED,),
    duplicates: Sequence[int] | int = (0,),
    seed: int = 1,
) -> list[Cell]:
    """All cases, by file, order and copies.

    Args:
        places: Where a relative folder is looked for, the first that has it counts.
        folder: Of fixture files; those of folders in it count too.
        orders: `captured`, `reverse`, `shuffle`, `swap`, `by-type` or a window such as `3`.
        duplicates: Numbers of further copies.
        seed: Of `shuffle` and the like.

    Raises:
        ValueError: There is nothing to run; says what to do.
    """
    if isinstance(orders, str) or not orders:
        raise ValueError("orders is a list such as ('captured', 'reverse').")
    if isinstance(duplicates, int) or not duplicates or min(duplicates) < 0:
        raise ValueError("duplicates is a list of numbers such as (0, 1).")
    found = next((place / folder for place in places if (place / folder).is_dir()), None)
    looked = ", ".join(dict.fromkeys(str(place / folder) for place in places))
    if found is None:
        raise ValueError(f"there is no folder {looked}: name one beside the test or from the root folder.")
    files = sorted(path for path in found.rglob("*") if path.suffix in SUFFIXES and path.is_file() and _is_one(path))
    if not files:
        raise ValueError(
            f"there is no fixture in {found}: write one with `webhook-inspector export last --as fixture -o FILE`."
        )
    return [
        Cell(path, path.relative_to(found).as_posix(), str(order), number, seed)
        for path in files
        for order in orders
        for number in duplicates
    ]


def _is_one(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(_HEAD)
    return not any(other in head for other in _OTHERS)

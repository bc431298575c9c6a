"""Renames and moves: what is gone and what is new that look alike. A hypothesis, with both halves always named."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from difflib import SequenceMatcher

from webhook_inspector.shapes.drift import values
from webhook_inspector.shapes.drift.model import CONFIRMED, KINDS, Drift, Rules
from webhook_inspector.shapes.summary import Place, places

SCORE = 0.7
MARGIN = 0.3
"""A pair is proposed when it scores so high, and so much higher than the next best for the same half."""
_GENERIC = frozenset({"id", "type", "name", "url", "status", "value", "code", "object"})
_TOKEN = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
_LEAF = re.compile(r"\.([^.\[\]{}]+)\Z|\[\"([^\"]+)\"\]\Z")
_SYNONYMS = {
    "start": "begin",
    "began": "begin",
    "mail": "email",
    "e": "email",
    "org": "organization",
    "user": "account",
}
MOST = 200


def paired(changes: list[Drift], gone: Mapping[str, Place], new: Mapping[str, Place], rules: Rules) -> list[Drift]:
    """The changes, with what looks renamed or moved as one item each.

    Args:
        changes: All of them.
        gone: Confirmed or not, what vanished, by path.
        new: What appeared, by path; what is below it may be the other half too.
        rules: Gives the severity.
    """
    sure = {
        one.path: one
        for one in changes
        if one.kind in {"vanished", "optional_vanished"} and one.confidence == CONFIRMED and _told(gone[one.path])
    }
    targets = {path: place for top, root in new.items() for path, place in places(root, top) if _told(place)}
    if not sure or not targets or len(sure) * len(targets) > MOST * MOST:
        return changes
    proposals = _proposals({path: gone[path] for path in sure}, targets)
    used: set[str] = set()
    result = []
    for one in changes:
        other, score = proposals.get(one.path, ("", 0.0))
        if one.path in sure and other:
            kind = "renamed" if _parent(one.path) == _parent(other) else "moved"
            used.add(other)
            result.append(
                replace(
                    one, kind=kind, other=other, score=score, severity=rules.severity(kind, one.path),
                    after=f"{other}: {values.described(targets[other], 'there')}",
                    why=f"{KINDS[kind][1]}; a guess, look at both",
                )
            )  # fmt: skip
        else:
            result.append(one)
    return [one for one in result if not (one.kind == "appeared" and one.path in used)]


def _told(place: Place) -> bool:
    """Whether there is anything to compare by."""
    return set(place.types()) != {"null"}


def _proposals(gone: Mapping[str, Place], new: Mapping[str, Place]) -> dict[str, tuple[str, float]]:
    scored = sorted(
        ((_score(old, gone[old], other, new[other]), old, other) for old in gone for other in new), reverse=True
    )
    best: dict[str, list[tuple[float, str]]] = {}
    suitor: dict[str, str] = {}
    for score, old, other in scored:
        best.setdefault(old, []).append((score, other))
        suitor.setdefault(other, old)
    found: dict[str, tuple[str, float]] = {}
    taken: set[str] = set()
    for score, old, other in scored:
        if score < SCORE or old in found or other in taken:
            continue
        # What fits another half better is no rival.
        rest = [mark for mark, each in best[old] if suitor[each] == old and not _inside(each, other)]
        if score - max(rest, default=0.0) >= MARGIN:
            found[old] = (other, round(score, 2))
            taken.add(other)
    return found


def _inside(path: str, root: str) -> bool:
    return path.startswith(root) or root.startswith(path)


def _score(old_path: str, old: Place, new_path: str, new: Place) -> float:
    one, two = _leaf(old_path), _leaf(new_path)
    score = 0.5 * _names(one, two) + 0.3 * _profiles(old, new) + 0.2 * _structures(old, new)
    same_parent = _parent(old_path) == _parent(new_path)
    score += 0.1 if same_parent else -0.03 * abs(old_path.count(".") - new_path.count("."))
    if one == two and one in _GENERIC and not same_parent:
        score -= 0.2
    return score if _profiles(old, new) > 0 else 0.0


def _leaf(path: str) -> str:
    match = _LEAF.search(path)
    return (match[1] or match[2]) if match else path


def _parent(path: str) -> str:
    return _LEAF.sub("", path)


def _tokens(name: str) -> set[str]:
    return {_SYNONYMS.get(token.lower(), token.lower()) for token in _TOKEN.findall(name)}


def _names(one: str, two: str) -> float:
    if one == two:
        return 1.0
    first, second = _tokens(one), _tokens(two)
    common = len(first & second)
    jaccard = common / len(first | second) if first | second else 0.0
    contained = common / min(len(first), len(second)) if first and second else 0.0
    return max(jaccard, 0.85 * contained, 0.8 * SequenceMatcher(None, one.lower(), two.lower()).ratio())


def _profiles(old: Place, new: Place) -> float:
    return _overlap(_profile(old), _profile(new))


def _profile(place: Place) -> dict[str, int]:
    counts = {name: count for name, count in place.types().items() if name not in {"null", "string", "integer"}}
    length = (place.longest or 0).bit_length()
    counts |= {f"string {name.partition('.')[0]} {length}": count for name, count in place.formats.items()}
    counts |= {f"integer {size // 3}": count for size, count in place.sizes.items()}
    return counts


def _overlap(one: Mapping[str, int], two: Mapping[str, int]) -> float:
    first, second = sum(one.values()), sum(two.values())
    if not first or not second:
        return 0.0
    return sum(min(count / first, two.get(name, 0) / second) for name, count in one.items())


def _structures(old: Place, new: Place) -> float:
    one, two = set(old.members), set(new.members)
    if not one and not two:
        return 1.0 if bool(old.arrays) == bool(new.arrays) else 0.0
    return len(one & two) / len(one | two)

"""Find the pairs of sources that share more than the starter code and more than the whole class shares.

Fingerprints of the starter are left out, and so are those of a large part of the class: if an exercise can be written
in only one way, all answers look alike, and that is no sign of copying.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Generic, TypeVar

from server.similarity.fingerprints import Print, lines, prints

Key = TypeVar("Key")

# A fingerprint that more than this share of the sources has (and more than FEW) belongs to the exercise.
COMMON = 0.25
FEW = 8
# If a pair shares fewer fingerprints, it is chance.
LEAST = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Alike(Generic[Key]):
    """Two similar sources: the share (0 to 1) of the smaller one's own fingerprints, and the lines that match."""

    left: Key
    right: Key
    share: float
    shared: int
    left_lines: list[tuple[int, int]]
    right_lines: list[tuple[int, int]]


def compare(sources: Mapping[Key, str], *, starter: str, least: float = 0.5) -> list[Alike[Key]]:
    """Return the pairs that share at least `least` of their own fingerprints, most similar first."""
    own = _own({key: prints(source) for key, source in sources.items()}, starter)
    holders: dict[int, list[Key]] = defaultdict(list)
    for key, found in own.items():
        for value in found:
            holders[value].append(key)
    shared: Counter[tuple[Key, Key]] = Counter()
    for keys in holders.values():
        shared.update(combinations(keys, 2))
    alike = [_alike(left, right, own, count) for (left, right), count in shared.items() if count >= LEAST]
    return sorted((one for one in alike if one.share >= least), key=lambda one: (-one.share, -one.shared))


def _own(found: dict[Key, list[Print]], starter: str) -> dict[Key, dict[int, list[Print]]]:
    """Return the own fingerprints of each source, by value: without those of the starter and of the whole class."""
    seen = Counter(value for one in found.values() for value in {print_.value for print_ in one})
    limit = max(FEW, COMMON * len(found))
    given = {print_.value for print_ in prints(starter)} | {value for value, count in seen.items() if count > limit}
    own: dict[Key, dict[int, list[Print]]] = {}
    for key, one in found.items():
        own[key] = defaultdict(list)
        for print_ in one:
            if print_.value not in given:
                own[key][print_.value].append(print_)
    return own


def _alike(left: Key, right: Key, own: dict[Key, dict[int, list[Print]]], count: int) -> Alike[Key]:
    common = own[left].keys() & own[right].keys()
    return Alike(
        left=left,
        right=right,
        share=count / min(len(own[left]), len(own[right])),
        shared=count,
        left_lines=lines(print_ for value in common for print_ in own[left][value]),
        right_lines=lines(print_ for value in common for print_ in own[right][value]),
    )

"""Find the sources that share more than the starter code and more than the whole class shares, in clusters.

Fingerprints of the starter are left out, and so are those of a large part of the class: if an exercise can be written
in only one way, all answers look alike, and that is no sign of copying. Sources of earlier terms are compared with
those of the class, and not with each other.

A cluster is a connected group: each source is similar to another one of it. Of its pairs, those are kept that connect
it, the strongest first. So a solution that twenty people copied is one cluster with nineteen pairs, not 190 pairs.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, islice
from typing import Any, Generic, TypeVar

from server.similarity.fingerprints import Print, lines, prints

Key = TypeVar("Key", bound=Hashable)

# A fingerprint that more than this share of the sources has (and more than FEW) belongs to the exercise.
COMMON = 0.25
FEW = 8
# If a pair shares fewer fingerprints, it is chance.
LEAST = 4
# Every two of so many sources with a fingerprint are compared. Of more, each is compared with its nearest neighbours in
# an order that puts equal ones side by side. So the work grows with the size of the class, and not with its square.
MOST_HOLDERS = 60
NEIGHBOURS = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class Alike(Generic[Key]):
    """Two similar sources: the share (0 to 1) of the smaller one's own fingerprints, and the lines that match.

    If one of them is from an earlier term, it is the right one.
    """

    left: Key
    right: Key
    share: float
    shared: int
    left_lines: list[tuple[int, int]]
    right_lines: list[tuple[int, int]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Cluster(Generic[Key]):
    """Sources that are connected by similar pairs, and the pairs that connect them, the strongest first."""

    members: frozenset[Key]
    pairs: list[Alike[Key]]


Owned = dict[int, list[Print]]


def compare(
    sources: Mapping[Key, str],
    *,
    starter: str,
    earlier: Mapping[Key, str] | None = None,
    authors: Mapping[Key, Any] | None = None,
    least: float = 0.5,
) -> list[Cluster[Key]]:
    """Return the clusters of sources that share at least `least` of their own fingerprints, the strongest first.

    `earlier` are sources of earlier terms. Two sources of the same author are never a pair.
    """
    now, before = ({key: prints(source) for key, source in some.items()} for some in (sources, earlier or {}))
    common = {one.value for one in prints(starter)} | _of_many(now) | _of_many(before)
    own = {key: _by_value(found, common) for key, found in (now | before).items()}
    whose = authors or {}
    alike = []
    for left, right in _candidates(own, before):
        if left in whose and whose[left] == whose.get(right):
            continue
        shared = len(own[left].keys() & own[right].keys())
        share = shared / min(len(own[left]), len(own[right]))
        if shared >= LEAST and share >= least:
            alike.append((share, shared, left, right))
    return _clusters(sorted(alike, key=lambda one: (-one[0], -one[1])), own)


def _of_many(found: Mapping[Key, list[Print]]) -> set[int]:
    """Return the fingerprints that belong to the exercise, because a large part of the sources has them."""
    seen = Counter(value for one in found.values() for value in {print_.value for print_ in one})
    limit = max(FEW, COMMON * len(found))
    return {value for value, count in seen.items() if count > limit}


def _by_value(found: list[Print], without: set[int]) -> Owned:
    own: Owned = defaultdict(list)
    for print_ in found:
        if print_.value not in without:
            own[print_.value].append(print_)
    return own


def _candidates(own: Mapping[Key, Owned], before: Mapping[Key, Any]) -> Iterator[tuple[Key, Key]]:
    """Yield the pairs that can be similar, each once, at least one of both from the class."""
    # In the order of their fingerprints, so that equal and nearly equal ones are neighbours.
    in_order = sorted(own, key=lambda key: sorted(own[key]))
    holders: dict[int, list[Key]] = defaultdict(list)
    for key in in_order:
        for value in own[key]:
            holders[value].append(key)
    shared: Counter[tuple[Key, Key]] = Counter()
    near: dict[tuple[Key, Key], None] = {}
    for keys in holders.values():
        if len(keys) <= MOST_HOLDERS:
            shared.update(_ordered(pair, before) for pair in combinations(keys, 2) if _concerns_class(pair, before))
        else:
            near.update(dict.fromkeys(_neighbours(keys, before)))
    for pair, count in shared.items():
        if count >= LEAST or pair in near:
            near[pair] = None
    yield from near


def _neighbours(keys: list[Key], before: Mapping[Key, Any]) -> Iterator[tuple[Key, Key]]:
    for place, key in enumerate(keys):
        for other in islice(keys, place + 1, place + 1 + NEIGHBOURS):
            if _concerns_class((key, other), before):
                yield _ordered((key, other), before)


def _concerns_class(pair: tuple[Key, Key], before: Mapping[Key, Any]) -> bool:
    return pair[0] not in before or pair[1] not in before


def _ordered(pair: tuple[Key, Key], before: Mapping[Key, Any]) -> tuple[Key, Key]:
    return (pair[1], pair[0]) if pair[0] in before else pair


def _clusters(alike: list[tuple[float, int, Key, Key]], own: Mapping[Key, Owned]) -> list[Cluster[Key]]:
    """Join pairs, the strongest first, into groups. A pair within a group adds nothing, so it is left out."""
    group: dict[Key, Key] = {}

    def root(key: Key) -> Key:
        while group.setdefault(key, key) != key:
            group[key] = group[group[key]]
            key = group[key]
        return key

    kept = []
    for share, shared, left, right in alike:
        if root(left) != root(right):
            group[root(left)] = root(right)
            kept.append((share, shared, left, right))
    pairs: dict[Key, list[Alike[Key]]] = defaultdict(list)
    for share, shared, left, right in kept:
        pairs[root(left)].append(_alike(left, right, own, share=share, shared=shared))
    members: dict[Key, set[Key]] = defaultdict(set)
    for key in group:
        members[root(key)].add(key)
    return [Cluster(members=frozenset(members[one]), pairs=found) for one, found in pairs.items()]


def _alike(left: Key, right: Key, own: Mapping[Key, Owned], *, share: float, shared: int) -> Alike[Key]:
    common = own[left].keys() & own[right].keys()
    return Alike(
        left=left,
        right=right,
        share=share,
        shared=shared,
        left_lines=lines(print_ for value in common for print_ in own[left][value]),
        right_lines=lines(print_ for value in common for print_ in own[right][value]),
    )

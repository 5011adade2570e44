"""The checks of `graph_edges`. Edges are compared as a multiset of pairs of short names."""

from collections import Counter

from grader.authoring import Mismatch, Trial, check


@check(points=1, partial=False)
def runs(trial: Trial) -> None:
    """`graph_edges` runs on every graph and returns something"""
    trial.returned()


@check(points=3, on="once", gradient=False)
def every_edge(trial: Trial) -> None:
    """All edges are there if each result is used once"""
    _agrees(trial)


@check(points=3, on="shared", gradient=False)
def shared_nodes(trial: Trial) -> None:
    """Shared nodes are visited once, and double edges count twice"""
    _agrees(trial)


@check(points=3, on="untracked", gradient=False)
def untracked_inputs(trial: Trial) -> None:
    """Inputs that are not tracked are left out"""
    _agrees(trial)


def _agrees(trial: Trial) -> None:
    got, expected = _edges(trial), trial.truth
    missing, extra = Counter(expected) - Counter(got), Counter(got) - Counter(expected)
    if missing or extra:
        data = {"of": len(expected), "missing": missing.total(), "extra": extra.total()}
        mismatch = Mismatch("wrong_edges", data, got=got, expected=expected)
        mismatch.hint = "wrong_edges.hint"
        raise mismatch


def _edges(trial: Trial) -> list[tuple[str, str]]:
    """Return the edges in sorted order, with short names."""
    value = trial.returned()
    trial.require(isinstance(value, list | tuple) and all(map(_is_edge, value)), "not_edges", entry=trial.case.entry)
    return sorted((_short(parent), _short(child)) for parent, child in value)


def _is_edge(pair: object) -> bool:
    return isinstance(pair, list | tuple) and len(pair) == 2 and all(isinstance(name, str) for name in pair)


def _short(name: str) -> str:
    return name.rpartition("::")[2]

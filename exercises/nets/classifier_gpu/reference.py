"""The two-layer network on a device: the references of `nets/classifier`, and the device of the results.

No case names a device: the harness puts the inputs on the device of its sandbox and passes the name of that device. If
the machine has no GPU, everything is on the CPU, so the package can be tested there too.
"""

from typing import Any

import torch

from grader.authoring import Case, NearMiss, generator, whole
from grader.references import two_layers, unseen


def cases(seed: int) -> list[Case]:
    rng = generator(seed)
    return [
        _gradients("two points", two_layers.example(), public=True),
        _gradients("three classes", _network(rng, points=whole(rng, 5, 8), inputs=2, hidden=4, classes=3)),
        _gradients("many points", _network(rng, points=whole(rng, 200, 300), inputs=6, hidden=16, classes=5)),
        _gradients("many classes", _network(rng, points=whole(rng, 9, 13), inputs=5, hidden=3, classes=6)),
        _gradients("sure, and wrong", _network(rng, points=3, inputs=2, hidden=5, classes=4, confidence=8.0)),
        _training("three clouds", rng, unseen.clouds(generator(0), classes=3, inputs=2), public=True),
        _training("five clouds in space", rng, unseen.clouds(rng, classes=5, inputs=3)),
        _training("two rings", rng, unseen.rings(rng)),
        _training("irises", rng, unseen.measured("irises", rng)),
        _training("digits", rng, unseen.measured("digits", rng)),
        _whereabouts("where the gradients lie", _gradients("", _network(rng, points=4, inputs=2, hidden=3, classes=2))),
        _whereabouts("where the logits lie", _training("", rng, unseen.clouds(rng, classes=2, inputs=2))),
    ]


def truth(case: Case) -> Any:
    if case.probe == "whereabouts":
        return None
    return unseen.labels(_split(case)) if case.entry == "train" else two_layers.gradients(case.args)


def template(case: Case) -> Any:
    """The structure of an answer. If the entry is `train`, the truth holds labels, but the answer is logits."""
    if case.probe == "whereabouts" or case.entry == "gradients":
        return truth(case)
    return torch.zeros(len(case.options["points"]), case.args[2], dtype=torch.float64)


def witness(case: Case) -> Any:
    if case.probe == "whereabouts":
        return None
    return unseen.labels_again(_split(case)) if case.entry == "train" else two_layers.by_hand(case.args)


def near_misses(case: Case) -> list[NearMiss]:
    return two_layers.near_misses(case.args) if case.group == "gradients" else []


def counterexamples() -> list[Case]:
    params, x, y = two_layers.smallest()
    return [
        _gradients("one point", (params, x[:1], y[:1])),
        _gradients("two points", (params, x, y)),
        _gradients("two inputs", two_layers.example()),
    ]


_network = two_layers.network


def _gradients(name: str, problem: two_layers.Problem, *, public: bool = False) -> Case:
    return Case(name=name, entry="gradients", args=problem, probe="device", public=public)


def _training(name: str, rng: Any, split: unseen.Split, *, public: bool = False) -> Case:
    args = (split.x, split.y, split.classes, whole(rng, 0, 2**31))
    options = {"points": split.points}
    return Case(name=name, entry="train", args=args, probe="device", options=options, group=split.kind, public=public)


def _whereabouts(name: str, case: Case) -> Case:
    return Case(name=name, entry=case.entry, args=case.args, options=case.options, probe="whereabouts", group="place")


def _split(case: Case) -> unseen.Split:
    x, y, classes, _ = case.args
    return unseen.Split(kind=case.group, x=x, y=y, classes=classes, points=case.options["points"])

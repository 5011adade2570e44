"""The checks of `CubedReLU`: the values, the node, the gradient, and the gradient's gradient."""

from torch import Tensor

from grader.authoring import Trial, check


@check(points=1, on="once", partial=False)
def runs(trial: Trial) -> None:
    """`CubedReLU.apply` runs and returns a tensor"""
    result = trial.returned()
    tensor = isinstance(result, dict) and isinstance(result.get("value"), Tensor)
    trial.require(tensor, "not_a_tensor", entry="CubedReLU.apply")


@check(points=2, on="once", after="runs", gradient=False)
def values(trial: Trial) -> None:
    """The values are max(x, 0)³"""
    trial.agrees(part="value")


@check(points=1, on="once", after="values", partial=False)
def own_node(trial: Trial) -> None:
    """`CubedReLU` is a node of its own in the graph"""
    nodes = (trial.seen.graph or {}).get("nodes") or [{"name": "no node"}]
    trial.require(nodes[0]["name"].endswith("CubedReLUBackward"), "not_own_node", got=nodes[0]["name"])


@check(points=3, on="once", after="own_node")
def gradient(trial: Trial) -> None:
    """The gradient is right for every `grad_output`"""
    trial.agrees(part="gradients")


@check(points=3, on="twice", after="own_node")
def second(trial: Trial) -> None:
    """It can be differentiated twice"""
    trial.require(trial.part("second") != [None], "not_twice")
    trial.agrees(part="second")

"""What the harness does with an entry, in addition to calling it. Each probe returns the value to observe.

call        entry(*args)
backward    entry(*args), then the gradient of the result with respect to the arguments that require grad
predict     entry(*args) returns a callable; the result of that callable on `points`
figure      entry(*args) returns a matplotlib figure; its description, without the picture if `picture` is false
device      call, or predict if there are `points`, with the name of the inputs' device as last argument
whereabouts the same call; the devices of the inputs and of the results
walk        entry(point, gradient, state, *settings) -> (point, state), step after step; the points
expression  builds an expression with the learner's `Value` class and runs its backward
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from grader.harness.child.figures import describe
from grader.harness.child.plain_probes import PLAIN_PROBES, Entry, call

NOT_CALLABLE = "something that cannot be called"
"""What `predict` observes if an entry returned something that cannot be called on points."""

NOT_A_PAIR = "no pair of a point and a state"
"""What `walk` observes if an entry returned something other than a point and a state."""


def _backward(entry: Entry, args: Sequence[Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the result and, for each tracked argument, its vector-Jacobian product with `cotangent` (default: ones).

    If `second` has one cotangent per tracked argument, also return the gradients of the first gradients.
    """
    tracked = [arg for arg in args if isinstance(arg, Tensor) and arg.requires_grad]
    result = entry(*args)
    if not isinstance(result, Tensor) or not result.requires_grad:
        return {"value": result, "gradients": [None] * len(tracked)}
    second = options.get("second")
    gradients = _gradients(result, tracked, options.get("cotangent"), create_graph=second is not None)
    value: dict[str, Any] = {"value": result, "gradients": gradients}
    if second is not None:
        value["second"] = _second(gradients, second, tracked)
    return value


def _gradients(result: Tensor, tracked: Sequence[Tensor], cotangent: Tensor | None, *, create_graph: bool) -> list[Any]:
    # A result of another shape is wrong anyway. Its gradient tells the learner more than an error about shapes.
    fits = cotangent is not None and cotangent.shape == result.shape
    vector = cotangent.to(result.dtype) if cotangent is not None and fits else torch.ones_like(result)
    live = [arg for arg in tracked if arg.requires_grad]  # the code can have switched tracking off
    if not live:
        return [None] * len(tracked)
    found = torch.autograd.grad(result, live, vector, create_graph=create_graph, retain_graph=True, allow_unused=True)
    by_argument = dict(zip(map(id, live), found, strict=True))
    return [by_argument.get(id(arg)) for arg in tracked]


def _second(gradients: Sequence[Any], cotangents: Sequence[Tensor], tracked: Sequence[Tensor]) -> list[Any]:
    live = [(g, v) for g, v in zip(gradients, cotangents, strict=True) if g is not None and g.requires_grad]
    if not live:
        return [None] * len(tracked)
    outputs, vectors = zip(*live, strict=True)
    return list(torch.autograd.grad(outputs, tracked, vectors, allow_unused=True))


def _predict(entry: Entry, args: Sequence[Any], options: Mapping[str, Any]) -> Any:
    model = entry(*args)
    if not callable(model):
        return None if model is None else NOT_CALLABLE
    with torch.no_grad():
        return model(options["points"])


def _device(entry: Entry, args: Sequence[Any], options: Mapping[str, Any]) -> Any:
    probe = _predict if "points" in options else call
    return probe(entry, [*args, _device_of(args).type], options)


def _whereabouts(entry: Entry, args: Sequence[Any], options: Mapping[str, Any]) -> Any:
    """Return {"inputs": device, "results": {name: device}}; a result that is not a dict gets the name "result"."""
    value = _device(entry, args, options)
    if value is None:
        return None
    results = value if isinstance(value, Mapping) else {"result": value}
    places = {str(name): str(part.device) for name, part in results.items() if isinstance(part, Tensor)}
    return {"inputs": str(_device_of(args)), "results": places}


def _device_of(args: Sequence[Any]) -> torch.device:
    return next(arg.device for arg in args if isinstance(arg, Tensor))


def _figure(entry: Entry, args: Sequence[Any], options: Mapping[str, Any]) -> Any:
    return describe(entry(*args), picture=options.get("picture", True))


def _walk(entry: Entry, args: Sequence[Any], options: Mapping[str, Any]) -> Any:
    """Take a step with the gradient in `args`, then one with each of `more`; each step continues from the last.

    Each step gets a plain copy of the point, as in a normal call.
    """
    point, first, state, *settings = args
    points: dict[str, Any] = {}
    for number, gradient in enumerate([first, *options["more"]], start=1):
        kept = point.clone(), gradient.clone()
        result = entry(point, gradient, state, *settings)
        _put_back_changed(args, (point, gradient), kept)
        if not isinstance(result, tuple | list) or len(result) != 2 or not isinstance(result[0], Tensor):
            return None if result is None else NOT_A_PAIR
        points[f"step {number}"] = result[0].detach().clone()
        point, state = result[0].detach().clone(), result[1]
    return points


def _put_back_changed(args: Any, given: Sequence[Tensor], kept: Sequence[Tensor]) -> None:
    """Put a point or gradient that a step has changed into `args`: the harness compares these with the originals."""
    for i, (new, old) in enumerate(zip(given, kept, strict=True)):
        if new.shape != old.shape or not torch.equal(new.detach(), old):
            args[i] = new


PROBES: dict[str, Callable[[Entry, Sequence[Any], Mapping[str, Any]], Any]] = {
    **PLAIN_PROBES,
    "backward": _backward,
    "predict": _predict,
    "figure": _figure,
    "device": _device,
    "whereabouts": _whereabouts,
    "walk": _walk,
}

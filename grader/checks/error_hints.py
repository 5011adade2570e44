"""The hint for an exception that a learner's code raised. It fits the error, the source and the exercise."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from grader.checks.source_facts import SourceFacts


@dataclass(frozen=True, kw_only=True, slots=True)
class Raised:
    """An exception as text ("ValueError: no"), the line of the learner's code, and what is known of the code.

    `torch` is False in an exercise without torch: then no hint speaks of it.
    """

    text: str
    line: int | None
    facts: SourceFacts
    torch: bool = True

    @property
    def at(self) -> str:
        """The line of code that raised."""
        return self.facts.line_at(self.line)


Applies = Callable[[Raised], bool]


def _says(*parts: str) -> Applies:
    return lambda raised: any(part in raised.text for part in parts)


def _source_has(pattern: str) -> Applies:
    return lambda raised: raised.facts.has(pattern)


def _both(*conditions: Applies) -> Applies:
    return lambda raised: all(condition(raised) for condition in conditions)


def _none_of_grad(raised: Raised) -> bool:
    return "NoneType" in raised.text and ".grad" in (raised.at or raised.facts.stripped)


def _non_leaf(raised: Raised) -> bool:
    return _none_of_grad(raised) and _computed_name(raised) is not None


def _computed_name(raised: Raised) -> str | None:
    names = re.findall(r"(\w+)\.grad\b", raised.at or raised.facts.stripped)
    return next((name for name in names if raised.facts.computed(name)), None)


def _no_graph(raised: Raised) -> bool:
    return "does not require grad" in raised.text or "does not have a grad_fn" in raised.text


def _untracked(raised: Raised) -> bool:
    facts = raised.facts
    return (
        _no_graph(raised)
        and bool(facts.stripped)
        and not facts.has(r"requires_grad|torch\.func|Variable\(|Parameter\(")
    )


def _second_order(raised: Raised) -> bool:
    facts = raised.facts
    return _no_graph(raised) and facts.differentiates_again and not facts.has(r"create_graph|\bdetach|torch\.tensor\(")


def _own_function(raised: Raised) -> bool:
    facts = raised.facts
    return facts.has(r"def\s+forward\b") and ("'apply'" in raised.text or "apply" in raised.text.partition(":")[2])


_SYSTEM = (
    "Errno",
    "PermissionError",
    "OSError",
    "BlockingIOError",
    "RuntimeError: can't start new thread",
    "AssertionError",
)
_NO_PERMISSION = _says("PermissionError", "FileNotFoundError", "Operation not permitted", "Read-only file system")
_PROCESSES = r"\bsubprocess\b|\bos\.(?:system|popen|fork|spawn)|\bmultiprocessing\b|\bProcessPool|\bmp\.spawn"
_NETWORK = r"\brequests\b|\burllib\b|\bsocket\b|\burlopen\b|\bwget\b|\bdownload\s*=\s*True|\bhub\.load|\bhttp\b"

# The first that applies is the hint. Those with `torch` are left out in an exercise without torch.
PLAIN_RULES: tuple[tuple[Applies, str], ...] = (
    (_both(_source_has(r"num_workers\s*=\s*[1-9]"), _says(*_SYSTEM, "worker")), "hint.workers"),
    (_both(_source_has(r"\.compile\("), _says(*_SYSTEM, "Inductor", "dynamo", "compile", "Backend")), "hint.compile"),
    (_says("EOFError"), "hint.input"),
    (_both(_says("NotAllowed", "ImportError", "ModuleNotFoundError", "No module named")), "hint.import"),
    (
        _both(_source_has(_NETWORK), _says("gaierror", "URLError", "ConnectionError", "Errno", "PermissionError")),
        "hint.network",
    ),
    (_both(_source_has(_PROCESSES), _says("Errno", "PermissionError", "BlockingIOError", "OSError")), "hint.processes"),
    (_both(_source_has(r"\bargparse\b|\bsys\.argv\b"), _says("SystemExit", "IndexError")), "hint.arguments"),
    (_NO_PERMISSION, "hint.files"),
    (_says("RecursionError"), "hint.recursion"),
)
TORCH_RULES: tuple[tuple[Applies, str], ...] = (
    (
        _both(
            _source_has(r"\bmath\.\w+\("),
            _says(
                "be converted to Python scalars",
                "converted to Scalar",
                "must be real number",
                "does not require grad",
                "only one element tensors",
            ),
        ),
        "hint.math",
    ),
    (_untracked, "hint.not_tracked"),
    (_second_order, "hint.create_graph"),
    (_both(_no_graph, lambda raised: bool(raised.facts.cuts)), "hint.cut_by"),
    (_no_graph, "hint.no_graph"),
    (_says("modified by an inplace operation"), "hint.in_place"),
    (_says("a leaf Variable that requires grad", "a view of a leaf Variable"), "hint.in_place_leaf"),
    (_says("backward through the graph a second time", "buffers have already been freed"), "hint.second_backward"),
    (_says("grad can be implicitly created only for scalar"), "hint.scalar_only"),
    (_says("Mismatch in shape: grad_output", "shape of the output differs"), "hint.vector_shape"),
    (_says("not have been used in the graph"), "hint.unused"),
    (_says("returned an incorrect number of gradients"), "hint.gradient_count"),
    (_says("returned an invalid gradient", "forward gradient that has a different size"), "hint.gradient_shape"),
    (
        _both(
            _source_has(r"class\s+\w+[^\n]*Function"),
            _source_has(r"def\s+forward\b"),
            lambda raised: not raised.facts.has(r"@staticmethod|staticmethod\("),
        ),
        "hint.staticmethod",
    ),
    (_both(_own_function, lambda raised: not raised.facts.has(r"class\s+\w+\([^)]*Function")), "hint.function_base"),
    (_says("needs to be implemented", "must implement", "must override"), "hint.function_methods"),
    (_both(_says("tuple"), _source_has(r"\bgrad\("), lambda raised: "NoneType" not in raised.text), "hint.grad_tuple"),
    (_both(_says("can't multiply sequence by non-int"), _source_has(r"\bgrad\(")), "hint.grad_tuple"),
    (_non_leaf, "hint.non_leaf"),
    (_both(_none_of_grad, lambda raised: not raised.facts.differentiates), "hint.no_backward"),
    (_none_of_grad, "hint.none_grad"),
    (_says("Can't call numpy() on Tensor that requires grad"), "hint.numpy"),
    (
        _says(
            "be converted to Python scalars", "converted to Scalar", "must be real number", "Boolean value of Tensor"
        ),
        "hint.one_number",
    ),
    (
        _says(
            "must match the size of tensor",
            "shapes cannot be multiplied",
            "size mismatch",
            "inconsistent tensor size",
            "expand",
            "must have the same shape",
            "1D tensors expected",
            "is invalid for input of size",
        ),
        "hint.shapes",
    ),
    (_says("to have the same dtype", "must have the same dtype", "expected scalar type"), "hint.dtypes"),
    (_says("bitwise_xor"), "hint.power"),
    (_both(_says("got NoneType"), _source_has(r"\.grad\b")), "hint.none_grad"),
    (_says("nly Tensors of floating point", "only floating point"), "hint.floating"),
    (_says("tensors to be on the same device", "device type tensor to numpy"), "hint.devices"),
    (_says("device-side assert"), "hint.gpu_index"),
    (_says("not compiled with CUDA", "Found no NVIDIA driver", "No CUDA GPUs are available"), "hint.no_gpu"),
    (_says("optimizer got an empty parameter list", "can't optimize a non-leaf Tensor"), "hint.parameters"),
)
LAST_RULES: tuple[tuple[Applies, str], ...] = (
    (_says("positional argument", "unexpected keyword argument"), "hint.arity"),
    (_says("unsupported operand type", "can only concatenate"), "hint.operands"),
    (_says("NoneType"), "hint.none"),
    (_says("NameError", "UnboundLocalError"), "hint.name"),
    (_says("AttributeError"), "hint.attribute"),
    (_says("IndexError", "KeyError"), "hint.index"),
    (lambda raised: True, "hint.read_error"),
)


def hint_for(raised: Raised) -> tuple[str, Mapping[str, str]]:
    """Return the id of the hint, and the data that fills it in."""
    rules = PLAIN_RULES + (TORCH_RULES if raised.torch else ()) + LAST_RULES
    hint = next(hint for applies, hint in rules if applies(raised))
    return hint, {"causes": listed(raised.facts.cuts), "tensor": _computed_name(raised) or "the tensor"}


def listed(names: tuple[str, ...]) -> str:
    """Return names as a list in words: "a, b and c"."""
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1]))) if names else ""

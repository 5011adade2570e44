"""Notes which lines of a submission run in a call, and at which of them a tensor is no longer tracked.

For `grader.grading.fault_line`, in a child of its own: no child that decides a score is traced. What is noted is a
claim, like every observation: the submission runs in the same process.
"""

import ast
import sys
from collections.abc import Mapping
from contextlib import suppress
from itertools import islice
from types import FrameType
from typing import Any

from grader.harness.child.repairs import NO_GRAD, mentions, statement_lines

FILENAME = "submission.py"
MAX_LINES = 500
"""Different lines that are noted for one call."""
# Calls whose results are untracked for a good reason: gradients themselves, and new tensors of a given form.
_NEW = frozenset(
    {"grad", "backward", "jacobian", "hessian", "vjp", "jvp", "zeros_like", "ones_like", "rand_like", "zeros", "ones"}
    | {"argmax", "one_hot", "arange", "linspace", "empty_like", "full_like", "eye", "randn", "rand", "len", "range"}
)
_MOST_PARTS = 16
_MOST_NUMBERS = 1000  # of an argument that is watched


class Tracer:
    """Traces the calls of one submission: `start` before a call, `stop` after it."""

    def __init__(self, tree: ast.Module, *, tensors: bool = True) -> None:
        """`tensors` says whether the submission can have any; without, only lines are noted."""
        self._first = statement_lines(tree)
        self._without = _lines_without_graph(tree)
        self._flows = _flows(tree) if tensors else {}
        self._names = _names(tree) if tensors else {}
        self._tensors = tensors
        self._lines: set[int] = set()
        self._cuts: set[int] = set()
        self._writes: set[int] = set()
        self._given: list[tuple[str, Any, Any]] | None = None
        self._leaves: dict[int, tuple[Any, Any]] = {}
        self._last = 0

    def start(self) -> None:
        """Begin to trace."""
        self._lines, self._cuts, self._writes = set(), set(), set()
        self._given, self._leaves, self._last = None, {}, 0
        sys.settrace(self._enter)

    def stop(self) -> dict[str, list[int]]:
        """Stop tracing and return the first lines of statements, by what they did: {"lines", "cuts", "writes"}.

        `lines` ran, `cuts` made an untracked tensor of a tracked one or changed a tracked one outside of the graph,
        `writes` changed an argument of the call.
        """
        sys.settrace(None)
        noted = {"lines": self._lines, "cuts": self._cuts, "writes": self._writes}
        return {name: sorted(lines)[:MAX_LINES] for name, lines in noted.items()}

    def _enter(self, frame: FrameType, event: str, arg: Any) -> Any:
        if frame.f_code.co_filename != FILENAME:
            return None
        running = 0  # the line of the statement that runs now, if it uses a tracked tensor

        def trace(frame: FrameType, event: str, arg: Any) -> Any:
            nonlocal running
            # What a submission's own objects raise when they are looked at must not reach its code.
            with suppress(Exception):
                running = self._note(frame, event, arg, running)
            return trace

        with suppress(Exception):
            self._keep_arguments(frame)
        return trace

    def _keep_arguments(self, frame: FrameType) -> None:
        if self._given is None and self._tensors:
            self._given = []
            for name, value in frame.f_locals.items():
                if _is_small_tensor(value):
                    self._given.append((name, value, value.detach().clone()))

    def _note(self, frame: FrameType, event: str, arg: Any, running: int) -> int:
        """Note what the last line did, and the next one; return the next one if it uses a tracked tensor, else 0."""
        if event == "line":
            line = self._first.get(frame.f_lineno, frame.f_lineno)
            self._lines.add(line)
        if not self._tensors:
            return 0
        if running and event != "exception" and self._makes_untracked(frame, running, event, arg):
            self._cuts.add(self._without.get(running, running))
        self._note_writes()
        self._note_changed_leaves(frame)
        if event != "line":
            return 0
        self._last = line
        if running and self._flows[running][1] is None:
            return running  # a `return`: only the ends of the blocks around it still run
        return line if self._uses_tracked(frame, line) else 0

    def _note_writes(self) -> None:
        """Note the last line if it names an argument that has other values than before it."""
        for i, (name, now, before) in enumerate(self._given or ()):
            if self._last and not now.detach().equal(before):
                if name in self._names.get(self._last, ()):
                    self._writes.add(self._last)
                assert self._given is not None
                self._given[i] = name, now, now.detach().clone()

    def _note_changed_leaves(self, frame: FrameType) -> None:
        """Note the last line as a cut if a tracked leaf has other values than before it: that is never recorded."""
        for value in islice(list(frame.f_locals.values()), _MOST_PARTS):
            if not (_is_small_tensor(value) and value.requires_grad and value.is_leaf):
                continue
            known = self._leaves.get(id(value))
            if known is None or not known[1].equal(value.detach()):
                self._leaves[id(value)] = value, value.detach().clone()
                if known is not None and self._last:
                    self._cuts.add(self._without.get(self._last, self._last))

    def _uses_tracked(self, frame: FrameType, line: int) -> bool:
        if line not in self._flows or line in self._cuts:
            return False
        known = frame.f_locals
        return any(_is_tracked(known.get(name)) for name in self._flows[line][0])

    def _makes_untracked(self, frame: FrameType, line: int, event: str, arg: Any) -> bool:
        stores = self._flows[line][1]
        if stores is None:
            return event == "return" and _is_untracked(arg)
        known = frame.f_locals
        return any(_is_untracked(known.get(name)) for name in stores)


def _lines_without_graph(tree: ast.Module) -> Mapping[int, int]:
    """Return, for each line inside of a `with torch.no_grad()`, the line of that `with`."""
    blocks = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.With) and any(mentions(item.context_expr, NO_GRAD) for item in node.items)
    ]
    return {line: node.lineno for node in blocks for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)}


def _names(tree: ast.Module) -> Mapping[int, set[str]]:
    """Return the names in each simple statement, by its first line."""
    simple = [node for node in ast.walk(tree) if isinstance(node, ast.Expr | ast.Assign | ast.AugAssign | ast.Return)]
    return {node.lineno: {one.id for one in ast.walk(node) if isinstance(one, ast.Name)} for node in simple}


def _flows(tree: ast.Module) -> Mapping[int, tuple[tuple[str, ...], tuple[str, ...] | None]]:
    """Return, by line, the names that an assignment reads and writes; a `return` writes None."""
    flows: dict[int, tuple[tuple[str, ...], tuple[str, ...] | None]] = {}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Assign | ast.Return) or node.value is None:
            continue
        inside = list(ast.walk(node.value))
        if any(getattr(one, "attr", getattr(one, "id", "")) in _NEW for one in inside):
            continue
        loads = tuple({one.id for one in inside if isinstance(one, ast.Name)})
        stores = None
        if isinstance(node, ast.Assign):
            targets = [one for target in node.targets for one in ast.walk(target)]
            stores = tuple({one.id for one in targets if isinstance(one, ast.Name)})
        flows[node.lineno] = (loads, stores)
    return flows


def _is_tensor(value: Any) -> bool:
    return all(hasattr(type(value), name) for name in ("requires_grad", "is_floating_point", "numel"))


def _is_small_tensor(value: Any) -> bool:
    return _is_tensor(value) and value.numel() <= _MOST_NUMBERS


def _parts(value: Any) -> list[Any]:
    """Return the tensors and floats in a value: itself, or those in a short list, tuple or dict."""
    if isinstance(value, dict):
        value = list(islice(value.values(), _MOST_PARTS))
    values = value[:_MOST_PARTS] if isinstance(value, list | tuple) else [value]
    return [one for one in values if type(one) is float or _is_tensor(one)]


def _is_tracked(value: Any) -> bool:
    return any(type(part) is not float and part.requires_grad for part in _parts(value))


def _is_untracked(value: Any) -> bool:
    parts = _parts(value)
    return bool(parts) and all(
        type(part) is float or (part.is_floating_point() and not part.requires_grad) for part in parts
    )

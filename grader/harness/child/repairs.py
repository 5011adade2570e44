"""Small changes to a submission's syntax tree that undo usual mistakes. Runs in the confined child.

The grader tries them one at a time to find the line of a mistake (`grader.grading.fault_line`). A child gets the
position of a repair in the list, and makes the same list from the same source. No repair knows anything of the
exercise: all of them can be made from the source alone.
"""

import ast
import copy
import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, partial

MAX_REPAIRS = 1500
"""Repairs of one submission; the rest is left out."""
MAX_NODES = 4000
"""Nodes of the syntax tree of a source that is repaired; a larger one gets no repairs."""

IN_PLACE = ("add_", "sub_", "mul_", "div_", "exp_", "sin_", "cos_", "tanh_", "relu_", "clamp_", "pow_", "neg_", "sqrt_")
REDUCTIONS = {"sum": "mean", "mean": "sum"}
CUTS = ("detach", "detach_", "item", "numpy", "tolist", "float", "double", "half", "data")
NO_GRAD = ("no_grad", "inference_mode")
OPPOSITE: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
}
OTHER_OPERATORS: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Mult,),
    ast.Sub: (ast.Mult, ast.Div),
    ast.Mult: (ast.Add, ast.Pow, ast.MatMult),
    ast.Div: (ast.Sub,),
    ast.Pow: (ast.Mult,),
    ast.MatMult: (ast.Mult,),
}
COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
NEW_TENSORS = ("zeros", "ones", "empty", "full", "arange", "linspace", "eye")
Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


OF_TENSORS = ("detach", "move_detach", "clone", "transpose", "index", "reduction", "dtype", "track", "assign", "axis")
"""Kinds of repairs that make no sense without tensors."""
_MOST_ALIKE = 4
_MODULES = ("torch", "math", "nn", "F", "np")
_NOT_REUSED = ("backward", "append", "save_for_backward", "print", "range", "len", "super", "step", "detach")
_NAMES = re.compile(r"id='\w*'|op=\w+\(\)")


@dataclass(frozen=True, slots=True)
class Repair:
    """A change: the line that it is about, what kind it is, and what makes it, in place.

    If it changes other statements too, `others` are their lines.
    """

    line: int
    kind: str
    apply: Callable[[], None]
    others: tuple[int, ...] = ()


def list_repairs(tree: ast.Module, *, tensors: bool = True) -> list[Repair]:
    """Return the repairs of a tree, in a fixed order. Each changes the tree itself, so apply only one.

    `tensors` says if the source can have any; without, the kinds of repairs that belong to tensors are left out.
    """
    finder = _Finder(tree, left_out=() if tensors else OF_TENSORS)
    with suppress(_Enough):
        finder.find()
    return finder.found


class _Enough(Exception):
    """So many repairs were found as are wanted."""


class _Finder:
    """Lists the repairs of one tree."""

    def __init__(self, tree: ast.Module, *, left_out: Collection[str]) -> None:
        self._tree = tree
        self._left_out = left_out
        self._parents: dict[ast.AST, tuple[ast.AST, str, int | None]] = {}
        self._nodes: list[ast.AST] = [tree]
        self._functions: dict[ast.AST, Function] = {}
        for parent in self._nodes:  # it grows here
            function = parent if isinstance(parent, Function) else self._functions.get(parent)
            for name in parent._fields:
                value = getattr(parent, name, None)
                for i, child in enumerate(value if isinstance(value, list) else [value]):
                    if isinstance(child, ast.AST) and not isinstance(child, ast.expr_context | ast.operator):
                        self._parents[child] = (parent, name, i if isinstance(value, list) else None)
                        self._nodes.append(child)
                        if function is not None:
                            self._functions[child] = function
        self.found: list[Repair] = []
        self._known_names: dict[Function, list[str]] = {}

    def find(self) -> None:
        """Fill `found`. Raises _Enough if it is full."""
        if len(self._nodes) > MAX_NODES:
            return
        for node in self._nodes:
            if isinstance(node, ast.expr | ast.AugAssign):
                for visit in (self._call, self._attribute, self._operator, self._sequence, self._name, self._number):
                    visit(node)
            if isinstance(node, ast.stmt):
                self._statement(node)
            for block in ("body", "orelse"):
                statements = getattr(node, block, None)
                if isinstance(statements, list) and not isinstance(node, ast.Module | ast.ClassDef):
                    self._block(node, statements)
        self._add_composites()

    def _add_composites(self) -> None:
        """Add repairs of several like statements at once, such as two updates; they are about the first."""
        alike: dict[tuple[str, int, str], list[Repair]] = {}
        count: dict[tuple[int, str], int] = {}
        for one in self.found:
            place = count[one.line, one.kind] = count.get((one.line, one.kind), 0) + 1
            if one.line in self._forms:
                alike.setdefault((one.kind, place, self._forms[one.line]), []).append(one)
        for (kind, _, _), group in alike.items():
            if 2 <= len(group) <= _MOST_ALIKE:
                applies, lines = [one.apply for one in group], sorted({one.line for one in group})
                self._append(Repair(lines[0], kind, partial(_all, applies), tuple(lines[1:])))

    @cached_property
    def _forms(self) -> dict[int, str]:
        """The shape of each simple statement, without its names and operators, by its line."""
        simple = [one for one in self._nodes if isinstance(one, ast.Assign | ast.AugAssign | ast.Expr | ast.Return)]
        shapes = {one.lineno: _NAMES.sub("", ast.dump(one)) for one in simple}
        several = Counter(shapes.values())
        return {line: shape for line, shape in shapes.items() if several[shape] > 1}

    # ---- what repairs are made of

    def _add(self, node: ast.AST, kind: str, apply: Callable[[], None]) -> None:
        self._append(Repair(self._line_of(node), kind, apply))

    def _append(self, repair: Repair) -> None:
        if repair.kind not in self._left_out:
            self.found.append(repair)
        if len(self.found) == MAX_REPAIRS:
            raise _Enough

    def _line_of(self, node: ast.AST) -> int:
        """Return the first line of the simple statement, or of the header, that a node belongs to."""
        while not isinstance(node, ast.stmt):
            if node not in self._parents:
                return getattr(node, "lineno", 1)
            node = self._parents[node][0]
        return node.lineno

    def _replace(self, node: ast.AST, new: ast.AST) -> None:
        parent, name, i = self._parents[node]
        if i is None:
            setattr(parent, name, new)
        else:
            getattr(parent, name)[i] = new

    def _replace_all(self, pairs: Sequence[tuple[ast.AST, ast.AST]]) -> None:
        for node, new in pairs:
            self._replace(node, new)

    def _offer(self, node: ast.expr, kind: str, new: ast.expr) -> None:
        self._add(node, kind, lambda: self._replace(node, new))

    def _parameters(self, node: ast.AST) -> list[str]:
        function = self._functions.get(node)
        return [arg.arg for arg in function.args.args] if function is not None else []

    def _names_of(self, node: ast.AST) -> list[str]:
        """Return the parameters and variables of the function that a node is in."""
        function = self._functions.get(node)
        if function is None:
            return []
        if function not in self._known_names:
            self._known_names[function] = self._all_names(function)
        return self._known_names[function]

    def _all_names(self, function: Function) -> list[str]:
        stored = [one.id for one in ast.walk(function) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)]
        around = self._names_of(function) if function in self._functions else []
        return list(dict.fromkeys([*[arg.arg for arg in function.args.args], *stored, *around]))

    # ---- expressions

    def _call(self, node: ast.AST) -> None:
        if not isinstance(node, ast.Call):
            return
        name = _called(node)
        receiver = node.func.value if isinstance(node.func, ast.Attribute) else None
        for names, visit in (
            ((*CUTS, "float"), self._cut),
            (("backward", "grad"), self._derivative),
            (tuple(REDUCTIONS), self._reduction),
            (("tensor", "as_tensor", "from_numpy"), self._new_tensor),
            (NEW_TENSORS, self._dtype_of_new),
            (("t", "transpose"), self._transpose),
            (("softmax", "log_softmax", "argmax", "ones_like", "flatten", "floor", "ceil"), self._unneeded),
            (IN_PLACE, self._in_place),
        ):
            if name in names:
                visit(node, name, receiver)
        if name not in (*CUTS, *REDUCTIONS, *IN_PLACE):
            self._drop(node)
        if len(node.args) >= 2 and not any(isinstance(arg, ast.Starred) for arg in node.args):
            self._swap_arguments(node)
        self._keywords(node)

    def _drop(self, node: ast.Call) -> None:
        """Leave out a call without arguments, such as `node.name()`."""
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name() as base), args=[], keywords=[]):
                if not isinstance(self._parents[node][0], ast.Expr):
                    self._offer(node, "drop", base)

    def _cut(self, node: ast.Call, name: str, receiver: ast.expr | None) -> None:
        if receiver is not None and not node.args:
            self._offer(node, "uncut", receiver)
        elif receiver is None and len(node.args) == 1:
            self._offer(node, "uncut", node.args[0])

    def _transpose(self, node: ast.Call, name: str, receiver: ast.expr | None) -> None:
        if receiver is not None:
            self._offer(node, "transpose", receiver)

    def _in_place(self, node: ast.Call, name: str, receiver: ast.expr | None) -> None:
        if receiver is not None:
            changed = _copied(node)
            assert isinstance(changed.func, ast.Attribute)
            changed.func.attr = name[:-1]
            self._offer(node, "not_in_place", changed)

    def _derivative(self, node: ast.Call, name: str, receiver: ast.expr | None) -> None:
        """`backward` and `autograd.grad`: the graph, the vector, the number that they begin at."""
        given = {keyword.arg for keyword in node.keywords}
        for option in ("create_graph", "retain_graph"):
            if option not in given:
                self._offer(node, option, _with_keyword(node, option, ast.Constant(value=True)))
        for option in ("allow_unused", "materialize_grads"):
            if name == "grad" and option not in given:
                self._offer(node, "unused", _with_keyword(node, option, ast.Constant(value=True)))
        if name == "grad" and len(node.args) >= 2 and len(self._tracked_names(node)) > 1:
            every = _copied(node)
            every.args[1] = ast.Tuple(elts=[_name(one) for one in self._tracked_names(node)], ctx=ast.Load())
            self._offer(node, "vector", every)
        target = receiver if name == "backward" else node.args[0] if node.args else None
        if target is None:
            return
        bare = _receiver(target) if _is_method(target, ("sum", "mean")) else target
        self._offer_vectors(node, name, bare)
        self._offer(target, "reduction", _method(bare, "sum"))
        if name == "grad" and not isinstance(self._parents[node][0], ast.Subscript):
            self._offer(node, "index", _first(node))

    def _tracked_names(self, node: ast.AST) -> list[str]:
        """Return the names that the function of a node makes require gradients."""
        found = []
        for one in ast.walk(self._functions.get(node) or ast.Pass()):
            match one:
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if mentions(value, ("requires_grad_",)):
                    found.append(name)
                case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="requires_grad_"))):
                    found.append(name)
        return list(dict.fromkeys(found))[:4]

    def _offer_vectors(self, node: ast.Call, name: str, bare: ast.expr) -> None:
        """Begin a backward pass at the whole result, with one of the parameters as the vector."""
        position = 0 if name == "backward" else 2
        for parameter in self._parameters(node)[:8]:
            changed = _copied(node)
            if name == "backward" and isinstance(changed.func, ast.Attribute):
                changed.func.value = bare
            else:
                changed.args[0] = bare
            vector = ast.Name(id=parameter, ctx=ast.Load())
            if len(changed.args) >= position and not (isinstance(bare, ast.Name) and bare.id == parameter):
                changed.args[position : position + 1] = [vector]
                self._offer(node, "vector", changed)

    def _reduction(self, node: ast.Call, name: str, receiver: ast.expr | None) -> None:
        if receiver is None:
            return
        changed = _copied(node)
        assert isinstance(changed.func, ast.Attribute)
        changed.func.attr = REDUCTIONS[name]
        self._offer(node, "reduction", changed)
        if not (isinstance(receiver, ast.Name) and receiver.id == "torch"):
            self._offer(node, "reduction", receiver)
        elif len(node.args) == 1:
            self._offer(node, "reduction", node.args[0])

    def _new_tensor(self, node: ast.Call, name: str, receiver: ast.expr | None) -> None:
        """`torch.tensor(...)` copies numbers: stack or keep what it copies, or give it a dtype or tracking."""
        if not node.args:
            return
        first = node.args[0]
        if isinstance(first, ast.List | ast.Tuple):
            self._offer(node, "uncut", _torch("stack", first))
        else:
            bare = _receiver(first) if _is_method(first, CUTS) else first
            self._offer(node, "uncut", bare)
            self._offer(node, "uncut", _method(_method(bare, "clone"), "requires_grad_"))
        given = {keyword.arg for keyword in node.keywords}
        if "requires_grad" not in given:
            self._offer(node, "track", _with_keyword(node, "requires_grad", ast.Constant(value=True)))
        if "dtype" not in given:
            for parameter in self._parameters(node)[:4]:
                dtype = ast.Attribute(value=ast.Name(id=parameter, ctx=ast.Load()), attr="dtype", ctx=ast.Load())
                self._offer(node, "dtype", _with_keyword(node, "dtype", dtype))
        if isinstance(first, ast.List) and len(first.elts) == 1:
            changed = _copied(node)
            changed.args[0] = first.elts[0]
            self._offer(node, "index", changed)

    def _dtype_of_new(self, node: ast.Call, name: str, receiver: ast.expr | None) -> None:
        if not any(keyword.arg == "dtype" for keyword in node.keywords):
            for parameter in self._parameters(node)[:4]:
                dtype = ast.Attribute(value=_name(parameter), attr="dtype", ctx=ast.Load())
                self._offer(node, "dtype", _with_keyword(node, "dtype", dtype))
            double = ast.Attribute(value=_name("torch"), attr="float64", ctx=ast.Load())
            self._offer(node, "dtype", _with_keyword(node, "dtype", double))

    def _unneeded(self, node: ast.Call, name: str, receiver: ast.expr | None) -> None:
        """Leave out a call, or take the one that is often meant."""
        is_torch = isinstance(receiver, ast.Name) and receiver.id in ("torch", "F")
        inner = node.args[0] if (receiver is None or is_torch) and node.args else receiver
        if inner is not None:
            self._offer(node, "unneeded", inner)
        if name in ("floor", "ceil") and isinstance(node.func, ast.Attribute):
            changed = _copied(node)
            assert isinstance(changed.func, ast.Attribute)
            changed.func.attr = "round"
            self._offer(node, "rounding", changed)

    def _keywords(self, node: ast.Call) -> None:
        for i, keyword in enumerate(node.keywords):
            without = _copied(node)
            del without.keywords[i]
            match keyword.arg, keyword.value:
                case "reduction", ast.Constant(value=str()):
                    self._offer(node, "reduction", without)
                case "requires_grad", _:
                    self._offer(node, "track", without)
                case ("dtype", _):
                    self._offer(node, "dtype", without)
                case ("dim", ast.Constant(value=int(dim))) if dim in (0, 1, -1):
                    changed = _copied(node)
                    changed.keywords[i] = ast.keyword(arg="dim", value=ast.Constant(value=1 - abs(dim)))
                    self._offer(node, "axis", changed)

    def _swap_arguments(self, node: ast.Call) -> None:
        changed = _copied(node)
        changed.args[0], changed.args[1] = changed.args[1], changed.args[0]
        self._offer(node, "swap", changed)
        if any(isinstance(one, ast.Tuple) and len(one.elts) == 1 for one in node.args):
            tuples = _copied(node)
            tuples.args[1:3] = tuples.args[2:0:-1]
            self._offer(node, "swap", tuples)

    def _attribute(self, node: ast.AST) -> None:
        if not isinstance(node, ast.Attribute) or not isinstance(node.ctx, ast.Load):
            return
        parent = self._parents[node][0]
        if isinstance(node.value, ast.Name) and node.value.id == "self" and not isinstance(parent, ast.Call):
            for other in self._names_of(node)[:4]:
                if other != "self":
                    self._offer(node, "name", ast.Name(id=other, ctx=ast.Load()))
        if node.attr == "data":
            self._offer(node, "uncut", node.value)
        if node.attr in ("T", "mT"):
            self._offer(node, "transpose", node.value)
        is_copied = isinstance(parent, ast.Attribute) and parent.attr == "clone"
        if _is_gradient(node) and not is_copied:
            self._offer(node, "clone", _method(node, "clone"))
        if node.attr in ("float64", "int64"):
            self._offer(node, "dtype", ast.Attribute(value=node.value, attr="float32", ctx=ast.Load()))
        if node.attr == "float32":
            self._offer(node, "dtype", ast.Attribute(value=node.value, attr="float64", ctx=ast.Load()))

    def _operator(self, node: ast.AST) -> None:
        match node:
            case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div() as op):
                self._offer(node, "sign" if isinstance(op, ast.Add | ast.Sub) else "factor", _flipped(node))
                self._offer(node, "factor", node.left)
                self._offer(node, "factor", node.right)
                if isinstance(op, ast.Sub | ast.Div):
                    self._offer(node, "swap", ast.BinOp(left=node.right, op=op, right=node.left))
            case ast.BinOp(op=ast.MatMult() as op):
                self._offer(node, "swap", ast.BinOp(left=node.right, op=op, right=node.left))
                self._offer(node, "transpose", ast.BinOp(left=_transposed(node.left), op=op, right=node.right))
                self._offer(node, "transpose", ast.BinOp(left=node.left, op=op, right=_transposed(node.right)))
            case ast.BinOp(op=ast.Pow()):
                self._offer(node, "factor", node.left)
            case ast.UnaryOp(op=ast.USub()) if not isinstance(node.operand, ast.Constant):
                self._offer(node, "sign", node.operand)
            case ast.AugAssign(op=ast.Add() | ast.Sub() as update):
                self._add(node, "sign", partial(setattr, node, "op", OPPOSITE[type(update)]()))
            case ast.Compare(ops=[order]):
                for other in COMPARISONS.get(type(order), ()):
                    self._add(node, "bound", partial(setattr, node, "ops", [other()]))
        if isinstance(node, ast.BinOp):
            for other_op in OTHER_OPERATORS.get(type(node.op), ()):
                self._offer(node, "operator", ast.BinOp(left=node.left, op=other_op(), right=node.right))
            self._brackets(node)

    def _brackets(self, node: ast.BinOp) -> None:
        """Put the brackets of a formula elsewhere: a(b + c) for ab + c, f(a) + b for f(a + b), and the other way."""
        left, right = node.left, node.right
        for i, last in enumerate(_right_ends(left)):
            self._offer(node, "brackets", _with_end(left, i, ast.BinOp(left=last, op=node.op, right=right)))
        if isinstance(right, ast.BinOp):
            first = ast.BinOp(left=left, op=node.op, right=right.left)
            self._offer(node, "brackets", ast.BinOp(left=first, op=right.op, right=right.right))
            second = ast.BinOp(left=left, op=node.op, right=right.right)
            self._offer(node, "brackets", ast.BinOp(left=right.left, op=right.op, right=second))
        parent = self._parents[node][0]
        if isinstance(parent, ast.Call) and parent.args == [node]:
            of_left, of_right = _copied(parent), _copied(parent)
            of_left.args, of_right.args = [left], [right]
            self._offer(parent, "brackets", ast.BinOp(left=of_left, op=node.op, right=right))
            self._offer(parent, "brackets", ast.BinOp(left=left, op=node.op, right=of_right))
        if isinstance(left, ast.Call) and len(left.args) == 1:
            outer = _copied(left)
            outer.args = [ast.BinOp(left=left.args[0], op=node.op, right=right)]
            self._offer(node, "brackets", outer)

    def _sequence(self, node: ast.AST) -> None:
        """Swap two parts of a tuple that is used, not assigned to."""
        if isinstance(node, ast.Tuple) and len(node.elts) == 2:
            swapped = ast.Tuple(elts=[node.elts[1], node.elts[0]], ctx=node.ctx)
            if isinstance(node.ctx, ast.Load):
                self._offer(node, "swap", swapped)
            elif isinstance(self._parents[node][0], ast.Assign):
                self._add(node, "swap", partial(self._replace, node, swapped))
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice) and isinstance(node.ctx, ast.Load):
            self._offer(node, "unneeded", node.value)

    def _name(self, node: ast.AST) -> None:
        if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Load):
            return
        names = self._names_of(node)
        if node.id not in names or isinstance(self._parents[node][0], ast.Starred):
            return
        parent = self._parents[node][0]
        if not (
            isinstance(parent, ast.Attribute) and parent.attr in ("grad", "grad_fn", "append", "backward", "detach")
        ):
            self._offer(node, "detach", _method(node, "detach"))
            if isinstance(parent, ast.List | ast.Assign) or (
                isinstance(parent, ast.Call) and _called(parent) == "append"
            ):
                self._offer(node, "clone", _method(node, "clone"))
        for other in names:
            if other != node.id and len(names) <= 12:
                self._offer(node, "name", ast.Name(id=other, ctx=ast.Load()))

        self._add_to_name(node)
        if node.id in self._parameters(node):
            for op in (ast.Sub(), ast.Add()):
                self._offer(node, "number", ast.BinOp(left=node, op=op, right=ast.Constant(value=1)))

    def _add_to_name(self, node: ast.Name) -> None:
        """Give a name to a function that the source calls with it, or multiply it with an unused parameter."""
        for wrapped in self._wrapped.get(node.id, ()):
            if not _is_inside(node, wrapped):
                self._offer(node, "reuse", wrapped)
        for parameter in self._unused_in(node):
            for product in (ast.Mult(), ast.MatMult()):
                weight = ast.Name(id=parameter, ctx=ast.Load())
                self._offer(node, "parameter", ast.BinOp(left=node, op=product, right=weight))

    def _number(self, node: ast.AST) -> None:
        if isinstance(node, ast.Constant) and type(node.value) is int and abs(node.value) < 100:
            for new in (node.value + 1, node.value - 1):
                self._offer(node, "number", ast.Constant(value=new))
        if isinstance(node, ast.Constant) and type(node.value) is float:
            self._offer(node, "sign", ast.Constant(value=-node.value))
        if isinstance(node, ast.BoolOp):
            for one in node.values:
                self._offer(node, "bound", one)

    @cached_property
    def _wrapped(self) -> dict[str, list[ast.Call]]:
        """The calls of the source with one name and nothing else that varies, such as `torch.relu(x)`, by the name."""
        found: dict[str, dict[str, ast.Call]] = {}
        for call in self._nodes:
            if isinstance(call, ast.Call) and len(call.args) <= 1 and _called(call) not in _NOT_REUSED:
                names = [one.id for one in ast.walk(call) if isinstance(one, ast.Name) and one.id not in _MODULES]
                if len(names) == 1:
                    found.setdefault(names[0], {})[ast.dump(call)] = call
        return {name: list(calls.values())[:3] for name, calls in found.items()}

    def _unused_in(self, node: ast.AST) -> Sequence[str]:
        """Return the parameters that the function of a node never reads."""
        function = self._functions.get(node)
        return self._unused.get(function, ()) if function is not None else ()

    @cached_property
    def _unused(self) -> dict[Function, list[str]]:
        """The parameters that a function never reads."""
        unused: dict[Function, list[str]] = {}
        for function in self._nodes:
            if isinstance(function, ast.FunctionDef):
                read = {one.id for one in ast.walk(function) if isinstance(one, ast.Name)}
                left = [arg.arg for arg in function.args.args if arg.arg not in read | {"self", "ctx", "cls"}]
                if left:
                    unused[function] = left[:2]
        return unused

    # ---- statements

    def _statement(self, node: ast.stmt) -> None:
        match node:
            case ast.With(items=[ast.withitem(context_expr=context)]) if mentions(context, NO_GRAD):
                self._add(node, "uncut", lambda: self._splice(node, node.body))
            case ast.FunctionDef(decorator_list=[*decorators]) if decorators:
                for decorator in decorators:
                    if mentions(decorator, (*NO_GRAD, "once_differentiable")):
                        kept = [one for one in decorators if one is not decorator]
                        line = decorator.lineno
                        self._append(Repair(line, "uncut", partial(setattr, node, "decorator_list", kept)))
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=receiver, attr=name) as called) as call):
                self._expression_statement(node, call, called, receiver, name)
            case ast.AugAssign(target=ast.Name(id=target), op=op, value=value):
                self._augmented(node, target, op, value)
            case ast.Assign(value=value, targets=[_]) if not isinstance(value, ast.Constant | ast.List | ast.Dict):
                self._offer(value, "detach", _method(value, "detach"))
                self._offer(value, "sign", ast.UnaryOp(op=ast.USub(), operand=value))
                self._scaled(value)
                if isinstance(value, ast.Attribute | ast.Call):
                    self._offer(value, "index", _first(value))
            case ast.Return(value=ast.expr() as value):
                self._return(value)
        self._loop(node)
        match node:
            case ast.Assign(targets=[ast.Attribute() | ast.Subscript() as changed], value=share):
                added = ast.AugAssign(target=changed, op=ast.Add(), value=share)
                self._add(node, "accumulate", partial(self._replace, node, added))
        if isinstance(node, ast.Assign | ast.Return | ast.Expr):
            self._move_detach(node)
            self._several(node)

    def _scaled(self, value: ast.expr) -> None:
        """Divide or multiply a value by a name that it is made of, such as the 3 levels of `round(3 * x)`."""
        uses = {one.id: one for one in ast.walk(value) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)}
        for name in [name for name in uses if name in self._names_of(value)][:4] if _has_operator(value) else ():
            for op in (ast.Div(), ast.Mult()):
                self._offer(value, "times", ast.BinOp(left=value, op=op, right=_name(name)))

    def _loop(self, node: ast.stmt) -> None:
        match node:
            case ast.For(iter=sequence):
                self._iteration(sequence)
            case ast.Break():
                self._add(node, "bound", partial(self._replace, node, ast.Continue()))
            case ast.Continue():
                self._add(node, "bound", partial(self._replace, node, ast.Break()))

    def _iteration(self, sequence: ast.expr) -> None:
        """Go through a sequence in the other order."""
        if isinstance(sequence, ast.Call) and _called(sequence) == "reversed" and len(sequence.args) == 1:
            self._offer(sequence, "order", sequence.args[0])
        else:
            every = ast.Call(func=_name("list"), args=[sequence], keywords=[])
            self._offer(sequence, "order", ast.Call(func=_name("reversed"), args=[every], keywords=[]))

    @cached_property
    def _has_detach(self) -> bool:
        return any(isinstance(one, ast.expr) and _is_method(one, ("detach",)) for one in self._nodes)

    def _move_detach(self, node: ast.stmt) -> None:
        """Detach another part of the statement than the one that is detached."""
        if not self._has_detach:
            return
        inside = [one for one in ast.walk(node) if isinstance(one, ast.expr)]
        detached = [one for one in inside if _is_method(one, ("detach",))]
        others = [
            one
            for one in inside
            if isinstance(one, ast.Name | ast.BinOp) and isinstance(getattr(one, "ctx", ast.Load()), ast.Load)
        ]
        for cut in detached[:2]:
            assert isinstance(cut, ast.Call)
            assert isinstance(cut.func, ast.Attribute)
            below = set(map(id, ast.walk(cut)))
            for other in [one for one in others if id(one) not in below and not _is_inside(cut, one)][:6]:
                self._add(node, "move_detach", partial(self._moved_detach, cut, other))

    def _moved_detach(self, cut: ast.Call, other: ast.expr) -> None:
        assert isinstance(cut.func, ast.Attribute)
        self._replace(cut, cut.func.value)
        self._replace(other, _method(other, "detach"))

    def _several(self, node: ast.stmt) -> None:
        """Change all uses of a value in a statement: a parameter less one, or another name of the function."""
        uses: dict[str, list[ast.expr]] = {}
        for one in ast.walk(node):
            if isinstance(one, ast.Name | ast.Attribute) and isinstance(one.ctx, ast.Load) and _is_value(one):
                uses.setdefault(ast.unparse(one), []).append(one)
        names, parameters = self._names_of(node), self._parameters(node)
        for text, places in uses.items():
            if len(places) < 2 or (text not in names and "." not in text):
                continue
            if text in parameters:
                self._add(node, "number", partial(self._replace_all, [(one, _less_one(one)) for one in places]))
            for other in [name for name in names if name not in {text, "self"}][:8]:
                self._add(node, "name", partial(self._replace_all, [(one, _name(other)) for one in places]))

    def _expression_statement(
        self, node: ast.Expr, call: ast.Call, called: ast.Attribute, receiver: ast.expr, name: str
    ) -> None:
        if name == "requires_grad_" and isinstance(receiver, ast.Name):
            copied = _method(_method(receiver, "clone"), "requires_grad_")
            target = ast.Name(id=receiver.id, ctx=ast.Store())
            self._add(node, "clone", lambda: self._replace(node, ast.Assign(targets=[target], value=copied)))
            for parameter in self._parameters(node)[:6]:
                if not (isinstance(receiver, ast.Name) and receiver.id == parameter):
                    track = ast.Expr(value=_method(ast.Name(id=parameter, ctx=ast.Load()), "requires_grad_"))
                    self._add(node, "track", partial(self._splice, node, [node, track]))
        if name == "backward" or name in ("sum", "mean"):
            read = self._gradients_read(node)
            for names in [[one] for one in read] + ([read] if len(read) > 1 else []):
                cleared = [_assign_none(one) for one in names]
                self._add(node, "zero", partial(self._splice, node, [*cleared, node]))
            self._clear_what_is_read(node)
            for optimizer in self._optimizers(node):
                zero = ast.Expr(value=_method(ast.Name(id=optimizer, ctx=ast.Load()), "zero_grad"))
                self._add(node, "zero", partial(self._splice, node, [zero, node]))
        base = _base(receiver)
        if base is not None and name not in ("backward", "append", "step", "zero_grad", "zero_", "requires_grad_"):
            target = ast.Name(id=base, ctx=ast.Store())
            value = _copied(call)
            _drop_clone(value)
            if name in IN_PLACE and isinstance(value.func, ast.Attribute):
                value.func.attr = name[:-1]
            self._add(node, "assign", lambda: self._replace(node, ast.Assign(targets=[target], value=value)))

    def _clear_what_is_read(self, node: ast.Expr) -> None:
        """Before a statement that itself reads a gradient, keep that one, clear it, and read what was kept."""
        reads = [one for one in ast.walk(node) if isinstance(one, ast.Attribute) and _is_gradient(one)]
        for read in reads[:1]:
            kept = ast.Assign(targets=[ast.Name(id="_kept", ctx=ast.Store())], value=read)
            assert isinstance(read.value, ast.Name)
            applies = [
                partial(self._replace, read, _name("_kept")),
                partial(self._splice, node, [kept, _assign_none(read.value.id), node]),
            ]
            self._add(node, "zero", partial(_all, applies))

    def _augmented(self, node: ast.AugAssign, target: str, op: ast.operator, value: ast.expr) -> None:
        out = ast.Assign(
            targets=[ast.Name(id=target, ctx=ast.Store())],
            value=ast.BinOp(left=ast.Name(id=target, ctx=ast.Load()), op=op, right=value),
        )
        self._add(node, "not_in_place", lambda: self._replace(node, out))

    def _return(self, value: ast.expr) -> None:
        for other in self._products_in(value) if not isinstance(value, ast.Tuple | ast.List | ast.Dict) else ():
            for op in (ast.Mult(), ast.Div()):
                self._offer(value, "times", ast.BinOp(left=value, op=op, right=other))
        for parameter in self._unused_in(value):
            other = ast.Name(id=parameter, ctx=ast.Load())
            self._offer(value, "parameter", ast.BinOp(left=value, op=ast.Mult(), right=other))
        if isinstance(value, ast.BinOp | ast.Call):
            for number in (2, 3, 0.5):
                self._offer(value, "times", ast.BinOp(left=ast.Constant(value=number), op=ast.Mult(), right=value))
        if isinstance(value, ast.Attribute):
            self._offer(value, "unneeded", value.value)
        if not isinstance(value, ast.Tuple | ast.List | ast.Dict | ast.Constant):
            self._offer(value, "sign", ast.UnaryOp(op=ast.USub(), operand=value))
            self._offer(value, "index", _first(value))
            self._offer(value, "transpose", _transposed(value))
            self._offer(value, "reduction", _method(value, "sum"))

    def _products_in(self, node: ast.AST) -> Sequence[ast.expr]:
        """Return sums and differences of names and numbers in the function of a node, each once."""
        found = {
            ast.dump(one): one
            for one in ast.walk(self._functions.get(node) or ast.Pass())
            if isinstance(one, ast.BinOp)
            and isinstance(one.op, ast.Add | ast.Sub)
            and isinstance(one.left, ast.Name)
            and isinstance(one.right, ast.Name | ast.Constant)
        }
        return list(found.values())[:3]

    def _block(self, owner: ast.AST, statements: list[ast.stmt]) -> None:
        for i, statement in enumerate(statements):
            if _can_go(statement):
                self._add(statement, "delete", partial(statements.__setitem__, i, ast.Pass()))
            if i + 1 < len(statements) and _is_movable(statement) and _is_movable(statements[i + 1]):
                self._swap_statements(statements, i)
            self._indent(statements, i)
        self._moves(owner, statements)
        last = statements[-1] if statements else None
        if isinstance(owner, ast.FunctionDef) and not any(isinstance(one, ast.Return) for one in ast.walk(owner)):
            self._missing_return(statements, last)

    def _indent(self, statements: list[ast.stmt], i: int) -> None:
        """Move the last statement of a block behind it, or a statement beside a block into it."""
        owner = statements[i]
        if not isinstance(owner, ast.For | ast.While | ast.With | ast.If):
            return
        body, around = owner.body, statements
        last = body[-1]
        if len(body) > 1 and not isinstance(last, ast.Break | ast.Continue):
            self._add(last, "indent", partial(_move_between, body, last, around, owner, after=True))
        if i + 1 < len(statements) and not isinstance(statements[i + 1], ast.FunctionDef):
            following = statements[i + 1]
            self._add(following, "indent", partial(_move_between, around, following, body, last, after=True))
        before = statements[i - 1] if i else None
        if isinstance(before, ast.Expr) and not _is_text(before) and not isinstance(owner, ast.If):
            self._add(before, "indent", partial(_move_between, around, before, body, body[0], after=False))

    def _swap_statements(self, statements: list[ast.stmt], i: int) -> None:
        first, second = statements[i : i + 2]
        about = second if isinstance(first, ast.For | ast.While | ast.With | ast.If) else first

        def apply() -> None:
            statements[i : i + 2] = [second, first]

        self._add(about, "order", apply)

    def _moves(self, owner: ast.AST, statements: list[ast.stmt]) -> None:
        """Move a statement to the beginning or the end of its block, or out of its loop."""
        movable = [one for one in statements if isinstance(one, ast.Expr | ast.Assign | ast.AugAssign | ast.With)]
        for one in movable if len(statements) > 2 and isinstance(owner, ast.For | ast.While) else []:
            for place in (0, len(statements)):
                if not _is_text(one):
                    about = one.body[0] if isinstance(one, ast.With) and len(one.body) == 1 else one
                    self._add(about, "order", partial(_move, statements, one, place))
        for set_once in statements if len(statements) > 1 and isinstance(owner, ast.For | ast.While) else []:
            if isinstance(set_once, ast.Assign) and isinstance(set_once.targets[0], ast.Name):
                self._add(set_once, "order", partial(self._hoist, owner, statements, set_once))
        returned = [one for one in statements if isinstance(one, ast.Return)]
        if returned and isinstance(owner, ast.For | ast.While | ast.With):
            around, name, i = self._parents[owner]

            def apply() -> None:
                statements[:] = [one for one in statements if one is not returned[-1]] or [ast.Pass()]
                getattr(around, name).insert((i or 0) + 1, returned[-1])

            self._add(owner if isinstance(owner, ast.With) else returned[-1], "order", apply)

    def _hoist(self, loop: ast.AST, statements: list[ast.stmt], one: ast.stmt) -> None:
        """Move a statement of a loop before the loop."""
        around, name, i = self._parents[loop]
        statements.remove(one)
        getattr(around, name).insert(i or 0, one)

    def _missing_return(self, statements: list[ast.stmt], last: ast.stmt | None) -> None:
        match last:
            case ast.Assign(targets=[ast.Name(id=name)]):
                result = ast.Return(value=ast.Name(id=name, ctx=ast.Load()))
                self._add(last, "return", lambda: statements.append(result))
            case ast.Expr(value=ast.Call() | ast.Name() as value):
                self._add(last, "return", lambda: statements.__setitem__(-1, ast.Return(value=value)))
                for name in reversed(self._stored(statements)):
                    other = ast.Return(value=ast.Name(id=name, ctx=ast.Load()))
                    self._add(last, "return", partial(statements.__setitem__, -1, other))
                    self._add(last, "return", partial(statements.append, other))

    def _stored(self, statements: list[ast.stmt]) -> list[str]:
        stored = [
            one.id
            for statement in statements
            for one in ast.walk(statement)
            if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
        ]
        return list(dict.fromkeys(stored))[-4:]

    def _gradients_read(self, node: ast.AST) -> list[str]:
        """Return the names whose `.grad` the same function reads."""
        function = self._functions.get(node)
        found = [one.value.id for one in ast.walk(function or ast.Pass()) if _is_gradient(one)]  # type: ignore[attr-defined]
        return list(dict.fromkeys(found))[:3]

    def _optimizers(self, node: ast.AST) -> list[str]:
        """Return the names whose `step` the same function calls."""
        function = self._functions.get(node)
        found = [
            one.func.value.id
            for one in ast.walk(function or ast.Pass())
            if isinstance(one, ast.Call)
            and isinstance(one.func, ast.Attribute)
            and one.func.attr == "step"
            and isinstance(one.func.value, ast.Name)
        ]
        return list(dict.fromkeys(found))[:2]

    def _splice(self, node: ast.stmt, new: list[ast.stmt]) -> None:
        parent, name, i = self._parents[node]
        if i is not None:
            getattr(parent, name)[i : i + 1] = new


def _all(applies: Sequence[Callable[[], None]]) -> None:
    for apply in applies:
        apply()


def _move(statements: list[ast.stmt], one: ast.stmt, place: int) -> None:
    end = place > 0
    statements.remove(one)
    after = len(statements)
    if end and statements and isinstance(statements[-1], ast.Return):
        after -= 1
    statements.insert(after if end else 0, one)


def _move_between(
    source: list[ast.stmt], one: ast.stmt, target: list[ast.stmt], neighbour: ast.stmt, *, after: bool
) -> None:
    """Move a statement to another block, before or after a neighbour there."""
    source.remove(one)
    target.insert(target.index(neighbour) + after, one)


def _copied(node: ast.Call) -> ast.Call:
    """Return a call of which the function and the lists of arguments can be changed, and nothing below."""
    return ast.Call(func=copy.copy(node.func), args=list(node.args), keywords=list(node.keywords))


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _is_method(node: ast.expr, names: tuple[str, ...]) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in names


def _receiver(call: ast.expr) -> ast.expr:
    assert isinstance(call, ast.Call)
    assert isinstance(call.func, ast.Attribute)
    return call.func.value


def _method(receiver: ast.expr, name: str) -> ast.Call:
    return ast.Call(func=ast.Attribute(value=receiver, attr=name, ctx=ast.Load()), args=[], keywords=[])


def _torch(name: str, argument: ast.expr) -> ast.Call:
    torch = ast.Name(id="torch", ctx=ast.Load())
    return ast.Call(func=ast.Attribute(value=torch, attr=name, ctx=ast.Load()), args=[argument], keywords=[])


def _first(value: ast.expr) -> ast.Subscript:
    return ast.Subscript(value=value, slice=ast.Constant(value=0), ctx=ast.Load())


def _transposed(value: ast.expr) -> ast.expr:
    return ast.Attribute(value=value, attr="T", ctx=ast.Load())


def _right_ends(node: ast.expr) -> list[ast.expr]:
    """Return the last operands of a formula, from the outermost operator to the innermost one."""
    ends: list[ast.expr] = []
    while isinstance(node, ast.BinOp):
        node = node.right
        ends.append(node)
    return ends


def _with_end(node: ast.expr, depth: int, end: ast.expr) -> ast.expr:
    """Return a copy of a formula in which the last operand of that depth is another one."""
    assert isinstance(node, ast.BinOp)
    right = end if depth == 0 else _with_end(node.right, depth - 1, end)
    return ast.BinOp(left=node.left, op=node.op, right=right)


def _flipped(node: ast.BinOp) -> ast.BinOp:
    return ast.BinOp(left=node.left, op=OPPOSITE[type(node.op)](), right=node.right)


def _is_gradient(node: ast.AST) -> bool:
    """Whether a node reads the `.grad` of a variable."""
    return (
        isinstance(node, ast.Attribute)
        and node.attr == "grad"
        and isinstance(node.value, ast.Name)
        and node.value.id not in ("torch", "autograd")
    )


def _with_keyword(node: ast.Call, name: str, value: ast.expr) -> ast.Call:
    return ast.Call(func=node.func, args=node.args, keywords=[*node.keywords, ast.keyword(arg=name, value=value)])


def mentions(node: ast.expr, names: tuple[str, ...]) -> bool:
    """Whether an expression has one of the names, as a name or an attribute."""
    return any(getattr(one, "attr", getattr(one, "id", "")) in names for one in ast.walk(node))


def _base(node: ast.expr) -> str | None:
    """Return the variable that a chain of calls and attributes begins with."""
    while isinstance(node, ast.Call | ast.Attribute):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) and node.id not in ("torch", "plt", "np") else None


def _drop_clone(call: ast.Call) -> None:
    if isinstance(call.func, ast.Attribute) and _is_method(call.func.value, ("clone",)):
        inner = call.func.value
        assert isinstance(inner, ast.Call)
        assert isinstance(inner.func, ast.Attribute)
        call.func.value = inner.func.value


def _assign_none(name: str) -> ast.stmt:
    target = ast.Attribute(value=ast.Name(id=name, ctx=ast.Load()), attr="grad", ctx=ast.Store())
    return ast.Assign(targets=[target], value=ast.Constant(value=None))


def _can_go(statement: ast.stmt) -> bool:
    """Whether a statement can be left out without a name being lost."""
    match statement:
        case ast.Expr(value=ast.Constant()):
            return False
        case ast.Expr() | ast.AugAssign() | ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            return True
    return False


def _has_operator(node: ast.expr) -> bool:
    return any(isinstance(one, ast.BinOp) for one in ast.walk(node))


def _is_inside(node: ast.AST, other: ast.AST) -> bool:
    return any(one is node for one in ast.walk(other))


def _name(name: str) -> ast.Name:
    return ast.Name(id=name, ctx=ast.Load())


def _is_value(node: ast.expr) -> bool:
    """Whether an expression is a name, or an attribute of `self`."""
    return isinstance(node, ast.Name) or (
        isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"
    )


def _less_one(name: ast.expr) -> ast.BinOp:
    return ast.BinOp(left=name, op=ast.Sub(), right=ast.Constant(value=1))


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _is_movable(statement: ast.stmt) -> bool:
    return not isinstance(statement, ast.Return | ast.FunctionDef | ast.Import | ast.ImportFrom) and not _is_text(
        statement
    )


def minor_lines(tree: ast.Module) -> list[int]:
    """Return the first lines of statements that hold no mistake of their own: definitions, imports, plain returns."""
    return [node.lineno for node in ast.walk(tree) if isinstance(node, ast.stmt) and _is_minor(node)]


def _is_minor(node: ast.stmt) -> bool:
    match node:
        case ast.FunctionDef() | ast.ClassDef() | ast.Import() | ast.ImportFrom() | ast.Pass():
            return True
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr="requires_grad_" | "save_for_backward" | "manual_seed"))):
            return True
        case ast.Expr(value=ast.Call(func=ast.Name(id="print"))):
            return True
        case ast.Return(value=None | ast.Name()):
            return True
    return False


def statement_lines(tree: ast.Module) -> dict[int, int]:
    """Return the first line of the statement that each line belongs to: the innermost, and a header for its own."""
    lines: dict[int, int] = {}
    for node in ast.walk(tree):  # outer statements come first
        if isinstance(node, ast.stmt):
            body = getattr(node, "body", None)
            end = body[0].lineno if isinstance(body, list) and body else (node.end_lineno or node.lineno) + 1
            for line in range(node.lineno, max(end, node.lineno + 1)):
                lines[line] = node.lineno
    return lines

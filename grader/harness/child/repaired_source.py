"""A submission's source with some repairs, made fast enough for hundreds of tries. Runs in the confined child.

A repair changes one function of many. Only that function is compiled again: its code replaces the old one in the code
of its class, or in the list of the source's statements.
"""

import __future__

import ast
from bisect import bisect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from types import CodeType
from typing import Any

from grader.harness.child.repairs import list_repairs

FILENAME = "submission.py"
MAX_EDIT_LINES = 8
"""Lines that an edit takes away, or adds; a larger one is not described. As in `grader.protocol.lines`."""
MAX_EDIT_TEXT = 300
"""Characters of one line of an edit; a longer one is not described."""

Edit = tuple[list[str], list[str]]


@dataclass(frozen=True, slots=True)
class _Before:
    """What a statement was before any repair."""

    fields: list[tuple[ast.AST, dict[str, Any]]]
    lists: list[tuple[list[Any], list[Any]]]

    @classmethod
    def of(cls, statement: ast.AST) -> "_Before":
        fields = [(node, dict(vars(node))) for node in ast.walk(statement)]
        lists = [(value, list(value)) for _, known in fields for value in known.values() if isinstance(value, list)]
        return cls(fields, lists)

    def restore(self) -> None:
        for node, known in self.fields:
            vars(node).clear()
            vars(node).update(known)
        for value, before in self.lists:
            value[:] = before


class RepairedSource:
    """A source with other repairs each time. Raises SyntaxError or ValueError if the source cannot be parsed."""

    def __init__(self, source: str, *, tensors: bool = True) -> None:
        """`tensors` is the argument of `list_repairs`."""
        self._tree = ast.parse(source)
        self._repairs = list_repairs(self._tree, tensors=tensors)
        self._statements = list(self._tree.body)
        self._starts = [_first_line(statement) for statement in self._statements]
        self._flags = sum(_future_flags(self._tree))
        self._before: dict[ast.AST, _Before] = {}
        self._changed: list[ast.AST] = []

    def with_repairs(self, positions: Sequence[int]) -> ast.Module:
        """Return the tree with these repairs, and without those before. Raises IndexError if there is none there."""
        self._apply(positions)
        return ast.fix_missing_locations(self._tree)

    def codes(self, positions: Sequence[int]) -> list[CodeType]:
        """Return the code of each statement of the source, with these repairs. Raises IndexError as `with_repairs`."""
        self._restore()
        codes = list(self._codes)
        for number, method in self._apply(positions):
            codes[number] = self._with_method(number, method) or self._compiled(self._statements[number])
        return codes

    def edit(self, positions: Sequence[int]) -> Edit | None:
        """Return the lines that repairs take away and add; None if these are none, or too much to read.

        They are the source's statements as `ast.unparse` writes them, without the indentation that all have.
        """
        numbers = list(self._lines_of(positions))
        self._restore()
        before = self._written_lines(numbers)
        self._apply(positions)
        after = self._written_lines(numbers)
        removed: list[str] = []
        added: list[str] = []
        for kind, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
            if kind != "equal":
                removed += before[a:b]
                added += after[c:d]
        indent = min((len(line) - len(line.lstrip()) for line in removed + added), default=0)
        removed, added = [line[indent:] for line in removed], [line[indent:] for line in added]
        is_short = max(len(removed), len(added)) <= MAX_EDIT_LINES
        is_narrow = max(map(len, removed + added), default=0) <= MAX_EDIT_TEXT
        return (removed, added) if is_short and is_narrow and (removed or added) else None

    def _written_lines(self, numbers: Sequence[int]) -> list[str]:
        for number in numbers:
            _locate(self._statements[number], self._statements[number].lineno)  # `unparse` reads it
        return [line for number in numbers for line in ast.unparse(self._statements[number]).splitlines()]

    def _lines_of(self, positions: Sequence[int]) -> Mapping[int, list[int]]:
        """Return the lines that repairs change, by the number of their statement."""
        repairs = [self._repairs[position] for position in positions]
        lines: dict[int, list[int]] = {}
        for line in sorted({line for one in repairs for line in (one.line, *one.others)}):
            lines.setdefault(max(0, bisect(self._starts, line) - 1), []).append(line)
        return lines

    def _apply(self, positions: Sequence[int]) -> list[tuple[int, ast.FunctionDef | None]]:
        """Apply repairs; return the numbers of the statements that they change, and of a class the method."""
        self._restore()
        found = self._lines_of(positions).items()
        units = [(number, _method_around(self._statements[number], lines)) for number, lines in found]
        for number, method in units:
            changed = method or self._statements[number]
            if changed not in self._before:
                self._before[changed] = _Before.of(changed)
            self._changed.append(changed)
        for position in positions:
            self._repairs[position].apply()
        return units

    def _restore(self) -> None:
        for statement in self._changed:
            self._before[statement].restore()
        self._changed = []

    @cached_property
    def _codes(self) -> list[CodeType]:
        """The code of each statement without a repair."""
        return [self._compiled(statement) for statement in self._statements]

    def _compiled(self, statement: ast.stmt) -> CodeType:
        _locate(statement, statement.lineno)
        module = ast.Module(body=[statement], type_ignores=[])
        code: CodeType = compile(module, FILENAME, "exec", flags=self._flags, dont_inherit=True)
        return code

    def _with_method(self, number: int, method: ast.FunctionDef | None) -> CodeType | None:
        """Return the code of a class in which one method is compiled again; None if that is not possible."""
        statement = self._statements[number]
        if method is None or not isinstance(statement, ast.ClassDef):
            return None
        alone = ast.ClassDef(name=statement.name, bases=[], keywords=[], body=[method], decorator_list=[])
        small = self._compiled(ast.copy_location(alone, statement))
        old_class, new_class = (_part(code, statement.name) for code in (self._codes[number], small))
        new = new_class and _part(new_class, method.name)
        old = old_class and new and _part(old_class, method.name, new.co_firstlineno)
        if old_class is None or new is None or old is None or old.co_freevars != new.co_freevars:
            return None
        return _replaced(self._codes[number], old_class, _replaced(old_class, old, new))


def _part(code: CodeType, name: str, line: int | None = None) -> CodeType | None:
    """Return the code of a class or function that another code makes, if there is exactly one of that name."""
    parts = [one for one in code.co_consts if isinstance(one, CodeType) and one.co_name == name]
    parts = [one for one in parts if line in {None, one.co_firstlineno}]
    return parts[0] if len(parts) == 1 else None


def _replaced(code: CodeType, old: CodeType, new: CodeType) -> CodeType:
    return code.replace(co_consts=tuple(new if one is old else one for one in code.co_consts))


def _method_around(statement: ast.stmt, lines: Sequence[int]) -> ast.FunctionDef | None:
    """Return the method of a class whose body all of the lines are in; None if there is none."""
    for one in statement.body if isinstance(statement, ast.ClassDef) else ():
        if isinstance(one, ast.FunctionDef) and all(
            one.body[0].lineno <= line <= (one.end_lineno or line) for line in lines
        ):
            return one
    return None


def _first_line(statement: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *[one.lineno for one in decorators]])


def _locate(node: ast.AST, line: int) -> None:
    """Give the nodes that a repair made the line of what is around them. `ast.fix_missing_locations` is slower."""
    known = vars(node)
    if "lineno" in known:
        line = known["lineno"]
    elif node._attributes:
        known["lineno"] = known["end_lineno"] = line
        known["col_offset"] = known["end_col_offset"] = 0
    for value in list(known.values()):
        for child in value if type(value) is list else (value,):
            if isinstance(child, ast.AST):
                _locate(child, line)


def _future_flags(tree: ast.Module) -> Iterator[int]:
    for statement in tree.body:
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            yield from (getattr(__future__, alias.name).compiler_flag for alias in statement.names)

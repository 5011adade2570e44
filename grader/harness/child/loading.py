"""Loads a submission's source as the module `submission`. Runs in the confined child."""

import builtins
import linecache
import sys
from collections.abc import Callable, Collection, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from grader.harness.child.evaluate import describe_error
from grader.harness.child.screen import NotAllowed, screen

FILENAME = "submission.py"

# Copied here, before the fork: a copy writes to the reference count of each entry.
_BUILTINS = dict(vars(builtins))


def load(source: bytes, *, entries: Sequence[str], imports: Collection[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the submission's namespace and the body of LOADED: {"error", "missing"}.

    `missing` are the `entries` that the submission does not define. SystemExit is an error like any other. Raises only
    MemoryError, which ends the run.
    """
    module = ModuleType("submission")
    try:
        text = source.decode("utf-8-sig")  # some editors write a byte order mark, which Python accepts
        screen(text, allowed=imports)
        _forbid(module, imports)
        _run(text, module)
    except MemoryError:
        raise
    except BaseException as error:
        return {}, {"error": describe_error(error), "missing": []}
    return module.__dict__, {"error": None, "missing": [name for name in entries if not _has(module, name)]}


def _run(text: str, module: ModuleType) -> None:
    # There is no such file: tracebacks and `inspect.getsource` find the lines here.
    linecache.cache[FILENAME] = (len(text), None, text.splitlines(keepends=True), FILENAME)
    module.__file__ = FILENAME
    sys.modules["submission"] = module
    exec(compile(text, FILENAME, "exec", dont_inherit=True), module.__dict__)  # noqa: S102 - running the submission is the purpose


def _has(module: ModuleType, entry: str) -> bool:
    return callable(module.__dict__.get(entry.partition(".")[0]))


def _forbid(module: ModuleType, allowed: Collection[str]) -> None:
    """Refuse imports of packages that are not allowed, also through `__import__` and `importlib`.

    This is no security measure. It prevents that a learner uses torch by accident in an exercise without torch.
    """
    _BUILTINS["__import__"] = _guarded(builtins.__import__, allowed)
    module.__dict__["__builtins__"] = _BUILTINS
    if "torch" not in allowed:
        for name in [name for name in sys.modules if name.partition(".")[0] == "torch"]:
            del sys.modules[name]
        sys.meta_path.insert(0, _ImportBlocker("torch"))


def _guarded(real: Callable[..., ModuleType], allowed: Collection[str]) -> Callable[..., ModuleType]:
    def guarded(name: str, *rest: Any, **named: Any) -> ModuleType:
        package = name.partition(".")[0]
        known = package in sys.stdlib_module_names or package in allowed or package == "submission"
        if not known and not _is_library(rest):
            raise NotAllowed(f"`import {package}` is not allowed here")
        return real(name, *rest, **named)

    return guarded


def _is_library(rest: Sequence[Any]) -> bool:
    """Whether a library written in C imports a part of itself, as numpy's `mean` does on its first call.

    Such an import uses the builtins of the calling frame, which are the submission's. CPython then passes an empty list
    of names; an `import` statement passes None or a tuple.
    """
    return len(rest) > 2 and rest[2] == []


class _ImportBlocker(MetaPathFinder):
    """Raises NotAllowed for every import of one package."""

    def __init__(self, package: str) -> None:
        self._package = package

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> ModuleSpec | None:
        """Refuse the package and everything in it."""
        if fullname.partition(".")[0] == self._package:
            raise NotAllowed(f"`import {self._package}` is not allowed here")
        return None

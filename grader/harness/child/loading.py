"""Loads a submission's source as the module `submission`. Runs in the confined child."""

import builtins
import linecache
import sys
from collections.abc import Collection, Sequence
from types import CodeType, ModuleType
from typing import Any

from grader.harness.child.errors import describe_error
from grader.harness.child.imports import ImportBlocker, guarded
from grader.harness.child.screen import screen

FILENAME = "submission.py"

# Copied here, before the fork: a copy writes to the reference count of each entry.
_BUILTINS = dict(vars(builtins))


def load(
    source: bytes, *, entries: Sequence[str], imports: Collection[str], codes: Sequence[CodeType] = ()
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the submission's namespace and the body of LOADED: {"error", "missing"}.

    `missing` are the `entries` that the submission does not define. `codes` run in the place of the source, one
    after another: those of a repaired one that was screened. SystemExit is an error like any other. Raises only
    MemoryError, which ends the run.
    """
    module = ModuleType("submission")
    try:
        text = decoded(source)
        if not codes:
            screen(text)
        _forbid(module, imports)
        _run(text, module, codes)
    except MemoryError:
        raise
    except BaseException as error:
        return {}, {"error": describe_error(error), "missing": []}
    return module.__dict__, {"error": None, "missing": [name for name in entries if not _has(module, name)]}


def decoded(source: bytes) -> str:
    """Return the text of a source. Raises UnicodeDecodeError if it is none."""
    return source.decode("utf-8-sig")  # some editors write a byte order mark, which Python accepts


def _run(text: str, module: ModuleType, codes: Sequence[CodeType]) -> None:
    # There is no such file: tracebacks and `inspect.getsource` find the lines here.
    linecache.cache[FILENAME] = (len(text), None, text.splitlines(keepends=True), FILENAME)
    module.__file__ = FILENAME
    sys.modules["submission"] = module
    for code in codes or [compile(text, FILENAME, "exec", dont_inherit=True)]:
        exec(code, module.__dict__)  # noqa: S102 - running the submission is the purpose


def _has(module: ModuleType, entry: str) -> bool:
    return callable(module.__dict__.get(entry.partition(".")[0]))


def _forbid(module: ModuleType, allowed: Collection[str]) -> None:
    """Make imports of packages that are not allowed fail as anywhere, also through `__import__` and `importlib`.

    This is no security measure. It prevents that a learner uses torch by accident in an exercise without torch.
    """
    _BUILTINS["__import__"] = guarded(builtins.__import__, allowed)
    module.__dict__["__builtins__"] = _BUILTINS
    if "torch" not in allowed:
        for name in [name for name in sys.modules if name.partition(".")[0] == "torch"]:
            del sys.modules[name]
        if not any(isinstance(finder, ImportBlocker) for finder in sys.meta_path):
            sys.meta_path.insert(0, ImportBlocker("torch"))

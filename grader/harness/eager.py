"""Keeps torch from loading its compiler for code that does not compile.

Optimizers and `torch.func` ask `torch._dynamo` to stay out of their way, and thereby import it: a second, 40 MB, and a
tenth of what each fork costs. A stand-in gives them the three answers that they get while nothing is compiled. Whoever
asks for anything else (`torch.compile` does) gets the real module in its place.
"""

import importlib
import sys
from collections.abc import Callable
from contextlib import nullcontext
from importlib.machinery import ModuleSpec
from types import ModuleType, SimpleNamespace
from typing import Any

import torch

NAME = "torch._dynamo"


class _Eager(ModuleType):
    """`torch._dynamo`, as far as code that is not compiled needs it."""

    compiled_autograd = SimpleNamespace(_disable=nullcontext)

    def __init__(self) -> None:
        super().__init__(NAME, "Stands in until the compiler is needed.")
        self.__spec__ = ModuleSpec(NAME, None)

    @staticmethod
    def disable(fn: Callable[..., Any] | None = None, *_: Any, **__: Any) -> Callable[..., Any]:
        """Return the function as it is: nothing compiles it."""
        return fn if fn is not None else lambda function: function

    @staticmethod
    def graph_break(*_: Any, **__: Any) -> None:
        """Break nothing: there is no graph."""

    def __getattr__(self, name: str) -> Any:
        return getattr(_real(), name)


def postpone_the_compiler() -> None:
    """Put the stand-in where `torch._dynamo` would be, unless that has been imported already."""
    if NAME not in sys.modules:
        sys.modules[NAME] = torch._dynamo = _Eager()


def _real() -> ModuleType:
    if isinstance(sys.modules.get(NAME), _Eager):
        del sys.modules[NAME]
    module = importlib.import_module(NAME)
    torch._dynamo = module
    return module

"""What a submission's imports give. Runs in the confined child.

A package that is not there raises ImportError, as anywhere, so that a guarded import works. One that is there but not
part of the exercise can be imported, and raises ImportError when it is used: an unused import costs nothing.
"""

import sys
from collections.abc import Callable, Collection
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, NoReturn

INSTALLED = frozenset({"torch", "numpy", "matplotlib"})
"""What the sandbox has beside the standard library. They come together: an exercise with torch allows all three."""


class NotAllowed(ModuleNotFoundError):
    """The source imports a package that is not there, or uses one that is not part of the exercise."""


def guarded(real: Callable[..., ModuleType], allowed: Collection[str]) -> Callable[..., ModuleType]:
    """Return `__import__` for a submission."""
    packages = frozenset(allowed) | (INSTALLED if "torch" in allowed else frozenset())

    def importing(name: str, *rest: Any, **named: Any) -> ModuleType:
        package = name.partition(".")[0]
        known = package in sys.stdlib_module_names or package in packages or package == "submission"
        if known or _is_library(rest):
            return real(name, *rest, **named)
        if package in INSTALLED:
            return Unusable(package)
        raise NotAllowed(f"No module named {package!r}", name=package)

    return importing


class Unusable(ModuleType):
    """Stands for a package that is not part of the exercise, and for everything in it."""

    __path__: list[str] = []

    def __getattr__(self, name: str) -> "Unusable":
        if name.startswith("__"):
            raise AttributeError(name)
        return Unusable(f"{self.__name__}.{name}")

    def __call__(self, *args: Any, **named: Any) -> NoReturn:
        """Raise NotAllowed."""
        raise NotAllowed(f"`{self.__name__}` cannot be used in this exercise", name=self.__name__)

    def __instancecheck__(self, instance: Any) -> NoReturn:
        """Raise NotAllowed: nothing can be compared with it."""
        self()

    def __mro_entries__(self, bases: Any) -> NoReturn:
        """Raise NotAllowed: a class cannot derive from it either."""
        self()


class ImportBlocker(MetaPathFinder):
    """Raises NotAllowed for every import of one package."""

    def __init__(self, package: str) -> None:
        self._package = package

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> ModuleSpec | None:
        """Refuse the package and everything in it."""
        if fullname.partition(".")[0] == self._package:
            raise NotAllowed(f"No module named {self._package!r}", name=self._package)
        return None


def _is_library(rest: Any) -> bool:
    """Whether a library written in C imports a part of itself, as numpy's `mean` does on its first call.

    Such an import uses the builtins of the calling frame, which are the submission's. CPython then passes an empty list
    of names; an `import` statement passes None or a tuple.
    """
    return len(rest) > 2 and rest[2] == []

"""Collecting the problems of a package, each once, with the promise that it breaks and its place."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from grader.errors import PackageError
from grader.grading.examiner import Fault
from grader.grading.in_process_examiner import place_of
from grader.protocol.verifications import MAX_PROBLEMS, PackageProblem, Promise
from grader.sandboxes.cancellation import Cancellation
from grader.verification.places import located

OnPromise = Callable[[str, int, int], None]
"""Gets the id of the promise that is looked at now, its position from 1, and how many there are."""


@dataclass(kw_only=True)
class Problems:
    """The problems of one package, at most MAX_PROBLEMS and one.

    `done` are the promises that were looked at. If `cancellation` is requested, the next promise or problem raises
    RunCancelled.
    """

    slug: str
    folder: Path
    promises: tuple[Promise, ...]
    on_promise: OnPromise | None = None
    cancellation: Cancellation = field(default_factory=Cancellation)
    found: list[PackageProblem] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    _known: set[str] = field(default_factory=set)
    _now: str = ""

    @property
    def now(self) -> Promise:
        """The promise that is looked at, or was last."""
        return next(promise for promise in self.promises if promise[0] == (self._now or self.promises[0][0]))

    @contextmanager
    def promise(self, name: str) -> Iterator[None]:
        """Look at a promise inside the block. What the package's code raises there becomes a problem."""
        self.cancellation.raise_if_requested()
        self._now = name
        names = [known for known, _ in self.promises]
        if self.on_promise is not None:
            self.on_promise(name, names.index(name) + 1, len(names))
        with self.caught():
            yield
        self.done.append(name)

    @contextmanager
    def caught(self) -> Iterator[None]:
        """Turn what the package's own code raises inside the block into a problem."""
        try:
            yield
        except PackageError as error:
            self.add(Fault(text=str(error), file=error.file or None, line=error.line))
        except Exception as error:
            file, line = place_of(error, self.folder)
            if file is None:
                raise
            text = f"{file}, line {line}, raised {type(error).__name__}: {error}."
            self.add(Fault(text=text, file=file, line=line))

    def add(self, fault: Fault, *, promise: str | None = None) -> None:
        """Add a problem of the promise that is looked at now, or of another one."""
        fault = located(
            Fault(text=fault.text.removeprefix(f"{self.slug}: "), file=fault.file, line=fault.line), self.folder
        )
        if fault.text in self._known or len(self.found) > MAX_PROBLEMS:
            return
        self._known.add(fault.text)
        self.found.append(
            PackageProblem(promise=promise or self._now, text=fault.text, file=fault.file, line=fault.line)
        )

    def add_all(self, faults: Iterable[Fault], *, promise: str | None = None) -> bool:
        """Add problems, and return whether there were any."""
        listed = list(faults)
        for fault in listed:
            self.add(fault, promise=promise)
        return bool(listed)

"""What every sandbox offers: load a submission, call its functions, read how the run ended.

    with sandbox.open(program, limits=limits) as run:
        observations = run.observe(calls)       # once in a run
    run.ending                                  # how the run ended, what it printed, what it used

Engines differ only in how they start the harness. Frames, limits and the reading of answers are the same for all.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from grader.harness.wire.values import TensorFacts
from grader.protocol.lines import Edit
from grader.protocol.reports import Outcome
from grader.sandboxes.cancellation import Cancellation


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What one submission can use.

    `wall_seconds` counts from the first call to the last answer and is enforced outside the sandbox. `memory_mb` is
    what the submission can take beyond the harness itself. `observation_mb` bounds everything that it can return.
    """

    wall_seconds: float = 10.0
    memory_mb: int = 1024
    processes: int = 32
    file_mb: int = 16
    output_kb: int = 64
    observation_mb: int = 32


@dataclass(frozen=True, kw_only=True, slots=True)
class Program:
    """A submission as the harness needs it: the source, the names it must define, what it can import.

    `imports` are the packages allowed beside the standard library. The child screens the source for others before any
    of it runs (`grader.harness.child.screen`). Its import system refuses them too, so `__import__` does not help.

    The others are for the search for the line of a mistake. `trace` asks for an `Outline` and for the lines of each
    call. `repairs` are groups of positions of repairs in the outline: all calls are made with the first group, then
    with the second, and so on. Equal observations are then one object, and have no time. After `repair_seconds` of a
    processor the rest of the calls have an error in place of an answer. `edits` asks for what the groups change.
    """

    source: str
    entries: tuple[str, ...]
    imports: tuple[str, ...] = ("torch",)
    stream_losses: bool = False
    trace: bool = False
    repairs: tuple[tuple[int, ...], ...] = ()
    repair_seconds: float = 0.0
    edits: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Outline:
    """What a traced child says of its source: the repairs that it can make, each with its line and its kind.

    `minor` are the lines of statements that hold no mistake of their own, such as imports. `edits` are what the
    program's repairs change, in the order in which each is first asked for; None if that is too much to read. A learner
    can have written all of it.
    """

    repairs: tuple[tuple[int, str], ...] = ()
    minor: frozenset[int] = frozenset()
    edits: tuple[Edit | None, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class CallTrace:
    """What happened in a traced call, by line of the source: the lines that ran, and those that did something.

    `cuts` made an untracked tensor of a tracked one, `writes` changed an argument of the call.
    """

    lines: frozenset[int] = frozenset()
    cuts: frozenset[int] = frozenset()
    writes: frozenset[int] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One question to a submission: call `entry` with `args`, in the way of a probe (`grader.harness.child.probes`)."""

    entry: str
    args: tuple[Any, ...] = ()
    probe: str = "call"
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class LearnerError:
    """An exception of the learner's code, as we can show it to the learner."""

    type: str
    message: str
    line: int | None = None
    traceback: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Observation:
    """What happened in one call. It is data, never a verdict: a learner can have written all of it.

    `value` is what the probe returned: plain Python and detached CPU tensors, and `Other` for what cannot leave the
    sandbox. `facts` describes each tensor before it was detached, by its path in `value` ("" for the value itself,
    "[0]", "['w1']"). `modified` lists the positions of arguments whose values changed. `graph` is the autograd graph
    of the result and `figures` is what a plot drew, if the probe asked for them. `trace` is there if the program is
    traced. `message` are the bytes that all of it was
    read from: the author's instance reads the same ones.
    """

    value: Any = None
    facts: dict[str, TensorFacts] = field(default_factory=dict)
    error: LearnerError | None = None
    modified: tuple[int, ...] = ()
    seconds: float = 0.0
    graph: dict[str, Any] | None = None
    figures: tuple[dict[str, Any], ...] = ()
    trace: CallTrace | None = None
    message: bytes = field(default=b"", repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Ending:
    """How a run ended.

    `outcome` is GRADED if every call was answered. It is UNGRADABLE if the code could not be loaded: `load_error`
    holds the exception or the exit, or `missing` names the entries that the code does not define. Otherwise it says
    what stopped the run, with `evidence` ("signal", "oom_kills", "loading" if no call had begun, ...). `unanswered` is
    the index of the call that was running.
    """

    outcome: Outcome
    load_error: LearnerError | None = None
    missing: tuple[str, ...] = ()
    unanswered: int | None = None
    evidence: dict[str, Any] = field(default_factory=dict)
    output: str = ""
    output_capped: bool = False
    seconds: float = 0.0


class Run(Protocol):
    """One submission, loaded in a sandbox."""

    @property
    def ending(self) -> Ending:
        """How the run ended. Read it only after the run has ended."""
        ...

    @property
    def outline(self) -> Outline:
        """What the child said of the source of a traced program; empty if it said nothing."""
        ...

    @property
    def processor_seconds(self) -> float:
        """How much of a processor the run used; until its process has ended, as far as that is known."""
        ...

    def observe(self, calls: Sequence[Call]) -> list[Observation]:
        """Make calls to the submission, once. If the list is shorter than `calls`, the run ended (see `ending`)."""
        ...


class Sandbox(Protocol):
    """Runs submissions, each in a fresh process. Not thread-safe: one submission at a time."""

    name: str

    def open(
        self,
        program: Program,
        *,
        limits: Limits,
        on_progress: Callable[[dict[str, Any]], None] | None = None,
        cancellation: Cancellation | None = None,
        patience: float | None = None,
    ) -> AbstractContextManager[Run]:
        """Load a submission. Raises SandboxError if the engine failed, never for what the learner's code does.

        With `patience`, raises NoSandbox if no sandbox is warm within so many seconds. Raises RunCancelled, here or in
        `observe`, soon after `cancellation` is requested.
        """
        ...

    def warm_up(self) -> None:
        """Wait until a submission can be loaded at once. Raises SandboxError if no sandbox starts."""
        ...

    def close(self) -> None:
        """Stop and remove every process and container of this sandbox."""
        ...

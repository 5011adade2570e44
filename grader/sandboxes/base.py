"""What every sandbox engine offers: open a submission, put calls to it, hear how it ended.

    with sandbox.open(program, limits=limits) as run:
        observations = run.observe(calls)       # may be asked again, in the same process
    run.ending                                  # how it ended, what it printed, what it used

An engine only decides how the harness is started; frames, limits and reading are the same for all.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from grader.harness.wire.values import TensorFacts
from grader.protocol.reports import Outcome


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What one submission may use.

    `wall_seconds` counts from the first call to the last answer and is enforced outside the sandbox. `memory_mb` is
    what the submission may take beyond the harness itself. `observation_mb` bounds everything that it may return.
    """

    wall_seconds: float = 10.0
    memory_mb: int = 1024
    processes: int = 32
    file_mb: int = 16
    output_kb: int = 64
    observation_mb: int = 32


@dataclass(frozen=True, kw_only=True, slots=True)
class Program:
    """A submission as the harness needs it: the source, the names it must define, what it may import.

    `imports` are the packages allowed beside the standard library. The child screens the source for others before any
    of it runs (`grader.harness.child.screen`); one that is not allowed is also kept from being imported by trickery.
    """

    source: str
    entries: tuple[str, ...]
    imports: tuple[str, ...] = ("torch",)
    stream_losses: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One question to a submission: call `entry` with `args`, as `probe` of `grader.harness.child.probes` does it."""

    entry: str
    args: tuple[Any, ...] = ()
    probe: str = "call"
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class LearnerError:
    """An exception of the learner's code, as the learner may see it."""

    type: str
    message: str
    line: int | None = None
    traceback: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Observation:
    """What happened in one call. Data, never a verdict, and a learner may have written all of it.

    `value` is what the probe returned: plain Python and detached CPU tensors, `Other` for what cannot cross. `facts`
    says of each tensor, by its path in `value` ("" for the value itself, "[0]", "['w1']"), what it was before it was
    detached. `modified` names the arguments (by position) whose values changed. `graph` is the autograd graph of the
    result and `figures` what a plot drew, where the probe was asked for them.
    """

    value: Any = None
    facts: dict[str, TensorFacts] = field(default_factory=dict)
    error: LearnerError | None = None
    modified: tuple[int, ...] = ()
    seconds: float = 0.0
    graph: dict[str, Any] | None = None
    figures: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Ending:
    """How a run ended.

    `outcome` is GRADED where every call was answered, UNGRADABLE where the code could not be loaded (`load_error` says
    why, an exception or an exit; or `missing` names the entries that are not there), else what stopped it, with
    `evidence` ("signal", "oom_kills", "loading" where no call was begun, ...). `unanswered` is the index, over all
    calls put, of the call then running.
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
        """How the run ended; to be asked once it has."""
        ...

    def observe(self, calls: Sequence[Call]) -> list[Observation]:
        """Put calls to the submission; a shorter list than asked means that it ended (see `ending`)."""
        ...


class Sandbox(Protocol):
    """An engine with a warm harness. Not thread-safe: one submission at a time."""

    name: str

    def open(
        self, program: Program, *, limits: Limits, on_progress: Callable[[dict[str, Any]], None] | None = None
    ) -> AbstractContextManager[Run]:
        """Load a submission. `SandboxError` where the engine, not the learner, failed."""
        ...

    def warm_up(self) -> None:
        """Wait until a submission can be loaded at once; `SandboxError` where that will not be."""
        ...

    def close(self) -> None:
        """Stop and remove whatever this sandbox holds."""
        ...

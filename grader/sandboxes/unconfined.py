"""No sandbox: the code runs in this process, with the user's rights, without limits and without a clock.

For developers: `python -m grader grade SLUG FILE --sandbox none`, with `--pdb` for a debugger, and for tests of what
happens around a run. Only the command line can choose it: no runtime of `deploy/runtimes.toml` and no worker can.
"""

import ast
import builtins
import contextlib
import io
import linecache
import pdb
import sys
import time
from bdb import BdbQuit
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any

from grader.errors import GraderError
from grader.harness.child.errors import describe_error
from grader.harness.child.evaluate import evaluate
from grader.harness.child.imports import guarded
from grader.harness.child.loading import FILENAME
from grader.harness.child.repaired_source import RepairedSource
from grader.harness.child.repairs import list_repairs, minor_lines
from grader.harness.child.screen import screen
from grader.harness.child.tracing import Tracer
from grader.harness.wire.values import Decoder, Encoder, pack, unpack
from grader.protocol.lines import Edit
from grader.protocol.reports import Outcome
from grader.sandboxes.base import Call, CallTrace, Ending, LearnerError, Limits, Observation, Outline, Program
from grader.sandboxes.graph_reader import read_graph


class DebuggerQuit(GraderError):
    """The user left the debugger with `q`."""


class UnconfinedRun:
    """One submission loaded into this process."""

    def __init__(
        self, program: Program, *, describe: Callable[[BaseException], dict[str, Any]] = describe_error
    ) -> None:
        known = {**vars(builtins), "__import__": guarded(builtins.__import__, program.imports)}
        self.namespace: dict[str, Any] = {"__name__": "submission", "__builtins__": known}
        self.ending = Ending(outcome=Outcome.GRADED)
        self.outline = Outline()
        self.processor_seconds = 0.0  # it is this process's own time
        self._program = program
        self._describe = describe
        self._tracer: Tracer | None = None
        try:
            screen(program.source)
            code = self._parse(program) if program.trace else program.source
            exec(compile(code, FILENAME, "exec", dont_inherit=True), self.namespace)  # noqa: S102
        except BaseException as error:
            self.ending = Ending(outcome=Outcome.UNGRADABLE, load_error=LearnerError(**describe(error)))
            return
        missing = tuple(name for name in program.entries if name not in self.namespace)
        if missing:
            self.ending = Ending(outcome=Outcome.UNGRADABLE, missing=missing)

    def _parse(self, program: Program) -> ast.Module:
        """Return the tree of a program, and prepare to trace it."""
        tree = ast.parse(program.source)
        self._tracer = Tracer(tree)
        repairs = tuple((one.line, one.kind) for one in list_repairs(tree))
        self.outline = Outline(repairs=repairs, minor=frozenset(minor_lines(tree)))
        return tree

    def observe(self, calls: Sequence[Call]) -> list[Observation]:
        """Put calls to the submission; no observation if it did not load."""
        if self.ending.outcome is not Outcome.GRADED:
            return []
        if self._program.repairs:
            if self._program.edits:
                self.outline = self._edits()
            return [self._repaired(call, group) for group in self._program.repairs for call in calls]
        return [self._observe(call) for call in calls]

    def _edits(self) -> Outline:
        source = RepairedSource(self._program.source)
        edits = [source.edit(positions) for positions in dict.fromkeys(self._program.repairs)]
        return Outline(
            edits=tuple(Edit(removed=tuple(edit[0]), added=tuple(edit[1])) if edit else None for edit in edits)
        )

    def _repaired(self, call: Call, positions: Sequence[int]) -> Observation:
        changed = ast.unparse(RepairedSource(self._program.source).with_repairs(positions))
        run = UnconfinedRun(replace(self._program, source=changed, repairs=()))
        answers = run.observe([call])
        return answers[0] if answers else Observation(error=run.ending.load_error or LearnerError(type="", message=""))

    def _observe(self, call: Call) -> Observation:
        encoder = Encoder()
        document = {
            "entry": call.entry,
            "args": encoder.encode(list(call.args)),
            "probe": call.probe,
            "options": encoder.encode(call.options),
        }
        sent = unpack(pack(document, encoder.tensors))
        if self._tracer is not None:
            self._tracer.start()
        document, tensors = evaluate(self.namespace, *sent, describe=self._describe)
        if self._tracer is not None:
            document["trace"] = self._tracer.stop()
        return observation_of(*unpack(pack(document, tensors)))


def observation_of(document: Any, tensors: Any) -> Observation:
    """Return the observation that `evaluate` describes."""
    decoder = Decoder(tensors)
    return Observation(
        value=decoder.decode(document["value"]),
        facts=decoder.facts,
        error=LearnerError(**document["error"]) if document["error"] else None,
        modified=tuple(document["modified"]),
        seconds=document["seconds"],
        graph=read_graph(document["graph"]),
        trace=_trace_of(document.get("trace")),
    )


def _trace_of(trace: Any) -> CallTrace | None:
    return trace and CallTrace(**{name: frozenset(lines) for name, lines in trace.items()})


class UnconfinedSandbox:
    """A `Sandbox` without walls.

    With `debug`, `breakpoint()` in the submission opens pdb at that line, and so does the line of its first exception.
    The output is then not captured. Raises DebuggerQuit if the user leaves the debugger with `q`.
    """

    name = "none"

    def __init__(self, *, debug: bool = False) -> None:
        self._debug = debug

    @contextlib.contextmanager
    def open(
        self,
        program: Program,
        *,
        limits: Limits,
        on_progress: Any = None,
        cancellation: Any = None,
        patience: Any = None,
    ) -> Iterator[UnconfinedRun]:
        """Load a submission. The limits are not enforced, and nothing stops it."""
        start, printed = time.perf_counter(), io.StringIO()
        if self._debug:
            show_source(program.source)
            with breakpoints():
                run = UnconfinedRun(program, describe=_Debugger().describe)
                yield run
        else:
            with contextlib.redirect_stdout(printed):
                run = UnconfinedRun(program)
                yield run
        run.ending = Ending(
            outcome=run.ending.outcome,
            load_error=run.ending.load_error,
            missing=run.ending.missing,
            output=printed.getvalue(),
            seconds=time.perf_counter() - start,
        )

    def warm_up(self) -> None:
        """Do nothing: there is nothing to start."""

    def close(self) -> None:
        """Do nothing: there is nothing to stop."""


class _Debugger:
    """Opens pdb at the first exception of a submission, then describes it as the harness does."""

    def __init__(self) -> None:
        self._was_open = False

    def describe(self, error: BaseException) -> dict[str, Any]:
        if isinstance(error, BdbQuit):
            raise DebuggerQuit("the debugger was left with `q`; nothing was graded") from None
        own = _own_part(error.__traceback__)
        if own is not None and isinstance(error, Exception) and not self._was_open:
            self._was_open = True
            print(f"{type(error).__name__}: {error}", file=sys.stderr)  # noqa: T201
            pdb.post_mortem(own)
        return describe_error(error)


def _own_part(trace: TracebackType | None) -> TracebackType | None:
    """Return the part of a traceback from the submission's first frame to its last one; None if it has none."""
    frames = []
    while trace is not None:
        frames.append(trace)
        trace = trace.tb_next
    own = [i for i, frame in enumerate(frames) if frame.tb_frame.f_code.co_filename == FILENAME]
    if not own:
        return None
    frames[own[-1]].tb_next = None
    return frames[own[0]]


@contextlib.contextmanager
def breakpoints() -> Iterator[None]:
    """Let `breakpoint()` open pdb in its caller."""
    before = sys.breakpointhook
    sys.breakpointhook = lambda *_, **__: pdb.Pdb().set_trace(sys._getframe(1))
    try:
        yield
    finally:
        sys.breakpointhook = before


def show_source(source: str) -> None:
    """Give pdb the lines of the submission, which is not a file."""
    lines = source.splitlines(keepends=True)
    for name in (FILENAME, pdb.Pdb().canonic(FILENAME)):
        linecache.cache[name] = (len(source), None, lines, name)

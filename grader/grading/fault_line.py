"""Find the line of a submission to look at, after its score is known. If too little speaks for one line, there is none.

Three witnesses speak:

- Repair: small changes that belong to autograd (`grader.harness.child.repairs`) are made one at a time. If one makes
  every case pass, in a fresh child, its line is to blame. Which ones are worth that, one child finds on a single case.
- Graph: the lines of failing cases at which a tensor is no longer tracked, and the line that raised an exception.
- Coverage: the lines that ran in failing cases, and not in passing ones.

A wrong line is worse than none. All that the child says is a claim: it can decide only which line of the learner's own
code is marked for the learner. Nothing that the runs here print or report is kept, and no finding or score changes.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import structlog

from grader.errors import GraderError
from grader.grading.author import Author, CaseAnswer
from grader.grading.author_choice import AuthorSandbox, author_of
from grader.grading.calls import put
from grader.grading.exercise import Exercise, load_exercise
from grader.grading.pipeline import cases_of
from grader.grading.repair_search import Group, RepairSearch, lines_of, order_of, trace_of
from grader.packages.cases import Case
from grader.protocol.jobs import Job
from grader.protocol.lines import Edit, FoundLine
from grader.protocol.reports import Outcome, Report, Status
from grader.sandboxes.base import Ending, Limits, Outline, Program, Run, Sandbox

PROCESSOR_SECONDS = 1.0
"""After so much of a processor a search begins no further run: its own work, and the runs of the learner's code."""
MAX_SECONDS = 2.5
"""How long one search takes at most, on a machine that is busy."""
SLOW_SECONDS = 0.05
"""If the run of a submission took longer, no repairs are tried."""
_RUN_SECONDS = 1.0  # the limit of one run, of its own time
_PATIENCE_SECONDS = 0.3  # for a warm sandbox

INPUT_MODIFIED = "input_modified"
LOST = {"no_gradient", "detached_path"}
"""Diagnoses and messages that say that the gradient is lost on the way."""
RAISED_LATE = ("inplace operation", "a second time")
"""Parts of errors that are raised later than at the line that caused them."""
NO_GRAPH = ("does not require grad", "have been used in the graph")
"""Parts of errors that are raised later if the graph is cut before."""

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True, slots=True)
class Witnesses:
    """What each witness says: the lines of repairs that work, of cuts, of exceptions and of failing cases alone.

    `writes` changed an argument that must stay as it is. `is_lost`: a check has diagnosed that the gradient is lost on
    the way, so a cut is its place. `at_fault` are all statements of the failing cases that can hold a mistake.
    """

    repairs: Counter[int]
    writes: frozenset[int] = frozenset()
    cuts: frozenset[int] = frozenset()
    is_lost: bool = False
    raised: frozenset[int] = frozenset()
    raised_late: bool = False
    no_graph: bool = False
    only_failing: frozenset[int] = frozenset()
    at_fault: frozenset[int] = frozenset()


class _Budget:
    """What is left of the processor time of one search, and whether it should go on at all."""

    def __init__(self, seconds: float, may_go_on: Callable[[], bool]) -> None:
        self._seconds, self._may_go_on = seconds, may_go_on
        self._started, self._end = time.process_time(), time.monotonic() + MAX_SECONDS
        self._runs: list[Run] = []

    def add(self, run: Run) -> None:
        """Count the run of a child."""
        self._runs.append(run)

    @property
    def used(self) -> float:
        """The processor seconds that were used."""
        return time.process_time() - self._started + sum(run.processor_seconds for run in self._runs)

    @property
    def left(self) -> float:
        """The processor seconds that are left."""
        return min(self._seconds - self.used, self._end - time.monotonic())

    def allows_more(self) -> bool:
        """Whether another run can begin."""
        return self.left > 0 and self._may_go_on()


def find_line(
    job: Job,
    report: Report,
    *,
    sandbox: Sandbox,
    may_go_on: Callable[[], bool] = lambda: True,
    processor_seconds: float | None = None,
    author_sandbox: AuthorSandbox | None = None,
) -> int | None:
    """Return the line of the learner's code to look at, counted from 1; None as in `look`."""
    found = look(
        job,
        report,
        sandbox=sandbox,
        may_go_on=may_go_on,
        processor_seconds=processor_seconds,
        author_sandbox=author_sandbox,
    )
    return found.line if found is not None else None


def look(
    job: Job,
    report: Report,
    *,
    sandbox: Sandbox,
    may_go_on: Callable[[], bool] = lambda: True,
    processor_seconds: float | None = None,
    author_sandbox: AuthorSandbox | None = None,
) -> FoundLine | None:
    """Return the line of the learner's code to look at; None if it is not clear, or nothing is wrong.

    `may_go_on` is asked before each run: if it returns False, the search ends without a line. If the sandbox fails, or
    none is warm soon, there is no line. The code of a course's exercise runs in `author_sandbox`.
    """
    if report.points >= report.max_points > 0:
        return None
    budget = _Budget(processor_seconds or PROCESSOR_SECONDS, may_go_on)
    try:
        exercise = load_exercise(job.exercise, digest=job.digest, library=job.library)
        with author_of(exercise, job.source, author_sandbox) as author:
            return _Search(job, report, exercise, author, sandbox, budget).find()
    except GraderError as error:
        log.warning("no_line", exercise=job.exercise, error=str(error))
        return None


class _Search:
    """The search for one line."""

    def __init__(
        self, job: Job, report: Report, exercise: Exercise, author: Author, sandbox: Sandbox, budget: _Budget
    ) -> None:
        self._exercise = exercise
        self._author = author
        self._cases = cases_of(self._author, job)
        self._program = replace(self._exercise.program(job.source), stream_losses=False)
        self._report, self._sandbox, self._budget = report, sandbox, budget
        self._last_line = job.source.count("\n") + 1
        self._edits: dict[int, Edit] = {}  # by line

    def find(self) -> FoundLine | None:
        """Return the line, if the witnesses agree."""
        if not self._budget.allows_more():
            return None
        answers, ending, outline = self._run(self._cases, replace(self._program, trace=True), _RUN_SECONDS)
        if ending.load_error is not None:
            return self._in_source(ending.load_error.line)
        if ending.outcome is not Outcome.GRADED:
            return None
        failing = set(self._author.failing(answers))
        if not failing:
            return None
        found = self._witnesses(answers, failing, outline)
        line = agreed(found)
        log.info("line_found", exercise=self._exercise.slug, found=line is not None, used=round(self._budget.used, 3))
        return self._in_source(line)

    def _in_source(self, line: int | None) -> FoundLine | None:
        is_there = line is not None and 1 <= line <= self._last_line
        return FoundLine(line=line, edit=self._edits.get(line)) if line is not None and is_there else None

    def _run(self, cases: Sequence[Case], program: Program, seconds: float) -> tuple[list[CaseAnswer], Ending, Outline]:
        limits = replace(self._exercise.limits, wall_seconds=seconds, output_kb=0)
        opened = self._sandbox.open(program, limits=_smaller(limits), patience=_PATIENCE_SECONDS)
        with opened as run:
            answers = put(cases, run, times=len(program.repairs) or 1)
        self._budget.add(run)
        return answers, run.ending, run.outline

    def _witnesses(self, answers: Sequence[CaseAnswer], failing: set[int], outline: Outline) -> Witnesses:
        wrong = [answers[i] for i in sorted(failing)]
        right = [answer for i, answer in enumerate(answers) if i not in failing]
        ran = _shared(lines_of(answer) for answer in wrong)
        errors = [answer.observation.error for answer in wrong if answer.observation]
        raised = frozenset(error.line for error in errors if error is not None and error.line is not None)
        return Witnesses(
            repairs=self._repairs(answers, failing, outline),
            writes=self._unasked_writes(wrong),
            cuts=_shared(trace_of(answer).cuts for answer in wrong) - _any(trace_of(answer).cuts for answer in right),
            is_lost=self._is_lost(),
            raised=raised if errors and all(error is not None for error in errors) else frozenset(),
            raised_late=any(error is not None and _says(error.message, RAISED_LATE) for error in errors),
            no_graph=any(error is not None and _says(error.message, NO_GRAPH) for error in errors),
            only_failing=ran - _any(lines_of(answer) for answer in right) - outline.minor,
            # Of a class, the line can also be one that runs only when the class is made.
            at_fault=frozenset() if any("." in answer.case.entry for answer in wrong) else ran - outline.minor,
        )

    def _is_lost(self) -> bool:
        failed = [finding for finding in self._report.findings if finding.status is Status.FAILED]
        return any(LOST & {finding.diagnosis, finding.message} for finding in failed)

    def _unasked_writes(self, wrong: Sequence[CaseAnswer]) -> frozenset[int]:
        """Return the lines that changed an argument, if a check minds."""
        failed = [finding for finding in self._report.findings if finding.status is Status.FAILED]
        minds = all(INPUT_MODIFIED in (finding.diagnosis, finding.message) for finding in failed)
        return _any(trace_of(answer).writes for answer in wrong if not answer.case.mutable) if minds else frozenset()

    def _repairs(self, answers: Sequence[CaseAnswer], failing: set[int], outline: Outline) -> Counter[int]:
        """Return the lines at which repairs work, with how many do; none if the submission is slow."""
        seconds = sum(answer.observation.seconds for answer in answers if answer.observation)
        if min(seconds, self._report.seconds) > SLOW_SECONDS:
            return Counter()
        search = RepairSearch(
            answers=answers,
            failing=failing,
            outline=outline,
            order=order_of(self._report.findings),
            fails=self._author.failing,
            run=self._tried,
            left=lambda: self._budget.left if self._budget.allows_more() else 0.0,
        )
        found = search.find()
        self._edits = search.edits
        return found

    def _tried(
        self, cases: Sequence[Case], repairs: Sequence[Group], seconds: float, edits: bool
    ) -> tuple[list[CaseAnswer], Ending, Outline]:
        """Put the cases to the submission with each group of repairs, all in one child; what has no time left fails."""
        program = replace(self._program, repairs=tuple(repairs), repair_seconds=seconds, edits=edits)
        return self._run(cases, program, _RUN_SECONDS)


def agreed(found: Witnesses) -> int | None:
    """Return the line that the witnesses agree on; None if they do not."""
    if found.repairs:
        return _one_of(found.repairs, [found.writes, found.cuts, found.raised, found.only_failing])
    if found.writes:
        return _only(found.writes)
    if found.raised_late:
        return None
    if found.raised and found.no_graph and found.cuts:
        return _only(found.cuts)
    if found.raised:
        return _only(found.raised)
    if found.is_lost and found.cuts:
        return _only(found.cuts)
    return _only(found.only_failing) or _only(found.at_fault)


def _one_of(repairs: Counter[int], others: Sequence[frozenset[int]]) -> int | None:
    """Return the line of the repairs; if there are several, the one that another witness names, or most repairs."""
    if len(repairs) == 1:
        return next(iter(repairs))
    for other in others:
        if len(named := other & repairs.keys()) == 1:
            return next(iter(named))
    (line, most), (_, second) = repairs.most_common(2)
    return line if most >= 2 * second else None


def _only(lines: frozenset[int]) -> int | None:
    return next(iter(lines)) if len(lines) == 1 else None


def _shared(sets: Iterable[frozenset[int]]) -> frozenset[int]:
    every = list(sets)
    return frozenset.intersection(*every) if every else frozenset()


def _any(sets: Iterable[frozenset[int]]) -> frozenset[int]:
    return frozenset().union(*sets)


def _says(error: str, parts: Sequence[str]) -> bool:
    return any(part in error for part in parts)


def _smaller(limits: Limits) -> Limits:
    return replace(limits, observation_mb=min(limits.observation_mb, 4))

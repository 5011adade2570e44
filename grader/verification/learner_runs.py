"""What `verify` runs in the learner's sandbox: answers of the package, as a learner would hand them in, and samples."""

from collections.abc import Sequence
from dataclasses import dataclass

from grader.grading.author import CaseAnswer
from grader.grading.author_choice import AuthorSandbox
from grader.grading.calls import put
from grader.grading.exercise import Exercise
from grader.grading.fault_line import find_line
from grader.grading.pipeline import grade
from grader.packages.cases import Case
from grader.protocol.jobs import Job
from grader.protocol.reports import Report
from grader.sandboxes.base import Program, Sandbox
from grader.sandboxes.cancellation import Cancellation


@dataclass(kw_only=True)
class LearnerRuns:
    """Runs code of one exercise and counts its gradings. Raises RunCancelled soon after `cancellation` is requested.

    The own code of a course's exercise runs in `author_sandbox`.
    """

    exercise: Exercise
    sandbox: Sandbox
    author_sandbox: AuthorSandbox | None = None
    cancellation: Cancellation | None = None
    count: int = 0

    def grade(self, source: str, seed: int) -> Report:
        """Return the report of an answer, with all cases of the seed."""
        self.count += 1
        return grade(
            self._job(source, seed),
            sandbox=self.sandbox,
            cancellation=self.cancellation,
            author_sandbox=self.author_sandbox,
        )

    def find_line(self, source: str, seed: int, report: Report) -> int | None:
        """Return the line to look at in a wrong answer; None if no line alone is to blame."""
        job = self._job(source, seed)
        return find_line(job, report, sandbox=self.sandbox, author_sandbox=self.author_sandbox)

    def solve(self, cases: Sequence[Case]) -> list[CaseAnswer]:
        """Return what solution.py answers to the cases; the observation of a case without an answer is None."""
        program = self.exercise.program(self.exercise.package.solution)
        limits = self.exercise.limits
        with self.sandbox.open(program, limits=limits, cancellation=self.cancellation) as run:
            return put(cases, run)

    def printed(self, code: str) -> str:
        """Return what a sample prints, or the exception that ends it."""
        program = Program(source=code, entries=(), imports=self.exercise.manifest.imports)
        with self.sandbox.open(program, limits=self.exercise.limits, cancellation=self.cancellation) as run:
            pass
        error = run.ending.load_error
        return f"{error.type}: {error.message}" if error else run.ending.output

    def _job(self, source: str, seed: int) -> Job:
        package = self.exercise.package
        return Job(
            submission="verify",
            token="verify",
            exercise=package.slug,
            digest=package.digest if package.library else "",
            library=package.library,
            source=source,
            seed=seed,
            variant=seed,
        )

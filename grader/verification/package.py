"""Verify one package of the installation, for the command line. Its code runs in this process.

`grader.verification.exercise` looks at the promises, `grader.verification.own_package` does the same for courses.
"""

import time
from dataclasses import dataclass, field
from typing import Any

from grader.grading.exercise import load_exercise
from grader.grading.in_process_examiner import InProcessExaminer
from grader.protocol.verifications import PROMISES, MistakeResult, PackageProblem
from grader.sandboxes.base import Sandbox
from grader.verification import exercise as exercises
from grader.verification.learner_runs import LearnerRuns
from grader.verification.problems import Problems


@dataclass(kw_only=True)
class VerificationResult:
    """The problems of one package: none if it is good.

    `seconds` is the time of the verification, `slowest` that of the slowest right answer. `mistakes` says what each
    wrong answer got.
    """

    slug: str
    found: list[PackageProblem] = field(default_factory=list)
    mistakes: list[MistakeResult] = field(default_factory=list)
    seconds: float = 0.0
    slowest: float = 0.0
    runs: int = 0

    @property
    def problems(self) -> list[str]:
        """The problems as sentences that name the package."""
        return [f"{self.slug}: {problem.text}" for problem in self.found]

    @property
    def passed(self) -> bool:
        """Whether no problem was found."""
        return not self.found

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain JSON data."""
        return {
            "slug": self.slug,
            "passed": self.passed,
            "problems": self.problems,
            "runs": self.runs,
            "seconds": round(self.seconds, 2),
            "slowest": round(self.slowest, 3),
        }


def verify(slug: str, *, sandbox: Sandbox, fingerprint: str | None = None, lines: bool = False) -> VerificationResult:
    """Verify one package in a sandbox. `fingerprint` is what `fingerprint_of` returned in another process, if given.

    With `lines`, `mistakes` proposes a line for each wrong answer that mistakes.toml does not have.
    """
    start = time.perf_counter()
    exercise = load_exercise(slug)
    runs = LearnerRuns(exercise=exercise, sandbox=sandbox)
    problems = Problems(slug=slug, folder=exercise.package.folder, promises=PROMISES)
    verifier = exercises.ExerciseVerifier(
        exercise, InProcessExaminer(exercise), runs, problems, fingerprint=lambda: fingerprint, lines=lines
    )
    verifier.run()
    return VerificationResult(
        slug=slug,
        found=problems.found,
        mistakes=verifier.mistakes,
        seconds=time.perf_counter() - start,
        slowest=verifier.slowest,
        runs=runs.count,
    )


def fingerprint_of(slug: str, seed: int = exercises.SEEDS[0]) -> str:
    """Return a digest of the cases of a seed, byte for byte; the text of the error if the cases cannot be made."""
    try:
        return exercises.fingerprint_of(load_exercise(slug).cases(seed))
    except Exception as error:
        return f"{type(error).__name__}: {error}"

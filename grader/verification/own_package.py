"""Verify one version of a course's package, for the worker. None of its code runs in this process.

Its reference and checks answer from author's instances, and its answers and samples run in the learner's sandbox. The
result is bounded and typed: a hostile package can only spoil its own.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from grader.errors import RunCancelled
from grader.grading.examiner import Examiner, Fault
from grader.grading.exercise import Exercise
from grader.packages.catalogue import Package, find_version
from grader.protocol.verifications import Promise, Verified, VerifyJob, bounded, promises_of
from grader.sandboxes.cancellation import Cancellation
from grader.verification.exercise import ExerciseVerifier
from grader.verification.learner_runs import LearnerRuns
from grader.verification.lesson import LessonVerifier
from grader.verification.problems import OnPromise, Problems

MOST_SECONDS = 150.0
"""How long one verification takes at most. It ends with a sentence."""

Opened = tuple[Examiner, LearnerRuns]
Open = Callable[[Exercise, Cancellation], Opened]
"""Returns what answers for an exercise, and what runs its answers. Both stop soon after the cancellation."""


def verify_version(
    job: VerifyJob,
    *,
    open_exercise: Open,
    on_promise: OnPromise | None = None,
    cancellation: Cancellation | None = None,
    seconds: float = MOST_SECONDS,
) -> Verified:
    """Verify the version of a job, which must be in this machine's cache, and return what was found.

    What is wrong with the package is a problem in the result, also if it does not end within `seconds`. Raises
    MissingVersion if this machine lacks the version, SandboxError if the machine failed, and RunCancelled soon after
    `cancellation` is requested.
    """
    start = time.monotonic()
    stop = cancellation or Cancellation()
    package = find_version(job.slug, job.digest, job.library)
    problems = Problems(
        slug=job.slug,
        folder=package.folder,
        promises=promises_of(job.kind),
        on_promise=on_promise,
        cancellation=stop,
    )
    verification = _Verification(job, package, problems, open_exercise, stop)
    with _time_limit(seconds, stop) as is_over:
        try:
            verification.run()
        except RunCancelled:
            if not is_over():
                raise
            problems.add(Fault(text=_too_long(problems.now, seconds)))
    return verification.result(time.monotonic() - start)


class _Verification:
    """The verification of one package, which can be stopped at any time and then still has a result."""

    def __init__(
        self, job: VerifyJob, package: Package, problems: Problems, open_exercise: Open, stop: Cancellation
    ) -> None:
        self._problems = problems
        self._lesson: LessonVerifier | None = None
        self._exercise: ExerciseVerifier | None = None
        exercise = Exercise(package)
        examiner, runs = open_exercise(exercise, stop)
        if job.kind == "lesson":
            self._lesson = LessonVerifier(package.folder, runs.sandbox, problems, stop)
        else:
            self._exercise = ExerciseVerifier(exercise, examiner, runs, problems, variants=job.variants, lines=True)

    def run(self) -> None:
        for verifier in (self._lesson, self._exercise):
            if verifier is not None:
                verifier.run()

    def result(self, seconds: float) -> Verified:
        found = Verified(
            problems=tuple(self._problems.found), promises_done=tuple(self._problems.done), seconds=round(seconds, 2)
        )
        if self._lesson is not None:
            return bounded(replace(found, slugs=self._lesson.slugs))
        assert self._exercise is not None
        verifier = self._exercise
        variants = None if verifier.variants is None else tuple(verifier.variants)
        return bounded(
            replace(
                found,
                mistakes=tuple(verifier.mistakes),
                checks=tuple(verifier.checks),
                variants=variants,
                slugs=verifier.slugs,
            )
        )


@contextmanager
def _time_limit(seconds: float, stop: Cancellation) -> Iterator[Callable[[], bool]]:
    """Request the cancellation after so many seconds; yield whether that was the reason."""
    over = threading.Event()

    def end() -> None:
        over.set()
        stop.request()

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield over.is_set
    finally:
        timer.cancel()


def _too_long(promise: Promise, seconds: float) -> str:
    return (
        f"the verification was stopped after {seconds:g} seconds, while it looked at “{promise[1]}”; make the cases "
        "smaller or the code faster, and let no wrong answer run until its time limit."
    )

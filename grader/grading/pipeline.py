"""Grade one submission, from source text to report. This module tells the story; the details are one click away."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from grader.checks.failures import Failed
from grader.checks.trials import Trial
from grader.grading.attachments import attachments_of
from grader.grading.counterexamples import Ask, smallest
from grader.grading.exercise import Exercise, load_exercise
from grader.grading.scoring import Verdict, failed, finding_of, judge, skipped
from grader.packages.cases import Case
from grader.protocol.jobs import Job, Scope
from grader.protocol.reports import Finding, Outcome, Report
from grader.sandboxes.base import Call, Ending, Observation, Run, Sandbox
from grader.telemetry.metrics import Laps

MAX_SOURCE = 256 * 1024

OUTPUT_CAPPED = "\n[The rest of the output was cut off.]\n"

Progress = Callable[[dict[str, Any]], None]


def grade(job: Job, *, sandbox: Sandbox, on_progress: Progress | None = None) -> Report:
    """Grade one submission, from source text to report.

    Whatever the learner's code does ends up in the report. A GraderError from here means that we erred: no attempt is
    used up.
    """
    clock = Laps()
    exercise = load_exercise(job.exercise, digest=job.digest)
    refusal = _refusal(job.source)
    if refusal is not None:
        return _ungradable(exercise, job, refusal, ending=Ending(outcome=Outcome.UNGRADABLE), sandbox=sandbox)
    cases = cases_of(exercise, job)
    told = _teller(on_progress, len(cases))
    clock.lap("prepare")
    with sandbox.open(exercise.program(job.source), limits=exercise.limits, on_progress=told) as run:
        clock.lap("sandbox")
        trials = put(exercise, cases, run)
        clock.lap("run")
        judged = judge(exercise, trials)
        clock.lap("judge")
        explained = _explain(exercise, judged, ask=_asker(exercise, run))
        clock.lap("explain")
    ending = _ending(run.ending, asked=len(cases))
    if ending.outcome is Outcome.UNGRADABLE:
        return _ungradable(exercise, job, _load_failure(ending), ending=ending, sandbox=sandbox)
    if _note_stop(exercise, trials, ending):
        judged = judge(exercise, trials)
    findings = [finding_of(exercise, verdict, evidence=explained.get(i)) for i, verdict in enumerate(judged)]
    exhibits = attachments_of(exercise, trials)
    clock.lap("report")
    return _report(exercise, job, findings, ending=ending, sandbox=sandbox, exhibits=exhibits)


def cases_of(exercise: Exercise, job: Job) -> list[Case]:
    """Return the cases that the job runs: all of them, or the public ones."""
    cases = exercise.cases(job.seed, variant=job.variant)
    return [case for case in cases if case.public] if job.scope is Scope.PUBLIC else cases


def put(exercise: Exercise, cases: Sequence[Case], run: Run) -> list[Trial]:
    """Put the cases to a loaded submission and return a trial for each, answered or not."""
    observations = run.observe([call_of(case) for case in cases])
    answers: list[Observation | None] = [*observations, *[None] * (len(cases) - len(observations))]
    return [trial_of(exercise, case, answer) for case, answer in zip(cases, answers, strict=True)]


def call_of(case: Case) -> Call:
    """Return what the sandbox is told of a case: the call, and nothing of its truth."""
    return Call(entry=case.entry, args=case.args, probe=case.probe, options=dict(case.options))


def trial_of(exercise: Exercise, case: Case, observation: Observation | None) -> Trial:
    """Return the trial of a case and its observation."""
    return Trial(
        case=case,
        observation=observation,
        tolerance=exercise.tolerance,
        argument_names=exercise.argument_names(case.entry),
        compute_truth=exercise.truth,
        compute_near_misses=exercise.near_misses,
    )


def _teller(on_progress: Progress | None, count: int) -> Progress | None:
    """Say "case 2 of 5" where the sandbox counts calls; counterexamples are not counted."""
    if on_progress is None:
        return None

    def tell(message: dict[str, Any]) -> None:
        call = message.get("call")
        if call is None:
            on_progress(message)
        elif 0 <= call < count:
            on_progress({"case": call + 1, "of": count})

    return tell


def _ending(ending: Ending, *, asked: int) -> Ending:
    """Return how the run ended as far as the own cases of the exercise go, whatever a counterexample brought down."""
    if ending.unanswered is None or ending.unanswered < asked:
        return ending
    return replace(ending, outcome=Outcome.GRADED, unanswered=None)


def _asker(exercise: Exercise, run: Run) -> Ask:
    return lambda cases: put(exercise, cases, run)


def _explain(exercise: Exercise, judged: Sequence[Verdict | Finding], *, ask: Ask) -> dict[int, dict[str, Any]]:
    """Look for the smallest counterexample of each check that a secret case failed, by the check's position."""
    ladder = exercise.counterexamples()
    return {
        i: smallest(verdict.check, ladder, ask)
        for i, verdict in enumerate(judged)
        if isinstance(verdict, Verdict) and any(not trial.case.public for trial, _ in verdict.failures) and ladder
    }


def _note_stop(exercise: Exercise, trials: Sequence[Trial], ending: Ending) -> bool:
    """Tell the trial that was running when the run was stopped what stopped it; False where none was."""
    if ending.unanswered is None or ending.unanswered >= len(trials):
        return False
    trials[ending.unanswered].stopped = _stop(exercise, ending)
    return True


def _stop(exercise: Exercise, ending: Ending) -> Failed:
    if ending.evidence.get("reason") == "malformed_answer":
        return Failed("garbled", hint="garbled.hint")
    data = {
        "seconds": exercise.limits.wall_seconds,
        "memory": exercise.limits.memory_mb,
        "signal": ending.evidence.get("signal") or f"exit status {ending.evidence.get('exit', 'unknown')}",
    }
    message = f"{ending.outcome}_loading" if ending.evidence.get("loading") else str(ending.outcome)
    return Failed(message, data, hint=f"{ending.outcome}.hint")


def _refusal(source: str) -> Failed | None:
    """Say why a source cannot be loaded at all, before a sandbox is opened for it."""
    if not source.strip():
        return Failed("empty")
    try:
        size = len(source.encode())
    except UnicodeEncodeError:
        return Failed("not_text")
    if size > MAX_SOURCE:
        return Failed("too_large", {"limit": MAX_SOURCE // 1024})
    return Failed("not_text") if "\0" in source else None


def _load_failure(ending: Ending) -> Failed:
    if ending.missing:
        names = ", ".join(f"`{name}`" for name in ending.missing)
        return Failed("missing_entry", {"names": names}, hint="missing_entry.hint")
    error = ending.load_error
    assert error is not None  # what is ungradable lacks an entry, or else says why
    data = {"error": error.message or error.type, "type": error.type, "line": error.line, "traceback": error.traceback}
    match error.type:
        case "SyntaxError" | "IndentationError" | "TabError":
            return Failed("syntax_error", data)
        case "NotAllowed":
            return Failed("import_not_allowed", data)
        case "SystemExit":
            return Failed("exits", data)
    return Failed("does_not_load" if error.line is None else "does_not_load_at", data)


def _ungradable(exercise: Exercise, job: Job, why: Failed, *, ending: Ending, sandbox: Sandbox) -> Report:
    first, *others = exercise.checks
    findings = [
        failed(first, why.message, hint=why.hint, **why.data),
        *[skipped(check, "skipped_ungradable") for check in others],
    ]
    return _report(exercise, job, findings, ending=ending, sandbox=sandbox)


def _report(
    exercise: Exercise,
    job: Job,
    findings: Sequence[Finding],
    *,
    ending: Ending,
    sandbox: Sandbox,
    exhibits: Sequence[dict[str, Any]] = (),
) -> Report:
    return Report(
        slug=exercise.slug,
        digest=exercise.package.digest,
        outcome=ending.outcome,
        findings=tuple(findings),
        output=ending.output + (OUTPUT_CAPPED if ending.output_capped else ""),
        seconds=round(ending.seconds, 4),
        sandbox=sandbox.name,
        runtime=job.runtime,
        exhibits=tuple(exhibits),
    )

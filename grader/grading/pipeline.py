"""Grade one submission, from source text to report. This module shows the order of the steps; other modules do them.

The exercise's manifest is data. Its code is behind `Author`: cases, then one judgement, then counterexamples.

When the run of the cases has ended, its outcome is final: it decides outcome, findings, attempt and output. The
counterexamples come from a fresh child, whose ending is not read.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from grader.checks.error_hints import Raised, hint_for
from grader.checks.source_facts import SourceFacts, copied_from
from grader.grading.attachments import attachments_of
from grader.grading.author import Author, CaseAnswer, Stop
from grader.grading.author_choice import AuthorSandbox, author_of
from grader.grading.calls import put
from grader.grading.exercise import Exercise, load_exercise
from grader.grading.ladders import counterexamples
from grader.grading.scoring import failed, skipped
from grader.packages.cases import Case
from grader.protocol.jobs import Job, Scope
from grader.protocol.reports import Attachment, CounterexampleEvidence, Evidence, Finding, Outcome, Report
from grader.protocol.sources import MAX_SOURCE, NotText, TooLarge, check_source
from grader.sandboxes.base import Ending, Sandbox
from grader.sandboxes.cancellation import Cancellation
from grader.telemetry.metrics import PhaseTimer

UNREADABLE = ("SyntaxError", "IndentationError", "TabError")
"""The errors of source that is no Python."""
OUTPUT_CAPPED = "\n[The rest of the output was cut off.]\n"

Progress = Callable[[dict[str, Any]], None]


def grade(
    job: Job,
    *,
    sandbox: Sandbox,
    on_progress: Progress | None = None,
    cancellation: Cancellation | None = None,
    explain: bool = True,
    author_sandbox: AuthorSandbox | None = None,
) -> Report:
    """Grade one submission, from source text to report.

    Everything that the learner's code does ends up in the report. A GraderError from here is our mistake: it uses no
    attempt. Raises RunCancelled soon after `cancellation` is requested. `explain` puts tiny cases to wrong code, for
    counterexamples. The code of a course's exercise runs in `author_sandbox`. Raises MissingVersion if this machine has
    not got the exercise.
    """
    timer = PhaseTimer()
    exercise = load_exercise(job.exercise, digest=job.digest, library=job.library)
    with author_of(exercise, job.source, author_sandbox, cancellation) as author:
        return _grade(job, exercise, author, sandbox, timer, on_progress, cancellation, explain=explain)


def _grade(
    job: Job,
    exercise: Exercise,
    author: Author,
    sandbox: Sandbox,
    timer: PhaseTimer,
    on_progress: Progress | None,
    cancellation: Cancellation | None,
    *,
    explain: bool,
) -> Report:
    refusal = _refusal(job.source)
    if refusal is not None:
        findings = _ungradable(author, refusal)
        return _report(exercise, job, findings, ending=Ending(outcome=Outcome.UNGRADABLE), sandbox=sandbox)
    cases = cases_of(author, job)
    count_cases = _case_counter(on_progress, len(cases))
    timer.end_phase("prepare")
    program = exercise.program(job.source)
    opened = sandbox.open(program, limits=exercise.limits, on_progress=count_cases, cancellation=cancellation)
    with opened as run:
        timer.end_phase("sandbox")
        answers = put(cases, run)
    timer.end_phase("run")
    ending = run.ending
    if ending.outcome is Outcome.UNGRADABLE:
        stop = _load_failure(ending, job.source, torch="torch" in exercise.manifest.imports)
        return _report(exercise, job, _ungradable(author, stop), ending=ending, sandbox=sandbox)
    judgement = author.judge(_with_stop(answers, ending, exercise))
    timer.end_phase("judge")
    examples = counterexamples(author, judgement, exercise, program, sandbox, cancellation) if explain else {}
    timer.end_phase("explain")
    findings = [_with_example(finding, examples.get(finding.check)) for finding in judgement.findings]
    attachments = attachments_of(exercise, answers, judgement.charts)
    timer.end_phase("report")
    return _report(exercise, job, findings, ending=ending, sandbox=sandbox, attachments=attachments)


def cases_of(author: Author, job: Job) -> list[Case]:
    """Return the cases that the job runs: all of them, or the public ones."""
    cases = author.cases(job.seed, variant=job.variant)
    return [case for case in cases if case.public or job.scope is not Scope.PUBLIC]


def _case_counter(on_progress: Progress | None, count: int) -> Progress | None:
    """Return what turns the sandbox's count of calls into "case 2 of 5"."""
    if on_progress is None:
        return None

    def report(message: dict[str, Any]) -> None:
        call = message.get("call")
        if call is None:
            on_progress(message)
        elif 0 <= call < count:
            on_progress({"case": call + 1, "of": count})

    return report


def _with_example(finding: Finding, example: CounterexampleEvidence | None) -> Finding:
    if example is None:
        return finding
    evidence: Evidence = {**finding.evidence, "counterexample": example}
    return replace(finding, evidence=evidence)


def _with_stop(answers: Sequence[CaseAnswer], ending: Ending, exercise: Exercise) -> list[CaseAnswer]:
    """Return the answers; the case that was running when the run was stopped says what stopped it."""
    if ending.unanswered is None:
        return list(answers)
    stop = _stop(exercise, ending)
    return [replace(answer, stop=stop) if i == ending.unanswered else answer for i, answer in enumerate(answers)]


def _stop(exercise: Exercise, ending: Ending) -> Stop:
    if ending.evidence.get("reason") == "malformed_answer":
        return Stop(message="garbled", hint="garbled.hint")
    data = {
        "seconds": exercise.limits.wall_seconds,
        "memory": exercise.limits.memory_mb,
        "signal": ending.evidence.get("signal") or f"exit status {ending.evidence.get('exit', 'unknown')}",
    }
    message = f"{ending.outcome}_loading" if ending.evidence.get("loading") else str(ending.outcome)
    return Stop(message=message, data=data, hint=f"{ending.outcome}.hint")


def _refusal(source: str) -> Stop | None:
    """Return why a source cannot be loaded at all, before a sandbox is opened for it."""
    if not source.strip():
        return Stop(message="empty")
    try:
        check_source(source)
    except TooLarge:
        return Stop(message="too_large", data={"limit": MAX_SOURCE // 1024})
    except NotText:
        return Stop(message="not_text")
    return None


def _load_failure(ending: Ending, source: str, *, torch: bool) -> Stop:
    if ending.missing:
        names = ", ".join(f"`{name}`" for name in ending.missing)
        return Stop(message="missing_entry", data={"names": names}, hint="missing_entry.hint")
    error = ending.load_error
    assert error is not None  # an ungradable run lacks an entry, or has an error
    text = error.message or error.type
    data: dict[str, Any] = {"error": text, "type": error.type, "line": error.line, "traceback": error.traceback}
    facts = SourceFacts(source)
    copied = copied_from(source, error.line) if error.type in (*UNREADABLE, "NameError") else None
    if copied is not None:
        return Stop(message=copied, data=data)
    hint, known = hint_for(Raised(text=f"{error.type}: {text}", line=error.line, facts=facts, torch=torch))
    match error.type:
        case "SyntaxError" | "IndentationError" | "TabError":
            return Stop(message="syntax_error", data=data)
        case "NotAllowed":
            return Stop(message="import_not_allowed", data=data, hint="hint.import")
        case "SystemExit" if hint == "hint.arguments":
            return Stop(message="does_not_load_at" if error.line else "does_not_load", data=data, hint=hint)
        case "SystemExit":
            return Stop(message="exits", data=data)
    message = "does_not_load" if error.line is None else "does_not_load_at"
    return Stop(message=message, data=data | dict(known), hint=hint)


def _ungradable(author: Author, why: Stop) -> list[Finding]:
    first, *others = author.checks()
    return [
        failed(first, why.message, why.data, hint=why.hint),
        *[skipped(check, "skipped_ungradable") for check in others],
    ]


def _report(
    exercise: Exercise,
    job: Job,
    findings: Sequence[Finding],
    *,
    ending: Ending,
    sandbox: Sandbox,
    attachments: Sequence[Attachment] = (),
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
        attachments=tuple(attachments),
    )

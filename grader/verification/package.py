"""Verify one exercise package. Each problem is one sentence that tells the author what to do.

`verify` checks that

- the manifest has no unknown key, the exercises in `after` exist, and no other package has its `id`;
- the truth agrees with its witness;
- the same seed gives the same cases in two processes, the cases call the entries, and at least three are secret;
- null answers get at most the stated score and make no check raise an exception;
- right answers to the public cases alone get at most a fifth of the points, and figures of zeros get none;
- the solution gets every point with 20 seeds, in less than half the time limit; every alternative gets every point;
- the starter and each mistake get exactly the stated score, failing checks and messages, and each check fails for one;
- each of them names the line to look at, or says that there is none;
- there are enough alternatives and mistakes;
- every message to a learner has a sentence, and those of the package have three levels of hints that are easy to read;
- the statement names every entry, and its samples print the output that it shows.

The checks that need no run of an answer are in `grader.verification.static_checks`.
"""

import hashlib
import json
import time
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from grader.checks.compare import compare
from grader.checks.failures import Mismatch
from grader.checks.trials import Trial
from grader.errors import PackageError
from grader.grading.attachments import attachments_of
from grader.grading.author import CaseAnswer
from grader.grading.calls import call_of
from grader.grading.charts import charts_of
from grader.grading.exercise import Exercise, load_exercise
from grader.grading.in_process import trial_of
from grader.grading.pipeline import grade
from grader.grading.scoring import finding_of, judge
from grader.harness.wire.values import Encoder, pack
from grader.packages.cases import Case
from grader.packages.catalogue import find_package
from grader.packages.manifest import Tolerance
from grader.packages.mistakes import KnownMistake, impossible_line, read_mistake, read_tables, sources_of
from grader.packages.samples import samples
from grader.protocol.jobs import Job
from grader.protocol.messages import render
from grader.protocol.reports import Finding, Report, Status
from grader.sandboxes.base import Observation, Program, Sandbox
from grader.verification import static_checks
from grader.verification.null_answers import empty_figures, hard_coded_answers, null_answers

SEEDS = tuple(range(1, 21))
WITNESS_SEEDS = (1, 2, 3)
VARIANTS = (0, 1, 2)
SECRET_CASES = 3
PUBLIC_SHARE = 0.2
WITNESS_TOLERANCE = Tolerance(rtol=1e-5, atol=1e-6)  # the accuracy of fourth-order differences


@dataclass(kw_only=True)
class VerificationResult:
    """The problems of one package: none if it is good.

    `seconds` is the time of the verification, `slowest` that of the slowest right answer.
    """

    slug: str
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0
    slowest: float = 0.0
    runs: int = 0

    @property
    def passed(self) -> bool:
        """Whether no problem was found."""
        return not self.problems

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


def verify(slug: str, *, sandbox: Sandbox, fingerprint: str | None = None) -> VerificationResult:
    """Verify one package in a sandbox. `fingerprint` is what `fingerprint_of` returned in another process, if given."""
    start = time.perf_counter()
    verification = VerificationResult(slug=slug)
    try:
        exercise = load_exercise(slug)
        _Verifier(exercise, sandbox, verification, fingerprint).run()
    except PackageError as error:
        verification.problems.append(str(error))
    except Exception as error:
        place = _place(error, find_package(slug).folder)
        if place is None:
            raise
        verification.problems.append(f"{slug}: {place} raised {type(error).__name__}: {error}.")
    verification.seconds = time.perf_counter() - start
    return verification


def fingerprint_of(slug: str, seed: int = SEEDS[0]) -> str:
    """Return a digest of the cases of a seed, byte for byte; the text of the error if the cases cannot be made."""
    try:
        cases = load_exercise(slug).cases(seed)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    total = hashlib.sha256()
    for case in cases:
        encoder = Encoder()
        document = [
            case.name,
            case.entry,
            case.probe,
            encoder.encode(list(case.args)),
            encoder.encode(dict(case.options)),
        ]
        total.update(pack(document, encoder.tensors))
    return total.hexdigest()


class _Verifier:
    """Runs the checks of one package."""

    def __init__(
        self, exercise: Exercise, sandbox: Sandbox, verification: VerificationResult, fingerprint: str | None
    ) -> None:
        self.exercise = exercise
        self.sandbox = sandbox
        self.verification = verification
        self.fingerprint = fingerprint
        self.failed_checks: set[str] = set()
        self._truth, self._near_misses = _once(exercise.truth), _once(exercise.near_misses)

    def run(self) -> None:
        if not self._files():
            return
        self._problems(static_checks.unknown_predecessors(self.exercise.manifest))
        self._problems(static_checks.shared_id(self.exercise.slug, self.exercise.manifest))
        self._problems(static_checks.too_few_answers(self.exercise.package.folder))
        self._problems(static_checks.incomplete_levels(self.exercise.package.messages))
        if not self._cases() or not self._witness():
            return
        near_misses = [miss for case in self.exercise.cases(SEEDS[0]) for miss in self.exercise.near_misses(case)]
        self._problems(static_checks.near_misses_without_sentence(near_misses, self.exercise.package.messages))
        self._null_answers()
        self._statement()
        self._solution()
        self._alternatives()
        self._mistakes()

    def _problems(self, sentences: Iterable[str]) -> bool:
        """Add these problems, each once, and return whether there were any."""
        found = [f"{self.exercise.slug}: {sentence}" for sentence in sentences]
        self.verification.problems += [text for text in dict.fromkeys(found) if text not in self.verification.problems]
        return bool(found)

    def _problem(self, sentence: str) -> None:
        self._problems([sentence])

    def _files(self) -> bool:
        missing = self._problems(static_checks.missing_files(self.exercise.package.folder))
        read = self.exercise.package
        return not missing and bool(read.manifest) and read.messages is not None and bool(self.exercise.checks)

    def _cases(self) -> bool:
        try:
            cases = self.exercise.cases(SEEDS[0])
        except Exception as error:
            self._problem(f"reference.py: cases({SEEDS[0]}) raised {type(error).__name__}: {error}.")
            return False
        if self._problems(
            static_checks.impossible_cases([*cases, *self.exercise.counterexamples()], self.exercise.manifest)
        ):
            return False
        if sum(not case.public for case in cases) < SECRET_CASES:
            self._problem(f"there are fewer than {SECRET_CASES} secret cases; add some of different shapes.")
        if not any(case.public for case in cases):
            self._problem("no case is public; learners need one to try their code on.")
        own = fingerprint_of(self.exercise.slug)
        if own != fingerprint_of(self.exercise.slug) or self.fingerprint not in (None, own):
            self._problem("cases(seed) differs between two runs; draw every number from `generator(seed)`.")
        if own == fingerprint_of(self.exercise.slug, SEEDS[1]):
            self._problem("cases(seed) is the same for two seeds; draw the secret cases from `generator(seed)`.")
        return True

    def _witness(self) -> bool:
        """Compare the truth with its witness up to the first case that differs. False if one of them raised."""
        seeded = [case for seed in WITNESS_SEEDS for case in self.exercise.cases(seed, variant=seed)]
        for case in [*seeded, *self.exercise.counterexamples()]:
            try:
                problem = _disagreement(self.exercise, case)
            except Exception as error:
                place = _place(error, self.exercise.package.folder) or "the grader"
                self._problem(f"the case “{case.name}”: {place} raised {type(error).__name__}: {error}.")
                return False
            if problem:
                self._problem(f"truth and witness of the case “{case.name}” disagree; {problem}")
                break
        return True

    def _null_answers(self) -> None:
        allowed = self.exercise.manifest.null_score + self._load_points()
        cases = self.exercise.cases(SEEDS[0])
        for name, observations in null_answers(self.exercise, seed=SEEDS[0]):
            self._null_answer(name, cases, observations, allowed, "make the checks stricter, or state `null_score`")
        solved = self._solved(cases)
        if len(solved) < len(cases):
            return  # `_solution` says why
        if any(case.probe == "figure" for case in cases):
            empty = empty_figures(cases, solved)
            self._null_answer("the solution's figures, of zeros", cases, empty, allowed, "compare what is drawn")
        most = self.exercise.manifest.null_score + PUBLIC_SHARE * sum(check.points for check in self.exercise.checks)
        for name, observations in hard_coded_answers(self.exercise, cases, solved):
            self._null_answer(name, cases, observations, most, "give every check secret cases, and more points to them")

    def _null_answer(
        self, name: str, cases: Sequence[Case], observations: Sequence[Observation], allowed: float, advice: str
    ) -> None:
        """Report if an answer gets more than the allowed points, or makes a check raise."""
        pairs = zip(cases, observations, strict=True)
        answers = [CaseAnswer(case=case, observation=observation) for case, observation in pairs]
        trials = [
            replace(trial_of(self.exercise, answer), compute_truth=self._truth, compute_near_misses=self._near_misses)
            for answer in answers
        ]
        try:
            given = self._judge(answers, trials)
        except Exception as error:
            self._problem(
                f"the null answer “{name}” makes a check raise {type(error).__name__}: {error}; a learner can "
                "return anything, so test the type of a value before you use it."
            )
            return
        if given > allowed + 1e-9:
            self._problem(f"the null answer “{name}” gets {given:g} points, allowed are {allowed:g}; {advice}.")

    def _solved(self, cases: Sequence[Case]) -> list[Observation]:
        """Return what solution.py answers to the cases; fewer if it does not answer all."""
        program = self.exercise.program(self.exercise.package.solution)
        with self.sandbox.open(program, limits=self.exercise.limits) as run:
            return list(run.observe([call_of(case) for case in cases]))

    def _judge(self, answers: list[CaseAnswer], trials: list[Trial]) -> float:
        """Return the points of all findings. Raises if a check raises, or if a finding is not valid JSON."""
        findings = [finding_of(self.exercise, verdict) for verdict in judge(self.exercise, trials)]
        self._check_sentences(findings)
        attachments = attachments_of(self.exercise, answers, charts_of(self.exercise, trials))
        json.dumps([[finding.to_dict() for finding in findings], attachments], allow_nan=False)
        return sum(finding.points for finding in findings)

    def _check_sentences(self, findings: Iterable[Finding]) -> None:
        """Check that each message has a sentence, and data for each of its fields."""
        for finding in findings:
            if finding.message is not None:
                own = self.exercise.package.messages
                self._problems(static_checks.missing_sentence(finding.message, finding.data, own))

    def _load_points(self) -> float:
        """The points of the first check. By convention, it checks only that the code loads and runs."""
        return self.exercise.checks[0].points

    def _statement(self) -> None:
        package, varies = self.exercise.package, self.exercise.manifest.variant
        for entry in self.exercise.manifest.entries:
            if entry.name not in package.statement:
                self._problem(f"statement.md does not name the entry `{entry.name}`.")
        if varies and len({package.statement_for(variant) for variant in VARIANTS}) == 1:
            self._problem("variant.py gives every learner the same statement; use its numbers there as {{name}}.")
        for variant in VARIANTS if varies else VARIANTS[:1]:
            self._samples(package.statement_for(variant))

    def _samples(self, statement: str) -> None:
        for number, sample in enumerate(samples(statement), start=1):
            printed = self._run_sample(sample.code)
            if sample.output is not None and printed.strip() != sample.output.strip():
                self._problem(f"sample {number} of statement.md prints {printed.strip()[-200:]!r}, not what is shown.")

    def _run_sample(self, code: str) -> str:
        program = Program(source=code, entries=(), imports=self.exercise.manifest.imports)
        with self.sandbox.open(program, limits=self.exercise.limits) as run:
            pass
        error = run.ending.load_error
        return f"{error.type}: {error.message}" if error else run.ending.output

    def _solution(self) -> None:
        source = self.exercise.package.solution
        for seed in SEEDS:
            report = self._grade(source, seed)
            if shortfall := self._shortfall(report):
                self._problem(f"with seed {seed}, solution.py {shortfall}")
                return
        limit = self.exercise.limits.wall_seconds
        if self.verification.slowest > limit / 2:
            self._problem(
                f"the solution took {self.verification.slowest:.1f} s, more than half the limit of {limit:g} s; "
                "raise `limits.wall_seconds` or make the cases smaller."
            )

    def _alternatives(self) -> None:
        for path in sorted((self.exercise.package.folder / "alternatives").glob("*.py")):
            source, seeds_of = path.read_text(encoding="utf-8"), defaultdict(list)
            for seed in SEEDS[:3]:
                if shortfall := self._shortfall(self._grade(source, seed)):
                    seeds_of[shortfall].append(str(seed))
            for shortfall, seeds in seeds_of.items():
                self._problem(f"with seed {', '.join(seeds)}, alternatives/{path.name} {shortfall}")

    def _shortfall(self, report: Report) -> str | None:
        """Describe why a right answer does not get every point; None if it does."""
        self.verification.slowest = max(self.verification.slowest, report.seconds)
        if report.points >= report.max_points:
            return None
        failing = next(finding for finding in report.findings if finding.status is not Status.PASSED)
        return f"gets {report.points:g} of {report.max_points:g} points: `{failing.check}` says: {failing.message_text}"

    def _mistakes(self) -> None:
        folder = self.exercise.package.folder
        stated, files = read_tables(folder), sources_of(folder)
        for name in sorted(set(files) ^ set(stated)):
            self._problem(f"`{name}` must be both a file and a table of mistakes.toml.")
        for name in sorted(set(files) & set(stated)):
            self._mistake(name, files[name], stated[name])
        for check in self.exercise.checks:
            if check.name not in self.failed_checks:
                self._problem(f"no mistake fails the check `{check.name}`; add one that does, or remove the check.")

    def _mistake(self, name: str, path: Path, table: object) -> None:
        source = path.read_text(encoding="utf-8")
        report = self._grade(source, SEEDS[0])
        failing = {finding.check: finding.message for finding in report.findings if finding.status is Status.FAILED}
        self.failed_checks |= set(failing)
        try:
            stated = read_mistake(name, table)
        except PackageError as error:
            self._problem(str(error))
        else:
            for problem in impossible_line(name, stated, source):
                self._problem(problem)
            self._compare(name, report, failing, stated)

    def _compare(self, name: str, report: Report, failing: Mapping[str, str | None], stated: KnownMistake) -> None:
        if abs(report.points - stated.score) > 1e-6:
            self._problem(f"`{name}` gets {report.points:g} points, mistakes.toml says {stated.score:g}.")
        if failing != stated.findings:
            self._problem(f"`{name}` fails {_listed(failing)}, mistakes.toml says {_listed(stated.findings)}.")
        if stated.outcome != report.outcome:
            self._problem(f"`{name}` ends as {report.outcome}, mistakes.toml says {stated.outcome}.")

    def _grade(self, source: str, seed: int) -> Report:
        job = Job(
            submission="verify",
            token="verify",
            exercise=self.exercise.slug,
            digest="",
            source=source,
            seed=seed,
            variant=seed,
        )
        self.verification.runs += 1
        report = grade(job, sandbox=self.sandbox)
        self._check_sentences(report.findings)
        return report


def _once(compute: Callable[[Case], Any]) -> Callable[[Case], Any]:
    """Return a function that computes once for each case, since many null answers use the same cases."""
    known: dict[int, Any] = {}

    def cached(case: Case) -> Any:
        if id(case) not in known:
            known[id(case)] = compute(case)
        return known[id(case)]

    return cached


def _disagreement(exercise: Exercise, case: Case) -> str | None:
    truth, witness = exercise.truth(case), exercise.reference.witness(case)
    try:
        compare(witness, truth, WITNESS_TOLERANCE)
    except Mismatch as mismatch:
        return f"compared with the truth, the witness is wrong: {render(mismatch.message, mismatch.data)}"
    return None


def _place(error: Exception, folder: Path) -> str | None:
    """Return the place in the package's own code that raised, such as "checks.py, line 9,"; None if it is elsewhere."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).parent == folder]
    return f"{Path(frames[-1].filename).name}, line {frames[-1].lineno}," if frames else None


def _listed(findings: Mapping[str, Any]) -> str:
    return ", ".join(f"{check} ({message})" for check, message in findings.items()) or "nothing"

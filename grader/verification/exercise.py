"""Verify one exercise, promise by promise (`PROMISES`). Each problem is one sentence that tells the author what to do.

The package's own code answers through an `Examiner`, and its answers run in the learner's sandbox. So nothing here
depends on the place in which that code runs. If a promise cannot be looked at, the others still can. But without files,
code, cases and truth there is nothing to run.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from grader.errors import PackageError
from grader.grading.examiner import Examiner, Fault, NullAnswer
from grader.grading.exercise import Exercise
from grader.harness.wire.values import Encoder, pack
from grader.packages.cases import Case
from grader.packages.mistakes import STARTER, KnownMistake, impossible_line, read_mistake, read_tables, sources_of
from grader.packages.samples import samples
from grader.protocol.reports import Report, Status
from grader.protocol.verifications import (
    MAX_MISTAKES,
    MISTAKE_SEED,
    Line,
    MistakeResult,
    Numbers,
    VerifiedCheck,
    result_of,
)
from grader.verification import static_checks
from grader.verification.learner_runs import LearnerRuns
from grader.verification.places import line_of, sample_line
from grader.verification.problems import Problems

SEEDS = tuple(range(1, 21))
VARIANTS = (0, 1, 2)
"""The variants whose statement is looked at."""
SECRET_CASES = 3
PUBLIC_SHARE = 0.2


def fingerprint_of(cases: Sequence[Case]) -> str:
    """Return a digest of cases, byte for byte."""
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


class ExerciseVerifier:
    """Looks at the promises of one exercise. Afterwards `problems` and the other attributes say what was found.

    `fingerprint` returns that of the first seed's cases from another process, or None if there is none to compare with.
    `variants` is how many variants' numbers to keep. If `lines` is true, the line to look at is searched for wrong
    answers that mistakes.toml does not have.
    """

    def __init__(
        self,
        exercise: Exercise,
        examiner: Examiner,
        runs: LearnerRuns,
        problems: Problems,
        *,
        fingerprint: Callable[[], str | None] = lambda: None,
        variants: int = 0,
        lines: bool = False,
    ) -> None:
        self.package, self.exercise = exercise.package, exercise
        self.examiner, self.runs, self.problems = examiner, runs, problems
        self.fingerprint, self.wanted_variants, self.wants_lines = fingerprint, variants, lines
        self.checks: Sequence[VerifiedCheck] = ()
        self.mistakes: list[MistakeResult] = []
        self.variants: Sequence[Numbers] | None = None
        self.slugs: tuple[str, ...] = ()
        self.slowest = 0.0

    def run(self) -> None:
        """Look at every promise that can be looked at."""
        for name, look in (("files", self._files), ("loads", self._loads), ("cases", self._cases)):
            if not self._holds(name, look):
                return
        if not self._holds("witness", self._witness):
            return
        for name, examine in (
            ("null_answers", self._null_answers),
            ("public_answers", self._public_answers),
            ("statement", self._statement),
            ("variants", self._variants),
            ("solution", self._solution),
            ("alternatives", self._alternatives),
            ("mistakes", self._mistakes),
            ("sentences", self._sentences),
        ):
            with self.problems.promise(name):
                examine()

    def _holds(self, name: str, look: Callable[[], bool]) -> bool:
        """Return whether the next promises can be looked at."""
        held: list[bool] = []
        with self.problems.promise(name):
            held.append(look())
        return any(held)

    def _problem(self, text: str, file: str | None = None, line: int | None = None) -> None:
        self.problems.add(Fault(text=text, file=file, line=line))

    def _files(self) -> bool:
        package, add = self.package, self.problems.add_all
        missing = list(static_checks.missing_files(package.folder))
        add(missing)
        if any(fault.file != "mistakes.toml" for fault in missing):
            return False
        manifest, _ = package.manifest, package.messages
        if package.library:  # the server knows which other exercises the course has
            self.slugs = manifest.after
            add(static_checks.too_large_limits(manifest))
        else:
            add(static_checks.unknown_predecessors(manifest))
            add(static_checks.shared_id(package.slug, manifest))
        add(static_checks.too_few_answers(package))
        add(static_checks.incomplete_levels(package.messages), promise="sentences")
        return True

    def _loads(self) -> bool:
        checks = self.examiner.checks()
        self.checks = [VerifiedCheck(name=check.name, title=check.title, points=check.points) for check in checks]
        return True

    def _cases(self) -> bool:
        cases = self.examiner.cases(SEEDS[0])
        impossible = self.examiner.impossible_cases()
        if self.problems.add_all(Fault(text=text, file="reference.py") for text in impossible):
            return False
        if sum(not case.public for case in cases) < SECRET_CASES:
            text = f"there are fewer than {SECRET_CASES} secret cases; add some of different shapes."
            self._problem(text, "reference.py")
        if not any(case.public for case in cases):
            self._problem("no case is public; learners need one to try their code on.", "reference.py")
        own, others = fingerprint_of(cases), self.fingerprint()
        if own != fingerprint_of(self.examiner.cases_again(SEEDS[0])) or others not in (None, own):
            text = "cases(seed) differs between two runs; draw every number from `generator(seed)`."
            self._problem(text, *self._reference_at("cases"))
        if own == fingerprint_of(self.examiner.cases(SEEDS[1])):
            text = "cases(seed) is the same for two seeds; draw the secret cases from `generator(seed)`."
            self._problem(text, *self._reference_at("cases"))
        return True

    def _witness(self) -> bool:
        """Compare the truth with its witness, and look for the sentences of near misses."""
        if problem := self.examiner.disagreement():
            self._problem(problem, *self._reference_at("truth"))
        for message, names in self.examiner.near_misses():
            self._sentence(message, static_checks.COMPARED.union(names))
        return True

    def _reference_at(self, function: str) -> tuple[str, int | None]:
        return "reference.py", line_of(self.package.folder / "reference.py", rf"^def {function}\b")

    def _null_answers(self) -> None:
        # By convention, the first check looks only if the code loads and runs.
        allowed = self.package.manifest.null_score + self.checks[0].points
        self._judged(self.examiner.null_answers(), allowed, "make the checks stricter, or state `null_score`")

    def _public_answers(self) -> None:
        answers = self.runs.solve(self.examiner.cases(SEEDS[0]))
        if any(answer.observation is None for answer in answers):
            return  # `_solution` says why
        score = self.package.manifest.null_score
        figures = self.examiner.empty_figures(answers)
        self._judged(figures, score + self.checks[0].points, "compare what is drawn")
        most = score + PUBLIC_SHARE * sum(check.points for check in self.checks)
        advice = "give every check secret cases, and more points to them"
        self._judged(self.examiner.public_answers(answers), most, advice)

    def _judged(self, answers: Sequence[NullAnswer], allowed: float, advice: str) -> None:
        """Report which answers get more than the allowed points, or make a check raise."""
        for answer in answers:
            for message, names in answer.used:
                self._sentence(message, names)
            if answer.error is not None:
                text = (
                    f"the null answer “{answer.name}” makes a check raise {answer.error.text}; a learner can "
                    "return anything, so test the type of a value before you use it."
                )
                self._problem(text, answer.error.file or "checks.py", answer.error.line)
            elif answer.points > allowed + 1e-9:
                got = f"gets {answer.points:g} points, allowed are {allowed:g}"
                self._problem(f"the null answer “{answer.name}” {got}; {advice}.", "checks.py")

    def _sentence(self, message: str, names: Iterable[str]) -> None:
        self.problems.add_all(static_checks.missing_sentence(message, names, self.package), promise="sentences")

    def _statement(self) -> None:
        package, varies = self.package, self.package.manifest.variant
        for entry in package.manifest.entries:
            if entry.name not in package.statement:
                self._problem(f"statement.md does not name the entry `{entry.name}`.", "statement.md")
        statements = list(map(package.statement_with, self._numbers(VARIANTS))) if varies else [package.statement]
        if varies and len(set(statements)) == 1:
            text = "variant.py gives every learner the same statement; use its numbers there as {{name}}."
            self._problem(text, "variant.py")
        for statement in statements:
            self._samples(statement)

    def _samples(self, statement: str) -> None:
        for number, sample in enumerate(samples(statement), start=1):
            printed = self.runs.printed(sample.code)
            if sample.output is not None and printed.strip() != sample.output.strip():
                text = f"sample {number} of statement.md prints {printed.strip()[-200:]!r}, not what is shown."
                self._problem(text, "statement.md", sample_line(statement, number))

    def _variants(self) -> None:
        if self.package.manifest.variant and self.wanted_variants:
            self.variants = self._numbers(range(self.wanted_variants))

    def _numbers(self, variants: Sequence[int]) -> list[Numbers]:
        numbers = [dict(one) for one in self.examiner.numbers(variants)]
        for one in numbers:
            for name, number in one.items():
                if type(number) not in (int, float):
                    text = f"variant.py: `{name}` is {str(number)[:80]!r}; the numbers of a variant are numbers."
                    raise PackageError(text, file="variant.py")
        return numbers

    def _solution(self) -> None:
        for seed in SEEDS:
            report = self._grade(self.package.solution, seed)
            if shortfall := self._shortfall(report):
                self._problem(f"with seed {seed}, solution.py {shortfall}", "solution.py")
                return
        limit = self.exercise.limits.wall_seconds
        if self.slowest > limit / 2:
            text = (
                f"the solution took {self.slowest:.1f} s, more than half the limit of {limit:g} s; "
                "raise `limits.wall_seconds` or make the cases smaller."
            )
            self._problem(text, "exercise.toml")

    def _alternatives(self) -> None:
        for path in sorted((self.package.folder / "alternatives").glob("*.py")):
            source, seeds_of = _read(path), defaultdict(list)
            for seed in SEEDS[:3]:
                if shortfall := self._shortfall(self._grade(source, seed)):
                    seeds_of[shortfall].append(str(seed))
            for shortfall, seeds in seeds_of.items():
                file = f"alternatives/{path.name}"
                self._problem(f"with seed {', '.join(seeds)}, {file} {shortfall}", file)

    def _shortfall(self, report: Report) -> str | None:
        """Describe why a right answer does not get every point; None if it does."""
        self.slowest = max(self.slowest, report.seconds)
        if report.points >= report.max_points:
            return None
        failing = next(finding for finding in report.findings if finding.status is not Status.PASSED)
        return f"gets {report.points:g} of {report.max_points:g} points: `{failing.check}` says: {failing.message_text}"

    def _mistakes(self) -> None:
        stated: Mapping[str, object] = {}
        if (self.package.folder / "mistakes.toml").is_file():
            with self.problems.caught():
                stated = read_tables(self.package.folder)
        files = dict(sorted(sources_of(self.package.folder).items())[:MAX_MISTAKES])
        for name in sorted(set(files) ^ set(stated)):
            file = "mistakes.toml" if name in stated else _file_of(name)
            self._problem(f"`{name}` must be both a file and a table of mistakes.toml.", file, self._table(name))
        for name, path in files.items():
            with self.problems.caught():
                self._mistake(name, _read(path), stated.get(name))
        failed = {check for result in self.mistakes for check in result.findings}
        for check in self.checks:
            if check.name not in failed:
                text = f"no mistake fails the check `{check.name}`; add one that does, or remove the check."
                self._problem(text, "checks.py", line_of(self.package.folder / "checks.py", rf"^def {check.name}\b"))

    def _mistake(self, name: str, source: str, table: object) -> None:
        report = self._grade(source, MISTAKE_SEED)
        line: Line | None = None
        if self.wants_lines and table is None:
            line = self.runs.find_line(source, MISTAKE_SEED, report) or "none"
        result = result_of(name, report, line)
        self.mistakes.append(result)
        if table is None:
            return
        stated = read_mistake(name, table)
        for problem in impossible_line(name, stated, source):
            self._problem(problem, "mistakes.toml", self._table(name))
        self._compare(result, stated)

    def _compare(self, result: MistakeResult, stated: KnownMistake) -> None:
        name, place = result.name, ("mistakes.toml", self._table(result.name))
        if abs(result.score - stated.score) > 1e-6:
            self._problem(f"`{name}` gets {result.score:g} points, mistakes.toml says {stated.score:g}.", *place)
        if result.findings != stated.findings:
            text = f"`{name}` fails {_listed(result.findings)}, mistakes.toml says {_listed(stated.findings)}."
            self._problem(text, *place)
        if stated.outcome != result.outcome:
            self._problem(f"`{name}` ends as {result.outcome}, mistakes.toml says {stated.outcome}.", *place)

    def _table(self, name: str) -> int | None:
        return line_of(self.package.folder / "mistakes.toml", rf"^\[{name}\]")

    def _sentences(self) -> None:
        """Every message was looked at when a check used it."""

    def _grade(self, source: str, seed: int) -> Report:
        report = self.runs.grade(source, seed)
        for finding in report.findings:
            if finding.message is not None:
                self._sentence(finding.message, finding.data)
        return report


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        file = f"{path.parent.name}/{path.name}"
        raise PackageError(f"{file} is not UTF-8 text: {error}", file=file) from None


def _file_of(name: str) -> str:
    return "starter.py" if name == STARTER else f"mistakes/{name}.py"


def _listed(findings: Mapping[str, Any]) -> str:
    return ", ".join(f"{check} ({message})" for check, message in findings.items()) or "nothing"

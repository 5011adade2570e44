"""The line to look at, over all known mistakes and right answers: how often it is named, and how often it is right.

    python -m tests.benchmarks.line [--sandbox docker|bubblewrap] [--seed N] [--only gradients] [--wrong]
                                    [--held-back [second]]

A row for each group of exercises; training exercises are counted apart. `with a line`: mistakes whose mistakes.toml
names one. `named`: the tool names a line for them. `wrong`: it names another line, or one if there is none to name.
`right answers`: solutions and alternatives for which it names a line, of all. `--wrong` lists what is not as expected.
`--held-back` measures the programs in `tests/exercises/held_back.toml` instead, and `--held-back second` those in
`held_back_second.toml`. Each set was written before the repairs that were measured with it first.
"""

import argparse
import logging
import time
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import torch

from grader.grading.fault_line import find_line
from grader.grading.pipeline import grade
from grader.packages.catalogue import Package, packages
from grader.packages.mistakes import NO_LINE, STARTER, read_mistakes
from grader.protocol.jobs import Job
from grader.sandboxes.base import Sandbox
from grader.sandboxes.select import open_sandbox
from grader.telemetry import logs

APART = "training"
EXERCISES = Path(__file__).parents[1] / "exercises"
HELD_BACK = {"first": EXERCISES / "held_back.toml", "second": EXERCISES / "held_back_second.toml"}


@dataclass(kw_only=True)
class Row:
    """The counts of one group."""

    mistakes: int = 0
    with_line: int = 0
    named: int = 0
    right: int = 0
    wrong: int = 0
    accused: int = 0
    right_answers: int = 0
    seconds: list[float] = field(default_factory=list)

    def add(self, expected: int | str, found: int | None) -> None:
        """Count a mistake."""
        self.mistakes += 1
        self.with_line += expected != NO_LINE
        self.named += expected != NO_LINE and found is not None
        self.right += found == expected
        self.wrong += found is not None and found != expected


def main() -> None:
    """Print the table."""
    options = _options()
    torch.set_num_threads(1)
    logs.configure(level=logging.WARNING)
    sandbox = open_sandbox(engine=options.sandbox)
    rows: dict[str, Row] = defaultdict(Row)
    try:
        sandbox.warm_up()
        chosen = [package for package in packages() if package.slug.startswith(options.only)]
        wrong = (
            held_back(options.held_back)
            if options.held_back
            else (one for package in chosen for one in mistakes_of(package))
        )
        for one in wrong:
            if one.exercise.startswith(options.only):
                _measure(one, rows[one.exercise.partition("/")[0]], sandbox, options)
        for one in () if options.held_back else (one for package in chosen for one in right_answers_of(package)):
            row = rows[one.exercise.partition("/")[0]]
            row.right_answers += 1
            row.accused += line_of(one, sandbox, options.seed)[0] is not None
    finally:
        sandbox.close()
    _print(rows)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sandbox", choices=("docker", "bubblewrap"))
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--only", default="", help="exercises whose slug begins so")
    parser.add_argument("--wrong", action="store_true", help="list what is not as expected")
    parser.add_argument(
        "--held-back",
        nargs="?",
        const="first",
        choices=sorted(HELD_BACK),
        help="the programs that no repair was written for",
    )
    return parser.parse_args()


@dataclass(frozen=True, kw_only=True, slots=True)
class Mistake:
    """A wrong program, and the line that must be named: "none" if no line alone is to blame."""

    name: str
    exercise: str
    source: str
    line: int | str


def mistakes_of(package: Package) -> Iterator[Mistake]:
    """Yield a package's known mistakes; not the starter."""
    for name, known in read_mistakes(package.folder).items():
        if name != STARTER:
            source = (package.folder / "mistakes" / f"{name}.py").read_text("utf-8")
            yield Mistake(name=name, exercise=package.slug, source=source, line=known.line)


def held_back(which: str) -> Iterator[Mistake]:
    """Yield the mistakes for which no repair was written: how often is a line named if the kind is new?"""
    for name, known in tomllib.loads(HELD_BACK[which].read_text("utf-8")).items():
        lines = [line.strip() for line in known["source"].splitlines()]
        line = NO_LINE if known["line"] == NO_LINE else lines.index(known["line"]) + 1
        yield Mistake(name=name, exercise=known["exercise"], source=known["source"], line=line)


def right_answers_of(package: Package) -> Iterator[Mistake]:
    """Yield a package's right answers, as mistakes without a line."""
    for file in [package.folder / "solution.py", *sorted((package.folder / "alternatives").glob("*.py"))]:
        yield Mistake(name=file.stem, exercise=package.slug, source=file.read_text("utf-8"), line=NO_LINE)


def line_of(one: Mistake, sandbox: Sandbox, seed: int) -> tuple[int | None, float]:
    """Grade a program and look for its line; return the line and how many seconds the search took."""
    job = Job(submission="line", token="line", exercise=one.exercise, digest="", source=one.source, seed=seed)
    report = grade(job, sandbox=sandbox)
    start = time.perf_counter()
    return find_line(job, report, sandbox=sandbox), time.perf_counter() - start


def _measure(one: Mistake, row: Row, sandbox: Sandbox, options: argparse.Namespace) -> None:
    found, seconds = line_of(one, sandbox, options.seed)
    row.add(one.line, found)
    row.seconds.append(seconds)
    if options.wrong and (found or NO_LINE) != one.line:
        print(f"{one.exercise} {one.name}: {found or NO_LINE}, expected {one.line}", flush=True)


def _print(rows: dict[str, Row]) -> None:
    print(f"\n{'':14}mistakes  with a line    named    right    wrong  right answers  median ms   max ms")
    for name, row in sorted(rows.items()):
        _print_row(name, row)
    total = Row()
    for name, row in rows.items():
        if name != APART:
            for count in ("mistakes", "with_line", "named", "right", "wrong", "accused", "right_answers", "seconds"):
                setattr(total, count, getattr(total, count) + getattr(row, count))
    _print_row("all but " + APART, total)
    named = total.named + total.wrong - (total.named - total.right)
    print(f"named: {total.named / max(total.with_line, 1):.0%} of those with a line (wanted: at least 80 %)")
    print(f"right: {total.right / max(named, 1):.0%} of the named (wanted: at least 95 %)")


def _print_row(name: str, row: Row) -> None:
    times = sorted(row.seconds) or [0.0]
    counts = f"{row.mistakes:8}{row.with_line:13}{row.named:9}{row.right:9}{row.wrong:9}"
    accused = f"{row.accused} of {row.right_answers}"
    print(f"{name:20}"[:20], f"{counts[6:]}{accused:>15}{1000 * times[len(times) // 2]:11.0f}{1000 * times[-1]:9.0f}")


if __name__ == "__main__":
    main()

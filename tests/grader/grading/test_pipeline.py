from contextlib import contextmanager
from dataclasses import replace

import pytest

from grader.errors import NoSandbox, SandboxError, StaleWorker, UnknownExercise
from grader.grading.pipeline import grade
from grader.packages.catalogue import find_package
from grader.protocol.jobs import Scope
from grader.protocol.reports import Outcome, Status
from grader.protocol.sources import MAX_SOURCE
from grader.sandboxes.base import Ending
from grader.sandboxes.unconfined import UnconfinedSandbox
from tests.support.reports import make_job, make_package

SOLUTION = "def slope(x):\n    return 3 * x * x\n"


@pytest.fixture(autouse=True)
def package(exercises):
    return make_package(exercises)


def graded(source, inline, **changes):
    return grade(make_job(source=source, **changes), sandbox=inline)


def test_the_solution_gets_every_point(inline):
    report = graded(find_package("unit/slope").solution, inline)

    assert (report.outcome, report.points, report.max_points) == (Outcome.GRADED, 10, 10)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("", "empty"),
        ("  \n\t\n", "empty"),
        ("x" * (MAX_SOURCE + 1), "too_large"),
        ("def slope(x):\n    return \0", "not_text"),
        ("\udcff\udcfe", "not_text"),
        ("def slope(x:\n", "syntax_error"),
        ("import graphviz\n" + SOLUTION, "import_not_allowed"),
        ("def steep(x): return x\n", "missing_entry"),
        ("raise SystemExit(0)\n", "exits"),
        ("1 / 0\n" + SOLUTION, "does_not_load_at"),
    ],
)
def test_code_that_cannot_be_loaded_is_ungradable_and_says_why(source, message, inline):
    report = graded(source, inline)

    first, *others = report.findings
    assert (report.outcome, report.points, first.message) == (Outcome.UNGRADABLE, 0, message)
    assert first.message_text
    assert {finding.status for finding in others} == {Status.SKIPPED}


def test_a_check_runs_the_public_cases_only(inline):
    source = "calls = []\ndef slope(x):\n    calls.append(x)\n    return 3 * x * x if len(calls) < 2 else x\n"

    assert graded(source, inline, scope=Scope.PUBLIC).points == 10
    assert graded(source, inline).points < 10


def test_the_smallest_counterexample_is_shown_for_a_secret_case(inline):
    source = "def slope(x):\n    return 3 * x * x if x.numel() == 3 else x\n"

    finding = graded(source, inline).findings[1]

    assert finding.case == "a single number"
    assert finding.evidence["counterexample"] == {"call": "slope(x=torch.tensor(2.0))", "got": "2", "expected": "12"}


def test_the_counterexample_can_be_an_exception(inline):
    source = "def slope(x):\n    return 3 * x * x if x.numel() == 3 else x.missing\n"

    example = graded(source, inline).findings[1].evidence["counterexample"]

    assert example["got"].startswith("AttributeError")


def test_a_counterexample_shows_types_if_numbers_look_equal(inline):
    example = graded("def slope(x):\n    return (3 * x * x).float()\n", inline).findings[1].evidence["counterexample"]

    assert (example["got"], example["expected"]) == ("12 (float32)", "12 (float64)")


def test_the_cases_differ_from_seed_to_seed(inline):
    remembering = "import torch\nseen = []\ndef slope(x):\n    print(x.sum().item())\n    return x\n"

    assert graded(remembering, inline, seed=1).digest == graded(remembering, inline, seed=2).digest


def test_a_job_for_another_version_is_left_to_another_worker(inline):
    with pytest.raises(StaleWorker):
        graded(SOLUTION, inline, digest="0" * 64)


def test_a_job_for_this_version_is_graded(inline):
    assert graded(SOLUTION, inline, digest=find_package("unit/slope").digest).points == 10


def test_an_unknown_exercise_names_those_there_are(inline):
    with pytest.raises(UnknownExercise, match="unit/slope"):
        graded(SOLUTION, inline, exercise="unit/other")


@pytest.mark.parametrize("slug", ["../etc/passwd", "unit/../unit/slope", "unit", "Unit/slope", "unit/slope/x", ""])
def test_a_slug_reaches_no_other_folder(slug, inline):
    with pytest.raises(UnknownExercise):
        graded(SOLUTION, inline, exercise=slug)


class Ended(UnconfinedSandbox):
    """A sandbox whose first run ends as the test says, after `answered` calls."""

    def __init__(self, outcome, answered, **ending):
        super().__init__()
        self.end = Ending(outcome=outcome, **ending)
        self.answered = answered
        self.runs = 0

    @contextmanager
    def open(self, program, *, limits, on_progress=None, cancellation=None, patience=None):
        self.runs += 1
        with super().open(program, limits=limits) as run:
            if self.runs == 1:
                observe = run.observe
                run.observe = lambda calls: observe(calls[: self.answered])
            yield run
        if self.runs == 1:
            run.ending = self.end


def test_a_timed_out_run_keeps_points_of_finished_cases():
    ended = Ended(Outcome.TIMED_OUT, 2, unanswered=2)

    report = graded(SOLUTION, ended)

    assert report.outcome is Outcome.TIMED_OUT
    assert report.points == 3
    assert report.findings[1].message_text == "Your code was stopped after 10 seconds, while it worked on “a vector”."


def test_a_run_stopped_while_loading_says_so():
    ended = Ended(Outcome.TIMED_OUT, 0, unanswered=0, evidence={"loading": True})

    finding = graded(SOLUTION, ended).findings[0]

    assert finding.message_text == "Your code was stopped after 10 seconds, while it was still being loaded."
    assert finding.hint == "timed_out.hint"


def test_a_crash_names_its_signal():
    ended = Ended(Outcome.CRASHED, 0, unanswered=0, evidence={"signal": "SIGSEGV"})

    assert "SIGSEGV" in graded(SOLUTION, ended).findings[0].message_text


def test_a_malformed_answer_scores_nothing_and_says_so():
    ended = Ended(Outcome.CRASHED, 0, unanswered=0, evidence={"reason": "malformed_answer"})

    report = graded(SOLUTION, ended)

    assert (report.points, report.findings[0].message) == (0, "garbled")


WRONG_IN_SECRET = "def slope(x):\n    return 3 * x * x if x.numel() == 3 else x\n"


class SecondRun(UnconfinedSandbox):
    """A sandbox whose second run, the one for counterexamples, ends as the test says."""

    def __init__(self, ending):
        super().__init__()
        self.ending, self.limits = ending, []

    @contextmanager
    def open(self, program, *, limits, on_progress=None, cancellation=None, patience=None):
        self.limits.append(limits)
        with super().open(program, limits=limits) as run:
            if len(self.limits) == 2:
                if isinstance(self.ending, Exception):
                    raise self.ending
                print("printed by the second run")
            if on_progress is not None:
                on_progress({"call": 0})
            yield run
        if len(self.limits) == 2:
            run.ending = self.ending


@pytest.mark.parametrize(
    "ending",
    [
        Ending(outcome=Outcome.TIMED_OUT, unanswered=0),
        Ending(outcome=Outcome.UNGRADABLE, missing=("slope",)),
        Ending(outcome=Outcome.CRASHED, unanswered=0),
        SandboxError("the sandbox of the second run has died"),
        NoSandbox("no second sandbox starts"),
    ],
)
def test_the_end_of_the_second_run_changes_nothing(inline, ending):
    alone = grade(make_job(source=WRONG_IN_SECRET), sandbox=inline, explain=False)

    report = graded(WRONG_IN_SECRET, SecondRun(ending))

    assert (report.outcome, report.points, report.output) == (Outcome.GRADED, alone.points, "")
    assert [replace(finding, evidence={}) for finding in report.findings] == [
        replace(finding, evidence={}) for finding in alone.findings
    ]


def test_the_second_run_has_a_budget_of_its_own(inline):
    sandbox = SecondRun(Ending(outcome=Outcome.GRADED))
    messages = []

    grade(make_job(source=WRONG_IN_SECRET), sandbox=sandbox, on_progress=messages.append)

    first, second = sandbox.limits
    assert second.wall_seconds <= first.wall_seconds / 20
    assert second.output_kb == 0
    assert messages == [{"case": 1, "of": 4}]


def test_right_code_is_run_once(inline):
    sandbox = SecondRun(Ending(outcome=Outcome.GRADED))

    grade(make_job(source=SOLUTION), sandbox=sandbox)

    assert len(sandbox.limits) == 1


def test_code_that_timed_out_gets_a_counterexample():
    ended = Ended(Outcome.TIMED_OUT, 2, unanswered=2)

    report = graded(WRONG_IN_SECRET, ended)

    assert report.outcome is Outcome.TIMED_OUT
    example = report.findings[1].evidence["counterexample"]
    assert example == {
        "call": "slope(x=torch.tensor(2.0))",
        "got": "2",
        "expected": "12",
    }


def test_cut_output_says_so():
    ended = Ended(Outcome.GRADED, 4, output="x" * 10, output_capped=True)

    assert graded(SOLUTION, ended).output.endswith("[The rest of the output was cut off.]\n")


def test_progress_counts_cases(inline, monkeypatch):
    messages = []

    class Reporting(UnconfinedSandbox):
        @contextmanager
        def open(self, program, *, limits, on_progress=None, cancellation=None, patience=None):
            with super().open(program, limits=limits) as run:
                for message in ({"call": 0}, {"call": 3}, {"call": 4}, {"loss": [[0, 1.0]]}):
                    on_progress(message)
                yield run

    grade(make_job(source=SOLUTION), sandbox=Reporting(), on_progress=messages.append)

    assert messages == [{"case": 1, "of": 4}, {"case": 4, "of": 4}, {"loss": [[0, 1.0]]}]

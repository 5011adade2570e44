"""Packages that attack their verification: each ends in bounded time, and spoils only its own result."""

import json
import time
from dataclasses import replace

import pytest

from grader.grading import sandboxed_examiner
from grader.packages.archives import digest_of, files_of
from grader.packages.catalogue import find_version
from grader.protocol.verifications import MAX_PROBLEMS, MAX_TEXT, Verified
from grader.sandboxes.author_session import AUTHOR_LIMITS
from grader.verification import exercise as exercises
from tests.support.own_packages import cached, open_machine, scaffold_files

pytestmark = pytest.mark.bubblewrap

ENDLESS = "\n    while True:\n        pass\n"
TOO_LONG = "took longer than the 1 seconds"


@pytest.fixture(scope="module")
def machine():
    with open_machine() as machine:
        yield machine


@pytest.fixture(autouse=True)
def small(tmp_path, monkeypatch):
    """A cache of its own, few seeds, and a second for each question to the package."""
    monkeypatch.setenv("CHAINRULE_VERSIONS", str(tmp_path / "versions"))
    monkeypatch.setattr(exercises, "SEEDS", (1, 2))
    monkeypatch.setattr(sandboxed_examiner, "EXAMINER_LIMITS", replace(AUTHOR_LIMITS, wall_seconds=1.0))


def attacking(file, old, new):
    files = scaffold_files()
    assert old.encode() in files[file]
    files[file] = files[file].replace(old.encode(), new.encode(), 1)
    return files


def verify(machine, files, *, seconds=20.0):
    """Verify in bounded time; what comes back can cross the queue."""
    began = time.monotonic()
    verified = machine.verify(cached(files), seconds=seconds)
    assert time.monotonic() - began < 3 * seconds
    assert Verified.from_dict(json.loads(json.dumps(verified.to_dict(), allow_nan=False))) == verified
    return verified


@pytest.mark.parametrize(
    ("file", "old", "new", "promise"),
    [
        ("checks.py", "from grader.authoring", "while True: pass\nfrom grader.authoring", "loads"),
        ("reference.py", "    rng = generator(seed)", ENDLESS, "cases"),
        pytest.param(
            "reference.py",
            "def witness(case: Case) -> Tensor:",
            f"def witness(case: Case) -> Tensor:{ENDLESS}",
            "witness",
            marks=pytest.mark.nightly,
        ),
        pytest.param(
            "reference.py",
            "def near_misses(case: Case) -> list[NearMiss]:",
            f"def near_misses(case: Case) -> list[NearMiss]:{ENDLESS}",
            "witness",
            marks=pytest.mark.nightly,
        ),
    ],
    ids=["loading", "cases", "witness", "near misses"],
)
def test_an_endless_loop_ends_with_a_sentence(file, old, new, promise, machine):
    verified = verify(machine, attacking(file, old, new))

    assert [problem.promise for problem in verified.problems] == [promise]
    assert TOO_LONG in verified.problems[0].text


@pytest.mark.nightly
def test_an_endless_loop_in_a_check_ends_with_the_budget(machine):
    files = attacking("checks.py", "    trial.agrees()", "    while True: pass")

    verified = verify(machine, files, seconds=8)

    assert any(TOO_LONG in problem.text for problem in verified.problems)
    assert "was stopped after 8 seconds" in verified.problems[-1].text


@pytest.mark.nightly
def test_a_solution_and_mistakes_that_never_end_cost_the_budget(machine):
    files = attacking("solution.py", "def ", "while True: pass\ndef ")

    verified = verify(machine, files, seconds=8)

    assert "was stopped after 8 seconds" in verified.problems[-1].text


def test_a_gigantic_message_is_cut_off(machine):
    files = attacking("reference.py", "    rng = generator(seed)", "    raise ValueError('x' * 10**8)")

    (problem,) = verify(machine, files).problems

    assert len(problem.text) <= MAX_TEXT


def test_thousands_of_problems_become_a_bounded_list(machine):
    cases = "    return [Case(name=f'case {i}', entry=f'entry_{i}') for i in range(500)]"
    files = attacking("reference.py", "    rng = generator(seed)", cases)

    verified = verify(machine, files)

    assert 0 < len(verified.problems) <= MAX_PROBLEMS


def test_too_many_cases_are_refused(machine):
    cases = "    return [Case(name='case', entry='slope') for i in range(100_000)]"

    verified = verify(machine, attacking("reference.py", "    rng = generator(seed)", cases))

    assert len(verified.problems) == 1


@pytest.mark.parametrize(
    "code",
    [
        "import os; os._exit(0)",
        *(
            pytest.param(code, marks=pytest.mark.nightly)
            for code in (
                "import sys; sys.exit(1)",
                "import os; os.kill(os.getpid(), 9)",
                "raise KeyboardInterrupt",
                "print('flood ' * 10_000_000)",
                "import sys; sys.stderr.write('flood ' * 10_000_000)",
                "x = [0] * 10**10",
            )
        ),
    ],
    ids=["exit", "sys.exit", "signal", "interrupt", "flood", "flood of errors", "memory"],
)
def test_code_that_ends_its_process_gets_a_sentence(code, machine):
    verified = verify(machine, attacking("checks.py", "from grader.authoring", f"{code}\nfrom grader.authoring"))

    # A flood of output is thrown away: the package can still be good.
    assert verified.problems or "flood" in code
    assert {problem.promise for problem in verified.problems} <= {"loads"}


@pytest.mark.nightly
def test_a_package_that_changes_its_files_changes_nothing_here(machine):
    code = (
        "import pathlib\n"
        "for path in pathlib.Path(__file__).parent.rglob('*'):\n"
        "    if path.is_file():\n"
        "        path.chmod(0o666); path.write_text('changed')\n"
    )
    files = attacking("checks.py", "from grader.authoring", f"{code}from grader.authoring")
    job = cached(files)

    machine.verify(job, seconds=20)

    package = find_version(job.slug, job.digest, job.library)
    assert digest_of(files_of(package.folder)) == job.digest


@pytest.mark.nightly
def test_numbers_of_variants_that_are_none_are_refused(machine):
    files = attacking("exercise.toml", 'teaches = ["grad"]', 'teaches = ["grad"]\nvariant = true')
    files["reference.py"] = files["reference.py"].replace(b"cases(seed: int)", b"cases(seed: int, numbers)")
    files["variant.py"] = b"def numbers(seed):\n    return {'a': float('nan'), 'b': 10**400, 'c': '<script>'}\n"

    verified = verify(machine, files)

    assert verified.variants is None
    assert any(problem.promise in ("statement", "variants") for problem in verified.problems)


@pytest.mark.nightly
def test_checks_cannot_give_more_than_their_points(machine):
    files = attacking(
        "checks.py", "    trial.agrees()", "    slope_is_right.__dict__['points'] = 10**9\n    trial.returned()"
    )

    verified = verify(machine, files)

    assert verified.problems
    assert all(result.score <= 10 for result in verified.mistakes)


@pytest.mark.nightly
def test_a_model_that_is_a_bomb_harms_its_author(machine):
    bomb = "Model('mlp', {'sizes': [10**6, 10**6, 10**6]})"
    files = attacking("reference.py", "args=(numbers,)", f"args=({bomb},)")
    files["reference.py"] = files["reference.py"].replace(b"import Case,", b"import Case, Model,")

    assert verify(machine, files).problems

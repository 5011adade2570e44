"""A course's package attacks, and nothing of it reaches the worker, other courses or learners.

After each attack the same worker grades another course's submissions rightly.
"""

import os
import re
from functools import partial
from pathlib import Path

import pytest

from grader.errors import PackageError
from grader.grading.pipeline import grade
from grader.packages.archives import files_of
from grader.packages.catalogue import find_package
from grader.sandboxes.select import open_author_sandbox, open_sandbox
from grader.sandboxes.unconfined import UnconfinedSandbox
from tests.security import hostile_packages as hostile
from tests.support.engines import ENGINES
from tests.support.owned import LimitedAuthors, changed, graded_by, owned_job, publish
from tests.support.reports import make_job, make_package

RIGHT, WRONG = "def slope(x):\n    return 3 * x ** 2\n", "def slope(x):\n    return 2 * x\n"
EXERCISE = "unit/slope"

# The others run at night: the reading of answers is tested without a sandbox (tests/grader/grading).
EACH_TIME = {"loops in truth", "takes all memory", "leaves with status 0", "forges the end of its run"}
FORGED_EACH_TIME = {"points beyond the maximum", "a report for another exercise", "NaN for points"}


def named(attacks, each_time):
    """The names of attacks as parameters; those that are not for each time run at night."""
    return [name if name in each_time else pytest.param(name, marks=pytest.mark.nightly) for name in attacks]


@pytest.fixture(
    scope="module",
    params=[pytest.param("bubblewrap", marks=pytest.mark.bubblewrap), pytest.param("docker", marks=pytest.mark.docker)],
)
def sandboxes(request):
    author, learner = open_author_sandbox(*ENGINES[request.param]), open_sandbox(*ENGINES[request.param])
    yield author, learner
    author.close()
    learner.close()


@pytest.fixture
def package(tmp_path, monkeypatch):
    """The folder of an honest package, which attackers change."""
    monkeypatch.setenv("CHAINRULE_EXERCISES", str(tmp_path / "exercises"))
    monkeypatch.setenv("CHAINRULE_VERSIONS", str(tmp_path / "versions"))
    (tmp_path / "exercises").mkdir()
    return make_package(tmp_path / "exercises", reference=hostile.HONEST_REFERENCE)


def limited(author):
    return LimitedAuthors(author, wall_seconds=1.5, memory_mb=256)


def attack(package, author, learner, source=WRONG, **texts):
    """Grade a submission to the hostile package of course 1."""
    return graded_by(limited(author), learner, owned_job(EXERCISE, publish(changed(package, **texts)), source))


def others_are_graded_rightly(package, author, learner):
    """Course 2 has the honest package: right code gets all points, and wrong code does not."""
    digest = publish(files_of(package))
    job = partial(owned_job, EXERCISE, digest, library="course-2")
    right, wrong = (graded_by(author, learner, job(source)) for source in (RIGHT, WRONG))
    counterexample = wrong.findings[1].evidence.get("counterexample", {})
    return (right.points, wrong.points, counterexample.get("expected")) == (10, 1, "12")


@pytest.mark.parametrize("name", named(hostile.REFERENCES, EACH_TIME))
def test_code_that_gives_no_answer_is_its_authors_mistake(sandboxes, package, name):
    author, learner = sandboxes
    text, expected = hostile.REFERENCES[name]

    with pytest.raises(PackageError, match=expected):
        attack(package, author, learner, reference=text)

    assert others_are_graded_rightly(package, author, learner)


@pytest.mark.parametrize("name", named(hostile.FORGERIES, FORGED_EACH_TIME))
def test_a_forged_judgement_is_refused(sandboxes, package, name):
    author, learner = sandboxes

    with pytest.raises(PackageError, match="answered with something that cannot be"):
        attack(package, author, learner, checks=hostile.FORGE.replace("{0}", hostile.FORGERIES[name]))

    assert others_are_graded_rightly(package, author, learner)


def test_nothing_outside_is_reached(sandboxes, package, tmp_path, monkeypatch):
    author, learner = sandboxes
    monkeypatch.setenv("REDIS_URL", os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0"))
    host, _, port = re.search(r"//([^:/]+)(:(\d+))?", os.environ["REDIS_URL"]).groups()
    places = {
        "ENGINE": os.environ.get("DOCKER_HOST", "/run/docker.sock").removeprefix("unix://"),
        "BROKER": (host, int(port or 6379)),
        "ROOT": str(Path.cwd()),
        "VERSIONS": str(tmp_path / "versions"),
    }
    code = hostile.HONEST_REFERENCE + hostile.LOOT + "".join(f"\n{name} = {value!r}" for name, value in places.items())

    with pytest.raises(PackageError, match=r"loot: \[\]"):
        attack(package, author, learner, reference=code + '\nraise RuntimeError(f"loot: {loot()}")')

    assert others_are_graded_rightly(package, author, learner)


def test_nothing_is_left_for_the_next_grading(sandboxes, package):
    author, learner = sandboxes

    report = attack(package, author, learner, checks=hostile.LEAVES_STATE)

    assert report.points == 10  # an author can forge scores of their own exercise
    assert others_are_graded_rightly(package, author, learner)


def test_processes_and_output_without_an_end_stop(sandboxes, package):
    author, learner = sandboxes
    floods = hostile.in_function("cases", f"print('x' * 50_000_000)\n    {hostile.FORKS.strip()}")

    with pytest.raises(PackageError):
        attack(package, author, learner, reference=floods)

    assert others_are_graded_rightly(package, author, learner)


SPIES = """
import gc, glob, os, sys
def slope(x):
    texts = [name for name in sys.modules if name.startswith(("grader.checks", "grader.references", "grader.grading"))]
    for pattern in ("/opt/chainrule/grader/[!h_]*", "/scratch/*/package", "/opt/**/reference.py"):
        texts += glob.glob(pattern, recursive=True)
    found = [one for one in gc.get_objects() if isinstance(one, dict) and callable(one.get("truth"))]
    texts += [str(one)[:50] for one in found]
    raise RuntimeError(f"seen: {sorted(set(texts))}")
"""


def test_the_truth_is_nowhere_in_the_learners_sandbox(sandboxes, package):
    author, learner = sandboxes

    report = graded_by(author, learner, owned_job(EXERCISE, publish(files_of(package)), SPIES))

    assert "seen: []" in report.findings[0].data["error"]


def test_an_authors_code_sees_no_comment_of_a_learner(sandboxes, package):
    author, learner = sandboxes
    checks = hostile.FORGE.replace("{0}", "pass").replace("trial.returned()", "raise RuntimeError(trial.facts.source)")
    source = '# by Ada\ndef slope(x):\n    "Lovelace"\n    return x\n'

    with pytest.raises(PackageError) as raised:
        attack(package, author, learner, checks=checks, source=source)

    assert "return x" in str(raised.value)
    assert not re.search("Ada|Lovelace", str(raised.value))


def test_a_worker_without_such_packages_holds_no_instance(package):
    def never():
        raise AssertionError("an installed package needs no author's instance")

    assert find_package(EXERCISE).library == ""
    job = make_job(exercise=EXERCISE, source=RIGHT)

    assert grade(job, sandbox=UnconfinedSandbox(), author_sandbox=never).points == 10

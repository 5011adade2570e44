import os
import subprocess
import sys

import pytest

from grader.errors import UnknownExercise
from server.catalogue.exercises import find_exercise
from tests.support.people import write_exercise


def test_an_exercise_is_read_from_its_package():
    exercise = find_exercise("gradients/square")

    assert exercise.title == "The square"
    assert exercise.entries == ("square(x: Tensor) -> Tensor",)
    assert "<msup>" in exercise.statement
    assert exercise.runtime == "cpu"
    assert len(exercise.digest) == 64


def test_an_exercise_for_any_runtime_runs_on_the_cpu(exercises):
    write_exercise(exercises, "gradients/anywhere", runtime="any")

    assert find_exercise("gradients/anywhere").runtime == "cpu"


def test_each_learner_reads_the_numbers_of_their_variant(exercises):
    package = write_exercise(exercises, "gradients/own", statement="Write `square(x)` at {{place}}.")
    manifest = package / "exercise.toml"
    manifest.write_text("variant = true\n" + manifest.read_text())
    (package / "variant.py").write_text("def numbers(seed):\n    return {'place': 40 + seed}\n")

    assert "at 42." in find_exercise("gradients/own", variant=2).statement
    assert "at 43." in find_exercise("gradients/own", variant=3).statement


def test_without_variants_everybody_reads_the_same(exercises):
    assert find_exercise("gradients/square", variant=2) is find_exercise("gradients/square", variant=3)


def test_an_unchanged_exercise_is_read_once():
    assert find_exercise("gradients/square") is find_exercise("gradients/square")


def test_a_changed_exercise_is_seen_without_a_restart(exercises):
    before = find_exercise("gradients/square")
    write_exercise(exercises, "gradients/square", title="The other square")
    after = find_exercise("gradients/square")

    assert after.title == "The other square"
    assert after.digest != before.digest


def test_an_unknown_exercise_is_refused():
    with pytest.raises(UnknownExercise):
        find_exercise("gradients/cube")


def test_the_website_never_loads_torch():
    script = (
        "import django, sys; django.setup(); import server.urls, server.asgi, server.submissions.tasks;"
        "from server.catalogue.exercises import find_exercise; find_exercise('gradients/square');"
        "sys.exit('torch' in sys.modules)"
    )
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "server.settings.test"}

    assert subprocess.run([sys.executable, "-c", script], env=environment, check=False).returncode == 0

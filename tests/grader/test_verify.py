"""Every way in which a package may be bad has one clear sentence."""

import pytest

from grader.packages.catalogue import find_package
from grader.verify import fingerprint_of, verify
from tests.grader.builders import make_package


def part(name: str, *replacements: tuple[str, str]) -> str:
    """A file of a fresh package, changed."""
    text = next(path for path in find_package("unit/slope").folder.iterdir() if path.stem == name).read_text()
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    return text


def problems(inline, exercises, name, *replacements):
    folder = make_package(exercises)
    path = next(path for path in folder.iterdir() if path.stem == name)
    path.write_text(part(name, *replacements))
    return verify("unit/slope", sandbox=inline).problems


def test_a_new_package_already_passes(inline, exercises):
    make_package(exercises)

    verification = verify("unit/slope", sandbox=inline, fingerprint=fingerprint_of("unit/slope"))

    assert verification.problems == []
    assert verification.runs > 20


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("exercise", "teaches", "teeches", "unknown key `teeches`"),
        ("exercise", 'title = "Slope"', "title = 5", "`title` must be of type str, not int"),
        ("exercise", 'title = "Slope"\n', "", "the key `title` is missing"),
        ("exercise", "format = 1", "format = 2", "reads format 1"),
        ("exercise", "format = 1", "format = ", "not TOML"),
        ("exercise", 'imports = ["torch"]', 'runtime = "tpu"', "`runtime` must be one of"),
        ("reference", "return 3 * case", "return 4 * case", "they disagree"),
        ("reference", "rng = generator(seed)", "rng = generator(__import__('time').time_ns())", "between two runs"),
        ("reference", "rng = generator(seed)", "rng = generator(0)", "the same for two seeds"),
        ("reference", "def witness", "def witnesses", "must define `witness`"),
        ("reference", "def truth", "def truth(", "does not load"),
        ("reference", 'args=(normal(rng),)', 'args=(normal(rng),), public=True', "fewer than 3 secret cases"),
        ("reference", ", public=True", "", "no case is public"),
        ("checks", '    """The function runs and returns something"""\n', "", "needs a docstring"),
        ("checks", "trial.agrees()", "trial.returned()", "the null answer “zeros” gets 10 points"),
        ("solution", "x**3", "x**4", "solution.py gets 1 of 10 points"),
        ("statement", "tensor(12.)", "tensor(13.)", "sample 1 of statement.md prints 'tensor(12.)'"),
        ("statement", "slope", "incline", "does not name the entry `slope`"),
        ("mistakes", "score = 1\n[value.findings]", "score = 2\n[value.findings]", "`value` gets 1 points"),
        ("mistakes", '"accumulated"', '"scaled"', "`twice` fails slope_is_right (accumulated)"),
        ("mistakes", "[twice]", "[thrice]", "`thrice` must be both a file and a table"),
    ],
)  # fmt: skip
def test_a_bad_package_gets_a_sentence(name, old, new, says, inline, exercises):
    found = problems(inline, exercises, name, (old, new))

    assert any(says in problem for problem in found), found


def test_a_missing_file_is_named(inline, exercises):
    make_package(exercises, checks=None)

    assert verify("unit/slope", sandbox=inline).problems == [
        "unit/slope: the file checks.py is missing; every package needs one."
    ]


def test_a_check_that_nothing_fails_is_named(inline, exercises):
    folder = make_package(exercises)
    (folder / "checks.py").write_text(part("checks") + '\n\n@check(points=0)\ndef idle(trial):\n    """Idle."""\n')

    assert "unit/slope: the check `idle` is failed by no mistake; add one, or remove the check." in (
        verify("unit/slope", sandbox=inline).problems
    )


def test_a_time_limit_that_is_too_tight_is_named(inline, exercises):
    folder = make_package(exercises)
    (folder / "exercise.toml").write_text(part("exercise") + "\n[limits]\nwall_seconds = 0.0001\n")

    assert any("more than half the limit" in problem for problem in verify("unit/slope", sandbox=inline).problems)

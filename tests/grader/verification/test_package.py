"""Each problem of a package has one clear sentence."""

import pytest

from grader.packages.catalogue import find_package
from grader.verification.package import fingerprint_of, verify
from tests.support.reports import make_package


def file_of(folder, name):
    return next(path for path in folder.iterdir() if path.stem == name and path.is_file())


def part(name: str, *replacements: tuple[str, str]) -> str:
    """A file of a fresh package, changed."""
    text = file_of(find_package("unit/slope").folder, name).read_text()
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    return text


ONE_ENTRY = '[[entries]]\nname = "slope"\nsignature = "slope(x: Tensor) -> Tensor"\n'
IMPORTS = ("import Case, NearMiss", "import Case, Function, Model, NearMiss, build")


def problems(inline, exercises, name, *replacements):
    path = file_of(make_package(exercises), name)
    path.write_text(part(name, *replacements))
    return verify("unit/slope", sandbox=inline).problems


def test_a_new_package_passes(inline, exercises):
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
        ("exercise", "id = ", "id = 'me' # ", "`id` is not a uuid; make one with"),
        ("exercise", ONE_ENTRY, "[tolerance]", "the key `entries` is missing"),
        ("exercise", ONE_ENTRY, "entries = []", "`entries` is empty"),
        ("exercise", "signature", "signatures", "each of `entries` has exactly the keys `name` and `signature`"),
        ("exercise", 'name = "slope"', "name = 3", "`entries[0].name` must be of type str, not int"),
        ("exercise", 'teaches = ["grad"]', 'teaches = ["grad", 1]', "`teaches[1]` must be of type str, not int"),
        ("exercise", "[[entries]]", "[limits]\nmemory_mb = 0\n[[entries]]", "`limits.memory_mb` must be a whole"),
        ("exercise", "[[entries]]", "[limits]\nwall_seconds = true\n[[entries]]", "`limits.wall_seconds` must be a"),
        ("exercise", "[[entries]]", "[tolerance]\nrtol = 'a'\n[[entries]]", "`tolerance.rtol` must be a number"),
        ("exercise", "[[entries]]", "[limits]\nmemory = 1\n[[entries]]", "unknown key `limits.memory`; known are"),
        ("checks", "(trial: Trial)", "(trial: Trial, case)", "`runs` must take exactly one parameter, the trial."),
        ("checks", "points=9", "points=9, after='run'", "`slope_is_right` comes after 'run', which is not above it."),
        ("checks", "check(", "print(", "checks.py does not load"),
        ("checks", "trial.agrees()", "trial.value.sum(); trial.agrees()",
         "the null answer “None” makes a check raise"),
        ("mistakes", "[value]", "[value", "mistakes.toml: not TOML"),
        ("mistakes", "[value]", "[value]\noutcome = 'crashed'", "`value` ends as graded, mistakes.toml says crashed."),
        ("mistakes", "line = 7\n", "", "[twice] needs `score` and `line` (the number of the line"),
        ("mistakes", "line = 7", "line = 'six'", "[twice] needs `score` and `line` (the number"),
        ("mistakes", "line = 7", "line = true", "[twice] needs `score` and `line` (the number"),
        ("mistakes", "line = 7", "lines = 7", "Object contains unknown field `lines`"),
        ("mistakes", "line = 7", "line = 9", "mistakes.toml: `twice` has 8 lines, so `line` cannot be 9."),
        ("mistakes", "line = 7", "line = 0", "mistakes.toml: `twice` has 8 lines, so `line` cannot be 0."),
        ("mistakes", "line = 7", "line = 3", "mistakes.toml: line 3 of `twice` has no code;"),
        ("reference", "return 3 * case", "return 4 * case", "compared with the truth, the witness is wrong: Entry"),
        ("reference", "rng = generator(seed)", "rng = generator(__import__('time').time_ns())", "between two runs"),
        ("reference", "rng = generator(seed)", "rng = generator(0)", "the same for two seeds"),
        ("reference", "def witness", "def witnesses", "must define `witness`"),
        ("reference", "def truth", "def truth(", "does not load"),
        ("reference", 'args=(normal(rng),)', 'args=(normal(rng),), public=True', "fewer than 3 secret cases"),
        ("reference", ", public=True", "", "no case is public"),
        ("checks", '    """The function runs and returns something"""\n', "", "needs a docstring"),
        ("checks", "trial.agrees()", "trial.returned()", "the null answer “zeros” gets 10 points"),
        ("checks", "trial.agrees()", "trial.agrees() if trial.case.public else trial.returned()",
         "the null answer “the public cases, hard-coded, with zeros for the others” gets 10 points, allowed are 2;"),
        ("solution", "x**3", "x**4", "solution.py gets 1 of 10 points"),
        ("reference", 'entry="slope", args=(normal(rng),)', 'entry="incline", args=(normal(rng),)',
         "“a single number” calls `incline`; exercise.toml has the entries slope."),
        ("reference", "normal(rng),)", "Function('coopled_quartic'),)", "there is no function of that name; there are"),
        ("reference", "normal(rng),)", "[Function('damped_wave', {'width': 1.0})],)", "required positional argument"),
        ("reference", "normal(rng),)", "{'m': Model('mlpp')},)", "there is no model of that name; there are mlp"),
        ("reference", "x**3, case.args[0])", "build(Function('squared'))(x), case.args[0])",
         "“three numbers”: reference.py, line 25, raised LookupError: there is no function of that name"),
        ("reference", '"value_not_gradient"', '"mixed_terms_missing"',
         "`mixed_terms_missing` has no sentence; add a table [mixed_terms_missing] with `sentence`, `hint`,"),
        ("reference", '"value_not_gradient"', '"detached_path"',
         "the sentence of `detached_path` in grader/protocol/messages.py uses path;"),
        ("reference", "value=x**3)", "value=oops)", "reference.py, line 31, raised NameError"),
        ("checks", "trial.agrees()", "trial.agrees(); trial.require(trial.value.sum() < 0, 'uphill_of_it')",
         "table [uphill_of_it] with `sentence`, `hint`, `why` and `how` to messages.toml."),
        ("messages", "why = ", "# why = ", "messages.toml: [square_for_cube] has no `why`; it explains the idea"),
        ("messages", 'hint = "', 'hint = "" # "', "messages.toml: [square_for_cube] has no `hint`; it says what"),
        ("messages", 'how = "Raise', 'how = "' + 161 * "Do it. ", "`how` of [square_for_cube] has 33"),
        ("messages", 'why = "', 'why = "Differentiation necessitates considerable mathematical sophistication. ',
         "`why` of [square_for_cube] has the reading grade"),
        ("messages", "[square_for_cube]", "[other]", "`square_for_cube` has no sentence; add a table"),
        ("messages", "sentence = ", "text = ", "messages.toml: [square_for_cube] needs `sentence`"),
        ("messages", "[square_for_cube]", "[square_for_cube", "messages.toml: not TOML"),
        ("messages", "not of x³.", "not of {power}.", "`square_for_cube` in messages.toml uses power; pass the value"),
        ("messages", "not of x³.", "not of {power.", "[square_for_cube] has braces that are no name"),
        ("exercise", 'imports = ["torch"]', 'after = ["unit/slopes", "no/such"]',
         "exercise.toml, `after`: There is no exercise 'unit/slopes'. Did you mean unit/slope?"),
        ("statement", "tensor(12.)", "tensor(13.)", "sample 1 of statement.md prints 'tensor(12.)'"),
        ("statement", "slope", "incline", "does not name the entry `slope`"),
        ("mistakes", "[value]\nscore = 1", "[value]\nscore = 2", "`value` gets 1 points"),
        ("mistakes", '"accumulated"', '"scaled"', "`twice` fails slope_is_right (accumulated)"),
        ("mistakes", "[twice]", "[thrice]", "`thrice` must be both a file and a table"),
    ],
)  # fmt: skip
def test_a_bad_package_gets_a_sentence(name, old, new, says, inline, exercises):
    found = problems(inline, exercises, name, (old, new), *([IMPORTS] if name == "reference" else []))

    assert any(says in problem for problem in found), found


def test_two_packages_with_one_id_are_refused(inline, exercises):
    folder = make_package(exercises)
    copy = make_package(exercises, "unit/copy")
    (copy / "exercise.toml").write_text((folder / "exercise.toml").read_text())
    make_package(exercises, "unit/broken", exercise="format = ")

    (problem,) = verify("unit/copy", sandbox=inline).problems

    assert problem.startswith("unit/copy: exercise.toml: unit/slope has the same `id`; make a new one")


def test_a_missing_file_is_named(inline, exercises):
    make_package(exercises, checks=None)

    assert verify("unit/slope", sandbox=inline).problems == [
        "unit/slope: the file checks.py is missing; every package needs one."
    ]


def test_a_package_without_checks_gets_an_example(inline, exercises):
    make_package(exercises, checks="from grader.authoring import check\n")

    assert verify("unit/slope", sandbox=inline).problems == [
        "unit/slope: checks.py defines no check; decorate a function with `@check(points=...)`."
    ]


def test_cases_that_raise_have_a_fingerprint_too(inline, exercises):
    path = file_of(make_package(exercises), "reference")
    path.write_text(part("reference", ("rng = generator(seed)", "1 / 0")))

    fingerprint = fingerprint_of("unit/slope")

    assert fingerprint == "ZeroDivisionError: division by zero"
    assert verify("unit/slope", sandbox=inline, fingerprint=fingerprint).problems == [
        "unit/slope: reference.py: cases(1) raised ZeroDivisionError: division by zero."
    ]


def test_a_check_that_no_mistake_fails_is_named(inline, exercises):
    folder = make_package(exercises)
    (folder / "checks.py").write_text(part("checks") + '\n\n@check(points=0)\ndef idle(trial):\n    """Idle."""\n')

    assert "unit/slope: no mistake fails the check `idle`; add one that does, or remove the check." in (
        verify("unit/slope", sandbox=inline).problems
    )


def test_a_tight_time_limit_is_named(inline, exercises):
    folder = make_package(exercises)
    (folder / "exercise.toml").write_text(part("exercise") + "\n[limits]\nwall_seconds = 0.0001\n")

    assert any("more than half the limit" in problem for problem in verify("unit/slope", sandbox=inline).problems)


@pytest.mark.parametrize(
    ("folder", "kept", "says"),
    [
        ("alternatives", 1, "alternatives/ needs 3 right answers, a file each, and has 1; add 2 more."),
        ("mistakes", 2, "mistakes/ needs 4 wrong answers, a file each, and has 2; add 2 more."),
    ],
)
def test_too_few_answers_are_counted(folder, kept, says, inline, exercises):
    for path in sorted((make_package(exercises) / folder).glob("*.py"))[kept:]:
        path.unlink()

    assert f"unit/slope: {says}" in verify("unit/slope", sandbox=inline).problems


def test_a_failing_alternative_is_named_once_with_its_seeds(inline, exercises):
    (make_package(exercises) / "alternatives" / "by_hand.py").write_text("def slope(x): return 2 * x * x\n")

    (problem,) = verify("unit/slope", sandbox=inline).problems
    assert problem.startswith("unit/slope: with seed 1, 2, 3, alternatives/by_hand.py gets 1 of 10 points: ")


def test_an_error_outside_the_package_is_raised(inline, exercises, monkeypatch):
    make_package(exercises)
    monkeypatch.setattr(inline, "open", None)

    with pytest.raises(TypeError):
        verify("unit/slope", sandbox=inline)


def test_a_problem_of_every_case_is_reported_once(inline, exercises):
    assert problems(inline, exercises, "exercise", ('name = "slope"', 'name = "incline"')) == [
        "unit/slope: reference.py: the case “three numbers” calls `slope`; exercise.toml has the entries incline."
    ]

"""A version of a course's package is verified behind walls, with the words of the command line."""

import threading

import pytest

from grader.errors import MissingVersion, RunCancelled
from grader.protocol.verifications import LESSON_PROMISES, PROMISES, Verified
from grader.sandboxes.cancellation import Cancellation
from grader.verification import exercise as exercises
from grader.verification.package import verify
from tests.support.own_packages import cached, open_machine, scaffold_files
from tests.support.reports import make_package

pytestmark = pytest.mark.bubblewrap

VARIANT = "def numbers(seed):\n    return {'power': seed % 7 + 2, 'half': seed / 2}\n"
LESSON = """\
+++
title = "Slopes"
+++

A block that prints.

```python
x = 3
print(x)
```

```text
3
```

```python
y = x + 1
```

{exercise unit/slope}
"""


@pytest.fixture(scope="module")
def machine():
    with open_machine() as machine:
        yield machine


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    monkeypatch.setenv("CHAINRULE_VERSIONS", str(tmp_path / "versions"))
    monkeypatch.setattr(exercises, "SEEDS", (1, 2, 3))


def changed(part, *replacements):
    files = scaffold_files()
    name = next(path for path in files if path.split(".")[0] == part)
    for old, new in replacements:
        assert old.encode() in files[name]
        files[name] = files[name].replace(old.encode(), new.encode())
    return files


def test_a_good_version_passes_with_all_that_was_found(machine):
    files = changed("exercise", ('teaches = ["grad"]', 'teaches = ["grad"]\nvariant = true\nafter = ["unit/first"]'))
    files["variant.py"] = VARIANT.encode()
    files["statement.md"] += b"\nThe power {{power}}.\n"
    files["reference.py"] = files["reference.py"].replace(
        b"def cases(seed: int)", b"def cases(seed: int, numbers=None)"
    )
    seen = []

    verified = machine.verify(cached(files), on_promise=lambda promise, at, of: seen.append((promise, at, of)))

    assert verified == Verified.from_dict(verified.to_dict())
    assert seen == [(name, at, len(PROMISES)) for at, (name, _) in enumerate(PROMISES, start=1)]
    assert verified.promises_done == tuple(name for name, _ in PROMISES)
    assert [check.name for check in verified.checks] == ["runs", "slope_is_right"]
    assert len(verified.variants) == 100
    assert verified.variants[99] == {"power": 99 % 7 + 2, "half": 49.5}
    assert verified.slugs == ("unit/first",)


@pytest.mark.parametrize(
    ("part", "old", "new", "file", "line"),
    [
        ("exercise", "teaches", "teeches", "exercise.toml", 5),
        ("exercise", "format = 1", "format = ", "exercise.toml", 1),
        ("checks", "Trial, check", "Trial, check, chekc", "checks.py", 3),
        ("reference", "def truth(", "def truth((", "reference.py", 20),
        ("reference", "return 3 * case", "return oops * case", "reference.py", 21),
        ("reference", 'entry="slope", args=(normal', 'entry="incline", args=(normal', "reference.py", None),
        ("messages", "[square_for_cube]", "[square_for_cube", "messages.toml", 3),
    ],
)  # fmt: skip
def test_a_bad_version_gets_the_words_of_the_command_line(part, old, new, file, line, machine, inline, exercises):
    files = changed(part, (old, new))
    folder = make_package(exercises)
    for path, content in files.items():
        (folder / path).write_bytes(content)

    verified = machine.verify(cached(files))

    in_process = verify("unit/slope", sandbox=inline).found
    assert list(verified.problems) == in_process
    assert (verified.problems[0].file, verified.problems[0].line) == (file, line), verified.problems
    assert str(folder) not in str(verified.problems)


@pytest.mark.parametrize("seed", ["int(__import__('torch').rand(1) * 1e6)", "__import__('time').time_ns()"])
def test_cases_that_do_not_depend_on_the_seed_are_noticed(seed, machine):
    files = changed("reference", ("generator(seed)", f"generator({seed})"))

    texts = [problem.text for problem in machine.verify(cached(files)).problems]

    assert "cases(seed) differs between two runs; draw every number from `generator(seed)`." in texts


def test_one_broken_file_stops_nothing_that_can_run(machine):
    files = changed("statement", ("tensor(12.)", "tensor(13.)"))
    files["mistakes.toml"] = b"[value"
    files["alternatives/by_hand.py"] = b"def slope(x): return \xff"

    verified = machine.verify(cached(files))

    assert {(problem.promise, problem.file) for problem in verified.problems} >= {
        ("statement", "statement.md"),
        ("alternatives", "alternatives/by_hand.py"),
        ("mistakes", "mistakes.toml"),
    }
    assert verified.promises_done == tuple(name for name, _ in PROMISES)
    assert {result.name for result in verified.mistakes} == {
        *("starter", "value", "twice", "constant_first", "constant_second")
    }
    assert all(result.line is not None for result in verified.mistakes)


def test_a_course_needs_two_mistakes_and_no_alternative(machine):
    files = {path: content for path, content in scaffold_files().items() if not path.startswith("alternatives/")}
    mistakes = sorted(path for path in files if path.startswith("mistakes/"))
    for path in mistakes[1:]:
        del files[path]
    files["checks.py"] = b"1 / 0"  # nothing needs to run

    texts = [problem.text for problem in machine.verify(cached(files)).problems]

    assert "mistakes/ needs 2 wrong answers, a file each, and has 1; add 1 more." in texts
    assert not any(text.startswith("alternatives/") for text in texts)


def test_limits_that_take_too_much_are_named(machine):
    files = changed("exercise", ("[[entries]]", "[limits]\nwall_seconds = 3600\n[[entries]]"))
    files["checks.py"] = b"1 / 0"  # nothing needs to run

    texts = [problem.text for problem in machine.verify(cached(files)).problems]

    assert "exercise.toml: `limits.wall_seconds` is 3600; the most is 30." in texts


def test_a_missing_version_is_not_a_problem_of_its_author(machine):
    job = cached(scaffold_files())

    with pytest.raises(MissingVersion):
        machine.verify(type(job).from_dict(job.to_dict() | {"digest": "0" * 64}))


def test_a_verification_stops_soon_after_it_is_cancelled(machine):
    cancellation = Cancellation()
    threading.Timer(0.5, cancellation.request).start()

    with pytest.raises(RunCancelled):
        machine.verify(cached(scaffold_files()), cancellation=cancellation)


def test_a_verification_that_takes_too_long_ends_with_a_sentence(machine):
    verified = machine.verify(cached(scaffold_files()), seconds=1)

    (problem,) = verified.problems
    assert problem.text.startswith("the verification was stopped after 1 seconds, while it looked at “")
    assert verified.promises_done


def test_a_good_lesson_passes_and_names_its_exercises(machine):
    verified = machine.verify(cached({"lesson.md": LESSON.encode()}, kind="lesson", slug="unit/slopes"))

    assert verified.problems == ()
    assert verified.promises_done == tuple(name for name, _ in LESSON_PROMISES)
    assert verified.slugs == ("unit/slope",)


@pytest.mark.parametrize(
    ("old", "new", "says", "line"),
    [
        ("```text\n3", "```text\n4", "block 1 prints '3', not what is shown.", 7),
        ("y = x + 1", "y = 1 / 0", "block 2 raises ZeroDivisionError: division by zero.", 16),
        pytest.param(
            *("y = x + 1", "while True: pass", "block 2 does not run to its end (timed_out).", 16),
            marks=pytest.mark.nightly,
        ),
        ('title = "Slopes"', "titel = 1", "write `title`, a string, between the +++ lines", None),
        ("{exercise unit/slope}", "{exercise Slope}", "'Slope' is not a slug; write {exercise unit/name}.", None),
    ],
)
def test_a_bad_lesson_gets_a_sentence(old, new, says, line, machine):
    text = LESSON.replace(old, new)
    assert text != LESSON

    (problem,) = machine.verify(cached({"lesson.md": text.encode()}, kind="lesson", slug="unit/slopes")).problems

    assert says in problem.text
    assert (problem.file, problem.line) == ("lesson.md", line)

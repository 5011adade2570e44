"""Submissions for the fault tests: right answers, wrong answers, and sources that do not load."""

from dataclasses import dataclass

from grader.packages.catalogue import find_package

# Long enough to be running when a fault comes, and well within the time limit.
WORK = "total = 0\nfor number in range(4_000_000):\n    total += number\n"


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A source for an exercise. If it `takes_long`, it can be running when a fault comes."""

    name: str
    exercise: str
    source: str
    takes_long: bool = False


def samples():
    return [*_answers_to("gradients/two-variables"), *_answers_to("derivatives/sin"), *_odd("gradients/two-variables")]


def quick_samples():
    return [sample for sample in samples() if not sample.takes_long]


def _answers_to(slug):
    package = find_package(slug)
    yield Sample(name=f"{slug}: solution", exercise=slug, source=package.solution)
    for path in sorted((package.folder / "mistakes").glob("*.py"))[:3]:
        yield Sample(name=f"{slug}: {path.stem}", exercise=slug, source=path.read_text())


def _odd(slug):
    yield Sample(name="does not load", exercise=slug, source="def gradient(x, y:\n")
    yield Sample(name="takes long", exercise=slug, source=find_package(slug).solution + WORK, takes_long=True)

"""The decorator that turns an author's function into a check."""

import pytest

from grader.authoring import check
from tests.support.reports import make_trial


def of(**options):
    @check(points=2, **options)
    def agrees(trial):
        """It
        agrees."""

    return agrees


def test_a_check_takes_name_and_title_from_its_function():
    made = of()

    assert (made.name, made.title, made.points) == ("agrees", "It agrees", 2)
    assert (made.on, made.after, made.partial, made.gradient) == ((), (), True, True)


@pytest.mark.parametrize(("on", "covered"), [((), ["a", "b", "c"]), ("a", ["a"]), (("a", "b"), ["a", "b"])])
def test_a_check_covers_its_groups_or_all(on, covered):
    trials = [make_trial(group=group) for group in ("a", "b", "c")]

    assert [trial.case.group for trial in trials if of(on=on).covers(trial)] == covered


def test_the_other_options_are_kept():
    made = of(after=("one", "two"), partial=False, gradient=False)

    assert (made.after, made.partial, made.gradient) == (("one", "two"), False, False)
    assert of(after="one").after == ("one",)

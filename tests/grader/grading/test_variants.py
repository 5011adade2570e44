"""A statement, its cases and their truth carry the same numbers of one learner."""

import pytest

from grader.errors import PackageError
from grader.grading.exercise import load_exercise
from grader.packages.catalogue import find_package, packages
from grader.verification.package import verify
from tests.support.reports import make_package

VARIANT = "def numbers(seed):\n    return {'place': 2 + seed, 'half': 0.5}\n"


@pytest.fixture
def varied(exercises):
    """A package whose learners each get a place of their own."""
    folder = make_package(exercises, statement="`slope` at {{place}}, or {{ half }}.")
    manifest = folder / "exercise.toml"
    head, entries, rest = manifest.read_text().partition("[[entries]]")
    manifest.write_text(f"{head}variant = true\n\n{entries}{rest}")
    (folder / "variant.py").write_text(VARIANT)
    return folder


def test_each_learner_reads_their_own_numbers(varied):
    package = find_package("unit/slope")

    assert package.statement_for(1) == "`slope` at 3, or 0.5."
    assert package.statement_for(5) == "`slope` at 7, or 0.5."


def test_braces_mean_nothing_in_a_package_without_variants(exercises):
    make_package(exercises, statement="{{place}}")

    assert find_package("unit/slope").statement_for(1) == "{{place}}"


def test_an_unknown_number_lists_the_known_ones(varied):
    (varied / "statement.md").write_text("{{plaice}}")

    with pytest.raises(PackageError, match=r"asks for \{\{plaice\}\}, but variant.py has place, half"):
        find_package("unit/slope").statement_for(1)


@pytest.mark.parametrize("text", ["", "def numbers(:", "def numbers(seed):\n    return 1 / 0\n", None])
def test_a_broken_variant_is_the_authors_matter(varied, text):
    path = varied / "variant.py"
    path.unlink() if text is None else path.write_text(text)

    with pytest.raises(PackageError, match=r"unit/slope: variant.py"):
        find_package("unit/slope").numbers(1)


def test_verify_wants_the_numbers_in_the_statement(varied, inline):
    (varied / "statement.md").write_text("`slope` of any number.")
    reference = varied / "reference.py"
    reference.write_text(reference.read_text().replace("def cases(seed: int)", "def cases(seed: int, numbers: dict)"))

    assert "gives every learner the same statement" in " ".join(verify("unit/slope", sandbox=inline).problems)


VARIED = [package.slug for package in packages() if package.manifest.variant]


@pytest.mark.parametrize("slug", VARIED)
def test_public_cases_and_truths_follow_the_learners_numbers(slug):
    exercise = load_exercise(slug)

    def public(variant):
        return [str(exercise.truth(case)) for case in exercise.cases(1, variant=variant) if case.public]

    assert public(1) == public(1)
    assert public(1) != public(2)


def test_at_least_two_exercises_have_variants():
    assert len(VARIED) >= 2

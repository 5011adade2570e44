"""How hard hints are to read, and that every hint of the grader and of the packages is easy enough."""

import pytest

from grader.packages.catalogue import packages
from grader.protocol.messages import HINTS, LEVELS, MESSAGES
from grader.verification.readability import HIGHEST_GRADE, complaint_about, grade_of, length_of, words_of

# Flesch-Kincaid grades, counted by hand: 0.39 * words / sentences + 11.8 * syllables / words - 15.59.
BY_HAND = [
    ("The cat sat on the mat. The dog ran to the big old red barn now.", 0.39 * 8 + 11.8 - 15.59),
    ("The gradient points uphill. Subtract the gradient.", 0.39 * 3.5 + 11.8 * 13 / 7 - 15.59),
    ("A mean is divided by the number of entries.", 0.39 * 9 + 11.8 * 13 / 9 - 15.59),
]

ASKED = [name.removesuffix(".hint") for name in MESSAGES if name.endswith(".hint")] + list(HINTS)
OWN = [(package.slug, name) for package in packages() for name in package.messages]


@pytest.mark.parametrize(("text", "grade"), BY_HAND)
def test_the_grade_is_that_of_the_formula(text, grade):
    assert grade_of(text) == pytest.approx(max(0.0, grade), abs=0.01)


def test_code_formulas_and_fields_are_left_out():
    text = "Multiply `torch.autograd.grad(y, x)` by {factor:.4g}: f(x) = 3x² · v, 1e-6, at x. It's a well-known trap!"

    assert words_of(text) == ["Multiply", "by", "at", "It's", "a", "well-known", "trap"]


def test_a_long_sentence_of_long_words_is_hard():
    text = "Differentiation necessitates considerable mathematical sophistication regarding multidimensional functions."

    assert grade_of(text) > 20
    assert "reading grade" in complaint_about(text)
    assert "161 words" in complaint_about("go " * 161)
    assert complaint_about("Look at the sign.") is None


@pytest.mark.parametrize("name", ASKED)
def test_every_general_hint_has_three_easy_levels(name):
    look = f"{name}.hint" if f"{name}.hint" in MESSAGES else name
    texts = [MESSAGES.get(one, "") for one in (look, f"{name}.why", f"{name}.how")]

    assert all(texts)
    assert [complaint_about(text) for text in texts] == [None, None, None]


@pytest.mark.parametrize(("slug", "name"), OWN)
def test_every_message_of_a_package_has_three_easy_levels(slug, name):
    message = next(package for package in packages() if package.slug == slug).messages[name]
    texts = [getattr(message, level) for level in LEVELS]

    assert all(texts)
    assert [complaint_about(text) for text in texts] == [None, None, None]
    assert len(set(texts)) == 3


def test_no_explanation_belongs_to_nothing():
    explained = {name.removesuffix(".why") for name in MESSAGES if name.endswith(".why")}

    assert explained == set(ASKED)


def test_most_hints_are_far_from_the_limits():
    texts = [text for name, text in MESSAGES.items() if name.endswith((".hint", ".why", ".how"))]

    assert sum(grade_of(text) for text in texts) / len(texts) < HIGHEST_GRADE / 2
    assert max(map(length_of, texts)) < 100

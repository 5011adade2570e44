"""A package's own sentences are all that its messages need."""

import pytest

from grader.errors import PackageError
from grader.packages.catalogue import find_package
from grader.packages.messages import OwnMessage, in_own_words, read_messages
from grader.protocol.reports import Finding, Status
from tests.support.reports import make_finding, make_package

CUBE = {
    "message": "square_for_cube",
    "hint": "square_for_cube.hint",
    "diagnosis": "square_for_cube",
    "status": Status.FAILED,
}


def test_a_finding_carries_the_sentences_of_its_package(exercises):
    make_package(exercises)

    finding = in_own_words(make_finding(**CUBE), find_package("unit/slope").messages)
    elsewhere = Finding.from_dict(finding.to_dict())

    assert elsewhere.message_text == "This is the derivative of x², not of x³."
    assert elsewhere.hint_text == "Which power does the exercise ask for?"


def test_a_package_can_word_a_general_message_itself():
    own = {"scaled": OwnMessage(sentence="All is {factor:g} times too large.", hint="Look at the {factor:g}.")}
    finding = make_finding(message="scaled", hint="scaled.hint", data={"factor": 2.0}, status=Status.FAILED)

    assert in_own_words(finding, own).message_text == "All is 2 times too large."
    assert in_own_words(finding, own).hint_text == "Look at the 2."
    assert in_own_words(finding, {}).message_text == "Every number is 2 times what it should be."


def test_the_levels_of_a_hint_come_in_order():
    own = {"scaled": OwnMessage(sentence="s", hint="look", why="why", how="how {factor:g}")}
    finding = make_finding(message="scaled", hint="scaled.hint", data={"factor": 2.0}, status=Status.FAILED)

    assert in_own_words(finding, own).hint_texts == ["look", "why", "how 2"]


@pytest.mark.parametrize(
    "text", ["[a", "a = 1", "[a]\nhint = 'h'", "[a]\nsentence = ''", "[a]\nsentence = 's'\nlook = 'l'"]
)
def test_a_broken_file_is_named(tmp_path, text):
    path = tmp_path / "messages.toml"
    path.write_text(text)

    with pytest.raises(PackageError, match=r"messages\.toml"):
        read_messages(path)


def test_a_package_without_the_file_has_no_sentences(tmp_path):
    assert read_messages(tmp_path / "messages.toml") == {}

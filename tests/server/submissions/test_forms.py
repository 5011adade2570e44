import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from server.submissions.errors import Unstorable
from server.submissions.forms import SubmissionForm
from server.submissions.services import check_storable


def upload(content):
    return SubmissionForm({}, {"file": SimpleUploadedFile("answer.py", content)})


def test_typed_code_keeps_its_spaces_and_gets_pythons_line_ends():
    form = SubmissionForm({"source": "  x = 1\r\n\r\ny = 2\r  "})

    assert form.is_valid()
    assert form.cleaned_data["source"] == "  x = 1\n\ny = 2\n  "


def test_an_empty_answer_is_taken_in():
    assert SubmissionForm({"source": ""}).is_valid()
    assert upload(b"").is_valid()


def test_a_file_wins_over_what_was_typed():
    form = SubmissionForm({"source": "typed"}, {"file": SimpleUploadedFile("answer.py", "ä = 1".encode())})

    assert form.is_valid()
    assert form.cleaned_data["source"] == "ä = 1"


@pytest.mark.parametrize(
    ("form", "words"),
    [
        (upload(b"print('\xff\xfe')"), "UTF-8"),
        (upload(b"\x7fELF\x00\x00\x01"), "NUL bytes"),
        (SubmissionForm({"source": "x = 1\0"}), "NUL bytes"),
        (SubmissionForm({"source": "x" * 1_000_000}), "This is 977 kB of code; at most 256 kB"),
    ],
    ids=["not UTF-8", "a binary", "NUL bytes", "a megabyte"],
)
def test_the_service_refuses_what_cannot_be_stored(form, words):
    assert form.is_valid()

    with pytest.raises(Unstorable, match=words):
        check_storable(form.cleaned_data["source"])

from django.core.files.uploadedfile import SimpleUploadedFile

from server.submissions.forms import SubmissionForm


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


def test_bytes_that_are_no_utf_8_are_refused_in_words():
    form = upload(b"print('\xff\xfe')")

    assert not form.is_valid()
    assert "UTF-8" in form.complaint


def test_a_binary_is_refused_in_words():
    form = upload(b"\x7fELF\x00\x00\x01")

    assert not form.is_valid()
    assert "NUL bytes" in form.complaint


def test_a_megabyte_is_refused_with_the_limit():
    form = SubmissionForm({"source": "x" * 1_000_000})

    assert not form.is_valid()
    assert form.complaint == "This is 977 kB of code; at most 256 kB can be handed in."


def test_nul_bytes_get_the_same_answer_typed_or_uploaded():
    form = SubmissionForm({"source": "x = 1\0"})

    assert not form.is_valid()
    assert "NUL bytes" in form.complaint

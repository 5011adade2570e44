import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from server.submissions import uploads
from server.submissions.errors import Unstorable
from server.submissions.notebooks import source_of
from server.submissions.uploads import read_upload


def notebook(*cells, **fields):
    cells = [{"metadata": {}, "outputs": [], "execution_count": None} | cell for cell in cells]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells} | fields)


def code_part(source):
    return {"cell_type": "code", "source": source}


def text_part(source):
    return {"cell_type": "markdown", "source": source}


def test_code_is_taken_in_order_and_text_is_left_out():
    text = notebook(code_part("x = 1"), text_part("# A heading"), code_part(["y = 2\n", "z = 3"]))

    assert source_of(text) == "x = 1\n\ny = 2\nz = 3\n"


def test_what_only_ipython_understands_becomes_a_comment():
    text = notebook(code_part("%matplotlib inline\nx = 7\n!pip install torch"), code_part("%%bash\nrm -r ."))

    assert source_of(text) == "# %matplotlib inline\nx = 7\n# !pip install torch\n\n# %%bash\n# rm -r .\n"


def test_a_remainder_over_two_lines_is_no_command():
    assert source_of(notebook(code_part("x = (7\n  % 2)"))) == "x = (7\n  % 2)\n"


def test_a_notebook_of_an_older_format_is_read():
    cells = [{"cell_type": "code", "input": ["x = 1"], "language": "python", "outputs": [], "metadata": {}}]
    text = json.dumps({"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": cells}]})

    assert source_of(text) == "x = 1\n"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "it is not JSON"),
        ('{"cells": [', "it is not JSON"),
        ("[]", "broken"),
        ("5", "broken"),
        ("{}", "broken"),
        ('{"nbformat": 4, "metadata": {}, "cells": "all of them"}', "broken"),
        ('{"nbformat": 4, "metadata": {}, "cells": [{"cell_type": "code"}]}', "broken"),
        ('{"nbformat": 4, "metadata": {}, "cells": [{"cell_type": "code", "source": 5}]}', "broken"),
        ('{"nbformat": 4, "metadata": 7, "cells": []}', "broken"),
        ('{"nbformat": 99, "metadata": {}, "cells": []}', "broken"),
        ("[" * 100_000, "broken"),
        (notebook(text_part("only words")), "no code in it"),
        (notebook(code_part("x <- 1"), metadata={"language_info": {"name": "R"}}), "not in Python"),
    ],
)
def test_a_notebook_without_code_is_refused_in_words(text, complaint):
    with pytest.raises(Unstorable, match=complaint):
        source_of(text)


@pytest.mark.parametrize("name", ["answer.txt", "answer", "answer.py.exe", "answer.PYC", ".py"])
def test_other_kinds_of_file_are_refused_in_words(name):
    with pytest.raises(Unstorable, match=r"\.py.*\.ipynb"):
        read_upload(SimpleUploadedFile(name, b"x = 1"))


def test_upper_case_endings_and_byte_order_marks_are_accepted():
    assert read_upload(SimpleUploadedFile("ANSWER.PY", b"\xef\xbb\xbfx = 1")) == "x = 1"


def test_a_huge_file_is_refused_before_it_is_read(settings):
    settings.NOTEBOOK_MAX_BYTES = 2_000_000

    with pytest.raises(Unstorable, match="3 MB; at most 2 MB"):
        read_upload(SimpleUploadedFile("a.ipynb", b" " * 3_000_000))


def test_a_learner_uploads_a_limited_number_of_files(client, assignment, student, monkeypatch):
    monkeypatch.setattr(uploads, "FILES_PER_MINUTE", 2)
    client.force_login(student)
    address = reverse("submissions:file", args=[assignment.course.slug, assignment.slug])

    answers = [client.post(address, {"file": SimpleUploadedFile("a.py", b"x = 1")}) for _ in range(5)]

    # The minute can change in between.
    assert [answer.status_code for answer in answers[:2]] == [200, 200]
    assert "Please wait a minute" in " ".join(answer.text for answer in answers[2:])
    assert client.post(address, {"source": "x = 1"}).status_code == 200

"""What a submission may import. The walls around it are tested in sandboxes; here it is loaded into this process."""

import sys

import pytest

from grader.harness.loading import load

BY_C = """
import ctypes
by_c = ctypes.pythonapi.PyImport_ImportModule
by_c.restype = ctypes.py_object
library = by_c(b"safetensors")
"""


@pytest.fixture(autouse=True)
def no_submission(monkeypatch):
    monkeypatch.setitem(sys.modules, "submission", None)


def loaded(source: str):
    return load(source.encode(), entries=[], imports=["torch"])


def test_a_library_written_in_c_may_import_what_it_needs():
    namespace, document = loaded(BY_C)

    assert document["error"] is None
    assert namespace["library"].__name__ == "safetensors"


@pytest.mark.parametrize("source", ["import safetensors", "__import__('safetensors')", "exec('import safetensors')"])
def test_the_submission_itself_may_not(source):
    assert loaded(source)[1]["error"]["type"] == "NotAllowed"


def test_the_mark_that_some_editors_put_in_front_does_no_harm():
    assert loaded("\ufeffnumber = 3\n")[0]["number"] == 3


def test_a_syntax_error_is_told_without_the_name_of_a_file():
    error = loaded("def f(:\n")[1]["error"]

    assert (error["type"], error["message"], error["line"]) == ("SyntaxError", "invalid syntax", 1)

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

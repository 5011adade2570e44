"""What a submission may import. The walls around it are tested in sandboxes; here it is loaded into this process."""

import json
import os
import sys

import pytest

from grader.harness.child.loading import load

BY_C = """
import ctypes
by_c = ctypes.pythonapi.PyImport_ImportModule
by_c.restype = ctypes.py_object
library = by_c(b"safetensors")
"""


@pytest.fixture(autouse=True)
def no_submission(monkeypatch):
    monkeypatch.setitem(sys.modules, "submission", None)


def told_in_a_child(source: str, **options):
    """What the grader is told of a submission that is loaded, as it always is, in a fork of a warm process."""
    ours, theirs = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(theirs, json.dumps(load(source.encode(), **{"entries": [], "imports": []} | options)[1]).encode())
        finally:
            os._exit(0)
    os.close(theirs)
    os.waitpid(pid, 0)
    with os.fdopen(ours) as answer:
        return json.load(answer)


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

    assert (error["type"], error["message"], error["direct_pipes"]) == ("SyntaxError", "invalid syntax", 1)


def test_what_python_brings_may_be_imported_where_torch_may_not():
    source = "import sys\nassert 'torch' not in sys.modules\nsys.modules.pop('tabnanny', None)\nimport tabnanny\n"

    assert told_in_a_child(source) == {"error": None, "missing": []}


@pytest.mark.parametrize("name", ["torch", "torch.nn"])
def test_torch_is_not_to_be_had_where_it_is_not_allowed_however_it_is_asked_for(name):
    told = told_in_a_child(f"import importlib\nimportlib.import_module({name!r})\n")

    assert told["error"]["type"] == "NotAllowed"
    assert told["error"]["message"] == "`import torch` is not allowed here"


def test_entries_are_there_where_their_first_name_can_be_called():
    source = "class Cubed:\n    apply = len\ndef f(): pass\nnumber = 3\n"
    entries = ["f", "Cubed.apply", "number", "Squared.apply"]

    assert load(source.encode(), entries=entries, imports=["torch"])[1]["missing"] == ["number", "Squared.apply"]


def test_running_out_of_memory_while_loading_ends_the_run():
    with pytest.raises(MemoryError):
        loaded("raise MemoryError\n")

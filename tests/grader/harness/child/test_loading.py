"""What a submission can import. Here it is loaded into this process; other tests load it in sandboxes."""

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


def loaded_in_a_child(source: str, **options):
    """Return the body of LOADED for a submission that is loaded in a fork, as in a sandbox."""
    read_fd, write_fd = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            document = load(source.encode(), **{"entries": [], "imports": []} | options)[1]
            os.write(write_fd, json.dumps(document).encode())
        finally:
            os._exit(0)
    os.close(write_fd)
    os.waitpid(pid, 0)
    with os.fdopen(read_fd) as answer:
        return json.load(answer)


def loaded(source: str):
    return load(source.encode(), entries=[], imports=["torch"])


def test_a_library_written_in_c_can_import_what_it_needs():
    namespace, document = loaded(BY_C)

    assert document["error"] is None
    assert namespace["library"].__name__ == "safetensors"


@pytest.mark.parametrize("source", ["import safetensors", "__import__('safetensors')", "exec('import safetensors')"])
def test_a_submission_cannot_import_what_is_not_allowed(source):
    assert loaded(source)[1]["error"]["type"] == "NotAllowed"


@pytest.mark.parametrize("name", ["numpy", "matplotlib.pyplot", "torch"])
def test_an_exercise_with_torch_allows_what_goes_with_it(name):
    assert loaded(f"import {name}\n")[1]["error"] is None


GUARDED = """
try:
    import graphviz
except ImportError:
    graphviz = None
def draw():
    return graphviz
"""


def test_a_guarded_import_works_as_anywhere():
    namespace, document = loaded(GUARDED)

    assert document["error"] is None
    assert namespace["draw"]() is None


UNUSED = "import matplotlib.pyplot as plt, numpy as np\nfrom torch import nn, tensor\nimport torch.nn.functional as F\n"


@pytest.mark.parametrize(
    "use",
    [
        "plt.plot([1])",
        "np.zeros(3)",
        "tensor([1.0])",
        "F.relu(1)",
        "class A(nn.Module): pass",
        "isinstance(1, np.ndarray)",
    ],
)
def test_only_the_use_of_a_package_decides(use):
    unused = loaded_in_a_child(UNUSED)
    used = loaded_in_a_child(UNUSED + use + "\n")

    assert unused["error"] is None
    assert (used["error"]["type"], used["error"]["line"]) == ("NotAllowed", 4)
    assert "cannot be used in this exercise" in used["error"]["message"]


def test_a_byte_order_mark_does_no_harm():
    assert loaded("\ufeffnumber = 3\n")[0]["number"] == 3


def test_a_syntax_error_is_reported_without_a_file_name():
    error = loaded("def f(:\n")[1]["error"]

    assert (error["type"], error["message"], error["line"]) == ("SyntaxError", "invalid syntax", 1)


def test_the_standard_library_can_be_imported_without_torch():
    source = "import sys\nassert 'torch' not in sys.modules\nsys.modules.pop('tabnanny', None)\nimport tabnanny\n"

    assert loaded_in_a_child(source) == {"error": None, "missing": []}


@pytest.mark.parametrize("name", ["torch", "torch.nn"])
def test_importlib_cannot_import_torch_if_it_is_not_allowed(name):
    document = loaded_in_a_child(f"import importlib\nimportlib.import_module({name!r})\n")

    assert document["error"]["type"] == "NotAllowed"
    assert document["error"]["message"] == "No module named 'torch'"


def test_an_entry_exists_if_its_first_name_is_callable():
    source = "class Cubed:\n    apply = len\ndef f(): pass\nnumber = 3\n"
    entries = ["f", "Cubed.apply", "number", "Squared.apply"]

    assert load(source.encode(), entries=entries, imports=["torch"])[1]["missing"] == ["number", "Squared.apply"]


def test_a_memory_error_while_loading_ends_the_run():
    with pytest.raises(MemoryError):
        loaded("raise MemoryError\n")
